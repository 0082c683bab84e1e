//! The turn: one pass over one subject, as a state machine that does nothing itself.
//!
//! The shell asks for the next [`Step`], does it, and hands back an [`Answer`]. So the whole path is here to be read, and
//! "crash after every step" is a loop in a test. There is one commit point: before it nothing has happened; after it everything
//! will, unless a heeded label appears first. A crash is repaired by a new turn, which reads facts again and asks again.
//!
//! ```text
//! claim -> load -> observe -> [find-push] -> decide each policy -> commit -> stop -> write -> requests -> settle -> release
//!                     ^                                             |peek before each effect: a heeded label leads back
//!                     +---------------------------------------------+a label list that is not as wished leads back
//! ```

mod decision;
mod effects;
mod observing;
mod stopping;
mod words;

pub use decision::check_answer;
pub use words::{Answer, Deployment, Ending, IllegalAnswer, Member, Outcome, Step, Trouble, Verdict};

use crate::Timestamp;
use crate::edits::{self, OwnWrite, TimelineMark};
use crate::label::{Delta, Label};
use crate::planted::{self, Fault};
use crate::record::{Commit, KnownPush, Part, Past, Record};
use crate::stop::PastStop;
use crate::subject::Subject;
use decision::Seen;
use effects::Effect;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Readings of one turn before it takes what it sees for true, when facts lag behind news.
pub const STALE_LOOKS: u32 = 3;
/// Decisions of one turn after the first: somebody keeps moving labels under it.
pub const REDECISIONS: u32 = 3;
/// Own writes that wait for their timeline event.
pub const OWN_WRITES: usize = 64;

/// One pass over one subject.
#[derive(Debug)]
pub struct Turn {
    deployment: Arc<Deployment>,
    operation: String,
    commits: u32,
    stage: Stage,
    record: Record,
    seen: Option<Seen>,
    looks: u32,
    redecisions: u32,
    parts: BTreeMap<String, Part>,
    past: Vec<Past>,
    stopped: Vec<PastStop>,
    writes: Vec<OwnWrite>,
    mark: Option<TimelineMark>,
    pushes: Vec<KnownPush>,
    effects: Vec<Effect>,
    has_effected: bool,
    has_moved: bool,
    decided_up_to: u64,
    labels_outstanding: bool,
    outcome: Outcome,
}

#[derive(Debug)]
enum Stage {
    Claiming,
    Loading,
    Observing { again: u32 },
    FindingPush { branch: String, commit: String },
    Deciding { member: usize, facts: Box<crate::facts::Facts> },
    Committing(Box<Commit>),
    Peeking,
    Effecting,
    Settling(Box<Commit>),
    Releasing,
    Done,
}

impl Turn {
    /// A turn over `subject`. `operation` must be unique: a commit whose reply was lost is recognised by it.
    #[must_use]
    pub fn new(deployment: Arc<Deployment>, subject: Subject, operation: String) -> Self {
        Self {
            deployment,
            operation,
            commits: 0,
            stage: Stage::Claiming,
            record: Record::new(subject),
            seen: None,
            looks: 0,
            redecisions: 0,
            parts: BTreeMap::new(),
            past: Vec::new(),
            stopped: Vec::new(),
            writes: Vec::new(),
            mark: None,
            pushes: Vec::new(),
            effects: Vec::new(),
            has_effected: false,
            has_moved: false,
            decided_up_to: 0,
            labels_outstanding: false,
            outcome: Outcome {
                ending: Ending::NoOp,
                reason: "everything is as it should be".into(),
                labels_before: Vec::new(),
                labels_after: Vec::new(),
                refused: Vec::new(),
                retry_after_seconds: None,
            },
        }
    }

    /// What the shell is to do next. Asking twice gives the same step.
    #[must_use]
    pub fn step(&self) -> Step {
        match &self.stage {
            Stage::Claiming => Step::Claim,
            Stage::Loading => Step::Load,
            Stage::Observing { again } => Step::Observe {
                subject: self.record.subject.clone(),
                needs: self.deployment.needs(),
                permissions_of: self.unknown_commanders(),
                again: *again,
            },
            Stage::FindingPush { branch, commit } => {
                Step::FindPush { subject: self.subject(), branch: branch.clone(), commit: commit.clone() }
            }
            Stage::Deciding { member, facts } => Step::Decide { member: *member, facts: facts.clone() },
            Stage::Committing(commit) => Step::Commit(commit.clone()),
            Stage::Peeking => Step::Peek,
            Stage::Effecting => self.effect_step(),
            Stage::Settling(commit) => Step::Settle(commit.clone()),
            Stage::Releasing => Step::Release,
            Stage::Done => Step::Done(self.outcome.clone()),
        }
    }

