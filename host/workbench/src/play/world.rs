//! The world of one play: GitHub, the record, and how things happen and come to rest in it.

use super::candidate::Candidate;
use super::happening::{Happening, LONG_DAYS, Wait};
use super::hub::{Hub, at};
use super::judge::{self, Fault, Violation, violation};
use super::told::Told;
use pawl_core::facts::{Facts, Observation};
use pawl_core::label::Label;
use pawl_core::news::{Event, News};
use pawl_core::plan::Plan;
use pawl_core::record::{Appended, Record};
use pawl_core::turn::{Ending, Verdict};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Most turns after which a subject must have come to rest.
const TURNS: u32 = 20;
/// News that is told once more to see whether it counts twice: the last so many.
const RETOLD: usize = 40;

/// One subject, one policy, and everything that happened.
#[derive(Debug, Clone)]
pub struct World {
    /// GitHub.
    pub hub: Hub,
    /// The record.
    pub record: Record,
    /// Seconds since the beginning.
    pub now: i64,
    /// Decisions that were taken.
    pub decisions: u64,
    /// Units of fuel that they used.
    pub fuel: u64,
    /// Whether the last that happened was that nothing did, for long.
    is_idle: bool,
    /// The next readings of GitHub are these instead, but for the state: the last one first.
    pub(crate) stale: Vec<Observation>,
    /// Happens right before the next label write, between reading and writing.
    pub(crate) at_next_write: Option<Happening>,
    pub(super) candidate: Arc<Candidate>,
    /// What the policy was shown of news, oldest first.
    pub(super) heard: Vec<News>,
    /// Ids of news that it refused.
    pub(super) refused: BTreeSet<String>,
    /// What was asked in the present turn, and what came of it.
    pub(super) asked: Vec<(Facts, Plan)>,
    /// The last answer at rest, and the facts it was given for.
    pub(super) rest: Option<(Facts, Plan)>,
    pub(super) violation: Option<Violation>,
    pub(super) turns: u32,
}

impl World {
    /// An open pull request that the host has not looked at yet.
    #[must_use]
    pub fn new(candidate: &Arc<Candidate>) -> Self {
        let hub = Hub::of(candidate.cast());
        let record = Record::new(hub.subject.clone());
        Self {
            hub,
            record,
            now: 60,
            decisions: 0,
            fuel: 0,
            is_idle: false,
            stale: Vec::new(),
            at_next_write: None,
            candidate: Arc::clone(candidate),
            heard: Vec::new(),
            refused: BTreeSet::new(),
            asked: Vec::new(),
            rest: None,
            violation: None,
            turns: 0,
        }
    }

    /// The policy.
    #[must_use]
    pub fn candidate(&self) -> &Arc<Candidate> {
        &self.candidate
    }

    /// The policy's state, by its own name for it; empty before the first decision.
    #[must_use]
    pub fn state(&self) -> &str {
        self.part().map_or("", |part| part.state.as_str())
    }

    /// Why, in the policy's words.
    #[must_use]
    pub fn reason(&self) -> &str {
        self.part().map_or("", |part| part.reason.as_str())
    }

