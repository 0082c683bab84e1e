//! Misfortune of single requests, as ordered.

use crate::line::{CONFIG, Line, config, request};
use crate::watching::{Next, Watch};
use bytes::Bytes;
use pawl_apiserver::{Fault, Gate, Outcome, Reply, Server, When};
use serde_json::{Value, json};
use std::time::Duration;

const A: &str = "/api/v1/namespaces/default/configmaps/a";

async fn try_create(line: &Line, name: &str) -> Option<u16> {
    let body = config(name, "1").to_string().into();
    line.try_send(request("POST", CONFIG, "application/json", body)).await.ok().map(|answer| answer.status)
}

/// Each fault on either face: what the client sees, and what is done.
async fn cuts_and_lost_replies(server: &Server, line: &Line) {
    server.fault(When::on("create", "configmaps"), Fault::CutBefore);
    assert_eq!((try_create(line, "a").await, server.get(A)), (None, None));
    server.fault(When::on("create", "configmaps"), Fault::CutAfter);
    assert_eq!(try_create(line, "a").await, None);
    assert!(server.get(A).is_some());
    assert_eq!(try_create(line, "a").await, Some(409));
    let seen: Vec<_> = server.requests().iter().map(|seen| (seen.outcome, seen.applied)).collect();
    assert_eq!(seen, [(Outcome::Cut, false), (Outcome::Cut, true), (Outcome::Answered(409), false)]);
    assert_eq!(server.faults_left(), 0);
}

#[tokio::test]
async fn a_connection_may_break_before_or_after_the_change() {
    let server = Server::new();
    cuts_and_lost_replies(&server, &Line::to(&server)).await;
}

#[tokio::test]
async fn a_connection_over_http_may_break_before_or_after_the_change() {
    let server = Server::new();
    let listening = server.listen().await.unwrap();
    cuts_and_lost_replies(&server, &Line::http(listening.url(), server.admin_token())).await;
}

#[tokio::test]
async fn an_overloaded_server_says_in_plain_text_when_to_come_again() {
    let server = Server::new();
    let line = Line::to(&server);
    server.fault(When::resource("configmaps"), Fault::AnswerBefore(Reply::too_many_requests(1)));
    let answer = line.post(CONFIG, &config("a", "1")).await;
    assert_eq!((answer.status, answer.header("retry-after"), &answer.json), (429, "1", &Value::Null));
    assert!(answer.header("content-type").starts_with("text/plain") && answer.text.starts_with("Too many requests"), "{}", answer.text);
    assert_eq!(server.get(A), None);
}

#[tokio::test]
async fn an_error_may_come_before_or_after_the_change() {
    let server = Server::new();
    let line = Line::to(&server);
    for (reply, status) in
        [(Reply::internal_error(), 500), (Reply::unavailable(), 503), (Reply::timeout(), 504), (Reply::conflict("configmaps", "a"), 409)]
    {
        server.fault(When::write(), Fault::AnswerBefore(reply.clone()));
        let before = line.post(CONFIG, &config("a", "1")).await;
        assert_eq!((before.status, server.get(A)), (status, None));
        assert_eq!((before.at("/kind"), before.json["code"].as_u64()), ("Status", Some(status.into())));
        server.fault(When::write(), Fault::AnswerAfter(reply));
        assert_eq!(line.post(CONFIG, &config("a", "1")).await.status, status);
        assert!(server.get(A).is_some());
        server.call("DELETE", A, &Value::Null);
    }
}

#[tokio::test]
async fn somebody_may_act_between_a_read_and_the_write_that_follows() {
    let server = Server::new();
    let line = Line::to(&server);
    server.create(CONFIG, &config("a", "1"));
    let mut object = line.get(A).await.json;
    let theirs = server.clone();
    server.fault(
        When::on("update", "configmaps").named("a"),
        Fault::meanwhile(move || {
            theirs.call("PATCH", A, &json!({ "data": { "k": "theirs" } }));
        }),
    );
    object["data"]["k"] = "mine".into();
    assert_eq!(line.put(A, &object).await.at("/reason"), "Conflict");
    assert_eq!(server.get(A).unwrap()["data"]["k"], "theirs");
}

