//! Two thousand storms: whatever order news comes in, whatever is lost or cut, a story ends in the same labels.
//!
//! `PAWL_STORM_SEED=<number>` runs one storm alone and prints its schedule.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use fastrand::Rng;
use pawl_tests::sim::shell::Sim;
use pawl_tests::sim::storm::{Storm, story, undisturbed};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

const STORMS: u64 = 2_000;

/// What went wrong in one storm, and its schedule.
fn storm(seed: u64) -> Result<String, String> {
    let mut rng = Rng::with_seed(seed);
    let story = story(&mut rng);
    let calm = undisturbed(&story);
    let mut storm = Storm::new(&mut rng);
    let told = catch_unwind(AssertUnwindSafe(|| {
        storm.tell(&story);
        compare(&calm, &storm.sim);
    }));
    let complaint = |panic: Box<dyn std::any::Any + Send>| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
    };
    match told {
        Ok(()) => Ok(storm.schedule),
        Err(panic) => Err(format!("{}\n{}", complaint(panic), storm.schedule)),
    }
}

fn compare(calm: &Sim, storm: &Sim) {
    storm.assert_sound();
    assert_eq!(storm.owned(), calm.owned(), "the labels of the storm are not those of the calm");
    assert_eq!(storm.state(), calm.state(), "the state of the storm is not that of the calm");
    let foreign = |sim: &Sim| {
        sim.hub.names().into_iter().filter(|name| !sim.owned().contains(name) && !name.starts_with("area/")).collect::<Vec<_>>()
    };
    assert_eq!(foreign(storm), foreign(calm), "labels of others");
    assert!(storm.record().inbox.is_empty(), "everything is consumed");
}

#[test]
fn a2_5_a3_1_q5_every_storm_ends_like_the_calm() {
    if let Ok(seed) = std::env::var("PAWL_STORM_SEED") {
        match storm(seed.parse().expect("PAWL_STORM_SEED is a number")) {
            Ok(schedule) => return println!("{schedule}"),
            Err(failure) => panic!("storm {seed}: {failure}"),
        }
    }
    let next = AtomicU64::new(0);
    let failures = Mutex::new(Vec::new());
    let threads = thread::available_parallelism().map_or(2, usize::from).min(8);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(seed) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < STORMS) {
                    if let Err(failure) = storm(seed) {
                        failures.lock().unwrap().push((seed, failure));
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    if let Some((seed, failure)) = failures.first() {
        panic!("{} of {STORMS} storms failed; the first, PAWL_STORM_SEED={seed}: {failure}", failures.len());
    }
}

#[test]
fn stories_reach_every_kind_of_happening() {
    let mut kinds = std::collections::BTreeSet::new();
    for seed in 0..200 {
        let story = story(&mut Rng::with_seed(seed));
        kinds.extend(story.iter().map(|h| format!("{h:?}").split('(').next().unwrap_or_default().to_owned()));
    }
    assert!(kinds.len() >= 11, "{kinds:?}");
}
