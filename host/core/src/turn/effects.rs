//! The second half of a turn: carrying out what was committed, one effect at a time, with a look at the inbox before each.

use super::words::{Answer, Ending, Step};
use super::{REDECISIONS, Stage, Turn};
use crate::label::{Delta, Label};
use crate::news::Event;
use crate::plan::Stop;
use crate::record::{Part, Record};

/// A request that failed this often is given up; the journal says so.
pub const REQUEST_ATTEMPTS: u32 = 10;

/// One thing to carry out.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Effect {
    Stop(Vec<Stop>),
    Write(Delta),
    Request { policy: String, key: String },
}

impl Turn {
    /// Collects the effects: stops before labels, labels before requests, and only notices of a policy that is held.
    pub(super) fn plan_effects(&mut self, delta: &Delta) {
        self.effects.clear();
        let is_deployed = |name: &str| self.deployment.members.iter().any(|m| m.manifest.name == name);
        let mut stops: Vec<Stop> =
            self.parts.values().filter(|p| !p.waits()).flat_map(|p| p.stops.iter().map(|open| open.stop.clone())).collect();
        stops.sort();
        stops.dedup();
        if !stops.is_empty() {
            self.effects.push(Effect::Stop(stops));
        }
        if !delta.is_empty() {
            self.effects.push(Effect::Write(delta.clone()));
        }
        for (policy, part) in self.parts.iter().filter(|(name, _)| is_deployed(name)) {
            for open in part.requests.iter().filter(|open| part.may_send(open)) {
                self.effects.push(Effect::Request { policy: policy.clone(), key: open.request.key.clone() });
            }
        }
        self.effects.reverse();
    }

    /// Goes on with the next effect, or to the end.
    pub(super) fn next_effect(&mut self) {
        if !self.effects.is_empty() {
            self.stage = Stage::Peeking;
            return;
        }
        self.put_down();
        self.name_ending();
    }

    /// Leaves the effects: what was carried out is written down first, so that it is not carried out again.
    pub(super) fn put_down(&mut self) {
        self.stage = if self.has_effected { Stage::Settling(Box::new(self.commit())) } else { Stage::Releasing };
    }

    /// A heeded label that came or went since the decision leads back to the facts; else the effect may go out.
    pub(super) fn peeked(&mut self, record: Record) {
        let label_of = |event: &Event| match event {
            Event::Labelled { label } | Event::Unlabelled { label } => Some(Label::new(label.as_str())),
            _ => None,
        };
        let is_interrupted = record
            .inbox
            .iter()
            .filter(|e| e.seq >= self.decided_up_to)
            .filter_map(|e| label_of(&e.news.event))
            .any(|l| self.deployment.is_interrupted_by(&l));
        if !is_interrupted {
            self.stage = Stage::Effecting;
            return;
        }
        self.keep_progress(record);
        self.decide_again("a heeded label changed during the turn");
    }

    pub(super) fn effect_step(&self) -> Step {
        let subject = self.subject();
        match self.effects.last() {
            Some(Effect::Stop(stops)) => Step::Stop { subject, stops: stops.clone() },
            Some(Effect::Write(delta)) => {
                let node_id = self.seen.as_ref().map(|s| s.observation.node_id.clone()).unwrap_or_default();
                Step::Write { subject, node_id, delta: delta.clone() }
            }
            Some(Effect::Request { policy, key }) => match self.open_request(policy, key) {
                Some(request) => Step::Request { subject, policy: policy.clone(), request },
                None => Step::Peek,
            },
            None => Step::Release,
        }
    }

    fn open_request(&self, policy: &str, key: &str) -> Option<crate::plan::Request> {
        let open = self.parts.get(policy)?.requests.iter().find(|r| r.request.key == key)?;
        Some(open.request.clone())
    }

    pub(super) fn effected(&mut self, answer: Answer) -> Result<(), ()> {
        match (self.effects.last().cloned(), answer) {
            (Some(Effect::Stop(_)), Answer::Stopped { stoppings, now }) => {
                self.stopped(&stoppings, now);
                return Ok(());
            }
            (Some(Effect::Write(_)), Answer::Wrote(labels)) => return self.wrote(labels),
            (Some(Effect::Request { policy, key }), Answer::Requested(result)) => {
                let part = self.parts.get_mut(&policy).ok_or(())?;
                match result {
                    Ok(()) => part.strike_out(&key),
                    Err(trouble) => {
                        self.outcome.retry_after_seconds = self.outcome.retry_after_seconds.max(trouble.retry_after_seconds);
                        for open in part.requests.iter_mut().filter(|r| r.request.key == key) {
                            open.attempts += if trouble.transient { 1 } else { REQUEST_ATTEMPTS };
                        }
                        if part.requests.iter().any(|r| r.request.key == key && r.attempts >= REQUEST_ATTEMPTS) {
                            part.strike_out(&key);
                        }
                        self.outcome.reason = format!("request {key} failed: {}", trouble.message);
                    }
                }
            }
            _ => return Err(()),
        }
        self.has_effected = true;
        self.effects.pop();
        self.next_effect();
        Ok(())
    }

    /// The answer to a label write is the list as it is now. When somebody moved an owned label between our reading and our
    /// write, the facts are read and the policies asked once more.
    fn wrote(&mut self, labels: Vec<Label>) -> Result<(), ()> {
        self.has_effected = true;
        self.effects.pop();
        let is_as_wished = self.delta(&self.parts, &labels).is_empty();
        self.outcome.labels_after = labels;
        if is_as_wished {
            self.labels_outstanding = false;
            self.next_effect();
            return Ok(());
        }
        let record = self.record.clone();
        self.keep_progress(record);
        self.decide_again("the labels were not as wished after the write");
        Ok(())
    }

    /// Requests that were carried out must not go out again when this turn decides again: they are acknowledged in memory here, and
    /// in the record by the next commit.
    pub(super) fn keep_progress(&mut self, mut record: Record) {
        for (name, part) in &self.parts {
            if let Some(stored) = record.parts.get_mut(name) {
                stored.requests.clone_from(&part.requests);
                stored.stops.clone_from(&part.stops);
                stored.done.clone_from(&part.done);
            }
        }
        self.record = record;
    }

    pub(super) fn decide_again(&mut self, why: &str) {
        self.redecisions += 1;
        if self.redecisions > REDECISIONS {
            self.effects.clear();
            self.outcome.ending = Ending::Unsettled;
            self.outcome.reason = format!("{why}, {REDECISIONS} times in a row; the reconciler tries again");
            self.put_down();
            return;
        }
        self.stage = Stage::Observing { again: self.redecisions };
    }

    fn name_ending(&mut self) {
        let outstanding = self.labels_outstanding || self.parts.values().any(Part::has_work);
        if outstanding {
            self.outcome.ending = Ending::Unsettled;
            return;
        }
        let parts: Vec<&Part> = self.parts.values().collect();
        let reasons: Vec<&str> = parts.iter().map(|p| p.reason.as_str()).filter(|r| !r.is_empty()).collect();
        if let Some(parked) = parts.iter().find_map(|p| p.parked.as_ref()) {
            self.outcome.reason.clone_from(&parked.reason);
        } else if !reasons.is_empty() {
            self.outcome.reason = reasons.join("; ");
        }
        self.outcome.ending = if !parts.is_empty() && parts.iter().all(|p| p.held) {
            Ending::Held
        } else if self.has_effected || self.has_moved {
            Ending::Applied
        } else if let Some((_, refused)) = self.outcome.refused.first() {
            self.outcome.reason.clone_from(&refused.reason);
            Ending::Refused
        } else {
            Ending::NoOp
        };
    }
}
