//! What fails is told, kept, and ends.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use pawl_simulate::bounds::{LINES, LONGEST, within};
use pawl_simulate::replica::policies;
use pawl_simulate::stage::Stage;
use pawl_simulate::{Ended, Mode, eye::Eye, regressions};
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

fn eye() -> Eye {
    let (stage, truths) = Stage::new(1);
    Eye::new(Arc::clone(&policies().deployment), stage.server.clone(), Arc::clone(&stage.world), truths)
}

fn failed(mode: Mode, seed: u64, complaint: &str) -> Ended {
    let plan = vec!["     3.0 Crash of replica 1 for 5 s".to_owned()];
    Ended { seed, mode, hash: 7, lines: 2_000, complaints: vec![complaint.to_owned()], plan, trace: "     4.0 a line\n".to_owned() }
}

#[tokio::test(start_paused = true)]
async fn a_story_that_waits_for_ever_is_a_complaint() {
    let (eye, begun) = (eye(), Instant::now());
    within(&eye, Box::pin(pending())).await;
    assert_eq!(begun.elapsed(), LONGEST);
    assert_eq!(eye.seen().complaints, ["bounds: 8 h have passed, and the story has not ended"]);
    assert!(eye.seen().trace.tail(1).contains("!! bounds"));
}

#[tokio::test(start_paused = true)]
async fn a_story_whose_replicas_ask_without_end_is_a_complaint_long_before_that() {
    let (eye, begun) = (eye(), Instant::now());
    let asking = eye.clone();
    let asks = tokio::spawn(async move {
        loop {
            asking.note("asks again");
            sleep(Duration::from_micros(300)).await;
        }
    });
    within(&eye, Box::pin(pending())).await;
    assert!(begun.elapsed() < Duration::from_secs(3600));
    assert_eq!(eye.seen().complaints, [format!("bounds: {LINES} lines were traced, and the story has not ended")]);
    asks.abort();
}

#[tokio::test(start_paused = true)]
async fn a_story_that_ends_in_time_is_none() {
    let eye = eye();
    within(&eye, Box::pin(sleep(LONGEST - Duration::from_secs(1)))).await;
    assert!(eye.seen().complaints.is_empty());
}

#[test]
fn a_failure_tells_seed_commit_plan_trace_and_the_command_that_shows_it_again() {
    let told = failed(Mode::Liveness, 12, "R8: the records never settle").to_string();
    for part in [
        "seed 12 of liveness at commit ",
        "Crash of replica 1 for 5 s",
        "the trace, its last 1 of 2000 lines:\n     4.0 a line",
        "R8: the records never settle",
        "again: cargo xtask simulate --seeds 1 --from 12 --liveness --lines 2000",
    ] {
        assert!(told.contains(part), "{part:?} is missing in\n{told}");
    }
}

#[test]
fn a_failed_seed_joins_the_list_once_with_its_first_complaint() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("regressions.txt");
    std::fs::write(&file, "# A head\nstorm 3 # once upon a time").unwrap();
    assert!(regressions::join(&file, &failed(Mode::Storm, 12, "S1: a label\nwas moved")).unwrap());
    assert!(regressions::join(&file, &failed(Mode::Liveness, 12, "R8: never")).unwrap());
    assert!(!regressions::join(&file, &failed(Mode::Storm, 12, "S1: again")).unwrap());
    let list = std::fs::read_to_string(&file).unwrap();
    assert_eq!(list, "# A head\nstorm 3 # once upon a time\nstorm 12 # S1: a label was moved\nliveness 12 # R8: never\n");
}

#[test]
fn a_list_that_cannot_be_written_is_told() {
    let folder = tempfile::tempdir().unwrap();
    regressions::join(&folder.path().join("nowhere.txt"), &failed(Mode::Storm, 1, "S1")).unwrap_err();
}
