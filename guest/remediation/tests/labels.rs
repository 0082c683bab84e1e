//! The label schema and hand edits.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod desk;

use desk::{Desk, IMPLEMENTER, QA, notices};
use pawl_remediation::Remediation;
use pawl_sdk::prelude::*;

#[test]
fn a1_1_the_manifest_has_the_whole_schema_with_colours() {
    let manifest = Remediation::manifest();
    let owned: Vec<(&str, &str)> = manifest.owns.iter().map(|owned| (owned.name.as_str(), owned.colour.as_str())).collect();
    let expected = [
        ("needs-remediation", "d93f0b"),
        ("remediation-in-progress", "fbca04"),
        ("ready-for-qa", "0e8a16"),
        ("approved", "0e8a16"),
        ("failed-remediation", "b60205"),
        ("iteration-{n}", "5319e7"),
    ];
    assert_eq!(owned, expected);
    let iterations = manifest.owns.last().unwrap();
    assert_eq!((iterations.create_up_to, iterations.create_up_to_setting.as_deref()), (10, Some("limit")));
    let heeded: Vec<_> = manifest.heeds.iter().map(|h| (h.name.as_str(), h.colour.as_str(), h.interrupts, h.create)).collect();
    let expected = [
        ("task-{n}", "1d76db", false, false),
        ("skip-automation", "000000", true, true),
        ("manual-review-required", "e99695", true, true),
        ("pause-remediation", "c5def5", true, true),
    ];
    assert_eq!(heeded, expected);
    assert!(manifest.owns.iter().all(|owned| !owned.description.is_empty() && owned.description.len() <= 100));
}

#[test]
fn a1_2_several_status_labels_at_first_sight_are_reported_and_the_strongest_stays() {
    let order = ["approved", "failed-remediation", "ready-for-qa", "remediation-in-progress", "needs-remediation"];
    for (i, strongest) in order.iter().enumerate() {
        let mut desk = Desk::unseen();
        desk.facts.labels = order[i..].iter().rev().map(|name| (*name).to_owned()).collect();
        let plan = desk.look();
        assert_eq!(desk.labels(), [*strongest]);
        assert_eq!(notices(&plan, "inconsistent").len(), usize::from(order[i..].len() > 1));
    }
}

#[test]
fn a1_2_of_several_status_labels_the_one_a_person_set_last_wins() {
    let mut desk = Desk::unseen();
    desk.adds("approved");
    desk.facts.memory = None;
    desk.edited("needs-remediation", LabelChange::Added, sample::person("ann"));
    desk.facts.edits.clear();
    desk.look();
    assert_eq!(desk.labels(), ["needs-remediation"]);
}

#[test]
fn a1_2_a_label_that_nobody_edited_is_an_unfinished_write_and_the_committed_state_wins() {
    let mut desk = Desk::new();
    desk.round();
    desk.facts.labels.push("needs-remediation".into());
    desk.look();
    assert_eq!(desk.labels(), ["iteration-1", "ready-for-qa"]);
}

#[test]
fn a1_3_a1_4_labels_that_are_not_ours_are_never_touched() {
    let mut desk = Desk::new();
    let theirs = ["iteration-planning", "iteration-007", "task-force", "task-7b", "Iteration", "bug"];
    desk.facts.labels.extend(theirs.map(String::from));
    desk.round();
    desk.facts.state = SubjectState::Merged;
    desk.look();
    assert_eq!(desk.facts.labels, theirs);
}

#[test]
fn a1_3_names_compare_without_case() {
    let mut desk = Desk::unseen();
    desk.facts.labels = vec!["Ready-For-QA".into(), "ITERATION-2".into()];
    let plan = desk.look();
    assert_eq!(plan.state, "ready-for-qa");
    assert_eq!(desk.facts.labels, ["Ready-For-QA", "ITERATION-2"], "no label is written anew for its letter case");
}

