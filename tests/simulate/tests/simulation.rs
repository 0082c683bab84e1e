//! As many seeds as before every merge, those that failed once first. `cargo xtask simulate` runs others.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use pawl_simulate::{Ended, Mode, regressions, run, run_showing, seeds};
use std::collections::BTreeSet;

const STORMS: u64 = 2_000;
const LIVE: u64 = 500;
const RUNS: u64 = 60;
const CROWDS: u64 = 2;
const TWICE: u64 = 20;

fn holds(mode: Mode, count: u64) {
    let whole: Vec<u64> = regressions::of(mode).into_iter().chain(0..count).collect();
    let failed = |seed| Some(run(seed, mode)).filter(|ended| !ended.complaints.is_empty());
    let failed: Vec<Ended> = seeds::all(&whole, failed).into_iter().flatten().collect();
    if let Some(first) = failed.first() {
        let others: Vec<u64> = failed.iter().map(|ended| ended.seed).collect();
        panic!("{others:?} failed; of them\n{first}");
    }
}

#[test]
fn s1_to_s8_hold_in_every_storm_and_r1_to_r7_after_it() {
    holds(Mode::Storm, STORMS);
}

#[test]
fn s8_storms_have_notices_of_the_policy_to_judge() {
    let has_one = |seed| run_showing(seed, Mode::Storm, usize::MAX).trace.contains("\" of remediation: ");
    assert!((0..TWICE).any(has_one));
}

#[test]
fn k4_k5_runs_that_end_or_begin_again_while_they_are_deleted_are_what_they_were_taken_for() {
    holds(Mode::Runs, RUNS);
}

#[test]
fn q10_a_thousand_pull_requests_that_are_pushed_to_at_once_lose_no_cancellation() {
    holds(Mode::Crowd, CROWDS);
}

#[test]
fn r8_while_half_of_all_calls_fail_everything_is_done_all_the_same() {
    holds(Mode::Liveness, LIVE);
}

#[test]
fn the_same_seed_gives_the_same_trace_and_another_seed_another() {
    let whole: Vec<u64> = (1_000..1_000 + TWICE).collect();
    for mode in [Mode::Storm, Mode::Liveness, Mode::Runs] {
        let twice = seeds::all(&whole, |seed| (run(seed, mode), run(seed, mode)));
        for (one, again) in &twice {
            assert_eq!((one.hash, one.lines), (again.hash, again.lines), "{mode:?} seed {}", one.seed);
        }
        let hashes: BTreeSet<u64> = twice.iter().map(|(one, _)| one.hash).collect();
        assert_eq!(hashes.len(), twice.len());
    }
}
