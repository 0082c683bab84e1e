//! Runs that change are told as it happens, whatever becomes of the watch; and nothing else is.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod at;

use at::runs::{CLEANUP, RUNS, cluster, find, let_go, object, runs, set_phase, start, with_runs};
use at::{NAMESPACE, seconds};
use pawl_apiserver::{Fault, Reply, Rule, Server, When};
use pawl_cluster::{Change, Changes, RUN_VERBS, RunSettings, Runs};
use pawl_core::news::Phase;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tokio::time::timeout;

/// Changes of this server's runs, from now on: the first watch is open.
async fn changes(server: &Server) -> Changes {
    let changes = runs(server).await.changes();
    server.watched_by(1).await;
    changes
}

/// The next change, as `name: phase`, for each of its runs.
async fn next(changes: &mut Changes) -> String {
    let change = timeout(seconds(120), changes.next()).await.expect("something is told");
    assert_eq!((change.repositories.as_slice(), change.pull_request), (&["acme/web".to_owned()][..], Some(12)));
    told(&change)
}

fn told(change: &Change) -> String {
    let run = |run: &pawl_cluster::ChangedRun| match run.phase {
        Some(phase) => format!("{}: {phase:?}", run.name),
        None => format!("{}: gone", run.name),
    };
    change.runs.iter().map(run).collect::<Vec<_>>().join(", ")
}

async fn nothing_else(changes: &mut Changes) {
    let more = timeout(seconds(20), changes.next()).await;
    assert!(more.is_err(), "{more:?}");
}

fn patch(server: &Server, name: &str, patch: &Value) {
    let told = server.call("PATCH", &format!("{RUNS}/{name}"), patch);
    assert_eq!(told.status, 200, "{}", told.json);
}

fn delete(server: &Server, name: &str) {
    assert_eq!(server.call("DELETE", &format!("{RUNS}/{name}"), &Value::Null).status, 200);
}

#[tokio::test(start_paused = true)]
async fn t2_t3_a_run_is_told_when_it_appears_starts_and_succeeds() {
    let server = with_runs();
    let mut changes = changes(&server).await;
    let made = server.create(RUNS, &object("a", &[]));
    let first = changes.next().await;
    assert_eq!((first.repositories.as_slice(), first.pull_request), (&["acme/web".to_owned()][..], Some(12)));
    assert_eq!((first.task.as_deref(), first.runs[0].uid.as_str()), (Some("4"), made["metadata"]["uid"].as_str().unwrap()));
    assert_eq!(told(&first), "a: Pending");
    for phase in ["Running", "Succeeded"] {
        set_phase(&server, "a", phase);
        assert_eq!(next(&mut changes).await, format!("a: {phase}"));
    }
    nothing_else(&mut changes).await;
}

