//! Scenarios: whole stories of one pull request, through the turn, the record and the bundled policy.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use pawl_core::facts::LabelChange;
use pawl_core::record::Appended;
use pawl_core::turn::Ending;
use pawl_tests::sim::bundled::bundled;
use pawl_tests::sim::hub::at;
use pawl_tests::sim::people::{IMPLEMENTER, PERSON, QA, STRANGER, UNKNOWN_BOT, account};
use pawl_tests::sim::shell::Sim;
use pawl_tests::sim::story::Happening;

const FEEDBACK: Happening = Happening::ChangesRequested;

/// One cycle from feedback to ready for QA.
fn cycle(sim: &mut Sim) {
    sim.live(&FEEDBACK).live(&Happening::push()).live(&Happening::completed());
}

#[track_caller]
fn assert_owned(sim: &Sim, labels: &[&str]) {
    assert_eq!(sim.owned(), labels);
    assert_eq!(sim.hub.names().iter().filter(|n| ["size/L", "iteration-planning"].contains(&n.as_str())).count(), 2, "foreign labels stay");
    sim.assert_sound();
}

#[test]
fn t1_t2_t3_t5_t10_the_full_path_of_one_round() {
    let mut sim = Sim::new();
    assert_owned(&sim, &[]);
    assert_eq!(sim.state(), "initial");
    sim.live(&FEEDBACK);
    assert_owned(&sim, &["iteration-1", "needs-remediation"]);
    sim.live(&Happening::started());
    assert_owned(&sim, &["iteration-1", "remediation-in-progress"]);
    sim.live(&Happening::completed());
    assert_owned(&sim, &["iteration-1", "ready-for-qa"]);
    sim.live(&Happening::Approved);
    assert_owned(&sim, &["approved", "iteration-1"]);
    sim.live(&Happening::Merged);
    assert_owned(&sim, &["approved"]);
}

#[test]
fn t4_three_rounds_count_to_three() {
    let mut sim = Sim::new();
    for n in 1..=3 {
        sim.live(&FEEDBACK);
        assert_owned(&sim, &[&format!("iteration-{n}"), "needs-remediation"]);
        sim.live(&Happening::push());
        assert_owned(&sim, &[&format!("iteration-{n}"), "remediation-in-progress"]);
        sim.live(&Happening::completed());
        assert_owned(&sim, &[&format!("iteration-{n}"), "ready-for-qa"]);
    }
    sim.live(&Happening::Approved);
    assert_owned(&sim, &["approved", "iteration-3"]);
}

#[test]
fn t6_the_limit_lets_so_many_full_rounds_through_and_the_next_feedback_fails() {
    for limit in [9, 10, 11] {
        let mut sim = Sim::with_limit(limit);
        for _ in 0..limit {
            cycle(&mut sim);
        }
        let last = format!("iteration-{limit}");
        assert_owned(&sim, &[&last, "ready-for-qa"]);
        let told_before = sim.requested.len();
        sim.live(&FEEDBACK);
        assert_eq!(sim.state(), "failed-remediation", "limit {limit}");
        let mut wished = ["failed-remediation", last.as_str()];
        wished.sort_unstable();
        assert_owned(&sim, &wished);
        assert!(sim.requested.len() > told_before, "a person is told");
        sim.live(&Happening::unlabel("failed-remediation"));
        assert_owned(&sim, &["iteration-1", "needs-remediation"]);
    }
}

#[test]
fn a4_1_a_pause_in_the_middle_of_a_turn_holds_what_was_not_sent() {
    let mut sim = Sim::new();
    sim.at_next_peek = Some(Happening::label("skip-automation"));
    sim.live(&FEEDBACK);
    assert_eq!(sim.state(), "manual-override");
    assert_owned(&sim, &[]);
    sim.live(&Happening::unlabel("skip-automation"));
    assert_owned(&sim, &["iteration-1", "needs-remediation"]);
}

#[test]
fn a4_2_a4_5_news_that_arrives_while_everything_is_skipped_is_decided_afterwards() {
    let mut sim = Sim::new();
    sim.live(&Happening::label("skip-automation"));
    sim.live(&FEEDBACK).live(&Happening::started()).live(&Happening::completed());
    assert_owned(&sim, &[]);
    sim.live(&Happening::unlabel("skip-automation"));
    assert_owned(&sim, &["iteration-1", "ready-for-qa"]);
}

#[test]
fn a4_2_a_hold_of_the_whole_deployment_holds_although_no_policy_heeds_it() {
    let mut sim = Sim::with_holds(&["freeze"]);
    sim.live(&Happening::label("freeze")).live(&FEEDBACK);
    assert_owned(&sim, &[]);
    assert_eq!(sim.run().ending, Ending::Held);
    sim.live(&Happening::unlabel("freeze"));
    assert_owned(&sim, &["iteration-1", "needs-remediation"]);
}

