//! Compare-and-swap: for each version one writer, and never two.

use crate::line::{CONFIG, Line, config};
use pawl_apiserver::{Fault, Server, When};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const COUNTER: &str = "/api/v1/namespaces/default/configmaps/counter";
const WRITERS: usize = 16;
const ROUNDS: usize = 10;

/// Adds one until it has been done; answers the versions that it wrote and how often somebody else was faster.
async fn add(line: Line, rounds: usize) -> (Vec<String>, usize) {
    let (mut written, mut lost) = (Vec::new(), 0);
    while written.len() < rounds {
        let mut object = line.get(COUNTER).await.json;
        let count: u64 = object["data"]["k"].as_str().unwrap().parse().unwrap();
        object["data"]["k"] = (count + 1).to_string().into();
        let answer = line.put(COUNTER, &object).await;
        match answer.status {
            200 => written.push(answer.version().to_owned()),
            409 => lost += 1,
            other => panic!("{other}: {}", answer.text),
        }
    }
    (written, lost)
}

async fn race(server: &Server, line: &Line) -> usize {
    server.create(CONFIG, &config("counter", "0"));
    let writers: Vec<_> = (0..WRITERS).map(|_| tokio::spawn(add(line.clone(), ROUNDS))).collect();
    let (mut versions, mut lost) = (BTreeSet::new(), 0);
    for writer in writers {
        let (written, conflicts) = writer.await.unwrap();
        versions.extend(written);
        lost += conflicts;
    }
    assert_eq!(versions.len(), WRITERS * ROUNDS, "every write that was answered has a version of its own");
    assert_eq!(server.get(COUNTER).unwrap()["data"]["k"], (WRITERS * ROUNDS).to_string());
    lost
}

#[tokio::test(start_paused = true)]
async fn many_writers_through_the_service_lose_nothing() {
    let server = Server::new();
    server.slow(Duration::from_millis(1)..=Duration::from_millis(30), 7);
    assert!(race(&server, &Line::to(&server)).await > 0, "nobody was ever too late: the writers did not race");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_writers_over_http_lose_nothing() {
    let server = Server::new();
    let listening = server.listen().await.unwrap();
    race(&server, &Line::http(listening.url(), server.admin_token())).await;
}

#[tokio::test(start_paused = true)]
async fn a_write_that_arrives_twice_is_done_once_and_refused_once() {
    let server = Server::new();
    let line = Line::to(&server);
    let mut object = server.create(CONFIG, &config("counter", "0"));
    object["data"]["k"] = "1".into();
    server.fault(When::on("update", "configmaps"), Fault::Twice);
    let answer = line.put(COUNTER, &object).await;
    assert_eq!((answer.status, answer.at("/reason")), (409, "Conflict"), "the second found the version of the first");
    assert_eq!(server.get(COUNTER).unwrap()["data"]["k"], "1");
    server.fault(When::on("create", "configmaps"), Fault::Twice);
    assert_eq!(line.post(CONFIG, &config("new", "1")).await.at("/reason"), "AlreadyExists");
    assert!(server.requests().iter().all(|seen| seen.applied), "{:?}", server.requests());
}

#[tokio::test(start_paused = true)]
async fn a_write_that_its_writer_gave_up_still_arrives() {
    let server = Server::new();
    let line = Line::to(&server);
    server.create(CONFIG, &config("counter", "0"));
    server.fault(When::on("patch", "configmaps"), Fault::DelayBefore(Duration::from_secs(20)));
    let patch = json!({ "data": { "k": "late" } });
    assert!(tokio::time::timeout(Duration::from_secs(3), line.merge(COUNTER, &patch)).await.is_err());
    assert_eq!(server.get(COUNTER).unwrap()["data"]["k"], "0");
    tokio::time::advance(Duration::from_secs(20)).await;
    assert_eq!(line.get(COUNTER).await.json["data"], json!({ "k": "late" }));
    let late: Vec<_> = server.requests().into_iter().filter(|seen| seen.verb == "patch").collect();
    assert!(late.len() == 1 && late[0].applied, "{late:?}");
    assert_eq!(server.call("GET", "/nothing", &Value::Null).status, 404);
}
