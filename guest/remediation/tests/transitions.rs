//! The transition table, row by row.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod desk;

use desk::{Desk, IMPLEMENTER, QA, QUALITY, notices};
use pawl_sdk::prelude::*;

#[test]
fn t1_feedback_on_a_fresh_pull_request_begins_the_first_cycle() {
    let mut desk = Desk::new();
    let plan = desk.review(QA, Verdict::ChangesRequested);
    assert_eq!(desk.labels(), ["iteration-1", "needs-remediation"]);
    assert_eq!(plan.state, "needs-remediation");
    assert!(plan.reason.contains("5DLabs-Tess") && plan.reason.contains("cycle 1 of 10"), "{}", plan.reason);
}

#[test]
fn t2_t3_remediation_starts_and_completes_by_signals() {
    let mut desk = Desk::new();
    desk.review(QA, Verdict::ChangesRequested);
    desk.signal("rex_remediation_started");
    assert_eq!(desk.labels(), ["iteration-1", "remediation-in-progress"]);
    desk.signal("rex_remediation_completed");
    assert_eq!(desk.labels(), ["iteration-1", "ready-for-qa"]);
}

#[test]
fn t2_t3_remediation_starts_and_completes_by_its_run() {
    let mut desk = Desk::new();
    desk.review(QA, Verdict::ChangesRequested);
    let created = desk.later();
    let mut run = sample::run("CodeRun", "rex-1", created);
    (run.agent, run.pull_request) = (Some("rex".into()), Some(7));
    desk.facts.runs.push(run);
    desk.look();
    assert_eq!(desk.labels(), ["iteration-1", "remediation-in-progress"]);
    desk.facts.runs[0].finished_at = Some(desk.facts.now + 30);
    desk.facts.runs[0].phase = Phase::Succeeded;
    desk.later();
    desk.look();
    assert_eq!(desk.labels(), ["iteration-1", "ready-for-qa"]);
}

#[test]
fn t3_a_run_that_began_before_the_cycle_completes_nothing() {
    let mut desk = Desk::new();
    let mut run = sample::run("CodeRun", "rex-0", desk.later());
    (run.agent, run.pull_request) = (Some("rex".into()), Some(7));
    desk.facts.runs.push(run);
    desk.look();
    assert_eq!(desk.labels(), Vec::<&str>::new(), "the first implementation is no remediation");
    desk.review(QA, Verdict::ChangesRequested);
    desk.signal("rex_remediation_started");
    desk.facts.runs[0].finished_at = Some(desk.later());
    desk.facts.runs[0].phase = Phase::Succeeded;
    desk.look();
    assert_eq!(desk.labels(), ["iteration-1", "remediation-in-progress"]);
}

#[test]
fn t3_behind_the_gate_quality_and_not_remediation_makes_it_ready() {
    let mut desk = Desk::new();
    desk.set("qa-gate", Value::Text("cleo".into()));
    desk.review(QA, Verdict::ChangesRequested);
    desk.signal("rex_remediation_started");
    desk.signal("rex_remediation_completed");
    assert_eq!(desk.labels(), ["iteration-1", "remediation-in-progress"]);
    desk.signal("cleo_quality_completed");
    assert_eq!(desk.labels(), ["iteration-1", "ready-for-qa"]);
}

#[test]
fn t4_a3_1_three_rounds_count_three_iterations() {
    let mut desk = Desk::new();
    for n in 1..=3 {
        desk.round();
        assert_eq!(desk.labels(), [format!("iteration-{n}").as_str(), "ready-for-qa"]);
    }
    desk.review(QA, Verdict::Approved);
    assert_eq!(desk.labels(), ["approved", "iteration-3"]);
}

#[test]
fn t5_qa_approves_from_ready_and_from_the_start_only() {
    let mut desk = Desk::new();
    desk.review(QA, Verdict::Approved);
    assert_eq!(desk.labels(), ["approved"]);
    let mut desk = Desk::new();
    desk.review(QA, Verdict::ChangesRequested);
    let plan = desk.review(QA, Verdict::Approved);
    assert_eq!(desk.labels(), ["iteration-1", "needs-remediation"]);
    assert_eq!(plan.refused[0].reason, "no transition from needs-remediation on QA approval");
}

