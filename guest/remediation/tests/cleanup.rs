//! Cleanup on request: what is over, decided or abandoned loses its working labels, and nothing else does (A5).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod desk;

use desk::{Desk, IMPLEMENTER, QA};
use pawl_remediation::Remediation;
use pawl_sdk::prelude::*;

const DAY: i64 = 86_400;

/// So many days after the last thing that somebody did.
fn days_later(desk: &mut Desk, days: i64) {
    desk.facts.now += days * DAY;
}

/// What the cleanup is refused for; nothing when it is not.
fn refused(plan: &Plan) -> Option<&str> {
    plan.refused.first().map(|refused| refused.reason.as_str())
}

#[test]
fn a5_1_what_is_approved_or_failed_keeps_its_history_label_and_loses_the_iteration() {
    for (last, label) in [("tess_approval", "approved"), ("max_iterations_reached", "failed-remediation")] {
        let mut desk = Desk::new();
        desk.set("failure-guard", Value::Text("iteration >= 1".into()));
        desk.facts.labels.extend(["task-3".into(), "theirs".into()]);
        desk.round();
        desk.signal(last);
        assert_eq!(desk.labels(), [label, "iteration-1"]);
        let plan = desk.signal("cleanup");
        assert_eq!((refused(&plan), desk.labels()), (None, vec![label]));
        assert!(desk.facts.has_label("task-3") && desk.facts.has_label("theirs"));
        assert_eq!(plan.state, label, "where it stands is the same");
        let plan = desk.signal("cleanup");
        assert_eq!((refused(&plan), desk.labels()), (None, vec![label]), "asked again there is nothing to do");
    }
}

#[test]
fn a5_1_what_is_merged_or_closed_is_clean_already() {
    for state in [SubjectState::Merged, SubjectState::Closed] {
        let mut desk = Desk::new();
        desk.round();
        desk.facts.state = state;
        desk.look();
        let memory = desk.facts.memory.clone();
        let plan = desk.signal("cleanup");
        assert_eq!((refused(&plan), desk.labels()), (None, Vec::new()));
        assert_eq!(desk.facts.memory, memory);
    }
}

#[test]
fn a5_1_what_is_neither_over_nor_abandoned_is_refused_by_its_state() {
    let mut desk = Desk::new();
    let refuses = |desk: &mut Desk, state: &str| {
        let (before, memory) = (desk.facts.labels.clone(), desk.facts.memory.clone());
        let plan = desk.signal("cleanup");
        let reason = refused(&plan).unwrap();
        assert!(reason == format!("cannot clean up {state}") || reason.starts_with(&format!("cannot clean up {state}: ")), "{reason}");
        assert_eq!((&desk.facts.labels, &desk.facts.memory), (&before, &memory), "and nothing changes");
    };
    refuses(&mut desk, "initial");
    desk.review(QA, Verdict::ChangesRequested);
    refuses(&mut desk, "needs-remediation");
    desk.signal("rex_remediation_started");
    refuses(&mut desk, "remediation-in-progress");
    desk.signal("rex_remediation_completed");
    refuses(&mut desk, "ready-for-qa");
}

#[test]
fn a5_2_after_thirty_days_without_a_touch_the_working_labels_go_and_a_second_before_they_stay() {
    let mut desk = Desk::new();
    desk.facts.labels.extend(["task-3".into(), "theirs".into()]);
    desk.review(QA, Verdict::ChangesRequested);
    let last = desk.facts.now;
    desk.facts.now = last + 30 * DAY - 61;
    assert!(refused(&desk.signal("cleanup")).unwrap().contains("after 30 days"), "a second before");
    let plan = desk.signal("cleanup");
    assert_eq!((refused(&plan), plan.state.as_str()), (None, "dormant"), "{:?}", plan.refused);
    assert_eq!(desk.facts.labels, ["task-3", "theirs"]);
    assert_eq!(refused(&desk.signal("cleanup")), None, "it is clean");
}

#[test]
fn a5_2_days_are_configured_and_zero_is_never() {
    let mut desk = Desk::new();
    desk.set("abandoned-after-days", Value::Number(2)).review(QA, Verdict::ChangesRequested);
    days_later(&mut desk, 2);
    desk.set("abandoned-after-days", Value::Number(0));
    assert_eq!(refused(&desk.signal("cleanup")), Some("cannot clean up needs-remediation"));
    desk.set("abandoned-after-days", Value::Number(2));
    assert_eq!(refused(&desk.signal("cleanup")), None);
    desk.set("abandoned-after-days", Value::Number(-1));
    assert!(Remediation::decide(&desk.facts).unwrap_err().reason.contains("0 to 36500"));
}