    /// Takes the answer to the present step.
    ///
    /// # Errors
    /// When the answer does not fit; the turn stays as it was.
    pub fn answer(&mut self, answer: Answer) -> Result<(), IllegalAnswer> {
        let illegal = IllegalAnswer { step: self.step().word(), answer: answer.word() };
        if matches!(self.stage, Stage::Done) {
            return Err(illegal);
        }
        if let Answer::Failed(trouble) = answer {
            self.fail(trouble);
            return Ok(());
        }
        match (std::mem::replace(&mut self.stage, Stage::Done), answer) {
            (Stage::Claiming, Answer::Claimed) => self.stage = Stage::Loading,
            (Stage::Loading, Answer::Loaded(record)) => self.loaded(*record),
            (Stage::Observing { .. }, Answer::Observed { observation, permissions, now }) => {
                let now = observation.not_before(now);
                let seen = Seen { observation: *observation, permissions, edits: Vec::new(), now };
                self.observed(seen);
            }
            (Stage::Observing { .. }, Answer::Gone { reason, now }) => self.gone(reason, now),
            (Stage::FindingPush { commit, .. }, Answer::PushFound(found)) => {
                let (by, at) = found.unwrap_or_default();
                self.remember_push(KnownPush { commit, by, at });
                self.name_pusher();
                self.decide_from(0);
            }
            (Stage::Deciding { member, facts }, Answer::Decided(verdict)) => self.decided(member, &facts, verdict),
            (Stage::Committing(_), Answer::Committed(record)) => {
                self.record = *record;
                self.next_effect();
            }
            (Stage::Committing(_) | Stage::Settling(_), Answer::Conflict(conflict)) => self.end(Ending::Busy, conflict.to_string()),
            (Stage::Peeking, Answer::Peeked(record)) => self.peeked(*record),
            (Stage::Effecting, answer) => {
                self.stage = Stage::Effecting;
                return self.effected(answer).map_err(|()| illegal);
            }
            (Stage::Settling(_), Answer::Committed(record)) => {
                self.record = *record;
                self.stage = Stage::Releasing;
            }
            (Stage::Releasing, Answer::Released) => self.stage = Stage::Done,
            (stage, _) => {
                self.stage = stage;
                return Err(illegal);
            }
        }
        Ok(())
    }