#[test]
fn a1_5_a_person_moves_the_state_and_no_iteration_is_added() {
    let mut desk = Desk::new();
    let plan = desk.adds("needs-remediation");
    assert_eq!(desk.labels(), ["needs-remediation"]);
    assert!(plan.reason.contains("by hand by ann"), "{}", plan.reason);
    desk.adds("ready-for-qa");
    assert_eq!(desk.labels(), ["ready-for-qa"], "the one a person added last wins");
    desk.removes("ready-for-qa");
    assert_eq!(desk.labels(), Vec::<&str>::new());
}

#[test]
fn a1_5_two_edits_in_one_second_keep_their_order() {
    for (first, second) in [("approved", "ready-for-qa"), ("ready-for-qa", "approved"), ("needs-remediation", "ready-for-qa")] {
        let mut desk = Desk::new();
        desk.edited(first, LabelChange::Added, sample::person("ann"));
        desk.edited(second, LabelChange::Added, sample::person("ann"));
        let at = desk.facts.edits[0].at;
        desk.facts.edits[1].at = at;
        desk.look();
        assert_eq!(desk.labels(), [second]);
    }
}

#[test]
fn a1_5_an_agents_label_is_its_signal() {
    let mut desk = Desk::new();
    desk.edit("needs-remediation", LabelChange::Added, sample::bot(QA));
    assert_eq!(desk.labels(), ["iteration-1", "needs-remediation"], "feedback counts a cycle");
    desk.edit("remediation-in-progress", LabelChange::Added, sample::bot(IMPLEMENTER));
    assert_eq!(desk.labels(), ["iteration-1", "remediation-in-progress"]);
    desk.edit("ready-for-qa", LabelChange::Added, sample::bot(IMPLEMENTER));
    assert_eq!(desk.labels(), ["iteration-1", "ready-for-qa"]);
    let plan = desk.edit("approved", LabelChange::Added, sample::bot(IMPLEMENTER));
    assert_eq!(desk.labels(), ["iteration-1", "ready-for-qa"], "approval is not the implementer's to give");
    assert_eq!(notices(&plan, "label undone").len(), 1);
    desk.edit("approved", LabelChange::Added, sample::bot(QA));
    assert_eq!(desk.labels(), ["approved", "iteration-1"]);
}

#[test]
fn a1_5_what_an_unknown_bot_does_is_undone_and_reported() {
    let mut desk = Desk::new();
    desk.round();
    for (label, change) in [("approved", LabelChange::Added), ("ready-for-qa", LabelChange::Removed), ("iteration-9", LabelChange::Added)] {
        let plan = desk.edit(label, change, sample::bot("stale[bot]"));
        assert_eq!(desk.labels(), ["iteration-1", "ready-for-qa"]);
        assert!(notices(&plan, "label undone")[0].message.contains("stale[bot]"));
    }
}

#[test]
fn a3_2_a_persons_iteration_sets_the_count_and_removing_it_sets_zero() {
    let mut desk = Desk::new();
    desk.round();
    desk.adds("iteration-7");
    assert_eq!(desk.labels(), ["iteration-7", "ready-for-qa"]);
    desk.removes("iteration-7");
    assert_eq!(desk.labels(), ["ready-for-qa"]);
    desk.later();
    desk.look();
    assert_eq!(desk.labels(), ["ready-for-qa"], "nothing is put back before the next cycle");
    desk.review(QA, Verdict::ChangesRequested);
    assert_eq!(desk.labels(), ["iteration-1", "needs-remediation"]);
}

#[test]
fn a3_3_without_memory_the_labels_say_state_and_count_and_what_led_there_is_history() {
    let mut desk = Desk::new();
    desk.round();
    desk.round();
    desk.facts.memory = None;
    let plan = desk.look();
    assert_eq!(desk.labels(), ["iteration-2", "ready-for-qa"], "{}", plan.reason);
    desk.review(QA, Verdict::ChangesRequested);
    assert_eq!(desk.labels(), ["iteration-3", "needs-remediation"]);
}

#[test]
fn what_people_do_on_issues_is_theirs() {
    let mut desk = Desk::unseen();
    desk.facts.subject.kind = SubjectKind::Issue;
    desk.facts.head = None;
    desk.facts.labels = vec!["approved".into(), "ready-for-qa".into()];
    desk.look();
    assert_eq!(desk.facts.labels, ["approved", "ready-for-qa"]);
}
