//! Commits: how a turn changes a record, fenced by the generation it read under the claim.

use super::{HISTORY, KnownPush, Part, Past, Record};
use crate::Timestamp;
use crate::edits::{OwnWrite, TimelineMark};
use crate::facts::SubjectState;
use crate::news::{Actor, Event};
use crate::planted::{self, Fault};
use crate::stop::{PAST_STOPS, PastStop};
use crate::subject::{Subject, SubjectId};
use std::collections::BTreeMap;

/// A commit did not apply: somebody else committed in between.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {subject} has generation {has}, not {wants}: another turn committed in between; this one starts over")]
pub struct Conflict {
    /// The subject.
    pub subject: SubjectId,
    /// What the record has.
    pub has: u64,
    /// What the turn read.
    pub wants: u64,
}

/// Everything of a record but its inbox, as a turn wants it to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The turn's operation id with a step number: a commit whose reply was lost is recognised by it.
    pub operation: String,
    /// The generation that was read under the claim.
    pub generation: u64,
    /// The subject as it is called today.
    pub subject: Subject,
    /// The parts of the policies that run now. Other policies' parts stay, but hold no news back.
    pub parts: BTreeMap<String, Part>,
    /// See [`Record::labels_outstanding`].
    pub labels_outstanding: bool,
    /// See [`Record::writes`].
    pub writes: Vec<OwnWrite>,
    /// See [`Record::viewer`].
    pub viewer: Option<Actor>,
    /// See [`Record::timeline`].
    pub timeline: Option<TimelineMark>,
    /// See [`Record::pushes`].
    pub pushes: Vec<KnownPush>,
    /// See [`Record::head`].
    pub head: Option<String>,
    /// See [`Record::state`].
    pub state: Option<SubjectState>,
    /// See [`Record::ended`].
    pub ended: Option<String>,
    /// Transitions to add to the history.
    pub past: Vec<Past>,
    /// Stops that are over, to add to [`Record::stopped`].
    pub stopped: Vec<PastStop>,
    /// The time of the commit.
    pub at: Timestamp,
}

impl Commit {
    /// Applies this to the record as it is stored now; entries appended meanwhile stay.
    ///
    /// # Errors
    /// When another turn committed since this one read the record. A commit that applied before, its reply lost, is no conflict.
    pub fn apply(self, record: &mut Record) -> Result<(), Conflict> {
        if record.operation.as_deref() == Some(self.operation.as_str()) {
            return Ok(());
        }
        if record.generation != self.generation {
            return Err(Conflict { subject: record.subject.id(), has: record.generation, wants: self.generation });
        }
        record.generation += 1;
        record.subject = self.subject;
        record.inbox.retain(|entry| !self.parts.values().all(|part| part.has_passed(entry.seq)));
        if planted::is(Fault::NewerPushDropped) {
            record.inbox.retain(|entry| !matches!(entry.news.event, Event::Pushed { .. }));
        }
        for (_, absent) in record.parts.iter_mut().filter(|(name, _)| !self.parts.contains_key(*name)) {
            // It does not run here: nothing may wait for it. When it comes back, facts tell it what it missed.
            absent.cursor = record.next_seq - 1;
            absent.kept.clear();
            absent.revisit_at = None;
        }
        record.parts.extend(self.parts);
        record.labels_outstanding = self.labels_outstanding;
        record.writes = self.writes;
        record.viewer = self.viewer;
        record.timeline = self.timeline;
        record.pushes = self.pushes;
        record.head = self.head;
        record.state = self.state;
        record.history.extend(self.past);
        let surplus = record.history.len().saturating_sub(HISTORY);
        record.history.drain(..surplus);
        record.stopped.extend(self.stopped);
        let surplus = record.stopped.len().saturating_sub(PAST_STOPS);
        record.stopped.drain(..surplus);
        record.operation = Some(self.operation);
        record.looked_at = Some(self.at);
        if self.ended.is_some() {
            record.inbox.clear();
        }
        record.ended = self.ended;
        Ok(())
    }
}
