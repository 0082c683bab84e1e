//! Hand edits: which label events somebody else made.
//!
//! A label's presence says nothing about who set it. What does is the timeline: an event after the last one seen that no write
//! of the host explains was made by somebody else.

use crate::Timestamp;
use crate::facts::{LabelChange, LabelEvent};
use crate::label::{Delta, Label};
use crate::news::{Actor, ActorKind, Event, News};
use serde::{Deserialize, Serialize};

/// An own write whose timeline event has not been seen after this long never made one: the label already was as wished.
pub const OWN_WRITE_SECONDS: i64 = 600;
/// Clocks of two machines may differ by this much.
pub const SKEW_SECONDS: i64 = 60;

/// A label write that was committed; GitHub will answer it with one timeline event, or none if nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnWrite {
    /// The label.
    pub label: Label,
    /// Set or taken away.
    pub change: LabelChange,
    /// When it was committed.
    pub at: Timestamp,
}

/// How far a timeline was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineMark {
    /// The last event seen; absent when there was none yet.
    pub id: Option<String>,
    /// Its time, else the time of the observation.
    pub at: Timestamp,
}

/// A timeline, read against what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// What others did since the mark, oldest first. Empty the first time: what was there before is where a policy starts.
    pub edits: Vec<LabelEvent>,
    /// Own writes that are still unexplained.
    pub writes: Vec<OwnWrite>,
    /// The new mark.
    pub mark: TimelineMark,
}

/// The writes that a delta will make.
#[must_use]
pub fn writes_of(delta: &Delta, at: Timestamp) -> Vec<OwnWrite> {
    let write = |label: &Label, change| OwnWrite { label: label.clone(), change, at };
    let added = delta.add.iter().map(|l| write(l, LabelChange::Added));
    added.chain(delta.remove.iter().map(|l| write(l, LabelChange::Removed))).collect()
}

/// Reads a timeline (oldest first) against the mark and the own writes. `viewer` is the account that the host writes as: an event
/// by another account is never the host's own.
#[must_use]
pub fn read(timeline: &[LabelEvent], mark: Option<&TimelineMark>, writes: &[OwnWrite], viewer: Option<&Actor>, now: Timestamp) -> Reading {
    let new_mark = match (timeline.last(), mark) {
        (Some(last), _) => TimelineMark { id: Some(last.id.clone()), at: last.at },
        (None, Some(mark)) => mark.clone(),
        (None, None) => TimelineMark { id: None, at: now },
    };
    let Some(mark) = mark else {
        return Reading { edits: Vec::new(), writes: writes.to_vec(), mark: new_mark };
    };
    let fresh = after(timeline, mark);
    if fresh.is_empty() {
        // A stale answer may end before the mark: never move it backwards.
        return Reading { edits: Vec::new(), writes: unexpired(writes.to_vec(), now), mark: mark.clone() };
    }
    let mut writes = writes.to_vec();
    let mut edits = Vec::new();
    for event in fresh {
        match writes.iter().position(|w| explains(w, event, viewer)) {
            Some(i) => {
                writes.remove(i);
            }
            // Nobody types as an App: what its account did, the host did, though it has forgotten why.
            None if is_app(viewer, event) => {}
            None => edits.push(event.clone()),
        }
    }
    Reading { edits, writes: unexpired(writes, now), mark: new_mark }
}

/// Whether a timeline ends before the mark: it was read from a copy of GitHub's that is older than an earlier reading.
#[must_use]
pub fn is_behind(timeline: &[LabelEvent], mark: &TimelineMark) -> bool {
    mark.id.as_ref().is_some_and(|id| timeline.iter().all(|e| e.id != *id && e.at <= mark.at))
}

fn after<'a>(timeline: &'a [LabelEvent], mark: &TimelineMark) -> &'a [LabelEvent] {
    let Some(id) = &mark.id else { return timeline };
    match timeline.iter().position(|e| e.id == *id) {
        Some(i) => &timeline[i + 1..],
        // The mark has left the window of 100 events, or the answer is older than the mark.
        None => &timeline[timeline.partition_point(|e| e.at <= mark.at)..],
    }
}

fn explains(write: &OwnWrite, event: &LabelEvent, viewer: Option<&Actor>) -> bool {
    let same_account = match (viewer, &event.by) {
        (Some(viewer), Some(by)) => viewer.is(by),
        _ => true,
    };
    // The event is after the mark, so no earlier write made it. Times are not compared: GitHub's clock and ours may differ.
    same_account && write.change == event.change && write.label == event.label
}

/// The event as policies are shown it: what was done by an App's account that the host writes as was done by the host itself. A person's
/// account, whose token the host may use, can also be used by the person.
#[must_use]
pub fn shown(event: &LabelEvent, viewer: Option<&Actor>) -> LabelEvent {
    let mut shown = event.clone();
    if let Some(by) = shown.by.as_mut().filter(|_| is_app(viewer, event)) {
        by.kind = ActorKind::Host;
    }
    shown
}

fn is_app(viewer: Option<&Actor>, event: &LabelEvent) -> bool {
    matches!((viewer, &event.by), (Some(viewer), Some(by)) if is_bot(Some(by)) && viewer.is(by))
}

fn is_bot(actor: Option<&Actor>) -> bool {
    actor.is_some_and(|actor| actor.kind == ActorKind::Bot)
}

fn unexpired(mut writes: Vec<OwnWrite>, now: Timestamp) -> Vec<OwnWrite> {
    writes.retain(|w| now.as_second() - w.at.as_second() <= OWN_WRITE_SECONDS);
    writes
}

/// Whether a label webhook only tells an own write back. It is no news: the turn that wrote has verified the outcome. What an App's
/// account did is always the host's own; a person's account, whose token the host may use, can also be used by the person.
#[must_use]
pub fn is_own(writes: &[OwnWrite], viewer: Option<&Actor>, news: &News) -> bool {
    let (label, change) = match &news.event {
        Event::Labelled { label } => (label, LabelChange::Added),
        Event::Unlabelled { label } => (label, LabelChange::Removed),
        _ => return false,
    };
    if !viewer.zip(news.actor.as_ref()).is_some_and(|(viewer, actor)| viewer.is(actor)) {
        return false;
    }
    let label = Label::new(label.as_str());
    // Both times are of our own clock.
    let is_fresh = |write: &OwnWrite| news.arrived.as_second() - write.at.as_second() <= OWN_WRITE_SECONDS;
    // The viewer's own kind does not say so: it is the host, whatever else it is.
    is_bot(news.actor.as_ref()) || writes.iter().any(|w| w.label == label && w.change == change && is_fresh(w))
}

#[cfg(test)]
#[path = "edits_tests.rs"]
mod tests;
