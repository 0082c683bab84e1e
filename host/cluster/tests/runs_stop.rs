//! Stopping a run, whatever it does meanwhile.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod at;

use at::runs::{CLEANUP, RUNS, find, let_go, object, runs, set_phase, start, with_runs};
use at::stops::{Heard, delete, later, stop, trouble};
use at::{NAMESPACE, seconds};
use pawl_apiserver::{Fault, Reply, Server, Settings, Time};
use pawl_cluster::{Cluster, RunSettings, Runs};
use pawl_core::stop::StopState;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::time::{Instant, sleep};

#[tokio::test(start_paused = true)]
async fn k3_what_goes_on_is_stopped_and_what_has_finished_is_left() {
    for (phase, is_stopped) in [("", true), ("Pending", true), ("Running", true), ("Paused", true), ("Succeeded", false), ("Failed", false)]
    {
        let server = with_runs();
        let run = start(&server, "a", phase, &[]);
        let runs = runs(&server).await;
        let expected = if is_stopped { StopState::Confirmed } else { StopState::Moot };
        assert_eq!(stop(&runs, &run).await, expected, "{phase:?}");
        assert_eq!((find(&server, "a").is_none(), server.count("delete", "coderuns")), (is_stopped, usize::from(is_stopped)), "{phase:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn k4_a_run_with_a_finalizer_is_accepted_and_then_confirmed() {
    let server = with_runs();
    let run = start(&server, "a", "Running", &[CLEANUP]);
    let runs = runs(&server).await;
    later(&server, 4, |server| let_go(server, "a"));
    let start = Instant::now();
    assert_eq!(stop(&runs, &run).await, StopState::Confirmed);
    assert!((seconds(4)..seconds(7)).contains(&start.elapsed()), "{:?}", start.elapsed());
    assert_eq!(server.count("delete", "coderuns"), 1);
}

#[tokio::test(start_paused = true)]
async fn k4_a_stuck_finalizer_is_reported_by_name_and_never_removed() {
    let server = with_runs();
    let run = start(&server, "a", "Running", &[CLEANUP, "other.io/hold"]);
    let runs = runs(&server).await;
    let start = Instant::now();
    assert_eq!(stop(&runs, &run).await, StopState::Accepted { held_by: vec![CLEANUP.to_owned(), "other.io/hold".to_owned()] });
    assert!((seconds(10)..seconds(11)).contains(&start.elapsed()), "{:?}", start.elapsed());
    assert_eq!(find(&server, "a").unwrap()["metadata"]["finalizers"], json!([CLEANUP, "other.io/hold"]));
    assert!(server.requests().iter().all(|seen| matches!(seen.verb, "get" | "delete")));
    assert!(server.count("get", "coderuns") < 25, "looks become rarer: {}", server.count("get", "coderuns"));
}

#[tokio::test(start_paused = true)]
async fn k4_pods_go_first_the_deletion_is_in_the_foreground() {
    let server = Server::with(&Settings { time: Time::Simulated, controllers: false, ..Settings::default() });
    server.namespace(NAMESPACE).define(&at::runs::definition("agents.platform", "CodeRun", "Namespaced"));
    let run = start(&server, "a", "Running", &[]);
    let runs = runs(&server).await;
    assert_eq!(stop(&runs, &run).await, StopState::Accepted { held_by: vec!["foregroundDeletion".to_owned()] });
}

#[tokio::test(start_paused = true)]
async fn k4_what_is_deleted_is_named_by_uid_and_version() {
    let server = with_runs();
    let run = start(&server, "a", "Running", &[]);
    let version = find(&server, "a").unwrap()["metadata"]["resourceVersion"].clone();
    let heard = Heard { server: server.service(), deletions: Arc::default() };
    let cluster = Cluster::of(kube::Client::new(heard.clone(), NAMESPACE), NAMESPACE);
    let runs = Runs::discover(&cluster, RunSettings::default()).await.unwrap();
    assert_eq!(stop(&runs, &run).await, StopState::Confirmed);
    let [deletion] = heard.deletions.lock().unwrap().clone().try_into().unwrap();
    assert_eq!(deletion, json!({ "propagationPolicy": "Foreground", "preconditions": { "uid": run.uid, "resourceVersion": version } }));
}

#[tokio::test(start_paused = true)]
async fn k4_one_that_finishes_between_the_look_and_the_deletion_is_not_deleted() {
    let server = with_runs();
    let run = start(&server, "a", "Running", &[]);
    let runs = runs(&server).await;
    let behind = server.clone();
    server.fault(delete(), Fault::meanwhile(move || set_phase(&behind, "a", "Succeeded")));
    assert_eq!(stop(&runs, &run).await, StopState::Moot);
    assert!(find(&server, "a").is_some());
}

#[tokio::test(start_paused = true)]
async fn k4_one_that_changes_and_goes_on_is_read_again_and_deleted() {
    let server = with_runs();
    let run = start(&server, "a", "Pending", &[]);
    let runs = runs(&server).await;
    let behind = server.clone();
    server.fault(delete(), Fault::meanwhile(move || set_phase(&behind, "a", "Running")));
    assert_eq!(stop(&runs, &run).await, StopState::Confirmed);
    assert_eq!((find(&server, "a"), server.count("delete", "coderuns")), (None, 2));
}

#[tokio::test(start_paused = true)]
async fn k4_one_that_always_changes_is_asked_for_three_times_and_told() {
    let server = with_runs();
    let run = start(&server, "a", "Running", &[]);
    let runs = runs(&server).await;
    server.fault(delete().always(), Fault::AnswerBefore(Reply::conflict("coderuns.agents.platform", "a")));
    let trouble = trouble(stop(&runs, &run).await);
    assert!(trouble.transient && trouble.message.contains("CodeRun a"), "{trouble:?}");
    assert_eq!(server.count("delete", "coderuns"), 3);
    assert!(find(&server, "a").unwrap()["metadata"].get("deletionTimestamp").is_none());
}

#[tokio::test(start_paused = true)]
async fn k4_a_name_that_belongs_to_another_run_by_now_means_gone_and_the_other_one_stays() {
    let anew = |server: &Server| {
        let path = format!("{RUNS}/a");
        server.call("DELETE", &path, &Value::Null);
        server.create(RUNS, &object("a", &[]));
    };
    // Before it is looked at.
    let server = with_runs();
    let run = start(&server, "a", "Running", &[]);
    let of = runs(&server).await;
    anew(&server);
    assert_eq!((stop(&of, &run).await, server.count("delete", "coderuns")), (StopState::Confirmed, 0));
    assert!(find(&server, "a").is_some());
    // Between the look and the deletion.
    let server = with_runs();
    let run = start(&server, "a", "Running", &[]);
    let of = runs(&server).await;
    let behind = server.clone();
    server.fault(delete(), Fault::meanwhile(move || anew(&behind)));
    assert_eq!((stop(&of, &run).await, server.count("delete", "coderuns")), (StopState::Confirmed, 1));
    assert!(find(&server, "a").unwrap()["metadata"].get("deletionTimestamp").is_none());
    // While it is waited for.
    let server = with_runs();
    let run = start(&server, "a", "Running", &[CLEANUP]);
    let of = runs(&server).await;
    later(&server, 3, |server| {
        let_go(server, "a");
        server.create(RUNS, &object("a", &[CLEANUP]));
    });
    assert_eq!(stop(&of, &run).await, StopState::Confirmed);
    assert!(find(&server, "a").unwrap()["metadata"].get("deletionTimestamp").is_none());
}

#[tokio::test(start_paused = true)]
async fn k3_one_that_is_being_deleted_already_is_waited_for_and_not_deleted_again() {
    let server = with_runs();
    let run = start(&server, "a", "Succeeded", &[CLEANUP]);
    let runs = runs(&server).await;
    server.call("DELETE", &format!("{RUNS}/a"), &Value::Null);
    later(&server, 2, |server| let_go(server, "a"));
    assert_eq!(stop(&runs, &run).await, StopState::Confirmed);
    assert_eq!(server.count("delete", "coderuns"), 0);
    assert_eq!(stop(&runs, &run).await, StopState::Confirmed, "what is gone stays gone");
}

#[tokio::test(start_paused = true)]
async fn k4_a_deletion_of_which_nothing_was_heard_is_looked_after_before_it_is_asked_for_again() {
    let lost = [
        (Fault::CutAfter, 1),
        (Fault::DelayAfter(seconds(60)), 1),
        (Fault::AnswerAfter(Reply::timeout()), 1),
        (Fault::CutBefore, 2),
        (Fault::AnswerBefore(Reply::unavailable()), 2),
        (Fault::Twice, 1),
    ];
    for (fault, deletions) in lost {
        let server = with_runs();
        let run = start(&server, "a", "Running", &[]);
        let runs = runs(&server).await;
        let said = format!("{fault:?}");
        server.fault(delete(), fault);
        assert_eq!(stop(&runs, &run).await, StopState::Confirmed, "{said}");
        // A request is in the log when it has ended, and a delayed one ends late.
        sleep(seconds(60)).await;
        assert_eq!(server.count("delete", "coderuns"), deletions, "{said}");
    }
}

#[tokio::test(start_paused = true)]
async fn k4_the_last_attempt_is_looked_after_as_well() {
    let server = with_runs();
    let run = start(&server, "a", "Running", &[]);
    let runs = runs(&server).await;
    server.fault(delete().times(2), Fault::AnswerBefore(Reply::internal_error()));
    server.fault(delete().nth(3), Fault::CutAfter);
    assert_eq!(stop(&runs, &run).await, StopState::Confirmed);
    assert_eq!(server.count("delete", "coderuns"), 3);
}
