//! Stopping many runs, and what becomes of stops when the API server is unwell, refuses, or is asked for what cannot be.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod at;

use at::runs::{CLEANUP, RUNS, cluster, find, let_go, runs, start, with_runs};
use at::seconds;
use at::stops::{delete, later, stop, trouble};
use pawl_apiserver::{Fault, Reply, Rule, Server, When};
use pawl_cluster::{RunSettings, Runs};
use pawl_core::plan::Stop;
use pawl_core::stop::StopState;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

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
    let router = Reply { status: 404, headers: Vec::new(), body: "404 page not found\n".into(), is_json: false };
    let server_itself = Reply::status(404, "NotFound", "the server could not find the requested resource");
    for nowhere in [router, server_itself] {
        server.fault(When::on("get", "coderuns"), Fault::AnswerBefore(nowhere));
        let trouble = trouble(stop(&runs, &run).await);
        assert!(!trouble.transient && trouble.message.contains("CustomResourceDefinition"), "{trouble:?}");
    }
    assert!(find(&server, "a").is_some());
}
