//! What the client does with answers that no friendly server gives: each test scripts the bytes of a server of its own.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use pawl_core::label::{Delta, Label};
use pawl_core::subject::{Repository, Subject, SubjectKind};
use pawl_github::{Calls, GitHub, GitHubError, Settings, Urgency};
use secrecy::SecretString;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const TOKEN: &str = "ghp_topsecret";

/// What the server does with the next connection.
enum Reply {
    /// Status line and headers, body.
    Answer(String, String),
    /// Promises more than it sends.
    Truncated(String),
    /// An answer with so many bytes of blanks before its JSON.
    Padded(usize, String),
    /// Reads the request and closes.
    Nothing,
    /// Reads the request and never answers.
    Silence,
}

fn answer(status: &str, body: &str) -> Reply {
    Reply::Answer(status.to_owned(), body.to_owned())
}

/// Serves one connection per reply and gives back what was asked.
async fn serve(replies: Vec<Reply>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let mut seen = Vec::new();
        for reply in replies {
            let (mut connection, _) = listener.accept().await.unwrap();
            seen.push(request(&mut connection).await);
            match reply {
                Reply::Answer(status, body) => {
                    let text = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                    connection.write_all(text.as_bytes()).await.unwrap();
                }
                Reply::Truncated(body) => {
                    let text = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len() + 10);
                    connection.write_all(text.as_bytes()).await.unwrap();
                }
                Reply::Padded(bytes, body) => {
                    let length = bytes + body.len();
                    let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
                    let whole = [head.as_bytes(), &vec![b' '; bytes], body.as_bytes()].concat();
                    // A client that has read enough hangs up.
                    let _ = connection.write_all(&whole).await;
                }
                Reply::Nothing => {}
                Reply::Silence => {
                    // Until the client gives up.
                    let _ = connection.read(&mut [0]).await;
                }
            }
        }
        seen
    });
    (url, server)
}

async fn request(connection: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let n = connection.read(&mut buffer).await.unwrap();
        bytes.extend_from_slice(&buffer[..n]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:").map(|n| n.trim().parse::<usize>().unwrap()));
        if n == 0 || body.len() >= length.unwrap_or(0) {
            return text;
        }
    }
}

fn github(url: &str) -> GitHub {
    github_with(url, Duration::from_secs(30))
}

fn github_with(url: &str, read_timeout: Duration) -> GitHub {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let settings = Settings::new(SecretString::from(TOKEN));
    let connect_timeout = read_timeout.min(settings.connect_timeout);
    GitHub::new(&Settings { api_url: url.to_owned(), connect_timeout, read_timeout, ..settings }).unwrap()
}

fn subject() -> Subject {
    let repository = Repository { id: 7, owner: "acme".into(), name: "shop".into() };
    Subject { repository, number: 2, kind: SubjectKind::PullRequest }
}

/// Whose the names are: what goes by name asks this first.
fn ours() -> Reply {
    answer("200 OK", r#"{"id":7,"name":"shop","owner":{"login":"acme"}}"#)
}

fn adding(name: &str) -> Delta {
    Delta { add: vec![Label::new(name)], remove: vec![] }
}

#[tokio::test]
async fn g3_a_write_whose_answer_is_lost_may_have_happened_and_a_read_never() {
    for reply in [Reply::Nothing, Reply::Truncated("[".into()), answer("200 OK", "[{\"na"), answer("502 Bad Gateway", "<html>")] {
        let (url, server) = serve(vec![ours(), reply]).await;
        let error = github(&url).write_labels(&subject(), "PR_1", &adding("x"), Urgency::Normal).await.unwrap_err();
        assert!(error.maybe_applied(), "{error}");
        assert_eq!(server.await.unwrap().len(), 2, "one write, no repetition");
    }
    for reply in [Reply::Nothing, Reply::Truncated("{".into()), answer("502 Bad Gateway", "<html>")] {
        let (url, _server) = serve(vec![reply]).await;
        let error = github(&url).repository_by_id(7).await.unwrap_err();
        assert!(error.is_transient() && !error.maybe_applied(), "{error}");
    }
}

#[tokio::test]
async fn g3_a_refused_connection_proves_that_nothing_was_written() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let error = github(&url).write_labels(&subject(), "PR_1", &adding("x"), Urgency::Normal).await.unwrap_err();
    assert!(error.is_transient() && !error.maybe_applied(), "{error}");
}

