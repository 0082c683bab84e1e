//! News that is doubled, late, lost, stale, or from strangers.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod desk;

use desk::{Desk, IMPLEMENTER, QA};
use pawl_sdk::prelude::*;

#[test]
fn a2_1_feedback_in_the_middle_of_a_cycle_is_recorded_and_begins_none() {
    let mut desk = Desk::new();
    desk.review(QA, Verdict::ChangesRequested);
    let plan = desk.review(QA, Verdict::ChangesRequested);
    assert!(plan.refused.is_empty());
    desk.signal("rex_remediation_started");
    desk.signal("tess_additional_feedback");
    assert_eq!(desk.labels(), ["iteration-1", "remediation-in-progress"]);
}

#[test]
fn a2_2_a_signal_without_transition_is_refused_and_writes_nothing() {
    let mut desk = Desk::new();
    let plan = desk.signal("rex_remediation_completed");
    assert_eq!(plan.refused[0].reason, "no transition from initial on rex_remediation_completed");
    assert!(plan.labels.is_empty() && plan.requests.is_empty());
    desk.round();
    assert_eq!(desk.signal("rex_remediation_started").refused[0].reason, "no transition from ready-for-qa on rex_remediation_started");
}

#[test]
fn a2_3_all_six_seed_signals_are_understood() {
    for feedback in ["tess_feedback_received", "tess_additional_feedback"] {
        let mut desk = Desk::new();
        desk.signal(feedback);
        assert_eq!(desk.labels(), ["iteration-1", "needs-remediation"]);
        desk.signal("rex_remediation_started");
        desk.signal("rex_remediation_completed");
        desk.signal("tess_approval");
        assert_eq!(desk.labels(), ["approved", "iteration-1"]);
        assert_eq!(desk.signal("max_iterations_reached").refused[0].reason, "no transition from approved on max_iterations_reached");
    }
    assert!(Desk::new().signal("somebody_elses_signal").refused.is_empty());
}

#[test]
fn a2_4_a_configured_guard_works_and_an_unknown_one_is_refused() {
    let mut desk = Desk::new();
    desk.set("failure-guard", Value::Text("iteration == 1".into()));
    desk.round();
    desk.signal("max_iterations_reached");
    assert_eq!(desk.labels(), ["failed-remediation", "iteration-1"]);
    desk.set("failure-guard", Value::Text("iteration is big".into()));
    let refusal = pawl_remediation::Remediation::decide(&desk.facts).unwrap_err();
    assert!(refusal.reason.contains("unknown guard"), "{}", refusal.reason);
}

#[test]
fn a2_5_a_late_completion_takes_its_place_before_newer_feedback() {
    let mut desk = Desk::new();
    desk.review(QA, Verdict::ChangesRequested);
    let (started, completed) = (desk.later(), desk.later());
    desk.review(QA, Verdict::ChangesRequested);
    assert_eq!(desk.labels(), ["iteration-1", "needs-remediation"]);
    let signal = |name: &str| Event::Signal(Signal { name: name.into(), parameters: Vec::new() });
    desk.later();
    desk.news(signal("rex_remediation_completed"), None, completed);
    desk.look();
    assert_eq!(desk.labels(), ["iteration-1", "needs-remediation"], "it was not in progress");
    desk.news(signal("rex_remediation_started"), None, started);
    desk.look();
    assert_eq!(desk.labels(), ["iteration-2", "needs-remediation"], "the second review came after a full cycle");
}

#[test]
fn a2_6_ready_on_behalf_of_an_old_head_is_taken_away_again() {
    let mut desk = Desk::new();
    desk.review(QA, Verdict::ChangesRequested);
    desk.signal("rex_remediation_started");
    let pushed = desk.later();
    let old = desk.head();
    desk.signal_with("rex_remediation_completed", &[("commit", &old)]);
    assert_eq!(desk.labels(), ["iteration-1", "ready-for-qa"]);
    desk.later();
    desk.moves_head(IMPLEMENTER, 1, pushed);
    desk.news(Event::Pushed(Push { commit: sample::commit(1), branch: "rounder".into() }), Some(sample::bot(IMPLEMENTER)), pushed);
    desk.look();
    assert_eq!(desk.labels(), ["iteration-1", "remediation-in-progress"]);
}

#[test]
fn a2_7_every_source_of_feedback_begins_a_cycle() {
    let begins = |tell: &dyn Fn(&mut Desk)| {
        let mut desk = Desk::new();
        tell(&mut desk);
        assert_eq!(desk.labels(), ["iteration-1", "needs-remediation"]);
    };
    begins(&|desk| drop(desk.review(QA, Verdict::ChangesRequested)));
    begins(&|desk| drop(desk.signal("tess_feedback_received")));
    begins(&|desk| drop(desk.command("remediate", sample::person("ann").with_permission(Permission::Write))));
    let comment =
        |desk: &mut Desk| Comment { id: 5, author: Some(sample::bot(QA)), at: desk.later(), matches: vec!["feedback-marker".into()] };
    begins(&|desk| {
        let comment = comment(desk);
        desk.hear(Event::Commented(comment), Some(sample::bot(QA)));
    });
    begins(&|desk| {
        // The webhook is lost.
        let comment = comment(desk);
        desk.facts.comments.push(comment);
        desk.look();
    });
    for conclusion in [Conclusion::Failure, Conclusion::ActionRequired] {
        begins(&|desk| {
            let check = Check { id: 9, name: "qa".into(), app: "5dlabs-tess".into(), conclusion, commit: desk.head(), at: desk.later() };
            desk.facts.checks.push(check);
            desk.look();
        });
    }
}