#[tokio::test(start_paused = true)]
async fn k4_a_run_that_is_deleted_is_told_twice_when_it_is_held_and_once_when_it_is_not() {
    let server = with_runs();
    for (name, finalizers) in [("held", &[CLEANUP][..]), ("free", &[])] {
        start(&server, name, "Running", finalizers);
    }
    let mut changes = changes(&server).await;
    delete(&server, "held");
    assert_eq!(next(&mut changes).await, "held: Deleting");
    let_go(&server, "held");
    assert_eq!(next(&mut changes).await, "held: gone");
    delete(&server, "free");
    assert_eq!(next(&mut changes).await, "free: gone");
    nothing_else(&mut changes).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_merely_written_into_a_run_is_not_told() {
    let server = with_runs();
    start(&server, "a", "Running", &[]);
    let mut changes = changes(&server).await;
    for n in 0..20 {
        patch(
            &server,
            "a",
            &json!({ "metadata": { "annotations": { "beat": n.to_string() }, "finalizers": [CLEANUP] }, "spec": { "n": n } }),
        );
        let status =
            server.call("PATCH", &format!("{RUNS}/a/status"), &json!({ "status": { "message": n.to_string(), "phase": "Running" } }));
        assert_eq!(status.status, 200);
    }
    nothing_else(&mut changes).await;
    patch(&server, "a", &json!({ "metadata": { "labels": { "pr-number": "13" } } }));
    let both = [changes.next().await.pull_request, changes.next().await.pull_request];
    assert_eq!(both, [Some(12), Some(13)], "whom it names is more than that");
}

#[tokio::test(start_paused = true)]
async fn a_thousand_runs_at_the_start_tell_nothing_and_then_each_tells_what_happens_to_it() {
    let server = with_runs();
    for n in 0..1_000 {
        server.create(RUNS, &object(&format!("run-{n}"), &[]));
    }
    let mut changes = changes(&server).await;
    nothing_else(&mut changes).await;
    set_phase(&server, "run-777", "Running");
    assert_eq!(next(&mut changes).await, "run-777: Running");
    nothing_else(&mut changes).await;
}

#[tokio::test(start_paused = true)]
async fn a_cut_watch_goes_on_where_it_was() {
    let server = with_runs();
    start(&server, "a", "Pending", &[]);
    let mut changes = changes(&server).await;
    for phase in ["Running", "Failed"] {
        server.cut_watches();
        set_phase(&server, "a", phase);
        assert_eq!(next(&mut changes).await, format!("a: {phase}"));
    }
    nothing_else(&mut changes).await;
    assert_eq!(server.count("list", "coderuns"), 1, "nothing had to be listed again");
}

/// Q6: what happened while nobody watched, and was forgotten by the server, is found by listing again.
#[tokio::test(start_paused = true)]
async fn q6_what_a_server_has_forgotten_is_told_after_a_new_list() {
    let server = with_runs();
    for name in ["a", "b", "same"] {
        start(&server, name, "Pending", &[]);
    }
    let mut changes = changes(&server).await;
    server.outage();
    // The watch hears that it is cut: what an open one has not seen is not forgotten.
    nothing_else(&mut changes).await;
    set_phase(&server, "a", "Running");
    delete(&server, "b");
    start(&server, "c", "Pending", &[]);
    server.compact();
    server.lift();
    let mut seen = BTreeSet::new();
    while seen.len() < 3 {
        let change = timeout(seconds(300), changes.next()).await.expect("what happened in between is told");
        seen.extend(told(&change).split(", ").map(str::to_owned));
    }
    assert_eq!(seen, BTreeSet::from(["a: Running", "b: gone", "c: Pending"].map(str::to_owned)));
    nothing_else(&mut changes).await;
    assert!(server.count("list", "coderuns") > 1);
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_ends_by_itself_is_followed_by_another() {
    let server = with_runs();
    start(&server, "a", "Pending", &[]);
    let mut changes = changes(&server).await;
    for phase in ["Running", "Succeeded", "Running"] {
        tokio::time::sleep(seconds(1_000)).await;
        set_phase(&server, "a", phase);
        assert_eq!(next(&mut changes).await, format!("a: {phase}"));
    }
    assert!(server.count("watch", "coderuns") > 3);
}

#[tokio::test(start_paused = true)]
async fn a_list_of_which_nothing_is_heard_is_begun_anew() {
    let server = with_runs();
    let found = runs(&server).await;
    server.fault(When::on("list", "coderuns"), Fault::DelayAfter(seconds(100_000)));
    let mut changes = found.changes();
    server.watched_by(1).await;
    start(&server, "a", "Running", &[]);
    assert!(next(&mut changes).await.starts_with("a: "));
}

#[tokio::test(start_paused = true)]
async fn while_a_server_refuses_and_fails_it_is_asked_less_and_less_and_then_everything_is_told() {
    let server = with_runs();
    start(&server, "a", "Pending", &[]);
    let mut changes = changes(&server).await;
    server.fault(When::on("watch", "coderuns").always(), Fault::AnswerBefore(Reply::too_many_requests(1)));
    server.fault(When::on("list", "coderuns").always(), Fault::AnswerBefore(Reply::internal_error()));
    server.cut_watches();
    set_phase(&server, "a", "Running");
    let more = timeout(seconds(3_600), changes.next()).await;
    assert!(more.is_err(), "{more:?}");
    let asked = server.count("watch", "coderuns") + server.count("list", "coderuns");
    assert!((50..=400).contains(&asked), "{asked} times in an hour");
    server.clear_faults();
    assert_eq!(next(&mut changes).await, "a: Running");
}

#[tokio::test(start_paused = true)]
async fn whoever_is_slow_hears_of_many_runs_of_one_pull_request_at_once_and_misses_none() {
    let server = with_runs();
    let mut changes = changes(&server).await;
    for n in 0..120 {
        start(&server, &format!("run-{n}"), "Running", &[]);
    }
    tokio::time::sleep(seconds(5)).await;
    let (mut names, mut calls) = (BTreeSet::new(), 0);
    while names.len() < 120 {
        let change = timeout(seconds(60), changes.next()).await.expect("none is missing");
        calls += 1;
        assert!(change.runs.len() <= 50);
        assert!(change.runs.iter().all(|run| run.phase == Some(Phase::Running)), "each is told as it is by now");
        names.extend(change.runs.into_iter().map(|run| run.name));
    }
    assert_eq!(calls, 3);
    nothing_else(&mut changes).await;
}

#[tokio::test(start_paused = true)]
async fn one_hostile_object_hides_no_other() {
    let server = with_runs();
    let mut changes = changes(&server).await;
    let mut deep = json!("end");
    for _ in 0..50 {
        deep = json!({ "a": [deep] });
    }
    let mut odd = object("odd", &[]);
    odd["spec"] = json!({ "taskId": { "a": 1 }, "repositoryUrl": "https://github.com/../..", "deep": deep, "long": "x".repeat(100_000) });
    odd["metadata"]["labels"] = json!({ "pr-number": "0", "repository": "nobody" });
    server.create(RUNS, &odd);
    server.call("PATCH", &format!("{RUNS}/odd/status"), &json!({ "status": { "phase": [1], "pullRequestUrl": 7.5 } }));
    let first = changes.next().await;
    assert_eq!((first.repositories.len(), first.pull_request, first.task), (0, None, None));
    start(&server, "a", "Running", &[]);
    while !told(&changes.next().await).contains("a: Running") {}
    assert!(find(&server, "odd").is_some());
}

#[tokio::test(start_paused = true)]
async fn k10_watching_uses_list_and_watch_and_ends_with_its_owner() {
    let server = with_runs();
    let (group, resource, verbs) = RUN_VERBS[0];
    assert!(verbs.contains(&"list") && verbs.contains(&"watch"));
    let token = server.account("pawl", vec![Rule::allow(group, &[resource], &["list", "watch"]).within(NAMESPACE)]);
    let runs = Runs::discover(&cluster(server.service_of(&token)), RunSettings::default()).await.unwrap();
    let mut changes = runs.changes();
    server.watched_by(1).await;
    server.create(RUNS, &object("a", &[]));
    assert_eq!(next(&mut changes).await, "a: Pending");
    drop(changes);
    tokio::time::sleep(seconds(1)).await;
    assert!(timeout(seconds(60), server.watched_by(1)).await.is_err(), "nobody watches any more");
    let used: Vec<&str> = server.verbs_used("pawl").into_iter().map(|(_, _, verb)| verb).collect();
    assert_eq!(used, ["list", "watch"]);
}
