//! The world of one play: GitHub, the record, and the shell that carries out the steps of turns on them.

use super::candidate::Candidate;
use super::happening::{Happening, LONG_DAYS, Told, Wait};
use super::hub::{Hub, at, host};
use super::judge::{self, Fault, Violation, violation};
use pawl_core::facts::{Facts, LabelChange, Observation};
use pawl_core::label::{Delta, Label};
use pawl_core::news::{Event, News};
use pawl_core::plan::Plan;
use pawl_core::record::{Appended, Commit, Record, SEEN_HOURS};
use pawl_core::stop::Stopping;
use pawl_core::turn::{Answer, Ending, Outcome, Step, Trouble, Turn, Verdict};
use std::sync::Arc;

/// Most turns after which a subject must have come to rest.
const TURNS: u32 = 20;
/// News that is told once more to see whether it counts twice: the last so many.
const RETOLD: usize = 40;
/// Nothing may change by itself for so long, unless the policy wants to be asked earlier: in seconds.
const LATER_SECONDS: i64 = 400 * 86_400;

/// How a step goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The process dies before the step is done.
    Before,
    /// The process dies when the step is done, before anybody hears of it.
    After,
    /// The step is not done, and the turn is told that it failed.
    Refused,
    /// The step is done, and the turn is told that it failed.
    ReplyLost,
}

impl Cut {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Before, Self::After, Self::Refused, Self::ReplyLost];
}

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
    candidate: Arc<Candidate>,
    /// What the policy was shown of news, oldest first.
    heard: Vec<News>,
    /// What was asked in the present turn, and what came of it.
    asked: Vec<(Facts, Plan)>,
    /// The last answer at rest, and the facts it was given for.
    rest: Option<(Facts, Plan)>,
    violation: Option<Violation>,
    turns: u32,
}

