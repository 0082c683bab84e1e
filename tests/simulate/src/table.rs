//! The requirement's table of transitions, for S3: which state may follow which, after what has happened.
//!
//! A turn may take several steps at once, and what it was told late it puts in its place; so a transition is lawful when steps of the
//! kinds that have happened lead from the one state to the other. What has not happened leads nowhere: an approval is not left without a
//! push, nothing fails before the limit, and nobody is overridden before a person sets the label.

use crate::model::{State, Step};
use std::collections::BTreeSet;

/// The states of a workflow that is open, as the policy calls them.
const OPEN: [&str; 6] = ["initial", "needs-remediation", "remediation-in-progress", "ready-for-qa", "approved", "failed-remediation"];
/// A label of a person's holds it; what it was before goes on beneath.
pub const HELD: &str = "manual-override";
/// It is over.
const OVER: [&str; 2] = ["merged", "closed"];

/// What has happened to one pull request so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Happened {
    /// The kinds of steps.
    pub steps: BTreeSet<Step>,
    /// Whether QA asked for more rounds than the limit allows.
    pub is_beyond_limit: bool,
    /// Whether a label that holds it was ever set.
    pub was_held: bool,
}

/// Whether `to` may follow `from`. Of a state that is held the one beneath is meant.
#[must_use]
pub fn leads(from: &str, to: &str, happened: &Happened) -> bool {
    let known = |state: &str| OPEN.contains(&state) || OVER.contains(&state);
    if to == HELD {
        return happened.was_held || happened.steps.contains(&Step::Paused);
    }
    if !known(to) {
        return false;
    }
    let mut reached = BTreeSet::from([if known(from) { from } else { OPEN[0] }]);
    loop {
        let more: BTreeSet<&str> =
            reached.iter().flat_map(|state| next(state, happened)).filter(|state| !reached.contains(state)).collect();
        if more.is_empty() {
            return reached.contains(to);
        }
        reached.extend(more);
    }
}

/// The state of a workflow by its word.
fn state_of(word: &str) -> Option<State> {
    State::LABELLED.into_iter().find(|state| state.label() == Some(word))
}

/// The states that one step leads to: T1 to T11, and what people do to labels by hand (A1.5).
fn next(state: &str, happened: &Happened) -> Vec<&'static str> {
    let has = |step: Step| happened.steps.contains(&step);
    let is_pushed = has(Step::AgentPush(true)) || has(Step::AgentPush(false));
    let mut next = Vec::new();
    let mut on = |holds: bool, to: &'static str| next.extend(holds.then_some(to));
    match state {
        "initial" | "ready-for-qa" => {
            on(has(Step::Feedback), "needs-remediation");
            on(has(Step::Feedback) && happened.is_beyond_limit, "failed-remediation");
            on(has(Step::Approved), "approved");
            // QA at work lets a push begin a workflow that has not begun.
            on(has(Step::AgentPush(true)) || (is_pushed && state != "initial"), "remediation-in-progress");
        }
        "needs-remediation" => on(has(Step::Started) || is_pushed, "remediation-in-progress"),
        "remediation-in-progress" => on(has(Step::Completed), "ready-for-qa"),
        "approved" => on(is_pushed || has(Step::OtherPush), "ready-for-qa"),
        "failed-remediation" => {
            let is_led_out = has(Step::Reset) || has(Step::HandCleared(State::Failed));
            on(is_led_out, "needs-remediation");
            on(is_led_out, "initial");
        }
        // What is opened again is what its labels say: working labels went when it was closed.
        "closed" if has(Step::Reopened) => {
            on(true, "initial");
            on(has(Step::Approved), "approved");
            on(happened.is_beyond_limit, "failed-remediation");
        }
        _ => {}
    }
    if OPEN.contains(&state) {
        next.extend(State::LABELLED.into_iter().filter(|set| has(Step::HandSet(*set))).filter_map(State::label));
        next.extend(state_of(state).filter(|cleared| has(Step::HandCleared(*cleared))).map(|_| "initial"));
        next.extend(OVER.into_iter().filter(|_| has(Step::Closed)));
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(steps: &[Step]) -> Happened {
        Happened { steps: steps.iter().copied().collect(), ..Happened::default() }
    }

    #[test]
    fn s3_what_did_not_happen_leads_nowhere() {
        let nothing = Happened::default();
        for to in &OPEN[1..] {
            assert!(!leads("initial", to, &nothing), "{to}");
        }
        assert!(!leads("initial", "manual-override", &nothing) && !leads("approved", "merged", &nothing));
    }

    #[test]
    fn s3_an_approval_is_left_by_a_push_alone() {
        let steps = [Step::Feedback, Step::Started, Step::Completed, Step::Approved, Step::Reset];
        assert!(!leads("approved", "needs-remediation", &after(&steps)));
        assert!(leads("approved", "needs-remediation", &after(&[Step::Feedback, Step::OtherPush])));
    }

    #[test]
    fn s3_a_round_goes_its_way_and_may_be_told_at_once() {
        let round = after(&[Step::Feedback, Step::Started, Step::Completed]);
        assert!(leads("", "needs-remediation", &round) && leads("needs-remediation", "ready-for-qa", &round));
        assert!(!leads("initial", "ready-for-qa", &after(&[Step::Started, Step::Completed])));
    }

    #[test]
    fn s3_only_the_limit_fails_and_only_a_person_leads_out_of_it() {
        let rounds = after(&[Step::Feedback, Step::Started, Step::Completed]);
        assert!(!leads("ready-for-qa", "failed-remediation", &rounds));
        assert!(leads("ready-for-qa", "failed-remediation", &Happened { is_beyond_limit: true, ..rounds.clone() }));
        assert!(!leads("failed-remediation", "needs-remediation", &rounds));
        assert!(leads("failed-remediation", "needs-remediation", &after(&[Step::Reset])));
    }

    #[test]
    fn s3_a_person_sets_any_state_and_removes_the_one_that_is() {
        assert!(leads("approved", "needs-remediation", &after(&[Step::HandSet(State::Needs)])));
        assert!(leads("approved", "initial", &after(&[Step::HandCleared(State::Approved)])));
        assert!(!leads("approved", "initial", &after(&[Step::HandCleared(State::Ready)])));
    }

    #[test]
    fn s3_nothing_leads_out_of_a_merge_and_a_reopening_keeps_no_working_state() {
        let over = after(&[Step::Feedback, Step::Closed, Step::Reopened]);
        assert!(leads("needs-remediation", "merged", &over) && !leads("merged", "initial", &over));
        assert!(leads("closed", "initial", &over) && !leads("closed", "ready-for-qa", &over));
    }
}