#[test]
fn t6_limits_of_9_10_and_11_allow_so_many_full_cycles() {
    for limit in [9, 10, 11] {
        let mut desk = Desk::new();
        desk.set("limit", Value::Number(limit));
        for _ in 0..limit {
            desk.round();
        }
        assert_eq!(desk.labels(), [format!("iteration-{limit}").as_str(), "ready-for-qa"]);
        let plan = desk.review(QA, Verdict::ChangesRequested);
        assert_eq!(desk.labels(), ["failed-remediation", format!("iteration-{limit}").as_str()]);
        assert_eq!(notices(&plan, "failed-remediation").len(), 1, "a person is told");
        assert!(desk.look().requests.is_empty(), "once");
    }
}

#[test]
fn t6_the_signal_fails_it_only_at_the_limit() {
    let mut desk = Desk::new();
    for _ in 0..4 {
        desk.round();
    }
    let plan = desk.signal("max_iterations_reached");
    assert_eq!(plan.refused[0].reason, "conditions not met for max_iterations_reached: iteration >= 10, is 4");
    assert_eq!(desk.labels(), ["iteration-4", "ready-for-qa"]);
    desk.adds("iteration-10");
    desk.signal("max_iterations_reached");
    assert_eq!(desk.labels(), ["failed-remediation", "iteration-10"]);
}

#[test]
fn t7_a_push_by_an_implementation_agent_is_remediation_at_work() {
    let mut desk = Desk::new();
    desk.push(IMPLEMENTER, 1);
    assert_eq!(desk.labels(), Vec::<&str>::new(), "nobody was looking at it");
    desk.review(QA, Verdict::ChangesRequested);
    desk.push("ann", 2);
    assert_eq!(desk.labels(), ["iteration-1", "needs-remediation"], "a person's push is no agent's");
    desk.push(IMPLEMENTER, 3);
    assert_eq!(desk.labels(), ["iteration-1", "remediation-in-progress"]);
    desk.signal("rex_remediation_completed");
    desk.push(IMPLEMENTER, 4);
    assert_eq!(desk.labels(), ["iteration-1", "remediation-in-progress"]);
}

#[test]
fn t7_from_the_start_only_when_qa_runs_are_active() {
    let mut desk = Desk::new();
    let mut run = sample::run("CodeRun", "tess-1", desk.facts.now);
    (run.agent, run.pull_request) = (Some("tess".into()), Some(7));
    desk.facts.runs.push(run);
    let plan = desk.push(IMPLEMENTER, 1);
    assert_eq!(plan.stops.len(), 1);
    assert_eq!(desk.labels(), ["remediation-in-progress"]);
    assert!(desk.facts.runs.is_empty());
    desk.later();
    desk.look();
    assert_eq!(desk.labels(), ["remediation-in-progress"], "the stop was its own doing");
}

#[test]
fn t8_an_approval_is_valid_for_one_head() {
    let mut desk = Desk::new();
    desk.review(QA, Verdict::Approved);
    let plan = desk.push("ann", 1);
    assert_eq!(desk.labels(), ["ready-for-qa"]);
    assert!(plan.reason.contains("another head"), "{}", plan.reason);
}

#[test]
fn t9_a_person_takes_the_failure_away() {
    let mut desk = Desk::new();
    desk.set("limit", Value::Number(1));
    desk.round();
    desk.review(QA, Verdict::ChangesRequested);
    assert_eq!(desk.labels(), ["failed-remediation", "iteration-1"]);
    let plan = desk.removes("failed-remediation");
    assert_eq!(desk.labels(), ["iteration-1", "needs-remediation"]);
    assert!(plan.reason.contains("ann"), "audited: {}", plan.reason);
    assert_eq!(notices(&plan, "reset").len(), 1);
}

