//! Storms of compiled policies (W7).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod candidates;

use candidates::{SIGNALS, bundled, candidate, planted};
use pawl_workbench::play::Fault;
use pawl_workbench::storm::{Options, Report, storm};

/// More of them: `PAWL_SCHEDULES=10000`, from another one: `PAWL_STORM_SEED=77`.
fn options() -> Options {
    let told = |name: &str| std::env::var(name).ok().map(|text| text.parse().expect("a number"));
    Options { schedules: told("PAWL_SCHEDULES").unwrap_or(150), seed: told("PAWL_STORM_SEED").unwrap_or(1), ..Options::default() }
}

fn told(report: &Report) -> String {
    report.wreck.as_ref().map_or_else(String::new, |wrecked| {
        let lines = [wrecked.schedule.lines(), wrecked.wreck.lines.clone()].concat().join("\n");
        format!("seed {} of {} happenings: {}\n{lines}", wrecked.seed, wrecked.happenings, wrecked.wreck.violation)
    })
}

#[test]
fn w7_the_bundled_policy_converges() {
    let options = options();
    let report = storm(&bundled(&SIGNALS), options, &|_| {});
    assert_eq!(report.converged, options.schedules, "{}", told(&report));
    assert!(report.wreck.is_none() && report.ends.len() >= 7, "the schedules end in most states, not only {:?}", report.ends);
}

#[test]
fn w7_a_policy_without_memory_converges_too() {
    let report = storm(&candidate(pawl_artifacts::welcome(), &[], &[]), Options { schedules: 200, ..Options::default() }, &|_| {});
    assert_eq!((report.converged, report.ends.len()), (200, 3), "{}", told(&report));
}

#[test]
fn w7_what_is_ordered_by_arrival_ends_otherwise_and_the_schedule_is_made_small() {
    let report = storm(&planted("orders-by-arrival"), Options { schedules: 400, ..Options::default() }, &|_| {});
    let wrecked = report.wreck.as_ref().expect("one of the schedules ends otherwise");
    assert_eq!(wrecked.wreck.violation.fault, Fault::Diverges, "{}", told(&report));
    assert!(!wrecked.wreck.is_calm && wrecked.happenings >= 4, "{}", told(&report));
    assert!(wrecked.schedule.acts.len() <= 4 && wrecked.schedule.misfortunes() <= 2, "{}", told(&report));
    assert!(wrecked.wreck.violation.how.starts_with("told at once and in order it ends "), "{}", told(&report));
}

#[test]
fn w7_a_storm_ends_alike_on_one_thread_and_on_three() {
    let by = |threads| {
        let options = Options { schedules: 40, threads: Some(threads), ..Options::default() };
        let (well, badly) = (storm(&bundled(&SIGNALS), options, &|_| {}), storm(&planted("touches-foreign"), options, &|_| {}));
        (well.converged, well.decisions, well.ends, badly.converged, badly.decisions, badly.wreck.map(|w| (w.seed, w.schedule, w.wreck)))
    };
    assert_eq!(by(1), by(3));
}