#[test]
fn a2_7_what_is_no_feedback_begins_no_cycle() {
    let mut desk = Desk::new();
    desk.review(QA, Verdict::Commented);
    desk.command("remediate", sample::person("eve").with_permission(Permission::Read));
    desk.command("remediate", sample::person("eve"));
    for (app, conclusion) in
        [("other-app", Conclusion::Failure), ("5dlabs-tess", Conclusion::Success), ("5dlabs-tess", Conclusion::Cancelled)]
    {
        let check = Check { id: 9, name: "qa".into(), app: app.into(), conclusion, commit: desk.head(), at: desk.later() };
        desk.hear(Event::Checked(check), None);
    }
    assert_eq!(desk.labels(), Vec::<&str>::new());
}

#[test]
fn a2_8_an_unknown_sender_changes_nothing() {
    let mut desk = Desk::new();
    for verdict in [Verdict::ChangesRequested, Verdict::Approved] {
        desk.review("5DLabs-Tess2[bot]", verdict);
        desk.review(IMPLEMENTER, verdict);
    }
    let signal = Event::Signal(Signal { name: "tess_approval".into(), parameters: Vec::new() });
    let plan = desk.hear(signal, Some(sample::bot(IMPLEMENTER)));
    assert!(plan.refused[0].reason.contains("not for 5DLabs-Rex"), "{:?}", plan.refused);
    assert_eq!(desk.labels(), Vec::<&str>::new());
    desk.set("qa-agents", Value::Texts(vec!["4242".into()]));
    let at = desk.later();
    let tess = sample::bot("renamed[bot]").with_id(4242);
    let review = Review { id: 1, author: Some(tess), verdict: Verdict::Approved, commit: Some(desk.head()), at, matches: Vec::new() };
    desk.facts.reviews.push(review);
    desk.look();
    assert_eq!(desk.labels(), ["approved"], "an id names an account whatever it is called");
}

#[test]
fn a2_9_an_approval_of_another_commit_is_stale() {
    let mut desk = Desk::new();
    let old = desk.head();
    desk.push("ann", 1);
    let plan = desk.review_of(QA, Verdict::Approved, Some(old.clone()));
    assert!(plan.refused[0].reason.starts_with("stale QA approval"), "{:?}", plan.refused);
    let plan = desk.signal_with("tess_approval", &[("commit", &old)]);
    assert!(plan.refused[0].reason.starts_with("stale QA approval"), "{:?}", plan.refused);
    assert_eq!(desk.labels(), Vec::<&str>::new());
    let short = desk.head()[..7].to_owned();
    desk.signal_with("tess_approval", &[("commit", &short)]);
    assert_eq!(desk.labels(), ["approved"]);
}

#[test]
fn a2_9_without_a_commit_only_what_is_after_the_push_counts() {
    let mut desk = Desk::new();
    desk.adds("ready-for-qa");
    let before = desk.later();
    desk.push("ann", 1);
    let pushed = desk.facts.now;
    let signal = || Event::Signal(Signal { name: "tess_approval".into(), parameters: Vec::new() });
    for (at, labels) in [(before, vec!["ready-for-qa"]), (pushed, vec!["ready-for-qa"]), (pushed + 1, vec!["approved"])] {
        desk.later();
        desk.news(signal(), None, at);
        desk.look();
        assert_eq!(desk.labels(), labels, "approval at {at}, push at {pushed}");
    }
}

#[test]
fn a2_9_a_completion_covers_every_push_made_before_it() {
    let mut desk = Desk::new();
    desk.review(QA, Verdict::ChangesRequested);
    desk.signal("rex_remediation_started");
    let pushed = desk.later();
    desk.signal("rex_remediation_completed");
    assert_eq!(desk.labels(), ["iteration-1", "ready-for-qa"]);
    desk.later();
    desk.moves_head(IMPLEMENTER, 1, pushed);
    desk.news(Event::Pushed(Push { commit: sample::commit(1), branch: "rounder".into() }), Some(sample::bot(IMPLEMENTER)), pushed);
    desk.look();
    assert_eq!(desk.labels(), ["iteration-1", "ready-for-qa"], "the push arrived later but was made before");
}

