//! Room for branches: the one that waits longest goes when there are too many, and only as it was known.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod at;

use at::records::{MAPS, replica, subject};
use at::server;
use pawl_apiserver::{Fault, Server, When};
use pawl_core::Timestamp;
use pawl_core::branch::{BRANCHES, HeldBranch, HeldNews};
use pawl_core::news::{Event, News};
use serde_json::{Value, json};

fn held(branch: &str, arrived: i64) -> HeldBranch {
    let at = Timestamp::from_second(arrived).unwrap();
    let commit = "1234567890123456789012345678901234567890".to_owned();
    let event = Event::Pushed { commit: commit.clone(), branch: branch.into() };
    let news = News { id: format!("push {branch} at {arrived}"), at, arrived: at, actor: None, event };
    HeldBranch {
        repository: subject(1).repository,
        branch: Some(branch.into()),
        news: vec![HeldNews { commit, delivery: "d".into(), news }],
        next_at: Some(at),
        attempts: 0,
    }
}

fn map_of(server: &Server, about: &str) -> Value {
    server.list(MAPS).into_iter().find(|map| map["metadata"]["annotations"]["pawl/about"] == about).unwrap()
}

/// A server with as many branches as may wait, of which `oldest` waits longest.
async fn full() -> Server {
    let server = server();
    replica(&server).hold(held("oldest", 1)).await.unwrap();
    let one = map_of(&server, "7/oldest");
    for n in 1..BRANCHES {
        let branch = format!("b{n}");
        let content = serde_json::to_string(&held(&branch, 1_000)).unwrap();
        let annotations = json!({ "pawl/about": format!("7/{branch}") });
        let metadata = json!({ "name": branch, "labels": one["metadata"]["labels"], "annotations": annotations });
        server.create(MAPS, &json!({ "metadata": metadata, "data": { "content": content } }));
    }
    server
}

#[tokio::test(start_paused = true)]
async fn g6_of_too_many_branches_the_one_that_waits_longest_goes_and_one_that_was_told_anew_meanwhile_is_not_forgotten() {
    let server = full().await;
    let records = replica(&server);
    assert_eq!(records.held_branches().await.unwrap(), BRANCHES);
    server.forget_requests();
    // Another replica lets the old news go, and keeps newer ones of the same branch.
    let (admin, map) = (server.clone(), map_of(&server, "7/oldest"));
    let name = map["metadata"]["name"].as_str().unwrap().to_owned();
    let path = format!("{MAPS}/{name}");
    let newer = json!({ "data": { "content": serde_json::to_string(&held("oldest", 3_000)).unwrap() } });
    let tell = move || assert_eq!(admin.call("PATCH", &path, &newer).status, 200);
    server.fault(When::on("get", "configmaps").named(&name), Fault::meanwhile(tell));
    assert_eq!(records.hold(held("newest", 2_000)).await.unwrap().gone, []);
    assert_eq!(records.held_branches().await.unwrap(), BRANCHES + 1, "it waits as before, and another goes with the next that comes");
    replica(&server).hold(held("older", 10)).await.unwrap();
    let gone = records.hold(held("older", 10)).await.unwrap().gone;
    assert_eq!(gone.iter().map(|held| held.branch.as_deref()).collect::<Vec<_>>(), [Some("older")]);
    assert_eq!(records.held_branches().await.unwrap(), BRANCHES + 1);
    assert_eq!(server.count("list", "configmaps"), 0, "nobody had to list anything to know it");
}
