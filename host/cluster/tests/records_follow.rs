//! Whoever follows records hears of all of them and of every change, whatever becomes of the watch, and lists nothing.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod at;

use at::records::{MAPS, append, commit, id, of, replica, subject};
use at::{seconds, server};
use pawl_apiserver::{Fault, Reply, Rule, Server, When};
use pawl_cluster::{Following, RECORD_VERBS, Records, Written};
use pawl_core::Timestamp;
use pawl_core::branch::{HeldBranch, HeldNews};
use pawl_core::news::{Event, News};
use serde_json::json;
use tokio::time::timeout;

/// What is told next, in words.
async fn next(following: &mut Following) -> String {
    match timeout(seconds(600), following.next()).await.expect("something is told") {
        Written::Anew => "anew".to_owned(),
        Written::Record(record) => format!("#{} of generation {}", record.subject.number, record.generation),
        Written::Unreadable(subject) => format!("#{} cannot be read", subject.number),
        Written::Gone(subject) => format!("#{} is gone", subject.number),
        Written::Everything => "everything".to_owned(),
        Written::Broken => "broken".to_owned(),
    }
}

/// The next so many.
async fn told(following: &mut Following, count: usize) -> Vec<String> {
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(next(following).await);
    }
    all
}

/// Somebody who has heard everything there is: nothing.
async fn following(records: &Records) -> Following {
    let mut following = records.follow();
    assert_eq!(told(&mut following, 2).await, ["anew", "everything"]);
    following
}

fn held(branch: &str, next_at: i64) -> HeldBranch {
    let at = |second| Timestamp::from_second(second).unwrap();
    let commit = "1234567890123456789012345678901234567890".to_owned();
    let event = Event::Pushed { commit: commit.clone(), branch: branch.into() };
    let news = News { id: format!("push {branch}"), at: at(1), arrived: at(1), actor: None, event };
    HeldBranch {
        repository: subject(1).repository,
        branch: Some(branch.into()),
        news: vec![HeldNews { commit, delivery: "d".into(), news }],
        next_at: Some(at(next_at)),
        attempts: 0,
    }
}

#[tokio::test(start_paused = true)]
async fn q6_what_another_replica_writes_is_told_and_what_goes_too() {
    let server = server();
    let (ours, theirs) = (replica(&server), replica(&server));
    theirs.append(vec![append(1, "a")]).await.unwrap();
    let mut following = ours.follow();
    assert_eq!(told(&mut following, 3).await, ["anew", "#1 of generation 0", "everything"]);
    theirs.append(vec![append(2, "a")]).await.unwrap();
    assert_eq!(next(&mut following).await, "#2 of generation 0");
    let record = theirs.load(id(2)).await.unwrap().unwrap();
    theirs.commit(id(2), commit(&record, "op")).await.unwrap();
    assert_eq!(next(&mut following).await, "#2 of generation 1");
    let map = server.list(MAPS).into_iter().find(|map| map["metadata"]["annotations"]["pawl/about"] == "7#2").unwrap();
    let path = format!("{MAPS}/{}", map["metadata"]["name"].as_str().unwrap());
    assert_eq!(server.call("PATCH", &path, &json!({ "data": { "content": "{" } })).status, 200);
    assert_eq!(next(&mut following).await, "#2 cannot be read");
    assert_eq!(server.call("DELETE", &path, &serde_json::Value::Null).status, 200);
    assert_eq!(next(&mut following).await, "#2 is gone");
}

