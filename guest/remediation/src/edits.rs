//! Hand edits (A1.5, A3.2). They come from `facts.edits` only: a policy that guesses them from labels takes its own
//! unfinished writes for somebody's wish.

use crate::event::{Edit, Event, Kind};
use crate::ledger::Ledger;
use crate::overrides::PAUSE;
use crate::settings::Settings;
use crate::state::State;
use pawl_sdk::facts::{self, Actor, ActorKind, Facts, LabelChange};
use pawl_sdk::label::{self, Family};
use pawl_sdk::text;

/// An edit of an owned label that does not count.
pub struct Undone {
    /// The timeline event's id.
    pub id: String,
    /// What happened, and what is done about it.
    pub sentence: String,
}

/// The edits as events, and those that are undone.
pub fn of_facts(facts: &Facts, ledger: &mut Ledger, settings: &Settings<'_>) -> (Vec<Event>, Vec<Undone>) {
    let (mut events, mut undone) = (Vec::new(), Vec::new());
    for edit in &facts.edits {
        let Some(meant) = owned(edit) else { continue };
        let by = edit.by.as_ref();
        if by.is_some_and(|by| by.kind == ActorKind::Host) {
            continue;
        }
        let event = |kind| {
            let mut event = Event::new(edit.at.min(facts.now), kind, &["edit", &edit.id]).by(by);
            event.at = event.at.min(facts.now);
            event
        };
        if is_agent(by, settings) {
            match signal_of(meant, by, settings) {
                Some(kind) => events.push(event(kind)),
                None => undone.push(Undone { id: edit.id.clone(), sentence: not_admitted(edit, by) }),
            }
        } else if by.is_some_and(Actor::is_human) {
            ledger.edits_seen = ledger.edits_seen.saturating_add(1);
            let mut event = event(Kind::Edited);
            event.edit = Some((meant, ledger.edits_seen));
            events.push(event);
        } else {
            undone.push(Undone { id: edit.id.clone(), sentence: not_admitted(edit, by) });
        }
    }
    (events, undone)
}

/// When `pause-remediation` came and went, whoever moved it.
pub fn pauses(facts: &Facts) -> Vec<Event> {
    let of_pause = facts.label_history.iter().chain(&facts.edits).filter(|edit| label::same(&edit.label, PAUSE));
    let event = |edit: &facts::Edit| {
        let kind = if edit.change == LabelChange::Added { Kind::Paused } else { Kind::Unpaused };
        Event::new(edit.at.min(facts.now), kind, &["edit", &edit.id]).by(edit.by.as_ref())
    };
    of_pause.map(event).collect()
}

fn owned(edit: &facts::Edit) -> Option<Edit> {
    let added = edit.change == LabelChange::Added;
    if let Some(state) = State::of_label(&edit.label) {
        return Some(if added { Edit::Set(state) } else { Edit::Cleared(state) });
    }
    let number = Family("iteration-{n}").number(&edit.label)?;
    Some(if added { Edit::Counted(number) } else { Edit::Uncounted(number) })
}

fn is_agent(by: Option<&Actor>, settings: &Settings<'_>) -> bool {
    settings.implements(by) || settings.is_qa(by) || settings.checks_quality(by)
}

/// A label set by an agent is that agent's signal.
fn signal_of(edit: Edit, by: Option<&Actor>, settings: &Settings<'_>) -> Option<Kind> {
    let Edit::Set(state) = edit else { return None };
    match state {
        State::InProgress if settings.implements(by) => Some(Kind::Started),
        State::Ready if settings.implements(by) => Some(Kind::Completed),
        State::Ready if settings.checks_quality(by) => Some(Kind::QualityCompleted),
        State::Needs if settings.is_qa(by) => Some(Kind::Feedback),
        State::Approved if settings.is_qa(by) => Some(Kind::Approval),
        State::Failed => Some(Kind::LimitReached),
        _ => None,
    }
}

fn not_admitted(edit: &facts::Edit, by: Option<&Actor>) -> String {
    let who = by.map_or_else(|| "an unknown account".to_owned(), |by| text::clean(&by.login, 40));
    let (did, instead) = match edit.change {
        LabelChange::Added => ("set", "taken away again"),
        LabelChange::Removed => ("removed", "put back if it still applies"),
    };
    format!("{who} {did} the label {}, which is not theirs to move; it is {instead}", text::clean(&edit.label, 50))
}
