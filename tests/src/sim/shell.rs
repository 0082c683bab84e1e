//! The shell: carries out the steps of turns on the model, and can be cut at any of them.

use super::bundled::{Bundled, bundled};
use super::hub::{Hub, at, opened};
use super::people::{HOST, account};
use super::store::Store;
use super::story::{Happening, Told};
use pawl_core::facts::{LabelChange, Observation};
use pawl_core::label::{Delta, Family};
use pawl_core::news::News;
use pawl_core::record::{Appended, Record};
use pawl_core::stop::{StopState, Stopping};
use pawl_core::turn::{Answer, Deployment, Ending, Outcome, Step, Trouble, Turn};
pub use pawl_workbench::play::Cut;
use std::sync::Arc;

/// Most turns after which a subject must have come to rest.
const TURNS: u32 = 40;

/// One subject, one policy, and everything that happened.
#[derive(Debug, Clone)]
pub struct Sim {
    /// GitHub.
    pub hub: Hub,
    /// The record.
    pub store: Store,
    /// Seconds since the beginning.
    pub now: i64,
    /// Keys of requests that were carried out, in order, doubles included.
    pub requested: Vec<String>,
    /// What became of the host's own label events when their webhooks came back.
    pub came_back: Vec<Appended>,
    /// Happens at the next look before an effect, and is told at once.
    pub at_next_peek: Option<Happening>,
    /// Happens right before the next label write, between reading and writing.
    pub at_next_write: Option<Happening>,
    /// The next readings are these instead, but for the state.
    pub stale: Vec<Observation>,
    /// The names of all steps that were carried out.
    pub steps: Vec<&'static str>,
    policy: Bundled,
    deployment: Arc<Deployment>,
    turns: u32,
}

impl Default for Sim {
    fn default() -> Self {
        Self::new()
    }
}

impl Sim {
    /// An open pull request that the host has looked at once.
    #[must_use]
    pub fn new() -> Self {
        Self::with(bundled().clone(), Vec::new())
    }

    /// The same, with a limit of iterations.
    #[must_use]
    pub fn with_limit(limit: i64) -> Self {
        Self::with(bundled().with_number("limit", limit), Vec::new())
    }

    /// The same, with labels that hold the whole deployment.
    #[must_use]
    pub fn with_holds(holds: &[&str]) -> Self {
        Self::with(bundled().clone(), holds.iter().map(|h| Family::new(*h)).collect())
    }

    fn with(policy: Bundled, holds: Vec<Family>) -> Self {
        let mut sim = Self::unseen(policy, holds);
        sim.settle();
        sim
    }

    /// A pull request that the host has not looked at yet.
    #[must_use]
    pub fn unseen(policy: Bundled, holds: Vec<Family>) -> Self {
        let deployment = Deployment { members: vec![policy.member.clone()], holds };
        Self {
            hub: opened(),
            store: Store::default(),
            now: 60,
            requested: Vec::new(),
            came_back: Vec::new(),
            at_next_peek: None,
            at_next_write: None,
            stale: Vec::new(),
            steps: Vec::new(),
            policy,
            deployment: Arc::new(deployment),
            turns: 0,
        }
    }

    /// Something happens a minute later; nobody has been told yet.
    pub fn happen(&mut self, happening: &Happening) -> Vec<Told> {
        self.now += 60;
        happening.happen(&mut self.hub, self.now)
    }

    /// A webhook, a sensor or a signal arrives.
    pub fn deliver(&mut self, news: &News) -> Appended {
        let subject = self.hub.subject.clone();
        self.store.append(&subject, "delivery", News { arrived: at(self.now), ..news.clone() })
    }

    /// Something happens and is told at once; no turn yet.
    pub fn tell(&mut self, happening: &Happening) {
        for told in self.happen(happening) {
            self.deliver(&told.news);
        }
    }

    /// Something happens, is told, and the host does what is to be done.
    pub fn live(&mut self, happening: &Happening) -> &mut Self {
        self.tell(happening);
        self.settle();
        self
    }

    /// Requests that were carried out, but nobody has written that down: they may go out once more.
    #[must_use]
    pub fn unknown_requests(&self) -> usize {
        let record = self.record();
        let open = record.parts.values().flat_map(|part| &part.requests);
        open.filter(|open| self.requested.contains(&open.request.key)).count()
    }

    /// The record as it is stored.
    #[must_use]
    pub fn record(&self) -> Record {
        self.store.load(&self.hub.subject)
    }

    /// The bundled policy's state, by its own name for it.
    #[must_use]
    pub fn state(&self) -> String {
        self.record().parts.get(&self.policy.member.manifest.name).map_or_else(String::new, |part| part.state.clone())
    }

    /// Owned labels on the subject, sorted.
    #[must_use]
    pub fn owned(&self) -> Vec<String> {
        let mut owned: Vec<String> = self.hub.labels.iter().filter(|l| self.policy.owns(l)).map(ToString::to_string).collect();
        owned.sort();
        owned
    }

    /// A new turn over the subject.
    pub fn begin(&mut self) -> Turn {
        self.turns += 1;
        self.now += 1;
        Turn::new(Arc::clone(&self.deployment), self.hub.subject.clone(), format!("turn {}", self.turns))
    }

    /// Carries out one step and hands the answer back; says how the turn ended, once it has.
    pub fn go_on(&mut self, turn: &mut Turn) -> Option<Outcome> {
        let step = turn.step();
        if let Step::Done(outcome) = step {
            return Some(outcome);
        }
        let answer = self.carry_out(step);
        turn.answer(answer).expect("the shell answers what was asked");
        None
    }

