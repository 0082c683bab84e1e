//! The ledger: a case, and the last events after it in order. What arrives late is put in its place and the events are
//! folded again, so news in any order ends as it would have undisturbed (A2.5).

use crate::case::{Case, Verdict};
use crate::event::{Event, Kind, Place};
use crate::overrides::Appearance;
use crate::settings::Settings;
use crate::why::Cause;

/// Most events that are kept in order; older ones are folded into the base for good.
pub const LOG: usize = 64;
/// Most ids of folded events that are kept, so that none counts again when facts tell it with a later time.
pub const FOLDED: usize = 128;
/// Most hand edits and signals that wait in memory while everything is held.
pub const PENDING: usize = 16;

/// What this policy remembers of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// What everything before the log adds up to.
    pub base: Case,
    /// The place of the last event in the base.
    pub base_place: Option<Place>,
    /// The events after it, in order.
    pub log: Vec<Event>,
    /// Ids of the last events that went into the base.
    pub folded: Vec<u64>,
    /// Events that wait until nothing is held.
    pub pending: Vec<Event>,
    /// How many hand edits have been seen; they keep the order in which they were made.
    pub edits_seen: u32,
    /// The overrides as last seen.
    pub appearances: [Option<Appearance>; 3],
    /// Ids of events in the log that people have been told about.
    pub told: Vec<u64>,
}

/// What became of an event that was put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// It is in the log, whether new or known.
    Logged,
    /// It is older than the log, and has or had its effect there or none at all.
    Late,
}

/// Something a person should hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarm {
    /// The limit is reached.
    Failed,
    /// A failure was reset.
    Reset,
}

/// The log, folded.
#[derive(Debug, Clone)]
pub struct Folded {
    /// What it adds up to.
    pub case: Case,
    /// What came of each event of the log, and the state it came to.
    pub verdicts: Vec<(u64, Verdict, &'static str)>,
    /// What people should hear of, with the event's id and the name of who did it.
    pub alarms: Vec<(u64, Alarm, String)>,
}

impl Ledger {
    /// Begins with a case.
    pub fn new(base: Case, base_place: Option<Place>) -> Self {
        Self {
            base,
            base_place,
            log: Vec::new(),
            folded: Vec::new(),
            pending: Vec::new(),
            edits_seen: 0,
            appearances: [None; 3],
            told: Vec::new(),
        }
    }

    /// Puts an event in its place, or learns more about one that is there.
    pub fn enter(&mut self, event: Event) -> Entry {
        if let Some(known) = self.log.iter_mut().find(|known| known.id == event.id) {
            known.learn(event);
            return Entry::Logged;
        }
        if self.folded.contains(&event.id) || self.base_place.is_some_and(|base| event.place() <= base) {
            return Entry::Late;
        }
        self.log.push(event);
        Entry::Logged
    }

    /// Whether an event is remembered.
    pub fn knows(&self, id: u64) -> bool {
        self.folded.contains(&id) || self.log.iter().any(|event| event.id == id)
    }

    /// Puts the log in order. A commit cannot have been reviewed before it was pushed, so a push that seems later than
    /// the first event that names its commit moves there.
    pub fn sort(&mut self) {
        let named: Vec<_> =
            self.log.iter().filter(|e| e.kind != Kind::Pushed).filter_map(|e| e.commit.map(|commit| (commit, e.at))).collect();
        for push in self.log.iter_mut().filter(|e| e.kind == Kind::Pushed && !e.again) {
            let earliest = named.iter().filter(|(commit, _)| push.commit.is_some_and(|own| own.is(*commit))).map(|(_, at)| *at).min();
            push.at = earliest.map_or(push.at, |at| at.min(push.at));
        }
        self.log.sort_by_key(Event::place);
    }

    /// The time after everything known, and not before `now`.
    pub fn moment(&self, now: i64) -> i64 {
        let last = self.log.last().map(Event::place).max(self.base_place);
        last.map_or(now, |last| now.max(last.at.saturating_add(1)))
    }

    /// Folds the log onto the base.
    pub fn fold(&self, settings: &Settings<'_>) -> Folded {
        let mut folded = Folded { case: self.base.clone(), verdicts: Vec::new(), alarms: Vec::new() };
        for event in &self.log {
            let before = folded.case.name();
            let entered = (folded.case.why.at, folded.case.why.cause);
            let verdict = folded.case.take(event, settings);
            folded.verdicts.push((event.id, verdict, before));
            let why = &folded.case.why;
            let alarm = match why.cause {
                _ if (why.at, why.cause) == entered => None,
                Cause::FeedbackBeyondLimit | Cause::LimitSignal => Some(Alarm::Failed),
                Cause::Reset => Some(Alarm::Reset),
                _ => None,
            };
            folded.alarms.extend(alarm.map(|alarm| (event.id, alarm, why.who.clone())));
        }
        folded
    }

    /// The alarms that nobody has been told about; they count as told from now on.
    pub fn untold(&mut self, folded: &Folded) -> Vec<(u64, Alarm, String)> {
        self.told.retain(|id| self.log.iter().any(|event| event.id == *id));
        let news: Vec<_> = folded.alarms.iter().filter(|(id, ..)| !self.told.contains(id)).cloned().collect();
        self.told.extend(news.iter().map(|(id, ..)| *id));
        news
    }

    /// Folds what is beyond the log's limit into the base.
    pub fn trim(&mut self, settings: &Settings<'_>, limit: usize) {
        let surplus = self.log.len().saturating_sub(limit);
        for event in self.log.drain(..surplus) {
            self.base.take(&event, settings);
            self.base_place = self.base_place.max(Some(event.place()));
            self.folded.push(event.id);
        }
        let surplus = self.folded.len().saturating_sub(FOLDED);
        self.folded.drain(..surplus);
        self.told.retain(|id| self.log.iter().any(|event| event.id == *id));
    }

    /// Lets an event wait until nothing is held. Beyond the limit the oldest goes in at once, so that none is lost.
    pub fn wait(&mut self, event: Event) {
        if self.pending.iter().any(|waiting| waiting.id == event.id) {
            return;
        }
        self.pending.push(event);
        if self.pending.len() > PENDING {
            let oldest = self.pending.remove(0);
            self.enter(oldest);
            self.sort();
        }
    }
}