#[tokio::test]
async fn requests_wait_at_a_gate_before_and_after_the_change() {
    let server = Server::new();
    let (before, after) = (Gate::closed(), Gate::closed());
    server.fault(When::write(), Fault::HoldBefore(before.clone()));
    server.fault(When::write(), Fault::HoldAfter(after.clone()));
    let line = Line::to(&server);
    let asking = tokio::spawn(async move { line.post(CONFIG, &config("a", "1")).await.status });
    before.reached_by(1).await;
    assert_eq!(server.get(A), None);
    before.open();
    after.reached_by(1).await;
    assert!(server.get(A).is_some());
    assert!(!asking.is_finished());
    after.open();
    assert_eq!(asking.await.unwrap(), 201);
}

#[tokio::test(start_paused = true)]
async fn a_slow_network_delays_request_and_reply_by_tokios_clock() {
    let server = Server::new();
    let line = Line::to(&server);
    let start = tokio::time::Instant::now();
    server.slow(Duration::from_secs(2)..=Duration::from_secs(2), 1);
    assert_eq!(line.post(CONFIG, &config("a", "1")).await.status, 201);
    assert_eq!(start.elapsed(), Duration::from_secs(4));
    server.clear_faults();
    server.fault(When::on("get", "configmaps"), Fault::DelayAfter(Duration::from_secs(3)));
    line.get(A).await;
    assert_eq!(start.elapsed(), Duration::from_secs(7));
}

#[tokio::test]
async fn faults_are_counted_by_verb_resource_name_and_user() {
    let server = Server::new();
    let line = Line::to(&server);
    let status = |code| Fault::AnswerBefore(Reply::status(code, "Unknown", "ordered"));
    server.fault(When::on("get", "configmaps").named("b"), status(501));
    server.fault(When::on("get", "configmaps").nth(2), status(502));
    server.fault(When::on("list", "configmaps").or("watch").times(2), status(503));
    server.fault(When::any().by("nobody").always(), status(504));
    server.fault(When::read().within("other").always(), status(505));
    let mut seen = Vec::new();
    for path in [
        A,
        "/api/v1/namespaces/default/configmaps/b",
        A,
        CONFIG,
        "/api/v1/configmaps?watch=1",
        CONFIG,
        "/api/v1/namespaces/other/configmaps",
    ] {
        seen.push(line.get(path).await.status);
    }
    assert_eq!(seen, [404, 501, 404, 503, 503, 200, 505]);
    assert_eq!(server.faults_left(), 2, "those that hold for ever");
}

#[tokio::test]
async fn the_same_seed_brings_the_same_misfortune() {
    let fate = async |seed| {
        let server = Server::new();
        let line = Line::to(&server);
        server.fault(When::any().sometimes(30, seed), Fault::AnswerBefore(Reply::internal_error()));
        let mut fate = Vec::new();
        for _ in 0..100 {
            fate.push(line.get("/version").await.status);
        }
        fate
    };
    let first = fate(1).await;
    assert_eq!(first, fate(1).await);
    assert_ne!(first, fate(2).await);
    let struck = first.iter().filter(|status| **status == 500).count();
    assert!((15..45).contains(&struck), "{struck} of 100 at 30 %");
}

#[tokio::test]
async fn a_watch_may_break_after_so_many_events_or_all_at_once() {
    let server = Server::new();
    for name in ["a", "b", "c"] {
        server.create(CONFIG, &config(name, "1"));
    }
    server.fault(When::on("watch", "configmaps"), Fault::CutWatch { after_events: 2 });
    let mut watch = Watch::open(&server.service(), CONFIG, "").await;
    assert_eq!((watch.told().await, watch.told().await), ("ADDED a".to_owned(), "ADDED b".to_owned()));
    assert_eq!(watch.next().await, Next::Cut);

    let mut watch = Watch::open(&server.service(), CONFIG, &format!("resourceVersion={}", server.revision())).await;
    server.cut_watches();
    assert_eq!(watch.next().await, Next::Cut);
}

#[tokio::test]
async fn what_is_too_large_is_refused_on_its_way() {
    let server = Server::new();
    let body = Bytes::from(vec![b' '; 3 * 1024 * 1024 + 1]);
    let answer = Line::to(&server).send("POST", CONFIG, "application/json", body).await;
    assert_eq!((answer.status, answer.at("/message")), (413, "Request entity too large: limit is 3145728"));
}
