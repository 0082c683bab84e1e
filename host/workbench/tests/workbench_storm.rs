//! Storms of compiled policies (W7).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::bundled;
use pawl_workbench::storm::{Options, Report, storm};

fn told(report: &Report) -> String {
    report.wreck.as_ref().map_or_else(String::new, |wrecked| {
        let lines = [wrecked.schedule.lines(), wrecked.wreck.lines.clone()].concat().join("\n");
        format!("seed {} of {} happenings: {}\n{lines}", wrecked.seed, wrecked.happenings, wrecked.wreck.violation)
    })
}

#[test]
fn w7_the_bundled_policy_converges() {
    let schedules = std::env::var("SCHEDULES").map_or(200, |n| n.parse().unwrap());
    let seed = std::env::var("SEED").map_or(1, |n| n.parse().unwrap());
    let report = storm(&bundled(), Options { schedules, seed, ..Options::default() }, &|_| {});
    println!("{} decisions, ends {:?}", report.decisions, report.ends);
    assert_eq!(report.converged, schedules, "{}", told(&report));
}
