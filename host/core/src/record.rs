//! The record: all that is kept of one subject, and the two ways it changes.
//!
//! *Append* puts news into the inbox and never raises the generation. *Commit* replaces the rest, needs the generation that was
//! read under the claim, and raises it: the generation is the fence that keeps a stale holder from committing.

mod by_hand;
mod commit;
mod over;

pub use by_hand::{Forgone, GivenUp, NothingToDo, Retry, Unheard};
pub use commit::{Commit, Conflict};
pub use over::LEAST_KEPT_HOURS;

use crate::Timestamp;
use crate::edits::{OwnWrite, TimelineMark};
use crate::facts::{LabelEvent, Memory, SubjectState};
use crate::label::Label;
use crate::news::{Actor, NEWS_BYTES, News};
use crate::plan::{Ask, Request};
use crate::planted::{self, Fault};
use crate::stop::{OpenStop, PastStop};
use crate::subject::Subject;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Most news that wait in one inbox.
pub const INBOX_NEWS: usize = 200;
/// Most bytes that the waiting news of one inbox take together, as JSON: [`INBOX_NEWS`] of the longest would not fit in a record.
pub const INBOX_BYTES: usize = 96 * 1024;
/// Most bytes of one policy's part, as JSON: its memory, its wish and what it asked for that is not yet carried out.
pub const PART_BYTES: usize = 48 * 1024;
/// Keys of requests that were carried out, remembered per policy.
pub const DONE_KEYS: usize = 64;
/// Natural ids that are remembered to tell duplicates.
pub const SEEN_IDS: usize = 512;
/// Past transitions that are kept.
pub const HISTORY: usize = 20;
/// Pushes that are remembered, newest last.
pub const PUSHES: usize = 5;
/// Hand edits that are kept for a parked policy.
pub const PENDING_EDITS: usize = 50;
/// Hard limit of a record in bytes, as JSON.
pub const RECORD_BYTES: usize = 256 * 1024;
/// News older than this only causes a look: its id may have left the seen window.
pub const SEEN_HOURS: i64 = 72;
/// Version of the stored form.
pub const SCHEMA: u32 = 1;

/// One piece of news in an inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place; rises by one for each entry of this subject.
    pub seq: u64,
    /// Correlation id of the delivery that brought it.
    pub delivery: String,
    /// What happened.
    pub news: News,
}

/// A policy that is not asked again until something changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// One sentence.
    pub reason: String,
    /// Since when.
    pub at: Timestamp,
    /// Hash of what it was asked about; another one lifts the parking.
    pub question: u64,
    /// The place of the last news that had come when it was asked; later news may lift the parking.
    #[serde(default)]
    pub asked_up_to: u64,
}

/// A request that was committed and not yet acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRequest {
    /// The request.
    #[serde(flatten)]
    pub request: Request,
    /// Times it was tried.
    #[serde(default)]
    pub attempts: u32,
}

/// One policy's part of a record.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Part {
    /// Digest of the policy that decided last; empty before the first decision.
    pub digest: String,
    /// What it remembers.
    pub memory: Option<Memory>,
    /// Every entry up to this place is consumed, but for the kept ones.
    pub cursor: u64,
    /// Places at or before the cursor that the policy keeps for later.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<u64>,
    /// Hand edits it has not been shown because it was parked, oldest first, at most [`PENDING_EDITS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<LabelEvent>,
    /// The labels it wishes.
    pub labels: Vec<Label>,
    /// Stops that are committed and not yet confirmed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stops: Vec<OpenStop>,
    /// Requests that are committed and not yet acknowledged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<OpenRequest>,
    /// Hashes of the keys of requests that were carried out or given up, newest last, at most [`DONE_KEYS`]: asked for again they
    /// are the same requests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub done: Vec<u64>,
    /// The state it named.
    pub state: String,
    /// Why.
    pub reason: String,
    /// Whether a heeded label holds it.
    #[serde(default)]
    pub held: bool,
    /// When it wants to be asked again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revisit_at: Option<Timestamp>,
    /// Whether it is parked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<Parked>,
}

impl Part {
    /// Whether it has ever decided for this subject.
    #[must_use]
    pub fn has_decided(&self) -> bool {
        !self.digest.is_empty()
    }