impl World {
    /// An open pull request that the host has not looked at yet.
    #[must_use]
    pub fn new(candidate: &Arc<Candidate>) -> Self {
        let hub = Hub::new(candidate.cast());
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

    /// At rest: asked later, and told everything once more, the policy must answer as it did.
    ///
    /// # Errors
    /// The law that does not hold.
    pub fn judge_rest(&mut self) -> Result<(), Violation> {
        let Some((facts, plan)) = self.rest.clone() else { return Ok(()) };
        let wait = plan.revisit_after_seconds.map_or(LATER_SECONDS, |seconds| i64::from(seconds) - 1);
        let second = facts.now.as_second() - at(0).as_second();
        let later = self.ask_aside(&Facts { now: at(second + wait), ..facts.clone() })?;
        if let Some(how) = judge::difference(&plan, &later) {
            return Err(violation(Fault::DoesNotSettle, format!("asked again {} later without news, {how}", duration(wait))));
        }
        let is_young = |news: &&News| facts.now.as_second() - news.at.as_second() <= SEEN_HOURS * 3_600;
        let again: Vec<News> = self.heard.iter().filter(is_young).map(|news| News { arrived: facts.now, ..news.clone() }).collect();
        if again.is_empty() {
            return Ok(());
        }
        let kept = facts.news.iter().filter(|news| !again.iter().any(|other| other.id == news.id)).cloned();
        let told = kept.chain(again.iter().cloned()).collect();
        let twice = self.ask_aside(&Facts { news: told, ..facts.clone() })?;
        let Some(how) = judge::difference(&plan, &twice) else { return Ok(()) };
        // Which of it was it? One piece alone is easier to understand, where one alone does it.
        for news in again {
            let id = news.id.clone();
            let alone = self.ask_aside(&Facts { news: vec![news], ..facts.clone() })?;
            if let Some(how) = judge::difference(&plan, &alone) {
                return Err(violation(Fault::CountsTwice, format!("told {id} once more, {how}")));
            }
        }
        Err(violation(Fault::CountsTwice, format!("told all its news once more, {how}")))
    }

    /// Asks without any consequence.
    fn ask_aside(&mut self, facts: &Facts) -> Result<Plan, Violation> {
        match self.ask(facts) {
            Verdict::Plan(plan) => self.violation.take().map_or(Ok(plan), Err),
            _ => Err(self.violation.take().unwrap_or_else(|| violation(Fault::Refused, "it gave no plan"))),
        }
    }

    fn ask(&mut self, facts: &Facts) -> Verdict {
        let candidate = Arc::clone(&self.candidate);
        let asked = candidate.ask(facts);
        self.decisions += 1;
        self.fuel += asked.fuel;
        if let Err(violation) = judge::answer(candidate.member(), facts, &asked.verdict) {
            self.violation.get_or_insert(violation);
        }
        asked.verdict
    }

    /// A new turn over the subject.
    pub(crate) fn begin(&mut self) -> Turn {
        self.turns += 1;
        self.now += 1;
        self.asked.clear();
        Turn::new(self.candidate.deployment(), self.hub.subject.clone(), format!("turn {}", self.turns))
    }

    /// Carries out one step and hands the answer back; says how the turn ended, once it has. A turn that has lost its claim begins no
    /// effect any more.
    pub(crate) fn go_on(&mut self, turn: &mut Turn, has_claim: bool) -> Option<Outcome> {
        let step = turn.step();
        if let Step::Done(outcome) = step {
            return Some(outcome);
        }
        let is_effect = matches!(step, Step::Stop { .. } | Step::Write { .. } | Step::Request { .. });
        let answer = if is_effect && !has_claim { failed("the claim was lost") } else { self.carry_out(step) };
        // Every answer here is the one to its step; a turn that takes it otherwise has a defect of its own, and ends.
        if turn.answer(answer).is_err() {
            return Some(unfinished());
        }
        None
    }

    /// One whole turn.
    ///
    /// # Errors
    /// The first law that does not hold.
    pub(crate) fn run(&mut self) -> Result<Outcome, Violation> {
        let mut turn = self.begin();
        loop {
            if let Some(outcome) = self.go_on(&mut turn, true) {
                return self.violation.take().map_or(Ok(outcome), Err);
            }
        }
    }

    /// One turn whose step number `place`, counted from zero, goes wrong. Says whether the turn got that far.
    ///
    /// # Errors
    /// The first law that does not hold.
    pub(crate) fn run_cut(&mut self, place: usize, cut: Cut) -> Result<bool, Violation> {
        let mut turn = self.begin();
        for _ in 0..place {
            if self.go_on(&mut turn, true).is_some() {
                return self.violation.take().map_or(Ok(false), Err);
            }
        }
        let step = turn.step();
        if let Step::Done(_) = step {
            return self.violation.take().map_or(Ok(false), Err);
        }
        if matches!(cut, Cut::After | Cut::ReplyLost) {
            self.carry_out(step);
        }
        if matches!(cut, Cut::Refused | Cut::ReplyLost) && turn.answer(failed("the line is dead")).is_ok() {
            while self.go_on(&mut turn, true).is_none() {}
        }
        self.violation.take().map_or(Ok(true), Err)
    }

    /// A turn of one replica gets so far, loses its claim to another replica's whole turn, and then goes on without knowing. Says whether
    /// the second turn committed something.
    ///
    /// # Errors
    /// The first law that does not hold.
    pub(crate) fn interleave(&mut self, reach: usize) -> Result<bool, Violation> {
        let mut slow = self.begin();
        for _ in 0..reach {
            if self.go_on(&mut slow, true).is_some() {
                break;
            }
        }
        let generation = self.record.generation;
        self.run()?;
        let overtaken = self.record.generation > generation;
        while self.go_on(&mut slow, false).is_none() {}
        self.violation.take().map_or(Ok(overtaken), Err)
    }

    fn carry_out(&mut self, step: Step) -> Answer {
        match step {
            Step::Claim => Answer::Claimed,
            Step::Load => Answer::Loaded(Box::new(self.record.clone())),
            Step::Observe { permissions_of, .. } => self.observe(&permissions_of),
            Step::FindPush { commit, .. } => {
                let push = self.hub.pushes.iter().find(|push| push.commit == commit);
                Answer::PushFound(push.map(|push| (Some(push.by.clone()), Some(push.at))))
            }
            Step::Decide { facts, .. } => {
                let verdict = self.ask(&facts);
                if let Verdict::Plan(plan) = &verdict {
                    self.hear(&facts.news, plan);
                    self.asked.push((*facts, plan.clone()));
                }
                Answer::Decided(verdict)
            }
            Step::Commit(commit) | Step::Settle(commit) => self.commit(*commit),
            Step::Peek => Answer::Peeked(Box::new(self.record.clone())),
            Step::Stop { stops, .. } => {
                let stoppings = stops.into_iter().map(|stop| Stopping { state: self.hub.stop(&stop), stop }).collect();
                Answer::Stopped { stoppings, now: at(self.now) }
            }
            Step::Write { delta, .. } => self.write(&delta),
            Step::Request { .. } => Answer::Requested(Ok(())),
            Step::Release => Answer::Released,
            Step::Done(_) => failed("nothing is left to do"),
        }
    }

    fn commit(&mut self, commit: Commit) -> Answer {
        match commit.apply(&mut self.record) {
            Ok(()) => Answer::Committed(Box::new(self.record.clone())),
            Err(conflict) => Answer::Conflict(conflict),
        }
    }

    fn observe(&mut self, permissions_of: &[String]) -> Answer {
        let mut observation = self.hub.observation();
        if let Some(stale) = self.stale.pop() {
            // The state is as it is: no event says since when a pull request has been open again. Runs are read elsewhere.
            observation = Observation { state: observation.state, runs: observation.runs, ..stale };
        }
        let mut permissions = self.hub.permissions();
        permissions.retain(|login, _| permissions_of.contains(login));
        Answer::Observed { observation: Box::new(observation), permissions, now: at(self.now) }
    }

    /// Adds, then removes, and GitHub tells the host of its own writes.
    fn write(&mut self, delta: &Delta) -> Answer {
        if let Some(happening) = self.at_next_write.take() {
            for told in self.happen(&happening) {
                self.deliver(&told.news);
            }
        }
        let host = host();
        let added = delta.add.iter().map(|label| (label, LabelChange::Added));
        let removed = delta.remove.iter().map(|label| (label, LabelChange::Removed));
        for (label, change) in added.chain(removed) {
            if let Some(event) = self.hub.move_label(&host, label.as_str(), change, self.now) {
                let told = Told::label(&event, &host, self.now);
                self.deliver(&told.news);
            }
        }
        Answer::Wrote(self.hub.labels.clone())
    }

    /// What a policy refused has changed nothing; told again it may count, once.
    fn hear(&mut self, news: &[News], plan: &Plan) {
        let is_refused = |id: &str| plan.refused.iter().any(|refused| refused.news_id == id);
        for one in news.iter().filter(|news| news.event != Event::Elapsed && !is_refused(&news.id)) {
            if !self.heard.iter().any(|known| known.id == one.id) {
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

fn failed(message: &str) -> Answer {
    Answer::Failed(Trouble { message: message.into(), transient: true, retry_after_seconds: None })
}

fn unfinished() -> Outcome {
    Outcome {
        ending: Ending::Unsettled,
        reason: "the turn did not take the answer".into(),
        labels_before: Vec::new(),
        labels_after: Vec::new(),
        refused: Vec::new(),
        retry_after_seconds: None,
    }
}

fn duration(seconds: i64) -> String {
    match seconds {
        0..=120 => format!("{seconds} s"),
        121..=7_200 => format!("{} min", seconds / 60),
        7_201..=172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
