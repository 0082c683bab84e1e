//! Outages and freezes of the whole server.

use crate::line::{CONFIG, Line, config, request};
use crate::watching::{Next, Watch};
use bytes::Bytes;
use pawl_apiserver::Server;
use std::time::Duration;

async fn outage(server: &Server, line: &Line) {
    let get = || request("GET", "/version", "", Bytes::new());
    assert_eq!(line.try_send(get()).await.unwrap().status, 200);
    server.outage();
    assert!(line.try_send(get()).await.is_err());
    server.lift();
    assert_eq!(line.try_send(get()).await.unwrap().status, 200);
}

#[tokio::test]
async fn an_outage_refuses_everything_and_cuts_every_watch_until_it_is_lifted() {
    let server = Server::new();
    let mut watch = Watch::open(&server.service(), CONFIG, "").await;
    outage(&server, &Line::to(&server)).await;
    assert_eq!(watch.next().await, Next::Cut);
}

#[tokio::test]
async fn an_outage_over_http_breaks_connections_until_it_is_lifted() {
    let server = Server::new();
    let listening = server.listen().await.unwrap();
    outage(&server, &Line::http(listening.url(), server.admin_token())).await;
}

#[tokio::test(start_paused = true)]
async fn a_frozen_server_answers_nothing_and_goes_on_where_it_stood() {
    let server = Server::new();
    let line = Line::to(&server);
    let mut watch = Watch::open(&server.service(), CONFIG, "").await;
    server.freeze();
    let asking = tokio::spawn({
        let line = line.clone();
        async move { line.post(CONFIG, &config("a", "1")).await.status }
    });
    assert!(tokio::time::timeout(Duration::from_secs(100), line.get("/version")).await.is_err());
    assert_eq!(server.list(CONFIG).len(), 0);
    assert!(tokio::time::timeout(Duration::from_secs(100), watch.next()).await.is_err());
    server.lift();
    assert_eq!(asking.await.unwrap(), 201);
    assert_eq!(watch.told().await, "ADDED a");
    line.get("/version").await;
    let stood_still: Vec<(&str, bool)> = server.requests().iter().map(|seen| (seen.verb, seen.stood_still)).collect();
    assert_eq!(stood_still, [("watch", false), ("get", true), ("create", true), ("get", false)], "the one that had gone is heard as well");
}

#[tokio::test]
async fn a_stopped_server_answers_nobody_any_more() {
    let server = Server::new();
    let listening = server.listen().await.unwrap();
    let line = Line::http(listening.url(), server.admin_token());
    let mut watch = Watch::open(&server.service(), CONFIG, "").await;
    server.stop();
    assert!(line.try_send(request("GET", "/version", "", Bytes::new())).await.is_err());
    assert_eq!(watch.next().await, Next::Cut);
}