    /// The record as this turn last knew it.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The subject, by the names that GitHub last gave.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.seen.as_ref().map_or_else(|| self.record.subject.clone(), |s| s.observation.subject.clone())
    }

    fn loaded(&mut self, record: Record) {
        self.record = record;
        if let Some(reason) = self.record.ended.clone() {
            return self.end(Ending::Ended, reason);
        }
        self.stage = Stage::Observing { again: 0 };
    }

    /// Asks the policies from `first` on; a parked one only when it would be asked something new.
    fn decide_from(&mut self, first: usize) {
        if first == 0 {
            self.parts.clear();
            self.past.clear();
            self.decided_up_to = self.record.next_seq;
        }
        let Some(seen) = &self.seen else { return };
        for member in first..self.deployment.members.len() {
            let who = &self.deployment.members[member];
            let part = self.record.parts.get(&who.manifest.name).cloned().unwrap_or_default();
            let facts = decision::facts_for(who, &part, &self.record, seen);
            if let Some(reason) = decision::unreadable(who, &part) {
                return self.decided(member, &facts, Verdict::Failed(reason));
            }
            let has_answered = part.parked.as_ref().is_some_and(|p| p.question == decision::question(&who.digest, &facts));
            if has_answered {
                self.parts.insert(who.manifest.name.clone(), decision::still_parked(part, &self.record));
                continue;
            }
            self.stage = Stage::Deciding { member, facts: Box::new(facts) };
            return;
        }
        self.all_decided();
    }

    fn decided(&mut self, member: usize, facts: &crate::facts::Facts, verdict: Verdict) {
        let Some(seen) = &self.seen else { return };
        let who = &self.deployment.members[member];
        let name = who.manifest.name.clone();
        let before = self.record.parts.get(&name).cloned().unwrap_or_default();
        let mut accepted = decision::accept(who, &before, &self.record, seen, facts, verdict, &self.operation);
        if seen.observation.labels.iter().any(|l| self.deployment.holds.iter().any(|h| h.has(l))) {
            accepted.part.held = true;
        }
        for refused in accepted.refused {
            if !self.outcome.refused.iter().any(|(policy, r)| *policy == name && r.news_id == refused.news_id) {
                self.outcome.refused.push((name.clone(), refused));
            }
        }
        self.past.extend(accepted.past);
        self.parts.insert(name, accepted.part);
        self.decide_from(member + 1);
    }

    fn all_decided(&mut self) {
        let Some(seen) = &self.seen else { return };
        let now = seen.now;
        let delta = self.delta(&self.parts, &seen.observation.labels);
        let is_same = |(name, part): (&String, &Part)| self.record.parts.get(name) == Some(part);
        let is_quiet = self.parts.iter().all(is_same)
            && delta.is_empty()
            && !self.record.labels_outstanding
            && seen.edits.is_empty()
            && self.pushes == self.record.pushes
            && seen.observation.head.as_ref().map(|head| &head.commit) == self.record.head.as_ref()
            && self.record.state == Some(seen.observation.state)
            && self.record.timeline.is_some();
        self.has_moved |= !self.past.is_empty();
        self.labels_outstanding = !delta.is_empty();
        self.plan_effects(&delta);
        if is_quiet {
            return self.next_effect();
        }
        self.writes.extend(edits::writes_of(&delta, now));
        let surplus = self.writes.len().saturating_sub(OWN_WRITES);
        self.writes.drain(..surplus);
        if planted::is(Fault::EffectBeforeCommit) && !self.effects.is_empty() {
            return self.next_effect();
        }
        let commit = self.commit();
        self.stage = Stage::Committing(Box::new(commit));
    }

    /// The difference between what the policies wish and what is there. The labels of a policy that waits, or that has never decided
    /// here, are left as they are.
    fn delta(&self, parts: &BTreeMap<String, Part>, labels: &[Label]) -> Delta {
        let free: Vec<(&Member, &Part)> = self
            .deployment
            .members
            .iter()
            .filter_map(|m| parts.get(&m.manifest.name).map(|p| (m, p)))
            .filter(|(m, p)| !m.is_shadow && p.has_decided() && !p.waits())
            .collect();
        let wish: Vec<Label> = free.iter().flat_map(|(_, p)| p.labels.iter().cloned()).collect();
        Delta::between(&wish, labels, |l| free.iter().any(|(m, _)| m.manifest.owns(l) && m.grant.writes(l)))
    }

    fn commit(&mut self) -> Commit {
        self.commits += 1;
        let seen = self.seen.as_ref();
        Commit {
            operation: format!("{}.{}", self.operation, self.commits),
            generation: self.record.generation,
            subject: self.subject(),
            parts: self.parts.clone(),
            labels_outstanding: self.labels_outstanding,
            writes: self.writes.clone(),
            viewer: seen.and_then(|s| s.observation.viewer.clone()).or_else(|| self.record.viewer.clone()),
            timeline: self.mark.clone(),
            pushes: self.pushes.clone(),
            head: seen.and_then(|s| s.observation.head.as_ref()).map(|h| h.commit.clone()),
            state: seen.map(|s| s.observation.state).or(self.record.state),
            ended: None,
            past: std::mem::take(&mut self.past),
            stopped: std::mem::take(&mut self.stopped),
            at: seen.map_or(Timestamp::UNIX_EPOCH, |s| s.now),
        }
    }

    fn gone(&mut self, reason: String, now: Timestamp) {
        self.parts = self.record.parts.clone();
        for part in self.parts.values_mut() {
            part.stops.clear();
            part.requests.clear();
            part.revisit_at = None;
        }
        self.effects.clear();
        self.labels_outstanding = false;
        let ended = Commit { ended: Some(reason.clone()), at: now, ..self.commit() };
        self.outcome.ending = Ending::Ended;
        self.outcome.reason = reason;
        self.stage = Stage::Settling(Box::new(ended));
    }

    fn fail(&mut self, trouble: Trouble) {
        if matches!(self.stage, Stage::Releasing) {
            // The outcome stands: a claim that cannot be given back runs out by itself.
            self.stage = Stage::Done;
            return;
        }
        let has_claim = !matches!(self.stage, Stage::Claiming);
        self.outcome.ending = if has_claim { Ending::Unsettled } else { Ending::Busy };
        self.outcome.reason = format!("{} failed: {}", self.step().word(), trouble.message);
        self.outcome.retry_after_seconds = trouble.retry_after_seconds;
        match self.stage {
            Stage::Claiming => self.stage = Stage::Done,
            Stage::Peeking | Stage::Effecting | Stage::Observing { .. } => self.put_down(),
            _ => self.stage = Stage::Releasing,
        }
    }

    fn end(&mut self, ending: Ending, reason: String) {
        self.outcome.ending = ending;
        self.outcome.reason = reason;
        self.stage = Stage::Releasing;
    }
}

#[cfg(test)]
#[path = "turn_tests.rs"]
mod tests;
