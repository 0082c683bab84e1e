//! Stops in bad weather: whatever is answered about a run is true, and no run is harmed that nobody wanted to stop.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod at;

use at::runs::{CLEANUP, RUNS, find, let_go, object, runs, set_phase, start, with_runs};
use at::seconds;
use fastrand::Rng;
use pawl_apiserver::{Fault, Reply, Server, When};
use pawl_core::plan::Stop;
use pawl_core::stop::StopState;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::sleep;

const SEEDS: u64 = 300;

/// The operator, the agents and people: each acts at some time.
async fn others_act(server: Server, seed: u64, names: Vec<String>) {
    let mut rng = Rng::with_seed(seed);
    for _ in 0..20 {
        sleep(Duration::from_millis(rng.u64(0..900))).await;
        let name = &names[rng.usize(..names.len())];
        let Some(run) = find(&server, name) else {
            if rng.u8(..3) == 0 {
                server.create(RUNS, &object(name, &[]));
            }
            continue;
        };
        let is_dying = run["metadata"].get("deletionTimestamp").is_some();
        match rng.u8(..4) {
            0 => set_phase(&server, name, "Succeeded"),
            1 => set_phase(&server, name, "Running"),
            _ if is_dying => let_go(&server, name),
            _ => {}
        }
    }
}

/// Faults of every kind, on a part of the requests.
fn bad_weather(server: &Server, rng: &mut Rng) {
    let answers = [Reply::internal_error(), Reply::timeout(), Reply::unavailable(), Reply::too_many_requests(1)];
    let mut faults = vec![Fault::CutBefore, Fault::CutAfter, Fault::Twice, Fault::DelayBefore(seconds(7)), Fault::DelayAfter(seconds(7))];
    faults.extend(answers.iter().cloned().map(Fault::AnswerBefore));
    faults.extend(answers.into_iter().map(Fault::AnswerAfter));
    for _ in 0..3 {
        let fault = faults.swap_remove(rng.usize(..faults.len()));
        server.fault(When::resource("coderuns").sometimes(rng.u8(3..15), rng.u64(..)), fault);
    }
}

fn by_uid(server: &Server) -> BTreeMap<String, Value> {
    server.list(RUNS).into_iter().map(|run| (run["metadata"]["uid"].as_str().unwrap().to_owned(), run)).collect()
}

async fn one(seed: u64) -> [u32; 4] {
    let mut rng = Rng::with_seed(seed);
    let server = with_runs();
    let phases = ["", "Pending", "Running", "Running", "Succeeded", "Paused"];
    let begin = |i: usize, rng: &mut Rng| {
        let finalizers: &[&str] = if rng.bool() { &[CLEANUP] } else { &[] };
        start(&server, &format!("run-{i:02}"), phases[rng.usize(..phases.len())], finalizers)
    };
    let all: Vec<Stop> = (0..12).map(|i| begin(i, &mut rng)).collect();
    // Four that nobody wants to stop.
    let (wanted, others) = all.split_at(8);
    let runs = runs(&server).await;
    bad_weather(&server, &mut rng);
    let acting = tokio::spawn(others_act(server.clone(), seed, wanted.iter().map(|stop| stop.name.clone()).collect()));
    let told = runs.stop(wanted, seconds(10)).await;
    // What was sent and given up on may still arrive.
    acting.await.unwrap();
    let mut kinds = [0; 4];
    let now = by_uid(&server);
    for told in &told {
        let run = now.get(&told.stop.uid);
        let is_dying = run.is_some_and(|run| run["metadata"].get("deletionTimestamp").is_some());
        match &told.state {
            StopState::Confirmed => {
                assert!(run.is_none(), "seed {seed}: {told:?}, and it is there: {run:?}");
                kinds[0] += 1;
            }
            StopState::Accepted { .. } => {
                assert!(run.is_none() || is_dying, "seed {seed}: {told:?}, and it goes on: {run:?}");
                kinds[1] += 1;
            }
            StopState::Moot => kinds[2] += 1,
            StopState::Failed(trouble) => {
                assert!(trouble.transient, "seed {seed}: {trouble:?}");
                kinds[3] += 1;
            }
        }
    }
    for other in others {
        let is_well = now.get(&other.uid).is_some_and(|run| run["metadata"].get("deletionTimestamp").is_none());
        assert!(is_well, "seed {seed}: {} was harmed", other.name);
    }
    // In fair weather the same stops come to an end, and nothing is orphaned.
    server.clear_faults();
    server.list(RUNS).iter().filter(|run| run["metadata"].get("finalizers").is_some()).for_each(|run| {
        let name = run["metadata"]["name"].as_str().unwrap();
        let_go(&server, name);
    });
    sleep(seconds(30)).await;
    for told in runs.stop(wanted, seconds(10)).await {
        assert!(matches!(told.state, StopState::Confirmed | StopState::Moot), "seed {seed}: {told:?}");
    }
    kinds
}

#[tokio::test(start_paused = true)]
async fn k4_k5_whatever_happens_what_is_told_about_a_stop_is_true_and_nothing_is_orphaned() {
    let mut seen = [0; 4];
    for seed in 0..SEEDS {
        for (all, one) in seen.iter_mut().zip(one(seed).await) {
            *all += one;
        }
    }
    assert!(seen.iter().all(|times| *times > 10), "each ending was met: {seen:?}");
}