    /// Whether its labels, stops and requests wait: a heeded label holds it, or it is parked and so does not say what should be.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.held || self.parked.is_some()
    }

    /// Whether this request may go out now. Notices do not wait: they tell a person why the rest does.
    #[must_use]
    pub fn may_send(&self, open: &OpenRequest) -> bool {
        !self.waits() || matches!(open.request.ask, Ask::Notice { .. })
    }

    /// Whether effects are outstanding that may be carried out now.
    #[must_use]
    pub fn has_work(&self) -> bool {
        (!self.waits() && !self.stops.is_empty()) || self.requests.iter().any(|open| self.may_send(open))
    }

    /// Whether the request of this key was carried out or given up.
    #[must_use]
    pub fn has_done(&self, key: &str) -> bool {
        self.done.contains(&id_hash(key))
    }

    /// Strikes out the request of this key: it was carried out, or is given up.
    pub fn strike_out(&mut self, key: &str) {
        self.requests.retain(|open| open.request.key != key);
        self.done.push(id_hash(key));
        let surplus = self.done.len().saturating_sub(DONE_KEYS);
        self.done.drain(..surplus);
    }

    /// Whether this part has consumed the entry at `seq`.
    #[must_use]
    pub fn has_passed(&self, seq: u64) -> bool {
        seq <= self.cursor && !self.kept.contains(&seq)
    }
}

/// A push that was told about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownPush {
    /// The new head.
    pub commit: String,
    /// Who pushed, when known.
    pub by: Option<Actor>,
    /// When, when known.
    pub at: Option<Timestamp>,
}

/// A past transition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// When it was committed.
    pub at: Timestamp,
    /// The policy.
    pub policy: String,
    /// State before; empty at first.
    pub from: String,
    /// State after.
    pub to: String,
    /// Why.
    pub reason: String,
    /// The turn's operation id.
    pub operation: String,
}

/// All that is kept of one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Version of this form.
    pub schema: u32,
    /// The subject with its latest known names.
    pub subject: Subject,
    /// Raised by every commit.
    pub generation: u64,
    /// The place of the next entry; the first is 1.
    pub next_seq: u64,
    /// News not yet consumed by every policy, oldest first.
    pub inbox: Vec<Entry>,
    /// Hashes of natural ids that were appended, oldest first.
    pub seen: Vec<u64>,
    /// One part per policy, by name.
    pub parts: BTreeMap<String, Part>,
    /// Whether a committed wish for labels is not yet verified on GitHub.
    pub labels_outstanding: bool,
    /// Own label writes that no timeline event has explained yet.
    pub writes: Vec<OwnWrite>,
    /// The account that the host writes as, as GitHub last said.
    pub viewer: Option<Actor>,
    /// How far the label timeline was seen; absent before the first observation.
    pub timeline: Option<TimelineMark>,
    /// The last pushes told about, newest last.
    pub pushes: Vec<KnownPush>,
    /// The head at the last commit.
    pub head: Option<String>,
    /// Open, merged or closed at the last commit.
    #[serde(default)]
    pub state: Option<SubjectState>,
    /// The subject is gone from GitHub; why.
    pub ended: Option<String>,
    /// Past transitions, newest last.
    pub history: Vec<Past>,
    /// Stops that are over, newest last, at most [`crate::stop::PAST_STOPS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stopped: Vec<PastStop>,
    /// Operation id of the last commit.
    pub operation: Option<String>,
    /// When facts were last committed.
    pub looked_at: Option<Timestamp>,
}

/// What became of appended news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is in the inbox, at this place.
    Accepted(u64),
    /// It was told before.
    Duplicate,
    /// It is older than the seen window: only worth a look.
    Old,
    /// An own label write coming back: no news.
    Own,
    /// The inbox is full of news that nobody has consumed; the sender must come again.
    Full,
    /// It is longer than [`NEWS_BYTES`]: coming again does not help.
    TooLarge,
}