    /// One whole turn.
    pub fn run(&mut self) -> Outcome {
        let mut turn = self.begin();
        loop {
            if let Some(outcome) = self.go_on(&mut turn) {
                return outcome;
            }
        }
    }

    /// One turn whose step number `at`, counted from zero, goes wrong. Says whether the turn got that far.
    pub fn run_cut(&mut self, at: usize, cut: Cut) -> bool {
        let mut turn = self.begin();
        for _ in 0..at {
            if self.go_on(&mut turn).is_some() {
                return false;
            }
        }
        self.cut(turn, cut)
    }

    /// The present step goes wrong. Says whether there was one.
    pub fn cut(&mut self, mut turn: Turn, cut: Cut) -> bool {
        let step = turn.step();
        if let Step::Done(_) = step {
            return false;
        }
        if cut.hides_the_outcome() {
            self.carry_out(step);
        }
        if matches!(cut, Cut::Refused | Cut::ReplyLost) {
            let trouble = Trouble { message: "the line is dead".into(), transient: true, retry_after_seconds: None };
            turn.answer(Answer::Failed(trouble)).expect("every step may fail");
            while self.go_on(&mut turn).is_none() {}
        }
        true
    }

    /// Runs turns until the subject is at rest: settled, and a further look changes nothing.
    ///
    /// # Panics
    /// When it does not come to rest, or the policy is parked: no story here gives it a reason.
    pub fn settle(&mut self) {
        let deployed = [self.policy.member.manifest.name.as_str()].map(str::to_owned);
        let deployed: Vec<&str> = deployed.iter().map(String::as_str).collect();
        for _ in 0..TURNS {
            let outcome = self.run();
            let record = self.record();
            let parked = record.parts.values().find_map(|part| part.parked.as_ref());
            assert!(parked.is_none(), "the policy is parked: {parked:?}");
            if record.is_settled(&deployed) && matches!(outcome.ending, Ending::NoOp | Ending::Held | Ending::Refused | Ending::Ended) {
                return;
            }
        }
        panic!("the subject does not come to rest; labels {:?}, record {:?}", self.hub.names(), self.record());
    }

    /// Does what a step asks for.
    ///
    /// # Panics
    /// When asked to do nothing.
    pub fn carry_out(&mut self, step: Step) -> Answer {
        self.steps.push(step.word());
        match step {
            Step::Claim => Answer::Claimed,
            Step::Load => Answer::Loaded(Box::new(self.record())),
            Step::Observe { permissions_of, .. } => self.observe(&permissions_of),
            Step::FindPush { commit, .. } => {
                let push = self.hub.pushes.iter().find(|push| push.commit == commit);
                Answer::PushFound(push.map(|push| (Some(push.by.clone()), Some(push.at))))
            }
            Step::Decide { facts, .. } => Answer::Decided(self.policy.ask(&facts)),
            Step::Commit(commit) | Step::Settle(commit) => match self.store.commit(*commit) {
                Ok(record) => Answer::Committed(Box::new(record)),
                Err(conflict) => Answer::Conflict(conflict),
            },
            Step::Peek => {
                if let Some(happening) = self.at_next_peek.take() {
                    self.tell(&happening);
                }
                Answer::Peeked(Box::new(self.record()))
            }
            Step::Stop { stops, .. } => Answer::Stopped {
                stoppings: stops.into_iter().map(|stop| Stopping { stop, state: StopState::Confirmed }).collect(),
                now: at(self.now),
            },
            Step::Write { delta, .. } => self.write(&delta),
            Step::Request { request, .. } => {
                self.requested.push(request.key);
                Answer::Requested(Ok(()))
            }
            Step::Release => Answer::Released,
            Step::Done(_) => panic!("nothing is left to do"),
        }
    }

    fn observe(&mut self, permissions_of: &[String]) -> Answer {
        let mut observation = self.hub.observation();
        if let Some(stale) = self.stale.pop() {
            // The state is as it is: no event says since when a pull request has been open again.
            observation = Observation { state: observation.state, ..stale };
        }
        let mut permissions = self.hub.people.clone();
        permissions.retain(|login, _| permissions_of.contains(login));
        Answer::Observed { observation: Box::new(observation), permissions, now: at(self.now) }
    }

    /// Adds, then removes, and GitHub tells the host of its own writes.
    fn write(&mut self, delta: &Delta) -> Answer {
        if let Some(happening) = self.at_next_write.take() {
            self.tell(&happening);
        }
        let host = account(HOST);
        let added = delta.add.iter().map(|label| (label, LabelChange::Added));
        let removed = delta.remove.iter().map(|label| (label, LabelChange::Removed));
        for (label, change) in added.chain(removed) {
            if let Some(event) = self.hub.move_label(&host, label.as_str(), change, self.now) {
                let told = Told::label(&event, &host, self.now);
                let appended = self.deliver(&told.news);
                self.came_back.push(appended);
            }
        }
        Answer::Wrote(self.hub.labels.clone())
    }

    /// What must hold for every subject at rest, whatever happened to it.
    ///
    /// # Panics
    /// When it does not.
    pub fn assert_sound(&self) {
        for event in self.hub.written() {
            assert!(self.policy.owns(&event.label), "the host moved {}, which is not its own", event.label);
        }
        assert!(self.came_back.iter().all(|a| *a == Appended::Own), "an own write came back as news: {:?}", self.came_back);
        let owned = self.owned();
        let is_iteration = |name: &&String| Family::new("iteration-{n}").has(&name.as_str().into());
        let (iterations, statuses): (Vec<&String>, Vec<&String>) = owned.iter().partition(is_iteration);
        assert!(iterations.len() <= 1 && statuses.len() <= 1, "at rest there is one status and one iteration at most: {owned:?}");
    }
}
