//! What a person may do to a record that got stuck: have it tried again, or give up what is outstanding. Both are commits like those
//! of a turn, made under the claim; neither moves a label.

use super::{Commit, Part, Record};
use crate::Timestamp;
use crate::plan::Stop;
use crate::stop::{PastStop, StopEnd};
use serde::Serialize;
use std::collections::BTreeMap;

/// Why there is nothing to try again, or to give up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NothingToDo {
    /// The subject is gone; news of it would bring it back.
    #[error("it is over ({0}); only news of it can bring it back")]
    Ended(String),
    /// A heeded label holds these policies, and nothing else is in the way.
    #[error("it is held by a label that people set ({0}); take the label away and it goes on by itself")]
    Held(String),
    /// Nothing is parked and nothing is outstanding.
    #[error("it is settled: nothing is parked, nothing is outstanding")]
    Settled,
}

/// A commit that has everything tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// To be made under the claim; then a turn.
    pub commit: Commit,
    /// Policies that are asked again, and why they were parked.
    pub lifted: BTreeMap<String, String>,
    /// Whether news, labels, stops or requests are outstanding besides.
    pub is_unsettled: bool,
}

/// Everything that a discard gives up.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct GivenUp {
    /// Whether the labels are not yet known to be as wished.
    pub label_write: bool,
    /// News that some policy has not consumed, oldest first.
    pub news: Vec<Unheard>,
    /// What each policy loses, by name; only those that lose something.
    pub policies: BTreeMap<String, Forgone>,
}

/// News that is given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unheard {
    /// Its natural id.
    pub id: String,
    /// What happened, in a word.
    pub event: String,
    /// Policies that never acted on it.
    pub by: Vec<String>,
}

/// What one policy loses.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Forgone {
    /// Why it is parked.
    pub parked: Option<String>,
    /// Keys of its open requests; asked for again under the same key they stay given up.
    pub requests: Vec<String>,
    /// Runs that are not yet stopped.
    pub stops: Vec<Stop>,
    /// Hand edits it was not shown because it was parked.
    pub edits: usize,
}

impl GivenUp {
    /// Whether there is nothing to give up.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Record {
    /// Lifts every parking, and gives open requests all their tries back. The labels count as not verified from then on, so that the
    /// turn comes even if this process dies first.
    ///
    /// # Errors
    /// When nothing is parked and everything is settled.
    pub fn retry(&self, deployed: &[&str], operation: &str, at: Timestamp) -> Result<Retry, NothingToDo> {
        if let Some(reason) = &self.ended {
            return Err(NothingToDo::Ended(reason.clone()));
        }
        let mut parts = self.deployed_parts(deployed);
        let mut lifted = BTreeMap::new();
        for (name, part) in &mut parts {
            lifted.extend(part.parked.take().map(|parked| (name.clone(), parked.reason)));
            part.requests.iter_mut().for_each(|open| open.attempts = 0);
        }
        let is_unsettled = !self.is_settled(deployed);
        if lifted.is_empty() && !is_unsettled {
            return Err(self.why_at_rest(deployed));
        }
        let commit = Commit { parts, labels_outstanding: true, ..self.unchanged(operation, at) };
        Ok(Retry { commit, lifted, is_unsettled })
    }

    /// What a discard would give up now.
    #[must_use]
    pub fn outstanding(&self, deployed: &[&str]) -> GivenUp {
        let nothing_read = Part::default();
        let unheard = |entry: &super::Entry| {
            let has_passed = |name: &&&str| self.parts.get(**name).unwrap_or(&nothing_read).has_passed(entry.seq);
            let by: Vec<String> = deployed.iter().filter(|name| !has_passed(name)).map(|name| (*name).to_owned()).collect();
            (!by.is_empty()).then(|| Unheard { id: entry.news.id.clone(), event: entry.news.event.word().to_owned(), by })
        };
        let forgone = |part: &Part| Forgone {
            parked: part.parked.as_ref().map(|parked| parked.reason.clone()),
            requests: part.requests.iter().map(|open| open.request.key.clone()).collect(),
            stops: part.stops.iter().map(|open| open.stop.clone()).collect(),
            edits: part.edits.len(),
        };
        let policies = self.deployed_parts(deployed).into_iter().map(|(name, part)| (name, forgone(&part)));
        GivenUp {
            label_write: self.labels_outstanding,
            news: self.inbox.iter().filter_map(unheard).collect(),
            policies: policies.filter(|(_, forgone)| *forgone != Forgone::default()).collect(),
        }
    }

    /// Gives up what is outstanding, and says what that is. What comes later is taken up as ever: news that is appended between the
    /// reading and the commit stays, and a policy may wish the same labels or stops again.
    ///
    /// # Errors
    /// When nothing is outstanding.
    pub fn discard(&self, deployed: &[&str], operation: &str, at: Timestamp) -> Result<(Commit, GivenUp), NothingToDo> {
        if let Some(reason) = &self.ended {
            return Err(NothingToDo::Ended(reason.clone()));
        }
        let given_up = self.outstanding(deployed);
        if given_up.is_empty() {
            return Err(self.why_at_rest(deployed));
        }
        let (mut parts, mut stopped) = (self.deployed_parts(deployed), Vec::new());
        for name in deployed {
            // Also one that never decided: its cursor says that nothing of this waits for it.
            let part = parts.entry((*name).to_owned()).or_default();
            part.cursor = self.next_seq - 1;
            part.kept.clear();
            part.edits.clear();
            let given_up = part.stops.drain(..).map(|open| PastStop { open, end: StopEnd::GivenUp, at });
            stopped.extend(given_up);
            part.parked = None;
            for key in part.requests.iter().map(|open| open.request.key.clone()).collect::<Vec<_>>() {
                part.strike_out(&key);
            }
        }
        let commit = Commit { parts, stopped, labels_outstanding: false, ..self.unchanged(operation, at) };
        Ok((commit, given_up))
    }

    fn deployed_parts(&self, deployed: &[&str]) -> BTreeMap<String, Part> {
        self.parts.iter().filter(|(name, _)| deployed.contains(&name.as_str())).map(|(name, part)| (name.clone(), part.clone())).collect()
    }

    fn why_at_rest(&self, deployed: &[&str]) -> NothingToDo {
        let held: Vec<String> = self
            .deployed_parts(deployed)
            .into_iter()
            .filter(|(_, part)| part.held)
            .map(|(name, part)| format!("{name}: {}", part.reason))
            .collect();
        if held.is_empty() { NothingToDo::Settled } else { NothingToDo::Held(held.join("; ")) }
    }

    /// A commit that changes nothing of what a turn keeps, for whoever changes one thing.
    #[must_use]
    pub fn unchanged(&self, operation: &str, at: Timestamp) -> Commit {
        Commit {
            operation: operation.to_owned(),
            generation: self.generation,
            subject: self.subject.clone(),
            parts: BTreeMap::new(),
            labels_outstanding: self.labels_outstanding,
            writes: self.writes.clone(),
            viewer: self.viewer.clone(),
            timeline: self.timeline.clone(),
            pushes: self.pushes.clone(),
            head: self.head.clone(),
            state: self.state,
            ended: None,
            past: Vec::new(),
            stopped: Vec::new(),
            at,
        }
    }
}

#[cfg(test)]
#[path = "by_hand_tests.rs"]
mod tests;
