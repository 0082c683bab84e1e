//! Each mistake that is planted in the bundled policy is found, by the shortest way; without any nothing is found (W6, W7).
//!
//! The policy's own fixtures, exploring and storms all find `keeps-ready`, `counts-redelivery` and `touches-foreign`. Fixtures and exploring
//! find `sticks`, the latter as a dead end; a storm only sees that what was not heard then counts later. Only a storm finds
//! `orders-by-arrival`, as whoever explores tells everything at once (see `workbench_storm.rs`).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod candidates;
mod common;

use candidates::planted;
use pawl_core::manifest::Value;
use pawl_workbench::explore::{Explored, Found, Options, explore, text};
use pawl_workbench::play::{Candidate, Fault};
use pawl_workbench::storm::{self, Report, Wrecked, storm};
use pawl_workbench::{embed, suite};

/// Far enough to reach each state that people lead to, and one happening more.
fn explored(fault: &str) -> Explored {
    explore(&planted(fault), Options { worlds: 60, per_state: 6, ..Options::default() }, &|_| {})
}

fn stormed(fault: &str) -> Report {
    storm(&planted(fault), storm::Options { schedules: 60, ..storm::Options::default() }, &|_| {})
}

/// What `pawl policy test` says of the bundled policy's fixtures when this mistake is made: those that fail, as people read it.
fn tested(fault: &str) -> Vec<(String, String)> {
    let planted = common::load(pawl_artifacts::planted());
    let fixtures = embed::fixtures(pawl_artifacts::remediation()).unwrap();
    let fixtures: Vec<_> = fixtures.into_iter().map(|one| one.with_setting("planted-fault", Value::Text(fault.into()))).collect();
    let report = suite::run(&planted, &fixtures, common::LONG);
    let failed = report.fixtures.iter().filter_map(|told| Some((told, told.failure.as_ref()?)));
    failed.map(|(told, failure)| (told.name.clone(), suite::failure_text(told, failure, ""))).collect()
}

/// The shortest trace to a violation of this kind.
#[track_caller]
fn shortest(found: &Explored, fault: Fault) -> &Found {
    found.violations.iter().find(|one| one.violation.fault == fault).unwrap_or_else(|| panic!("no {fault:?}:\n{}", text(found)))
}

#[track_caller]
fn wrecked(report: Report, fault: Fault) -> Wrecked {
    let wrecked = report.wreck.expect("one of the schedules fails");
    assert_eq!(wrecked.wreck.violation.fault, fault, "{}", wrecked.wreck.violation);
    wrecked
}

#[test]
fn what_ships_has_no_setting_for_mistakes() {
    let is_planted = |candidate: &Candidate| candidate.manifest().settings.iter().any(|setting| setting.name == "planted-fault");
    assert!(is_planted(&planted("none")) && !is_planted(&candidates::bundled(&[])));
}

#[test]
fn w6_w7_without_a_mistake_the_planted_policy_is_the_bundled_one() {
    let found = explored("none");
    assert!(found.violations.is_empty(), "{}", text(&found));
    let report = stormed("none");
    assert_eq!((report.converged, report.wreck.is_some()), (60, false));
}

#[test]
fn w6_w7_a_label_that_is_not_taken_away_is_found_as_two_statuses() {
    let found = explored("keeps-ready");
    let shortest = shortest(&found, Fault::TwoStatuses);
    assert_eq!(shortest.trace.len(), 3, "{:#?}", shortest.trace);
    assert!(shortest.trace[2].ends_with("two statuses: it wishes needs-remediation and ready-for-qa at once"), "{:#?}", shortest.trace);
    let wrecked = wrecked(stormed("keeps-ready"), Fault::TwoStatuses);
    assert_eq!((wrecked.schedule.acts.len(), wrecked.schedule.misfortunes()), (2, 0), "{:#?}", wrecked.schedule.lines());
}

#[test]
fn w6_w7_feedback_that_counts_again_when_it_is_told_again_is_found() {
    let found = explored("counts-redelivery");
    let shortest = shortest(&found, Fault::CountsTwice);
    assert_eq!(shortest.trace.len(), 2, "{:#?}", shortest.trace);
    let last = &shortest.trace[1];
    assert!(
        last.starts_with("2. 5DLabs-Tess (qa-agents) requests changes to the head -> counts twice: told review:1:changes_requested"),
        "{last}"
    );
    let wrecked = wrecked(stormed("counts-redelivery"), Fault::CountsTwice);
    assert_eq!((wrecked.schedule.acts.len(), wrecked.schedule.misfortunes()), (1, 0), "{:#?}", wrecked.schedule.lines());
}

#[test]
fn w6_a_state_that_is_never_left_is_a_dead_end() {
    let found = explored("sticks");
    let shortest = shortest(&found, Fault::DeadEnd);
    assert_eq!(shortest.trace.len(), 2, "{:#?}", shortest.trace);
    assert!(shortest.trace[1].contains("-> remediation-in-progress; labels: remediation-in-progress"), "{:#?}", shortest.trace);
    assert!(shortest.violation.how.contains("leads out of remediation-in-progress"), "{}", shortest.violation);
}

#[test]
fn w6_w7_a_label_of_somebody_elses_is_found_as_foreign() {
    let found = explored("touches-foreign");
    let shortest = shortest(&found, Fault::ForeignLabel);
    assert_eq!(shortest.trace.len(), 2, "{:#?}", shortest.trace);
    assert!(shortest.trace[1].contains("wants the label ready-to-merge, which its manifest does not own"), "{:#?}", shortest.trace);
    let wrecked = wrecked(stormed("touches-foreign"), Fault::ForeignLabel);
    assert_eq!((wrecked.schedule.acts.len(), wrecked.schedule.misfortunes()), (1, 0), "{:#?}", wrecked.schedule.lines());
}

#[test]
fn w3_the_fixtures_of_the_policy_fail_by_each_mistake_and_say_at_which_step() {
    assert_eq!(tested("none"), [], "without a mistake they hold");
    for fault in ["keeps-ready", "counts-redelivery", "sticks", "touches-foreign"] {
        let failed = tested(fault);
        assert!(!failed.is_empty(), "{fault} is not found");
        let named = |(name, text): &(String, String)| text.trim_start().starts_with("step ") && text.contains(&format!("({name}.yaml:"));
        assert!(failed.iter().all(named), "{fault}: {failed:#?}");
    }
}

#[test]
fn w3_w6_w7_a_policy_that_says_otherwise_without_news_does_not_settle() {
    let failed = tested("flickers");
    let whole = failed.iter().find(|(name, _)| name == "rounds/first").expect("it has a count");
    assert!(
        whole.1.contains("it does not settle: asked again without news, its labels changed from iteration-1, needs-remediation"),
        "{}",
        whole.1
    );
    let found = explored("flickers");
    let shortest = shortest(&found, Fault::DoesNotSettle);
    assert_eq!(shortest.trace.len(), 2, "{:#?}", shortest.trace);
    let wrecked = wrecked(stormed("flickers"), Fault::DoesNotSettle);
    assert_eq!((wrecked.schedule.acts.len(), wrecked.schedule.misfortunes()), (1, 0), "{:#?}", wrecked.schedule.lines());
}