#[tokio::test(start_paused = true)]
async fn q6_what_was_written_while_the_watch_was_broken_is_told_when_it_begins_anew() {
    let server = server();
    let (ours, theirs) = (replica(&server), replica(&server));
    let mut following = following(&ours).await;
    server.fault(When::on("list", "configmaps").times(2), Fault::AnswerBefore(Reply::internal_error()));
    server.cut_watches();
    theirs.append(vec![append(1, "a")]).await.unwrap();
    assert_eq!(next(&mut following).await, "broken");
    let mut after = Vec::new();
    while after.last().is_none_or(|last| last != "everything") {
        after.push(next(&mut following).await);
    }
    assert!(after.ends_with(&["anew".to_owned(), "#1 of generation 0".to_owned(), "everything".to_owned()]), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn a_watch_without_a_word_is_begun_anew_with_a_list_and_until_then_nothing_is_listed() {
    let server = server();
    let records = replica(&server);
    let mut following = following(&records).await;
    server.forget_requests();
    assert_eq!(told(&mut following, 3).await, ["broken", "anew", "everything"]);
    assert_eq!(server.count("list", "configmaps"), 1, "one list in five silent minutes");
}

#[tokio::test(start_paused = true)]
async fn branches_that_another_replica_holds_and_lets_go_are_known_without_a_list() {
    let server = server();
    let (ours, theirs) = (replica(&server), replica(&server));
    let mut following = following(&ours).await;
    server.forget_requests();
    // A record behind each change of a branch tells that the watch has come so far.
    theirs.hold(held("work", 5)).await.unwrap();
    theirs.append(vec![append(1, "a")]).await.unwrap();
    assert_eq!(next(&mut following).await, "#1 of generation 0");
    assert_eq!(ours.held_branches().await.unwrap(), 1);
    let due = ours.due_branches(Timestamp::from_second(5).unwrap(), 9).await.unwrap();
    assert_eq!(due.len(), 1);
    theirs.let_go(&due[0]).await.unwrap();
    theirs.append(vec![append(2, "a")]).await.unwrap();
    assert_eq!(next(&mut following).await, "#2 of generation 0");
    assert_eq!(ours.held_branches().await.unwrap(), 0);
    assert_eq!(server.count("list", "configmaps"), 0);
}

#[tokio::test(start_paused = true)]
async fn k9_a_branch_that_cannot_be_read_is_set_aside_by_whoever_follows() {
    let server = server();
    let (ours, theirs) = (replica(&server), replica(&server));
    let mut following = following(&ours).await;
    theirs.hold(held("work", 5)).await.unwrap();
    let map = server.list(MAPS).into_iter().find(|map| map["metadata"]["annotations"]["pawl/about"] == "7/work").unwrap();
    let path = format!("{MAPS}/{}", map["metadata"]["name"].as_str().unwrap());
    assert_eq!(server.call("PATCH", &path, &json!({ "data": { "content": "{" } })).status, 200);
    theirs.append(vec![append(1, "a")]).await.unwrap();
    assert_eq!(next(&mut following).await, "#1 of generation 0");
    assert_eq!(ours.due_branches(Timestamp::from_second(0).unwrap(), 9).await.unwrap(), []);
    assert_eq!((ours.set_aside(), ours.held_branches().await.unwrap()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn q5_without_a_watch_branches_that_others_hold_are_listed_as_before() {
    let server = server();
    let (ours, theirs) = (replica(&server), replica(&server));
    let mut following = following(&ours).await;
    server.fault(When::on("watch", "configmaps").always(), Fault::AnswerBefore(Reply::internal_error()));
    server.fault(When::on("list", "configmaps").times(1), Fault::AnswerBefore(Reply::internal_error()));
    server.cut_watches();
    assert_eq!(next(&mut following).await, "broken");
    theirs.hold(held("work", 5)).await.unwrap();
    assert_eq!(ours.held_branches().await.unwrap(), 1);
    drop(following);
}

/// An account that may do all that records use, but watch.
fn unwatched(server: &Server) -> Records {
    let rules = Rule::of_table(RECORD_VERBS);
    assert!(rules.len() == 1, "records are ConfigMaps only");
    let verbs: Vec<&str> = RECORD_VERBS[0].2.iter().copied().filter(|verb| *verb != "watch").collect();
    of(server, &server.account("pawl", vec![Rule::allow("", &["configmaps"], &verbs)]))
}

#[tokio::test(start_paused = true)]
async fn k10_a_role_without_watch_costs_lists_and_loses_nothing() {
    let server = server();
    let ours = unwatched(&server);
    let mut following = ours.follow();
    while next(&mut following).await != "broken" {}
    replica(&server).hold(held("work", 5)).await.unwrap();
    ours.append(vec![append(1, "a")]).await.unwrap();
    assert_eq!((ours.held_branches().await.unwrap(), ours.page(None, 9).await.unwrap().len()), (1, 1));
}