#[test]
fn a1_5_a3_2_a_person_sets_and_removes_labels_while_things_run() {
    let mut sim = Sim::new();
    sim.live(&FEEDBACK);
    sim.live(&Happening::label("ready-for-qa"));
    assert_owned(&sim, &["iteration-1", "ready-for-qa"]);
    sim.live(&Happening::label("iteration-5"));
    assert_owned(&sim, &["iteration-5", "ready-for-qa"]);
    sim.live(&FEEDBACK);
    assert_owned(&sim, &["iteration-6", "needs-remediation"]);
    sim.live(&Happening::unlabel("iteration-6"));
    assert_owned(&sim, &["needs-remediation"]);
    sim.live(&Happening::completed());
    sim.live(&Happening::unlabel("needs-remediation"));
    sim.live(&Happening::unlabel("ready-for-qa"));
    assert_eq!(sim.state(), "initial");
    assert_owned(&sim, &[]);
    sim.live(&FEEDBACK);
    assert_owned(&sim, &["iteration-1", "needs-remediation"]);
}

#[test]
fn a1_5_a_hand_edit_in_the_middle_of_a_turn_is_a_persons_word() {
    let mut sim = Sim::new();
    sim.live(&FEEDBACK);
    // The person is faster than the write that remediation started.
    sim.at_next_write = Some(Happening::label("approved"));
    sim.live(&Happening::started());
    assert_owned(&sim, &["approved", "iteration-1"]);
}

#[test]
fn a1_5_a_label_of_an_unknown_bot_is_undone() {
    let mut sim = Sim::new();
    sim.live(&Happening::Labelled(UNKNOWN_BOT, "approved".into()));
    assert_owned(&sim, &[]);
}

#[test]
fn a2_9_an_approval_of_an_old_commit_changes_nothing() {
    let mut sim = Sim::new();
    cycle(&mut sim);
    sim.live(&Happening::ApprovedOld);
    assert_owned(&sim, &["iteration-1", "ready-for-qa"]);
    sim.live(&Happening::Approved);
    assert_owned(&sim, &["approved", "iteration-1"]);
}

#[test]
fn t8_an_approval_is_valid_for_one_head() {
    let mut sim = Sim::new();
    sim.live(&Happening::Approved);
    assert_owned(&sim, &["approved"]);
    sim.live(&Happening::Pushed(PERSON));
    assert_owned(&sim, &["ready-for-qa"]);
}

#[test]
fn a2_1_a2_3_a3_1_feedback_told_by_review_and_by_signal_counts_once() {
    let mut sim = Sim::new();
    sim.live(&Happening::ToldTwice);
    assert_owned(&sim, &["iteration-1", "needs-remediation"]);
    sim.live(&Happening::Signal("tess_additional_feedback", Vec::new()));
    assert_owned(&sim, &["iteration-1", "needs-remediation"]);
}

#[test]
fn a3_1_a_redelivered_review_counts_once() {
    let mut sim = Sim::new();
    let told = sim.happen(&FEEDBACK);
    assert!(matches!(sim.deliver(&told[0].news), Appended::Accepted(_)));
    assert_eq!(sim.deliver(&told[0].news), Appended::Duplicate);
    sim.settle();
    sim.live(&Happening::started()).live(&Happening::completed());
    assert_eq!(sim.deliver(&told[0].news), Appended::Duplicate);
    sim.settle();
    assert_owned(&sim, &["iteration-1", "ready-for-qa"]);
}

#[test]
fn a2_5_a_review_whose_webhook_was_lost_is_found_in_the_facts() {
    let mut sim = Sim::new();
    sim.happen(&FEEDBACK);
    sim.settle();
    assert_owned(&sim, &["iteration-1", "needs-remediation"]);
}

#[test]
fn g7_own_label_events_coming_back_are_no_news_and_write_nothing() {
    let mut sim = Sim::new();
    sim.live(&FEEDBACK);
    assert!(!sim.came_back.is_empty() && sim.came_back.iter().all(|a| *a == Appended::Own));
    let (commits, written) = (sim.store.commits, sim.hub.written().count());
    assert_eq!(sim.run().ending, Ending::NoOp);
    assert_eq!((sim.store.commits, sim.hub.written().count()), (commits, written));
}

#[test]
fn g2_a_stale_read_after_a_write_is_no_hand_edit() {
    let mut sim = Sim::new();
    let before = sim.hub.observation();
    sim.live(&FEEDBACK);
    sim.stale = vec![before.clone(), before.clone(), before];
    sim.settle();
    assert_owned(&sim, &["iteration-1", "needs-remediation"]);
    sim.live(&Happening::started());
    assert_owned(&sim, &["iteration-1", "remediation-in-progress"]);
}

#[test]
fn a1_4_g1_an_interloper_between_reading_and_writing_keeps_the_label() {
    let mut sim = Sim::new();
    sim.at_next_write = Some(Happening::label("security"));
    sim.live(&FEEDBACK);
    assert_owned(&sim, &["iteration-1", "needs-remediation"]);
    assert!(sim.hub.names().contains(&"security".to_owned()));
    sim.at_next_write = Some(Happening::unlabel("security"));
    sim.live(&Happening::started());
    assert!(!sim.hub.names().contains(&"security".to_owned()));
}