impl Record {
    /// An empty record.
    #[must_use]
    pub fn new(subject: Subject) -> Self {
        Self {
            schema: SCHEMA,
            subject,
            generation: 0,
            next_seq: 1,
            inbox: Vec::new(),
            seen: Vec::new(),
            parts: BTreeMap::new(),
            labels_outstanding: false,
            writes: Vec::new(),
            viewer: None,
            timeline: None,
            pushes: Vec::new(),
            head: None,
            state: None,
            ended: None,
            history: Vec::new(),
            stopped: Vec::new(),
            operation: None,
            looked_at: None,
        }
    }

    /// Appends news unless it was told before. `arrived` is in the news itself.
    pub fn append(&mut self, delivery: &str, news: News) -> Appended {
        let hash = id_hash(&news.id);
        if self.seen.contains(&hash) && !planted::is(Fault::DedupeOff) {
            return Appended::Duplicate;
        }
        if news.arrived.as_second() - news.at.as_second() > SEEN_HOURS * 3600 {
            return Appended::Old;
        }
        if crate::edits::is_own(&self.writes, self.viewer.as_ref(), &news) {
            return Appended::Own;
        }
        let bytes = json_bytes(&news);
        if bytes > NEWS_BYTES {
            return Appended::TooLarge;
        }
        if self.is_full(bytes) {
            self.make_room();
        }
        if self.is_full(bytes) {
            return Appended::Full;
        }
        // GitHub answers alike for what is gone and what is hidden from the token; news proves that the subject is there.
        self.ended = None;
        let seq = self.next_seq;
        self.next_seq += 1;
        self.inbox.push(Entry { seq, delivery: delivery.to_owned(), news });
        self.seen.push(hash);
        let surplus = self.seen.len().saturating_sub(SEEN_IDS);
        self.seen.drain(..surplus);
        Appended::Accepted(seq)
    }

    fn is_full(&self, more_bytes: usize) -> bool {
        self.inbox.len() >= INBOX_NEWS || json_bytes(&self.inbox) + more_bytes > INBOX_BYTES
    }

    /// A parked policy holds its news back. When the inbox is full, what everybody else has consumed goes: the policy will find
    /// it again in facts, where facts tell it.
    fn make_room(&mut self) {
        let awake: Vec<&Part> = self.parts.values().filter(|p| p.parked.is_none()).collect();
        if !awake.is_empty() {
            self.inbox.retain(|entry| !awake.iter().all(|part| part.has_passed(entry.seq)));
        }
    }

    /// Entries that the policy's part has not consumed, oldest first.
    pub fn unread<'a>(&'a self, part: &'a Part) -> impl Iterator<Item = &'a Entry> {
        self.inbox.iter().filter(|entry| !part.has_passed(entry.seq))
    }

    /// Whether nothing is left to do for the policies that run now: no effect that may go out, no news unread.
    #[must_use]
    pub fn is_settled(&self, deployed: &[&str]) -> bool {
        let is_deployed = |name: &String| deployed.contains(&name.as_str());
        let has_work = self.parts.iter().any(|(name, part)| is_deployed(name) && part.has_work());
        self.ended.is_some() || (!self.labels_outstanding && !has_work && !self.has_unread(deployed))
    }

    /// Whether news waits for a policy that runs now. A parked one has seen what had come when it was asked.
    #[must_use]
    pub fn has_unread(&self, deployed: &[&str]) -> bool {
        let asked_up_to = |name: &&str| self.parts.get(*name).map_or(0, |p| p.parked.as_ref().map_or(p.cursor, |q| q.asked_up_to));
        self.inbox.iter().any(|entry| deployed.iter().any(|name| entry.seq > asked_up_to(name)))
    }

    /// The earliest revisit that a policy asked for. Time alone lifts no parking.
    #[must_use]
    pub fn revisit_at(&self) -> Option<Timestamp> {
        self.parts.values().filter(|p| p.parked.is_none()).filter_map(|p| p.revisit_at).min()
    }
}

/// The length of `value` as JSON; what JSON cannot hold is longer than any limit.
pub(crate) fn json_bytes(value: &impl Serialize) -> usize {
    serde_json::to_string(value).map_or(usize::MAX, |json| json.len())
}

/// Eight bytes of the SHA-256 of a natural id.
#[must_use]
pub fn id_hash(id: &str) -> u64 {
    let digest = Sha256::digest(id.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    u64::from_be_bytes(first)
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
