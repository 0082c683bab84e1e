//! Stopping runs, whatever they and the API server do meanwhile.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod at;

use at::runs::{CLEANUP, RUNS, cluster, find, let_go, object, runs, set_phase, start, with_runs};
use at::{NAMESPACE, seconds};
use pawl_apiserver::{Fault, Reply, Rule, Server, Settings, Time, When};
use pawl_cluster::{RunSettings, Runs};
use pawl_core::plan::Stop;
use pawl_core::stop::StopState;
use pawl_core::turn::Trouble;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

fn delete() -> When {
    When::on("delete", "coderuns")
}

async fn stop(runs: &Runs, stop: &Stop) -> StopState {
    let [stopping] = runs.stop(std::slice::from_ref(stop), seconds(10)).await.try_into().unwrap();
    assert_eq!(stopping.stop, *stop);
    stopping.state
}

fn trouble(state: StopState) -> Trouble {
    match state {
        StopState::Failed(trouble) => trouble,
        other => panic!("{other:?}"),
    }
}

/// Lets something happen after so many seconds.
fn later(server: &Server, after_seconds: u64, act: impl FnOnce(&Server) + Send + 'static) {
    let server = server.clone();
    tokio::spawn(async move {
        sleep(seconds(after_seconds)).await;
        act(&server);
    });
}

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

#[tokio::test(start_paused = true)]
async fn a_storm_of_429_is_waited_out_or_told_with_the_pause_that_the_server_wants() {
    let server = with_runs();
    let run = start(&server, "a", "Running", &[]);
    let runs = runs(&server).await;
    server.fault(delete().times(2), Fault::AnswerBefore(Reply::too_many_requests(3)));
    let start_of = Instant::now();
    assert_eq!(stop(&runs, &run).await, StopState::Confirmed);
    assert!(start_of.elapsed() >= seconds(6), "{:?}", start_of.elapsed());
    let run = start(&server, "b", "Running", &[]);
    server.fault(delete().or("get").always(), Fault::AnswerBefore(Reply::too_many_requests(9)));
    let trouble = trouble(stop(&runs, &run).await);
    assert_eq!((trouble.transient, trouble.retry_after_seconds), (true, Some(9)), "{trouble:?}");
}