#[test]
fn a5_2_each_kind_of_touch_counts_and_what_the_host_does_is_none() {
    let ann = || Some(sample::person("ann"));
    let host = || Some(Actor { kind: ActorKind::Host, ..sample::bot("pawl[bot]") });
    let comment = |author, at| Comment { id: 9, author, at, matches: Vec::new() };
    let moved = |by, at| Edit { id: "LE_x".into(), label: "theirs".into(), change: LabelChange::Added, by, at };
    type Touch = Box<dyn Fn(&mut Facts, i64)>;
    let touches: Vec<(&str, bool, Touch)> = vec![
        ("a push", true, Box::new(|facts, at| facts.head.as_mut().unwrap().pushed_at = Some(at))),
        ("a comment", true, Box::new(move |facts, at| facts.comments.push(comment(ann(), at)))),
        ("a comment of nobody known", true, Box::new(move |facts, at| facts.comments.push(comment(None, at)))),
        ("the host's comment", false, Box::new(move |facts, at| facts.comments.push(comment(host(), at)))),
        ("a label", true, Box::new(move |facts, at| facts.label_history.push(moved(ann(), at)))),
        ("the host's label", false, Box::new(move |facts, at| facts.label_history.push(moved(host(), at)))),
    ];
    for (what, counts, touch) in touches {
        let mut desk = Desk::new();
        desk.review(QA, Verdict::ChangesRequested);
        days_later(&mut desk, 40);
        let at = desk.facts.now - DAY;
        touch(&mut desk.facts, at);
        assert_eq!(refused(&desk.signal("cleanup")).is_some(), counts, "{what}");
    }
    let mut desk = Desk::new();
    days_later(&mut desk, 40);
    desk.review("stranger[bot]", Verdict::Commented);
    assert!(refused(&desk.signal("cleanup")).is_some(), "a review of anybody");
}

#[test]
fn a5_2_a_time_that_is_absent_or_unreadable_is_never_old() {
    for broken in [0, -5, i64::MIN] {
        let mut desk = Desk::new();
        desk.review(QA, Verdict::ChangesRequested);
        days_later(&mut desk, 40);
        desk.facts.comments.push(Comment { id: 9, author: Some(sample::person("ann")), at: broken, matches: Vec::new() });
        let plan = desk.signal("cleanup");
        assert_eq!(refused(&plan), Some("cannot clean up needs-remediation: it is not known when it was last touched"), "{broken}");
    }
    let mut desk = Desk::unseen();
    desk.facts.labels = vec!["needs-remediation".into()];
    desk.facts.head.as_mut().unwrap().pushed_at = None;
    desk.look();
    days_later(&mut desk, 400);
    assert!(refused(&desk.signal("cleanup")).unwrap().contains("not known"), "nobody knows when it was pushed");
}

#[test]
fn a5_2_whatever_happens_next_goes_on_from_there_with_the_count_kept() {
    let mut desk = Desk::new();
    desk.round();
    days_later(&mut desk, 31);
    desk.signal("cleanup");
    assert_eq!(desk.labels(), [""; 0]);
    desk.push("ann", 3);
    assert_eq!(desk.labels(), ["iteration-1"], "a push wakes it");
    desk.review(QA, Verdict::ChangesRequested);
    assert_eq!(desk.labels(), ["iteration-2", "needs-remediation"]);

    let mut desk = Desk::new();
    desk.round();
    days_later(&mut desk, 31);
    desk.signal("cleanup");
    let plan = desk.adds("ready-for-qa");
    assert_eq!((plan.state.as_str(), desk.labels()), ("ready-for-qa", vec!["iteration-1", "ready-for-qa"]), "a hand wakes it too");
    let plan = desk.push(IMPLEMENTER, 4);
    assert_eq!(plan.state, "remediation-in-progress");
}

#[test]
fn a5_3_overrides_are_respected_and_the_wish_does_not_wait_for_their_end() {
    for hold in ["skip-automation", "manual-review-required"] {
        let mut desk = Desk::new();
        desk.round();
        desk.adds(hold);
        days_later(&mut desk, 40);
        let plan = desk.signal("cleanup");
        assert_eq!((refused(&plan), plan.keeps.len()), (Some("cannot clean up manual-override"), 0));
        assert_eq!(desk.labels(), ["iteration-1", "ready-for-qa"]);
        desk.removes(hold);
        assert_eq!(desk.labels(), ["iteration-1", "ready-for-qa"], "it was asked then, not now");
    }
}

#[test]
fn a5_3_the_same_cleanup_told_twice_is_one_and_agents_may_not_ask_for_it() {
    let mut desk = Desk::new();
    desk.review(QA, Verdict::ChangesRequested);
    days_later(&mut desk, 31);
    let at = desk.later();
    let signal = || Event::Signal(Signal { name: "cleanup".into(), parameters: Vec::new() });
    desk.news(signal(), Some(sample::bot(QA)), at);
    assert_eq!(refused(&desk.look()), Some("cleanup is not for 5DLabs-Tess[bot] to say"));
    desk.news(signal(), None, at);
    let told = desk.facts.news.clone();
    assert_eq!(desk.look().state, "dormant");
    desk.push("ann", 3);
    desk.facts.news = told;
    let plan = desk.look();
    assert_eq!((refused(&plan), plan.state.as_str()), (None, "initial"), "it is not cleaned up a second time");
}
