//! The shell of a world: carries out the steps of turns, and can be cut or overtaken at any of them.

use super::hub::{at, host};
use super::judge::Violation;
use super::told::Told;
use super::world::World;
use pawl_core::facts::{LabelChange, Observation};
use pawl_core::label::Delta;
use pawl_core::record::Commit;
use pawl_core::stop::Stopping;
use pawl_core::turn::{Answer, Ending, Outcome, Step, Trouble, Turn, Verdict};

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

    /// Whether the outcome of the step stays unknown: it is done, and nobody hears of it.
    #[must_use]
    pub fn hides_the_outcome(self) -> bool {
        matches!(self, Self::After | Self::ReplyLost)
    }
}

impl World {
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
        if cut.hides_the_outcome() {
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
        let mut permissions = self.hub.people.clone();
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