#[test]
fn a1_2_an_interloper_who_sets_a_status_between_reading_and_writing_leaves_one_status() {
    let mut sim = Sim::new();
    sim.at_next_write = Some(Happening::label("ready-for-qa"));
    sim.live(&FEEDBACK);
    assert_owned(&sim, &["iteration-1", "ready-for-qa"]);
}

#[test]
fn g6_a_push_told_before_its_pull_request_was_opened_is_known_when_it_is_looked_at() {
    let mut sim = Sim::unseen(bundled().clone(), Vec::new());
    for told in sim.happen(&Happening::push()) {
        sim.deliver(&told.news);
    }
    let opened = pawl_core::news::News {
        id: "opened".into(),
        at: at(sim.now),
        arrived: at(sim.now),
        actor: Some(account(IMPLEMENTER)),
        event: pawl_core::news::Event::Opened,
    };
    sim.deliver(&opened);
    sim.settle();
    assert!(!sim.steps.contains(&"find-push"), "who pushed was told");
    assert_owned(&sim, &[]);
    sim.live(&FEEDBACK).live(&Happening::push());
    assert_owned(&sim, &["iteration-1", "remediation-in-progress"]);
}

#[test]
fn q2_a_newer_push_during_a_turn_leads_to_another_turn() {
    let mut sim = Sim::new();
    sim.live(&Happening::Approved);
    sim.at_next_write = Some(Happening::Pushed(PERSON));
    sim.live(&FEEDBACK);
    let head = sim.hub.head().to_owned();
    assert_eq!(sim.record().head, Some(head));
    sim.live(&Happening::Approved);
    sim.at_next_peek = Some(Happening::Pushed(PERSON));
    sim.live(&Happening::Pushed(PERSON));
    let head = sim.hub.head().to_owned();
    assert_eq!(sim.record().head, Some(head));
}

#[test]
fn t9_a_reset_needs_somebody_who_may_write() {
    let mut sim = Sim::with_limit(1);
    cycle(&mut sim);
    sim.live(&FEEDBACK);
    assert_owned(&sim, &["failed-remediation", "iteration-1"]);
    sim.live(&Happening::Command(STRANGER, "reset"));
    assert_owned(&sim, &["failed-remediation", "iteration-1"]);
    sim.live(&Happening::Command(PERSON, "reset"));
    assert_owned(&sim, &["iteration-1", "needs-remediation"]);
}

#[test]
fn a4_5_a_reset_that_was_kept_while_everything_was_skipped_is_done_afterwards() {
    let mut sim = Sim::with_limit(1);
    cycle(&mut sim);
    sim.live(&FEEDBACK).live(&Happening::label("skip-automation"));
    sim.live(&Happening::Command(STRANGER, "reset")).live(&Happening::Command(PERSON, "reset")).live(&Happening::started());
    assert_owned(&sim, &["failed-remediation", "iteration-1"]);
    sim.live(&Happening::unlabel("skip-automation"));
    assert_owned(&sim, &["iteration-1", "remediation-in-progress"]);
}

#[test]
fn a2_8_a_review_of_a_stranger_changes_nothing() {
    let mut sim = Sim::new();
    sim.now += 60;
    let head = sim.hub.head().to_owned();
    sim.hub.review(&account(STRANGER), pawl_core::news::Verdict::ChangesRequested, Some(head.clone()), sim.now);
    sim.settle();
    assert_owned(&sim, &[]);
    sim.hub.review(&account(QA), pawl_core::news::Verdict::ChangesRequested, Some(head.clone()), sim.now + 1);
    sim.now += 60;
    sim.settle();
    assert_owned(&sim, &["iteration-1", "needs-remediation"]);
}

#[test]
fn t11_a_pull_request_that_is_opened_again_goes_on_from_its_labels() {
    let mut sim = Sim::new();
    sim.live(&Happening::Approved).live(&Happening::Closed);
    assert_owned(&sim, &["approved"]);
    sim.live(&Happening::Reopened);
    assert_owned(&sim, &["approved"]);
    assert_eq!(sim.state(), "approved");
}

#[test]
fn t12_quality_lets_a_first_round_through_without_feedback() {
    let mut sim = Sim::new();
    sim.live(&Happening::SignalForHead("quality_completed"));
    assert_owned(&sim, &["ready-for-qa"]);
}

#[test]
fn a1_3_labels_that_only_look_like_ours_belong_to_people() {
    let mut sim = Sim::new();
    sim.hub.move_label(&account(PERSON), "iteration-007", LabelChange::Added, sim.now);
    cycle(&mut sim);
    sim.live(&Happening::Merged);
    assert_owned(&sim, &[]);
    assert!(sim.hub.names().contains(&"iteration-007".to_owned()));
}