#[tokio::test]
async fn g3_an_answer_that_does_not_come_ends_the_call() {
    let (url, server) = serve(vec![ours(), Reply::Silence]).await;
    let github = github_with(&url, Duration::from_millis(300));
    let error = github.write_labels(&subject(), "PR_1", &adding("x"), Urgency::Normal).await.unwrap_err();
    assert!(error.maybe_applied() && error.to_string().contains("no whole answer"), "{error}");
    drop(github);
    server.await.unwrap();
}

#[tokio::test]
async fn g3_an_answer_of_25_mb_is_read_and_one_beyond_all_bounds_is_not() {
    let told = r#"{"id":7,"name":"shop","owner":{"login":"acme"}}"#;
    let (url, server) = serve(vec![Reply::Padded(25 << 20, told.into()), Reply::Padded(64 << 20, told.into())]).await;
    let github = github(&url);
    assert_eq!(github.repository_by_id(7).await.unwrap().to_string(), "acme/shop");
    let error = github.repository_by_id(7).await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("broke off"), "{error}");
    drop(github);
    server.await.unwrap();
}

#[tokio::test]
async fn g3_a_limit_met_behind_a_redirect_is_one_too() {
    let (url, server) = serve(vec![
        ours(),
        answer("301 Moved Permanently\r\nlocation: /repositories/7/issues/2/labels", "{}"),
        answer("403 Forbidden\r\nretry-after: 5", r#"{"message":"You have exceeded a secondary rate limit."}"#),
    ])
    .await;
    let github = github(&url);
    let error = github.write_labels(&subject(), "PR_1", &adding("x"), Urgency::Normal).await.unwrap_err();
    assert_eq!(error.retry_after_seconds(), Some(5), "{error}");
    let error = github.write_labels(&subject(), "PR_1", &adding("x"), Urgency::Normal).await.unwrap_err();
    assert!(error.to_string().contains("nothing is sent"), "{error}");
    assert_eq!(server.await.unwrap().len(), 3);
    assert_eq!(github.calls(), Calls { reads: 1, writes: 2 });
}

#[tokio::test]
async fn g8_a_redirected_write_stays_a_write() {
    let (url, server) = serve(vec![
        ours(),
        answer("301 Moved Permanently\r\nlocation: /repositories/7/issues/2/labels", "{}"),
        answer("200 OK", r#"[{"name":"x"}]"#),
    ])
    .await;
    let labels = github(&url).write_labels(&subject(), "PR_1", &adding("x"), Urgency::Normal).await.unwrap();
    assert_eq!(labels, Some(vec![Label::new("x")]));
    let seen = server.await.unwrap();
    assert!(seen[1].starts_with("POST /repos/acme/shop/issues/2/labels "), "{}", seen[1]);
    assert!(seen[2].starts_with("POST /repositories/7/issues/2/labels "), "{}", seen[2]);
    assert!(seen[1..].iter().all(|request| request.ends_with(r#"{"labels":["x"]}"#) && request.contains(TOKEN)));
}

#[tokio::test]
async fn g8_a_redirect_to_another_repository_or_host_is_not_followed() {
    let (url, server) = serve(vec![ours(), answer("301 Moved Permanently\r\nlocation: /repositories/8/issues/2/labels", "{}")]).await;
    let error = github(&url).write_labels(&subject(), "PR_1", &adding("x"), Urgency::Normal).await.unwrap_err();
    assert!(matches!(error, GitHubError::Moved { expected_id: 7, .. }), "{error}");
    assert_eq!(server.await.unwrap().len(), 2);

    let (url, server) = serve(vec![ours(), answer("307 Temporary Redirect\r\nlocation: https://evil.example/x", "{}")]).await;
    let error = github(&url).write_labels(&subject(), "PR_1", &adding("x"), Urgency::Normal).await.unwrap_err();
    assert!(matches!(error, GitHubError::Refused { status: 307, .. }), "{error}");
    assert_eq!(server.await.unwrap().len(), 2);
}

#[tokio::test]
async fn g8_a_redirect_that_goes_in_circles_ends() {
    let circle = || answer("302 Found\r\nlocation: /repositories/7", "{}");
    let (url, server) = serve(vec![circle(), circle(), circle(), circle()]).await;
    let github = github(&url);
    let error = github.repository_by_id(7).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert_eq!(server.await.unwrap().len(), 4);
    assert_eq!(github.calls(), Calls { reads: 4, writes: 0 });
}

#[tokio::test]
async fn g4_limits_are_kept_as_last_told() {
    let headers = "200 OK\r\nx-ratelimit-limit: 5000\r\nx-ratelimit-remaining: 4321\r\nx-ratelimit-reset: 1772366400";
    let (url, _server) = serve(vec![answer(headers, r#"{"id":7,"name":"shop","owner":{"login":"acme"}}"#)]).await;
    let github = github(&url);
    assert_eq!(github.limits().rest, None);
    github.repository_by_id(7).await.unwrap();
    let limit = github.limits().rest.unwrap();
    assert_eq!((limit.remaining, limit.limit), (4321, Some(5000)));
    assert_eq!(limit.resets_at.unwrap().as_second(), 1_772_366_400);
    assert_eq!(github.limits().graphql, None);
}

#[tokio::test]
async fn g5_no_error_shows_the_token() {
    for reply in [Reply::Nothing, answer("401 Unauthorized", r#"{"message":"Bad credentials"}"#), answer("500 Oops", "")] {
        let (url, _server) = serve(vec![reply]).await;
        let error = github(&url).viewer().await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("topsecret"), "{error:?}");
    }
}

#[tokio::test]
async fn g1_a_half_done_mutation_is_unavailable_and_may_have_happened() {
    let labels = r#"[{"node_id":"LA_x","name":"x","color":"ededed"},{"node_id":"LA_y","name":"y","color":"ededed"}]"#;
    let half = r#"{"data":{"add":{"labelable":{"labels":{"nodes":[{"name":"x"},{"name":"y"}]}}},"rem":null},
        "errors":[{"type":"FORBIDDEN","path":["rem"],"message":"no"}]}"#;
    let (url, server) = serve(vec![answer("200 OK", labels), answer("200 OK", half)]).await;
    let github = github(&url);
    github.repository_labels(&subject().repository).await.unwrap();
    let delta = Delta { add: vec![Label::new("x")], remove: vec![Label::new("y")] };
    let error = github.write_labels(&subject(), "PR_1", &delta, Urgency::Normal).await.unwrap_err();
    assert!(error.maybe_applied(), "{error}");
    let seen = server.await.unwrap();
    assert!(seen[1].starts_with("POST /graphql "), "{}", seen[1]);
    assert!(seen[1].contains(r#""add":["LA_x"]"#) && seen[1].contains(r#""rem":["LA_y"]"#), "{}", seen[1]);
}

/// Awaiting any of it in a spawned task must be possible; this fails to compile where it is not.
#[tokio::test]
async fn every_call_can_run_in_a_task() {
    fn is_send<T: Send>(future: T) {
        drop(future);
    }
    let github = github("http://127.0.0.1:1");
    let subject = subject();
    let patterns = pawl_core::comment::Patterns::default();
    let delta = Delta::default();
    is_send(github.observe(&subject, pawl_core::manifest::Needs::default(), &patterns));
    is_send(github.write_labels(&subject, "PR_1", &delta, Urgency::Normal));
    is_send(github.ensure_labels(&subject.repository, &[]));
    is_send(github.comment_once(&subject, "m", "b", None));
    is_send(github.react_once(&subject, None, "+1"));
    is_send(github.pulls_of(&subject.repository, None, "c"));
    assert_eq!(github.write_labels(&subject, "PR_1", &delta, Urgency::Normal).await, Ok(None));
    assert_eq!(github.calls_made(), 0, "no difference, no call");
}

#[tokio::test]
async fn an_enterprise_server_is_asked_at_its_two_addresses() {
    let (url, server) = serve(vec![
        answer("200 OK", r#"{"data":{"viewer":{"login":"pawl","databaseId":5}}}"#),
        answer("301 Moved Permanently\r\nlocation: /api/v3/repositories/7", "{}"),
        answer("200 OK", r#"{"id":7,"name":"store","owner":{"login":"acme"}}"#),
    ])
    .await;
    let github = github(&format!("{url}/api/v3"));
    assert_eq!(github.viewer().await.unwrap().id, Some(5));
    assert_eq!(github.repository_by_name("acme", "shop").await.unwrap().to_string(), "acme/store");
    let lines: Vec<String> = server.await.unwrap().iter().map(|request| request.lines().next().unwrap().to_owned()).collect();
    assert_eq!(lines, ["POST /api/graphql HTTP/1.1", "GET /api/v3/repos/acme/shop HTTP/1.1", "GET /api/v3/repositories/7 HTTP/1.1"]);
}