#[test]
fn t9_a_failure_by_feedback_stays_one_when_a_person_sets_its_label_before_it_is_written() {
    let mut desk = Desk::new();
    desk.set("limit", Value::Number(1));
    desk.round();
    let at = desk.later();
    let by = Some(sample::bot(QA));
    let review =
        Review { id: 77, author: by.clone(), verdict: Verdict::ChangesRequested, commit: Some(desk.head()), at, matches: Vec::new() };
    desk.facts.reviews.push(review.clone());
    desk.news(Event::Reviewed(review), by, at);
    desk.adds("failed-remediation");
    assert_eq!(desk.labels(), ["failed-remediation", "iteration-1"]);
    desk.removes("failed-remediation");
    assert_eq!(desk.labels(), ["iteration-1", "needs-remediation"]);
}

#[test]
fn t9_reset_needs_write_access_and_a_failure() {
    let mut desk = Desk::new();
    let ann = || sample::person("ann").with_permission(Permission::Write);
    let plan = desk.command("reset", ann());
    assert_eq!(plan.refused[0].reason, "no transition from initial on /pawl reset");
    desk.adds("iteration-10");
    desk.signal("max_iterations_reached");
    assert_eq!(desk.labels(), ["failed-remediation", "iteration-10"]);
    let plan = desk.command("reset", sample::person("eve").with_permission(Permission::Triage));
    assert!(plan.refused[0].reason.contains("needs write access"), "{:?}", plan.refused);
    assert_eq!(desk.labels(), ["failed-remediation", "iteration-10"]);
    desk.command("reset", ann());
    assert_eq!(desk.labels(), Vec::<&str>::new(), "no feedback caused it, so it begins from the start");
    assert!(desk.command("deploy", ann()).refused.is_empty(), "another policy may know that word");
}

#[test]
fn t10_a5_1_merged_and_closed_keep_history_labels_only() {
    for state in [SubjectState::Merged, SubjectState::Closed] {
        let mut desk = Desk::new();
        desk.facts.labels.push("task-3".into());
        desk.round();
        desk.facts.state = state;
        desk.later();
        let plan = desk.look();
        assert_eq!(desk.facts.labels, ["task-3"], "a lost webhook is found in the facts");
        assert!(plan.state == "merged" || plan.state == "closed");
        let plan = desk.signal("tess_approval");
        assert_eq!(plan.refused[0].reason, "no transition from closed on tess_approval");

        let mut desk = Desk::new();
        desk.round();
        desk.review(QA, Verdict::Approved);
        desk.facts.state = state;
        desk.hear(Event::Closed(state == SubjectState::Merged), None);
        assert_eq!(desk.labels(), ["approved"]);
    }
}

#[test]
fn t11_a3_3_opened_again_it_is_where_its_labels_say_and_the_count_survives() {
    let mut desk = Desk::new();
    desk.round();
    desk.facts.state = SubjectState::Closed;
    desk.hear(Event::Closed(false), None);
    desk.facts.state = SubjectState::Open;
    let plan = desk.hear(Event::Reopened, None);
    assert_eq!((plan.state.as_str(), desk.labels()), ("initial", vec!["iteration-1"]));
    desk.review(QA, Verdict::ChangesRequested);
    assert_eq!(desk.labels(), ["iteration-2", "needs-remediation"]);
}

#[test]
fn t12_a_first_round_can_pass_without_feedback() {
    let mut desk = Desk::new();
    desk.signal("quality_completed");
    assert_eq!(desk.labels(), ["ready-for-qa"]);
    let mut desk = Desk::new();
    let mut run = sample::run("CodeRun", "cleo-1", desk.later());
    (run.agent, run.pull_request, run.phase, run.finished_at) = (Some("cleo".into()), Some(7), Phase::Succeeded, Some(desk.facts.now + 5));
    desk.later();
    desk.facts.runs.push(run);
    desk.look();
    assert_eq!(desk.labels(), ["ready-for-qa"]);
    let mut desk = Desk::new();
    desk.edit("ready-for-qa", LabelChange::Added, sample::bot(QUALITY));
    assert_eq!(desk.labels(), ["ready-for-qa"], "the quality agent's label is its signal");
}
