//! First sight: what a subject's labels say when this policy has no memory of it.

use crate::case::Case;
use crate::event::Place;
use crate::ledger::Ledger;
use crate::state::State;
use crate::why::{Cause, Why};
use pawl_sdk::facts::{Actor, Facts, LabelChange};
use pawl_sdk::label::{self, Family};

/// The ledger to begin with, and the status labels when there were several.
pub fn first(facts: &Facts) -> (Ledger, Vec<State>) {
    let labels = before_edits(facts);
    let found: Vec<State> = State::ALL.into_iter().filter(|state| state.label().is_some_and(|own| has(&labels, own))).collect();
    let iterations = labels.iter().filter_map(|name| Family("iteration-{n}").number(name));
    let iteration = iterations.max().unwrap_or(0);
    let mut case = Case::new();
    if found.is_empty() && iteration == 0 {
        return (Ledger::new(case, None), found);
    }
    case.state = if found.len() > 1 { last_set_by_a_person(facts, &found) } else { State::strongest(found.iter().copied()) };
    case.iteration = iteration;
    let since = adopted_at(facts);
    case.entered = since;
    case.why = Why { cause: if found.is_empty() { Cause::Nothing } else { Cause::Found }, who: String::new(), at: since };
    (Ledger::new(case, Some(Place::end_of(since))), found)
}

fn has(labels: &[String], name: &str) -> bool {
    labels.iter().any(|present| label::same(present, name))
}

/// The labels as they were before the hand edits that are about to be judged.
fn before_edits(facts: &Facts) -> Vec<String> {
    let mut labels = facts.labels.clone();
    for edit in facts.edits.iter().rev() {
        labels.retain(|name| !label::same(name, &edit.label));
        if edit.change == LabelChange::Removed {
            labels.push(edit.label.clone());
        }
    }
    labels
}

/// Of several status labels, the one that a person set last; when nobody knows, the strongest (A1.2).
fn last_set_by_a_person(facts: &Facts, found: &[State]) -> State {
    let set_by_a_person =
        facts.label_history.iter().filter(|event| event.change == LabelChange::Added && event.by.as_ref().is_some_and(Actor::is_human));
    let mut states = set_by_a_person.filter_map(|event| State::of_label(&event.label)).filter(|state| found.contains(state));
    states.next_back().unwrap_or_else(|| State::strongest(found.iter().copied()))
}

/// Up to when everything is history: the last event of an owned label before the edits that are about to be judged; else
/// what is news now is not history; else all of it is.
fn adopted_at(facts: &Facts) -> i64 {
    let is_owned = |name: &str| State::of_label(name).is_some() || Family("iteration-{n}").has(name);
    let judged = |id: &str| facts.edits.iter().any(|edit| edit.id == id);
    let history = facts.label_history.iter().filter(|event| is_owned(&event.label) && !judged(&event.id)).map(|event| event.at).max();
    let first_news = facts.news.iter().map(|news| news.at).chain(facts.edits.iter().map(|edit| edit.at)).min();
    history.or(first_news.map(|at| at - 1)).unwrap_or(facts.now).min(facts.now)
}
