//! Hands: a person moves labels of the workflow, by what stands on GitHub at that moment.
//!
//! It may be anything that GitHub lets them do, at any time: while a write of the service is under way, while something holds, when all is
//! over. An edit means the same whenever it is seen (A2.5), so the model needs to know only what was moved, and when.

use crate::eye::Eye;
use crate::model::{State, Step};
use crate::people::PERSON;
use crate::replica::LIMIT;
use crate::stage::Stage;
use fastrand::Rng;
use pawl_core::subject::SubjectId;
use pawl_world::Pull;

/// Labels of the workflow are moved, one or two at once.
pub fn move_labels(stage: &Stage, eye: &Eye, dice: &mut Rng, at: &(SubjectId, Pull)) {
    match dice.u8(0..8) {
        0..3 => set_status(stage, eye, dice, at),
        3 | 4 => clear_status(stage, eye, dice, at),
        5 => set_count(stage, eye, dice, at),
        6 => clear_count(stage, eye, at),
        // One takes the place of another, in either order.
        _ if dice.bool() => {
            set_status(stage, eye, dice, at);
            clear_status(stage, eye, dice, at);
        }
        _ => {
            clear_status(stage, eye, dice, at);
            set_status(stage, eye, dice, at);
        }
    }
}

/// Labels of states that stand there, or that do not.
fn states(pull: &Pull, are_there: bool) -> Vec<(State, &'static str)> {
    let labelled = State::LABELLED.into_iter().filter_map(|state| Some((state, state.label()?)));
    labelled.filter(|(_, label)| pull.has_label(label) == are_there).collect()
}

/// The numbers of the labels that count and stand there.
fn counts(pull: &Pull) -> Vec<u32> {
    pull.labels().iter().filter_map(|label| label.strip_prefix("iteration-")?.parse().ok()).collect()
}

fn set_status(stage: &Stage, eye: &Eye, dice: &mut Rng, at: &(SubjectId, Pull)) {
    let Some((state, label)) = dice.choice(states(&at.1, false)) else { return };
    set(stage, eye, at, label, Step::HandSet(state));
}

fn clear_status(stage: &Stage, eye: &Eye, dice: &mut Rng, at: &(SubjectId, Pull)) {
    let Some((state, label)) = dice.choice(states(&at.1, true)) else { return };
    clear(stage, eye, at, label, Step::HandCleared(state));
}

fn set_count(stage: &Stage, eye: &Eye, dice: &mut Rng, at: &(SubjectId, Pull)) {
    let there = counts(&at.1);
    let Some(count) = dice.choice((1..=LIMIT + 1).filter(|count| !there.contains(count)).collect::<Vec<_>>()) else { return };
    set(stage, eye, at, &format!("iteration-{count}"), Step::HandCounted(count));
}

fn clear_count(stage: &Stage, eye: &Eye, at: &(SubjectId, Pull)) {
    let Some(count) = counts(&at.1).first().copied() else { return };
    clear(stage, eye, at, &format!("iteration-{count}"), Step::HandUncounted(count));
}

fn set(stage: &Stage, eye: &Eye, at: &(SubjectId, Pull), label: &str, step: Step) {
    eye.note(&format!("{} {label} is set by hand", at.0));
    at.1.label_by(PERSON, label);
    stage.step(eye, at.0, step);
}

fn clear(stage: &Stage, eye: &Eye, at: &(SubjectId, Pull), label: &str, step: Step) {
    eye.note(&format!("{} {label} is removed by hand", at.0));
    at.1.unlabel_by(PERSON, label);
    stage.step(eye, at.0, step);
}
