//! Some seeds with every run of the tests. `cargo xtask simulate` runs thousands.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use pawl_simulate::{Mode, regressions, run};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const STORMS: u64 = 60;
const LIVE: u64 = 15;
const TWICE: u64 = 20;

/// Runs seeds on all cores; what came of each, in their order.
fn all<T: Send>(seeds: &[u64], of: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let (next, ended) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from).min(8) {
            scope.spawn(|| {
                while let Some((at, seed)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, seeds.get(at)?))) {
                    let one = of(*seed);
                    ended.lock().unwrap().push((at, one));
                }
            });
        }
    });
    let mut ended = ended.into_inner().unwrap();
    ended.sort_by_key(|(at, _)| *at);
    ended.into_iter().map(|(_, one)| one).collect()
}

fn holds(mode: Mode, seeds: u64) {
    let seeds: Vec<u64> = regressions::of(mode).into_iter().chain(0..seeds).collect();
    let failed: Vec<_> = all(&seeds, |seed| run(seed, mode)).into_iter().filter(|ended| !ended.complaints.is_empty()).collect();
    if let Some(first) = failed.first() {
        let others: Vec<u64> = failed.iter().map(|ended| ended.seed).collect();
        panic!("{others:?} failed; seed {}: {:?}\nplan:\n{}\ntrace:\n{}", first.seed, first.complaints, first.plan.join("\n"), first.trace);
    }
}

#[test]
fn s1_to_s8_hold_in_every_storm_and_r1_to_r7_after_it() {
    holds(Mode::Storm, STORMS);
}

#[test]
fn r8_while_half_of_all_calls_fail_everything_is_done_all_the_same() {
    holds(Mode::Liveness, LIVE);
}

#[test]
fn the_same_seed_gives_the_same_trace_and_another_seed_another() {
    let seeds: Vec<u64> = (1_000..1_000 + TWICE).collect();
    let twice = all(&seeds, |seed| (run(seed, Mode::Storm), run(seed, Mode::Storm)));
    for (one, again) in &twice {
        assert_eq!((one.hash, one.lines), (again.hash, again.lines), "seed {}", one.seed);
    }
    let hashes: std::collections::BTreeSet<u64> = twice.iter().map(|(one, _)| one.hash).collect();
    assert_eq!(hashes.len(), twice.len());
}
