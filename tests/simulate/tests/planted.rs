//! Planted faults: each mistake in the protocol is found by the check that is there for it. `-- --planted FAULT` shows one.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use pawl_core::planted::Fault;
use pawl_simulate::{planted, run};

/// Runs seeds from 0 on until the right check complains, and asserts that without the mistake nobody does.
fn is_found(fault: Fault) {
    let word = fault.word();
    let found = planted::found(fault);
    let found = found.unwrap_or_else(|| panic!("{word} was not found by {:?} in {} seeds", planted::meant(fault), planted::SEEDS));
    println!("{word}: seed {}: {}", found.seed, planted::complaint(fault, &found).unwrap_or_default());
    let without = run(found.seed, planted::mode(fault));
    assert!(without.complaints.is_empty(), "seed {} complains without the mistake as well: {:?}", found.seed, without.complaints);
}

#[test]
fn k7_a_claim_that_is_written_without_the_version_that_was_read_has_two_holders() {
    is_found(Fault::NoResourceVersion);
}

#[test]
fn k7_a_claim_that_is_judged_by_the_time_of_day_is_taken_from_its_holder() {
    is_found(Fault::WallClock);
}

#[test]
fn k7_a_holder_without_a_deadline_sends_effects_under_the_claim_of_another() {
    is_found(Fault::NoDeadline);
}

#[test]
fn g1_a_list_of_labels_that_is_replaced_loses_what_others_set() {
    is_found(Fault::ReplaceInsteadOfDelta);
}

#[test]
fn g1_labels_that_are_removed_first_leave_a_gap() {
    is_found(Fault::RemoveFirst);
}

#[test]
fn a3_1_what_is_counted_outside_of_the_commit_changes_the_record_without_a_generation() {
    is_found(Fault::IncrementOutsideCommit);
}

#[test]
fn k5_a_run_that_is_deleted_by_its_name_is_another_or_has_finished() {
    is_found(Fault::NoUidPrecondition);
}

#[test]
fn an_effect_that_goes_out_before_the_commit_was_never_written_down() {
    is_found(Fault::EffectBeforeCommit);
}

#[test]
fn q1_news_that_is_told_twice_is_taken_twice_without_its_natural_ids() {
    is_found(Fault::DedupeOff);
}

#[test]
fn a4_1_an_override_that_is_read_before_the_claim_is_not_seen() {
    is_found(Fault::OverrideReadBeforeClaim);
}

#[test]
fn q2_a_push_that_is_forgotten_with_a_commit_leaves_the_workflow_where_it_was() {
    is_found(Fault::NewerPushDropped);
}

#[test]
fn q4_what_an_open_circuit_drops_is_in_nobodys_queue() {
    is_found(Fault::BreakerDrops);
}