#[tokio::test(start_paused = true)]
async fn an_outage_while_a_run_is_waited_for_is_lived_through() {
    let server = with_runs();
    let run = start(&server, "a", "Running", &[CLEANUP]);
    let runs = runs(&server).await;
    later(&server, 1, Server::outage);
    later(&server, 5, |server| {
        server.lift();
        let_go(server, "a");
    });
    assert_eq!(stop(&runs, &run).await, StopState::Confirmed);
    let run = start(&server, "b", "Running", &[CLEANUP]);
    later(&server, 1, Server::outage);
    assert_eq!(stop(&runs, &run).await, StopState::Accepted { held_by: vec![CLEANUP.to_owned()] }, "it was taken, and that was seen");
    server.lift();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_away_or_silent_is_told_after_a_bounded_time() {
    let server = with_runs();
    let run = start(&server, "a", "Running", &[]);
    let runs = runs(&server).await;
    server.outage();
    assert!(trouble(stop(&runs, &run).await).transient);
    server.lift();
    server.freeze();
    let start = Instant::now();
    assert!(trouble(stop(&runs, &run).await).transient);
    assert!(start.elapsed() < seconds(30), "{:?}", start.elapsed());
    server.lift();
    assert_eq!(stop(&runs, &run).await, StopState::Confirmed);
}

#[tokio::test(start_paused = true)]
async fn k5_of_twenty_five_runs_one_is_refused_and_all_others_are_gone() {
    let server = with_runs();
    let stops: Vec<Stop> = (0..25).map(|i| start(&server, &format!("run-{i:02}"), "Running", &[])).collect();
    let runs = runs(&server).await;
    let refusal = Reply::status(403, "Forbidden", "admission webhook \"keep\" denied the request");
    server.fault(delete().named("run-07").always(), Fault::AnswerBefore(refusal));
    server.slow(seconds(1)..=seconds(1), 1);
    let start = Instant::now();
    let told = runs.stop(&stops, seconds(10)).await;
    // Three calls of two seconds each, sixteen at a time.
    assert!((seconds(8)..seconds(16)).contains(&start.elapsed()), "{:?}", start.elapsed());
    for (asked, told) in stops.iter().zip(&told) {
        assert_eq!(told.stop, *asked, "in the order of the stops");
        if asked.name == "run-07" {
            let trouble = trouble(told.state.clone());
            assert!(!trouble.transient && trouble.message.contains("denied the request"), "{trouble:?}");
        } else {
            assert_eq!(told.state, StopState::Confirmed, "{}", asked.name);
        }
    }
    let left: Vec<Value> = server.list(RUNS).iter().map(|run| run["metadata"]["name"].clone()).collect();
    assert_eq!((told.len(), left), (25, vec![json!("run-07")]));
}

#[tokio::test(start_paused = true)]
async fn k5_runs_that_are_stuck_keep_no_other_waiting() {
    let server = with_runs();
    let mut stops: Vec<Stop> = (0..40).map(|i| start(&server, &format!("stuck-{i:02}"), "Running", &[CLEANUP])).collect();
    stops.extend((0..10).map(|i| start(&server, &format!("quick-{i:02}"), "Running", &[])));
    let runs = runs(&server).await;
    let behind = server.clone();
    let seen = tokio::spawn(async move {
        sleep(seconds(1)).await;
        behind.list(RUNS).iter().filter(|run| run["metadata"].get("deletionTimestamp").is_none()).count()
    });
    let told = runs.stop(&stops, seconds(10)).await;
    assert_eq!(seen.await.unwrap(), 0, "after a second each has been asked for");
    assert_eq!(told.iter().filter(|told| told.state == StopState::Confirmed).count(), 10);
    assert_eq!(told.iter().filter(|told| matches!(&told.state, StopState::Accepted { held_by } if held_by == &[CLEANUP])).count(), 40);
}

#[tokio::test(start_paused = true)]
async fn k10_a_missing_permission_to_delete_is_told_at_once_with_the_rule() {
    let server = with_runs();
    let run = start(&server, "a", "Running", &[]);
    let token = server.account("pawl", vec![Rule::allow("agents.platform", &["coderuns"], &["get", "list"])]);
    let runs = Runs::discover(&cluster(server.service_of(&token)), RunSettings::default()).await.unwrap();
    let start = Instant::now();
    let trouble = trouble(stop(&runs, &run).await);
    assert!(trouble.message.contains(r#"{apiGroups: ["agents.platform"], resources: ["coderuns"], verbs: ["delete"]}"#), "{trouble:?}");
    assert!(!trouble.transient && start.elapsed() < seconds(1));
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_names_nothing_there_can_be_is_refused_without_a_call() {
    let server = with_runs();
    let runs = runs(&server).await;
    let good = Stop { kind: "CodeRun".into(), name: "a".into(), uid: "u".into() };
    let mut bad = vec![Stop { kind: "Job".into(), ..good.clone() }, Stop { kind: String::new(), ..good.clone() }];
    for name in ["", "../pods/a", "a?b", "A", "a b", "-a", "é", &"a".repeat(254)] {
        bad.push(Stop { name: name.to_owned(), ..good.clone() });
    }
    for uid in ["", "a b", "é", &"u".repeat(129)] {
        bad.push(Stop { uid: uid.to_owned(), ..good.clone() });
    }
    for told in runs.stop(&bad, seconds(10)).await {
        let trouble = trouble(told.state);
        assert!(!trouble.transient && trouble.message.len() < 300, "{trouble:?}");
    }
    assert!(server.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_path_that_leads_nowhere_is_not_taken_for_a_run_that_is_gone() {
    let server = with_runs();
    let run = start(&server, "a", "Running", &[]);
    let runs = runs(&server).await;
    let nowhere = Reply { status: 404, headers: Vec::new(), body: "404 page not found\n".into(), is_json: false };
    server.fault(When::on("get", "coderuns"), Fault::AnswerBefore(nowhere));
    let trouble = trouble(stop(&runs, &run).await);
    assert!(!trouble.transient && trouble.message.contains("CustomResourceDefinition"), "{trouble:?}");
    assert!(find(&server, "a").is_some());
}