    /// Whether a heeded label holds the policy.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.part().is_some_and(|part| part.held)
    }

    /// Whether nothing has happened for long.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.is_idle
    }

    pub(crate) fn part(&self) -> Option<&pawl_core::record::Part> {
        self.record.parts.get(&self.candidate.manifest().name)
    }

    /// Owned labels on the subject, sorted.
    #[must_use]
    pub fn owned(&self) -> Vec<Label> {
        self.labels_of(|label| self.candidate.manifest().owns(label))
    }

    /// Heeded labels on the subject, sorted.
    #[must_use]
    pub fn heeded(&self) -> Vec<Label> {
        let heeds = &self.candidate.manifest().heeds;
        self.labels_of(|label| heeds.iter().any(|heeded| heeded.family.has(label)))
    }

    fn labels_of(&self, is_wanted: impl Fn(&Label) -> bool) -> Vec<Label> {
        let mut labels: Vec<Label> = self.hub.labels.iter().filter(|label| is_wanted(label)).cloned().collect();
        labels.sort();
        labels
    }

    /// When the policy wants to be asked again, as a second of the play.
    #[must_use]
    pub fn revisit_at(&self) -> Option<i64> {
        self.record.revisit_at().map(|time| time.as_second() - at(0).as_second())
    }

    /// Something happens; nobody has been told yet.
    pub fn happen(&mut self, happening: &Happening) -> Vec<Told> {
        self.is_idle = *happening == Happening::Waited(Wait::Long);
        match happening {
            Happening::Waited(Wait::Revisit) => self.now = self.revisit_at().map_or(self.now, |at| at.max(self.now)),
            Happening::Waited(Wait::Long) => self.now += LONG_DAYS * 86_400,
            _ => {}
        }
        happening.happen(&mut self.hub, self.now)
    }

    /// A webhook, a sensor or a signal arrives.
    pub fn deliver(&mut self, news: &News) -> Appended {
        self.record.append("delivery", News { arrived: at(self.now), ..news.clone() })
    }

    /// Something happens, is told, and the host does what is to be done.
    ///
    /// # Errors
    /// The first law that does not hold.
    pub fn live(&mut self, happening: &Happening) -> Result<(), Violation> {
        for told in self.happen(happening) {
            self.deliver(&told.news);
        }
        self.settle()
    }

    /// The host has forgotten what it was told: as many other ids came in between as it remembers.
    pub(crate) fn forget_ids(&mut self) {
        self.record.seen.clear();
    }

    /// Whether the policy refused this news. It has changed nothing; told again it may count, once.
    pub(crate) fn has_refused(&self, id: &str) -> bool {
        self.refused.contains(id)
    }

    /// Runs turns until the subject is at rest: everything is carried out, and asked again without news the policy answers the same.
    ///
    /// # Errors
    /// The first law that does not hold, among them that it comes to rest.
    pub fn settle(&mut self) -> Result<(), Violation> {
        let mut before: Option<(Facts, Plan)> = None;
        for _ in 0..TURNS {
            let outcome = self.run()?;
            let asked = std::mem::take(&mut self.asked);
            let is_whole = !matches!(outcome.ending, Ending::Unsettled | Ending::Busy);
            if let (Some((_, first)), [(facts, then)]) = (&before, asked.as_slice())
                && is_quiet(facts, first)
            {
                if let Some(how) = judge::difference(first, then) {
                    return Err(violation(Fault::DoesNotSettle, format!("asked again without news, {how}")));
                }
                if is_whole && self.record.is_settled(&[&self.candidate.manifest().name]) {
                    self.rest = Some((facts.clone(), then.clone()));
                    return Ok(());
                }
            }
            before = asked.into_iter().last().filter(|_| is_whole);
        }
        let labels = judge::list(&self.owned());
        Err(violation(Fault::DoesNotSettle, format!("after {TURNS} turns without news it is not at rest; its labels are {labels}")))
    }

    pub(super) fn ask(&mut self, facts: &Facts) -> Verdict {
        let candidate = Arc::clone(&self.candidate);
        let asked = candidate.ask(facts);
        self.decisions += 1;
        self.fuel += asked.fuel;
        if let Err(violation) = judge::answer(candidate.member(), facts, &asked.verdict) {
            self.violation.get_or_insert(violation);
        }
        asked.verdict
    }

    /// Keeps what has changed something, to tell it once more.
    pub(super) fn hear(&mut self, news: &[News], plan: &Plan) {
        self.refused.extend(plan.refused.iter().map(|refused| refused.news_id.clone()));
        for one in news.iter().filter(|news| news.event != Event::Elapsed) {
            if !self.refused.contains(&one.id) && !self.heard.iter().any(|known| known.id == one.id) {
                self.heard.push(one.clone());
            }
        }
        let surplus = self.heard.len().saturating_sub(RETOLD);
        self.heard.drain(..surplus);
    }
}

/// Whether a decision had nothing new to go by: what the policy keeps is no news.
fn is_quiet(facts: &Facts, before: &Plan) -> bool {
    facts.edits.is_empty() && facts.news.iter().all(|news| before.keeps.contains(&news.id))
}
