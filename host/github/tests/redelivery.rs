//! Deliveries that failed are asked for again, by an App.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod at;

use at::*;
use pawl_core::Timestamp;
use pawl_github::{DeliveryReport, GitHub, GitHubError};
use pawl_world::{Fault, Reply, When, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A receiver that accepts everything; a world whose hook first leads nowhere.
struct Hooked {
    world: World,
    github: GitHub,
    url: String,
    server: JoinHandle<()>,
}

impl Drop for Hooked {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Hooked {
    async fn start() -> Self {
        let world = World::start().await;
        let github = app(&world);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let mut bytes = vec![0; 65_536];
                let _ = connection.read(&mut bytes).await;
                let _ = connection.write_all(b"HTTP/1.1 202 Accepted\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").await;
            }
        });
        let hooked = Self { world, github, url, server };
        hooked.down();
        hooked
    }

    fn down(&self) {
        // Nobody listens on port 1.
        self.world.hook_to("http://127.0.0.1:1", "secret");
    }

    fn up(&self) {
        self.world.hook_to(&self.url, "secret");
    }

    /// So many deliveries, one in a second. Their guids.
    async fn deliver(&self, count: usize) -> Vec<String> {
        let mut guids = Vec::new();
        for _ in 0..count {
            self.world.advance(1);
            self.world.ping();
            guids.push(self.world.deliver_next().await.unwrap().guid);
        }
        guids
    }

    async fn redeliver_since(&self, since: Timestamp) -> DeliveryReport {
        self.github.redeliver_failed(since).await.unwrap()
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.world.now()).unwrap()
    }
}

fn guids(report: &DeliveryReport) -> Vec<String> {
    report.asked.iter().map(|one| one.guid.clone()).collect()
}

#[tokio::test]
async fn q6_what_failed_is_asked_for_again_and_arrives() {
    let at = Hooked::start().await;
    let failed = at.deliver(3).await;
    at.up();
    at.deliver(2).await;
    let report = at.redeliver_since(Timestamp::UNIX_EPOCH).await;
    assert_eq!((report.examined, report.failed, guids(&report)), (5, 3, failed.clone()));
    assert!(report.is_complete && report.waiting == 0 && report.lost == 0);
    assert_eq!((report.asked[0].event.as_str(), report.asked[0].status_code), ("ping", 0));
    let arrived = at.world.deliver_all().await;
    assert!(arrived.iter().all(|attempt| attempt.status == Some(202)), "{arrived:?}");
    assert_eq!(arrived.into_iter().map(|attempt| attempt.guid).collect::<Vec<_>>(), failed);
    let next = at.redeliver_since(report.next_since).await;
    assert_eq!((next.failed, next.asked.len()), (0, 0), "an arrived attempt ends it");
    assert_eq!(next.next_since, at.now());
}

#[tokio::test]
async fn q6_each_is_asked_for_once_a_day_also_by_another_host() {
    let at = Hooked::start().await;
    let failed = at.deliver(1).await;
    let report = at.redeliver_since(Timestamp::UNIX_EPOCH).await;
    assert_eq!(guids(&report), failed);
    let again = at.redeliver_since(report.next_since).await;
    assert_eq!((again.failed, again.waiting, again.asked.len()), (1, 1, 0), "asked for, although not sent yet");

    at.world.advance(3_600);
    at.world.deliver_all().await;
    let other = app(&at.world);
    let theirs = other.redeliver_failed(Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!((theirs.waiting, theirs.asked.len()), (1, 0), "GitHub's own list tells it to a host that knows nothing");
    assert!(theirs.next_since < at.now(), "what still fails is looked at again");

    at.world.advance(24 * 3_600);
    let next_day = at.redeliver_since(theirs.next_since).await;
    assert_eq!(guids(&next_day), failed);
    at.world.advance(72 * 3_600);
    let late = at.redeliver_since(next_day.next_since).await;
    assert_eq!(late.asked.len(), 0, "GitHub keeps none for longer than three days");
}

#[tokio::test]
async fn q6_the_list_is_read_page_by_page_back_to_its_time() {
    let at = Hooked::start().await;
    at.deliver(120).await;
    let since = at.now();
    let failed = at.deliver(130).await;
    at.world.forget_requests();
    let report = at.redeliver_since(since).await;
    assert_eq!(at.world.count("GET"), 2, "nothing older is read");
    assert_eq!((report.failed, report.asked.len(), report.is_complete), (131, 100, false), "so many at once, and no more");
    assert_eq!(guids(&report)[1..], failed[..99]);
    let rest = at.redeliver_since(report.next_since).await;
    assert_eq!((guids(&rest), rest.is_complete), (failed[99..].to_vec(), true));
}

#[tokio::test]
async fn q6_a_failure_half_way_asks_for_nothing_twice() {
    let at = Hooked::start().await;
    at.deliver(3).await;
    at.world.fault(When::rest("POST", "/app/hook/deliveries/*/attempts").nth(2), Fault::AnswerBefore(Reply::bad_gateway()));
    let error = at.github.redeliver_failed(Timestamp::UNIX_EPOCH).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    let report = at.redeliver_since(Timestamp::UNIX_EPOCH).await;
    assert_eq!((report.asked.len(), report.waiting), (2, 1));
    assert_eq!(at.world.waiting().len(), 3, "each once");
}

#[tokio::test]
async fn q6_what_github_has_no_more_does_not_stop_the_others() {
    let at = Hooked::start().await;
    at.deliver(3).await;
    at.world.fault(When::rest("POST", "/app/hook/deliveries/*/attempts"), Fault::AnswerBefore(Reply::status(404, "Not Found")));
    let report = at.redeliver_since(Timestamp::UNIX_EPOCH).await;
    assert_eq!((report.lost, report.asked.len()), (1, 2));
}

#[tokio::test]
async fn q6_a_plain_token_cannot_ask_and_is_told_what_to_configure() {
    let at = place().await;
    let error = at.github.redeliver_failed(Timestamp::UNIX_EPOCH).await.unwrap_err();
    assert!(matches!(error, GitHubError::Refused { status: 0, .. }) && error.to_string().contains("github.app_id"), "{error}");
    assert!(at.world.requests().is_empty());
}