#[test]
fn a2_9_feedback_from_before_the_present_state_begins_no_cycle() {
    let mut desk = Desk::new();
    desk.review(QA, Verdict::ChangesRequested);
    let during = desk.later();
    desk.signal("rex_remediation_started");
    desk.signal("rex_remediation_completed");
    desk.later();
    desk.news(Event::Signal(Signal { name: "tess_feedback_received".into(), parameters: Vec::new() }), None, during);
    desk.look();
    assert_eq!(desk.labels(), ["iteration-1", "ready-for-qa"]);
}

#[test]
fn a3_1_a_redelivered_review_counts_once() {
    let mut desk = Desk::new();
    desk.review(QA, Verdict::ChangesRequested);
    let review = desk.facts.reviews[0].clone();
    desk.signal("rex_remediation_started");
    desk.signal("rex_remediation_completed");
    for _ in 0..3 {
        let at = review.at;
        desk.later();
        desk.news(Event::Reviewed(review.clone()), review.author.clone(), at);
        desk.look();
    }
    assert_eq!(desk.labels(), ["iteration-1", "ready-for-qa"]);
}

#[test]
fn a3_1_a_hundred_redelivered_rounds_fit_in_memory_and_count_once_each() {
    let mut desk = Desk::new();
    desk.set("limit", Value::Number(200));
    for n in 1..=100 {
        desk.round();
        let reviews = desk.facts.reviews.len();
        desk.facts.reviews.drain(..reviews.saturating_sub(50));
        assert_eq!(desk.labels(), [format!("iteration-{n}").as_str(), "ready-for-qa"]);
        assert!(desk.facts.memory.as_ref().unwrap().bytes.len() <= pawl_sdk::limits::MEMORY_BYTES);
    }
}

#[test]
fn a_push_whose_webhook_was_lost_is_seen_in_the_facts() {
    let mut desk = Desk::new();
    desk.review(QA, Verdict::Approved);
    desk.later();
    let head = desk.facts.head.as_mut().unwrap();
    (head.commit, head.pushed_by, head.pushed_at) = (sample::commit(1), None, None);
    desk.look();
    assert_eq!(desk.labels(), ["ready-for-qa"]);
    let at = desk.later();
    desk.moves_head("ann", 0, at);
    desk.look();
    desk.review(QA, Verdict::Approved);
    assert_eq!(desk.labels(), ["approved"], "moved back to the first commit, which counts as a head again");
}

#[test]
fn a_damaged_memory_is_refused_and_never_a_panic() {
    let mut desk = Desk::new();
    desk.round();
    desk.push(IMPLEMENTER, 1);
    desk.adds("iteration-4");
    let good = desk.facts.memory.clone().unwrap().bytes;
    let mut refused = 0;
    for (i, _) in good.iter().enumerate() {
        let cut = good[..i].to_vec();
        let mut flipped = good.clone();
        flipped[i] ^= 0xff;
        desk.facts.memory.as_mut().unwrap().bytes = cut;
        assert!(pawl_remediation::Remediation::decide(&desk.facts).is_err(), "cut at {i}");
        desk.facts.memory.as_mut().unwrap().bytes = flipped;
        refused += usize::from(pawl_remediation::Remediation::decide(&desk.facts).is_err());
    }
    assert!(refused > 0);
    desk.facts.memory = Some(Memory { version: 9, bytes: good });
    let refusal = pawl_remediation::Remediation::decide(&desk.facts).unwrap_err();
    assert!(refusal.reason.contains("version 9"), "{}", refusal.reason);
}

#[test]
fn a2_5_the_hosts_clock_orders_nothing_that_has_a_time_of_its_own() {
    for wrong_by in [-3600, 3600] {
        let mut desk = Desk::new();
        desk.review(QA, Verdict::ChangesRequested);
        for (name, labels) in [("rex_remediation_started", "remediation-in-progress"), ("rex_remediation_completed", "ready-for-qa")] {
            let at = desk.later();
            desk.news(Event::Signal(Signal { name: name.into(), parameters: Vec::new() }), None, at);
            desk.facts.news.last_mut().unwrap().arrived += wrong_by;
            desk.look();
            assert_eq!(desk.labels(), ["iteration-1", labels], "the host's clock is wrong by {wrong_by} s");
        }
    }
}

#[test]
fn a_signal_from_the_far_future_freezes_nothing() {
    let mut desk = Desk::new();
    desk.review(QA, Verdict::ChangesRequested);
    let now = desk.later();
    let forged = Event::Signal(Signal { name: "rex_remediation_started".into(), parameters: Vec::new() });
    desk.news(forged, None, now + 100 * 365 * 86_400);
    desk.facts.news.last_mut().unwrap().arrived += 50 * 365 * 86_400;
    desk.look();
    assert_eq!(desk.labels(), ["iteration-1", "remediation-in-progress"]);
    desk.signal("rex_remediation_completed");
    assert_eq!(desk.labels(), ["iteration-1", "ready-for-qa"]);
    desk.review(QA, Verdict::ChangesRequested);
    assert_eq!(desk.labels(), ["iteration-2", "needs-remediation"]);
}
