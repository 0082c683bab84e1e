//! Watches that are open while things happen.

use crate::line::{CONFIG, Line, RUNS, config, run, runs};
use crate::watching::{Next, Watch};
use pawl_apiserver::Server;
use serde_json::{Value, json};
use std::time::Duration;

fn change(server: &Server, name: &str, value: &str) {
    let told = server.call("PATCH", &format!("{CONFIG}/{name}"), &json!({ "data": { "k": value } }));
    assert_eq!(told.status, 200, "{}", told.json);
}

#[tokio::test(start_paused = true)]
async fn events_come_as_they_happen_and_end_at_the_time_that_was_asked_for() {
    let server = Server::new();
    let mut watch = Watch::open(&server.service(), CONFIG, "timeoutSeconds=300").await;
    server.create(CONFIG, &config("a", "1"));
    assert_eq!(watch.told().await, "ADDED a");
    change(&server, "a", "2");
    server.call("DELETE", &format!("{CONFIG}/a"), &Value::Null);
    assert_eq!(watch.told().await, "MODIFIED a");
    assert_eq!(watch.told().await, "DELETED a");
    assert_eq!(watch.next().await, Next::Over);
}

#[tokio::test(start_paused = true)]
async fn whoever_goes_on_from_the_last_version_misses_nothing_and_sees_nothing_twice() {
    let server = Server::new();
    let mut from = server.revision().to_string();
    let mut seen = Vec::new();
    for round in 0..10 {
        server.create(CONFIG, &config(&format!("a{round}"), "1"));
        change(&server, &format!("a{round}"), "2");
        server.call("DELETE", &format!("{CONFIG}/a{round}"), &Value::Null);
        // Each watch is cut after one event less than there are.
        let mut watch = Watch::open(&server.service(), CONFIG, &format!("resourceVersion={from}")).await;
        for _ in 0..2 {
            let Next::Event(event) = watch.next().await else { panic!("the history has more") };
            from = event["object"]["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
            seen.push(from.parse::<u64>().unwrap());
        }
    }
    let first = seen[0];
    assert_eq!(seen, (first..first + 20).collect::<Vec<_>>(), "every change has its own version, also a deletion");
}

#[tokio::test(start_paused = true)]
async fn a_version_from_before_a_compaction_is_too_old_and_open_watches_go_on() {
    let server = Server::new();
    let old = server.revision();
    server.create(CONFIG, &config("a", "1"));
    let mut open = Watch::open(&server.service(), CONFIG, &format!("resourceVersion={old}")).await;
    change(&server, "a", "2");
    server.compact();
    assert_eq!((open.told().await, open.told().await), ("ADDED a".to_owned(), "MODIFIED a".to_owned()));

    let mut late = Watch::open(&server.service(), CONFIG, &format!("resourceVersion={old}")).await;
    let Next::Event(event) = late.next().await else { panic!("a watch that is too old is answered by an event") };
    let message = format!("too old resource version: {old} ({})", server.revision());
    assert_eq!((&event["type"], &event["object"]["code"]), (&json!("ERROR"), &json!(410)));
    assert_eq!((&event["object"]["reason"], &event["object"]["message"]), (&json!("Expired"), &json!(message)));
    assert_eq!(late.next().await, Next::Over);
    assert_eq!(server.expired(), 1, "and it is counted");

    let now = format!("resourceVersion={}", server.revision());
    let mut fresh = Watch::open(&server.service(), CONFIG, &now).await;
    change(&server, "a", "3");
    assert_eq!((fresh.told().await, open.told().await), ("MODIFIED a".to_owned(), "MODIFIED a".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn history_has_an_end() {
    let server = Server::with(&pawl_apiserver::Settings { history_kept: 3, ..Default::default() });
    let old = server.revision();
    for i in 0..4 {
        server.create(CONFIG, &config(&format!("a{i}"), "1"));
    }
    let mut late = Watch::open(&server.service(), CONFIG, &format!("resourceVersion={old}")).await;
    assert_eq!(late.told().await, "ERROR");
    let mut just = Watch::open(&server.service(), CONFIG, &format!("resourceVersion={}", old + 1)).await;
    assert_eq!(just.told().await, "ADDED a1");
}

#[tokio::test(start_paused = true)]
async fn bookmarks_come_to_those_who_want_them() {
    let server = Server::new();
    let mut with = Watch::open(&server.service(), CONFIG, "allowWatchBookmarks=true&labelSelector=none").await;
    let mut without = Watch::open(&server.service(), CONFIG, "").await;
    server.create(CONFIG, &config("a", "1"));
    assert_eq!(without.told().await, "ADDED a");
    server.send_bookmarks();
    let Next::Event(event) = with.next().await else { panic!("a bookmark is an event") };
    assert_eq!(event["type"], "BOOKMARK");
    assert_eq!(event["object"]["metadata"], json!({ "resourceVersion": server.revision().to_string() }));
    assert_eq!((&event["object"]["kind"], &event["object"]["apiVersion"]), (&json!("ConfigMap"), &json!("v1")));
    change(&server, "a", "2");
    assert_eq!(without.told().await, "MODIFIED a");
}

#[tokio::test(start_paused = true)]
async fn the_beginning_ends_with_a_bookmark_that_says_so() {
    let server = Server::new();
    server.create(CONFIG, &config("a", "1"));
    let query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let mut watch = Watch::open(&server.service(), CONFIG, query).await;
    assert_eq!(watch.told().await, "ADDED a");
    let Next::Event(event) = watch.next().await else { panic!("a bookmark is an event") };
    assert_eq!(event["object"]["metadata"]["annotations"], json!({ "k8s.io/initial-events-end": "true" }));
    server.create(CONFIG, &config("b", "1"));
    assert_eq!(watch.told().await, "ADDED b");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_late_loses_nothing() {
    let server = Server::new();
    let mut watch = Watch::open(&server.service(), CONFIG, "").await;
    server.create(CONFIG, &config("a", "0"));
    for i in 1..=500 {
        change(&server, "a", &i.to_string());
        // Others have their turn, so that the watch fills up.
        tokio::task::yield_now().await;
    }
    server.compact();
    assert_eq!(watch.told().await, "ADDED a");
    for _ in 1..=500 {
        assert_eq!(watch.told().await, "MODIFIED a");
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_of_all_namespaces_sees_all_and_a_watch_of_one_sees_one() {
    let server = Server::new();
    server.namespace("other");
    let mut all = Watch::open(&server.service(), "/api/v1/configmaps", "").await;
    let mut one = Watch::open(&server.service(), CONFIG, "").await;
    server.create("/api/v1/namespaces/other/configmaps", &config("x", "1"));
    server.create(CONFIG, &config("a", "1"));
    assert_eq!((all.told().await, all.told().await), ("ADDED x".to_owned(), "ADDED a".to_owned()));
    assert_eq!(one.told().await, "ADDED a");
}

#[tokio::test(start_paused = true)]
async fn a_watch_ends_when_its_resource_is_no_longer_defined() {
    let server = Server::new();
    server.define(&runs());
    server.create(RUNS, &run("a", &[]));
    let mut watch = Watch::open(&server.service(), RUNS, "").await;
    assert_eq!(watch.told().await, "ADDED a");
    server.call("DELETE", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/runs.pawl.test", &Value::Null);
    assert_eq!(watch.told().await, "DELETED a");
    assert_eq!(watch.next().await, Next::Over);
    assert_eq!(Line::to(&server).get(RUNS).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn open_watches_are_counted_and_one_that_nobody_reads_ends() {
    let server = Server::new();
    let watch = Watch::open(&server.service(), CONFIG, "").await;
    tokio::time::timeout(Duration::from_secs(1), server.watched_by(1)).await.unwrap();
    drop(watch);
    tokio::time::timeout(Duration::from_secs(1), server.watched_by(2)).await.unwrap_err();
}
