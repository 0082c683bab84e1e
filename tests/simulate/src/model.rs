//! The model: what the workflow of one pull request comes to, told as it happens and in order. It is as small as the requirement's
//! table, and knows neither records nor policies.

/// Where the workflow stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// No status label.
    Initial,
    /// QA found issues.
    Needs,
    /// Fixes are being made.
    InProgress,
    /// Waiting for QA.
    Ready,
    /// QA approved.
    Approved,
    /// The limit is reached.
    Failed,
}

impl State {
    /// Those that have a status label.
    pub const LABELLED: [Self; 5] = [Self::Needs, Self::InProgress, Self::Ready, Self::Approved, Self::Failed];

    /// Its status label.
    #[must_use]
    pub fn label(self) -> Option<&'static str> {
        match self {
            Self::Initial => None,
            Self::Needs => Some("needs-remediation"),
            Self::InProgress => Some("remediation-in-progress"),
            Self::Ready => Some("ready-for-qa"),
            Self::Approved => Some("approved"),
            Self::Failed => Some("failed-remediation"),
        }
    }
}

/// What counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// QA asks for changes.
    Feedback,
    /// Remediation started.
    Started,
    /// Remediation of the head completed.
    Completed,
    /// QA approves the head.
    Approved,
    /// The implementation agent pushed; whether QA was at work.
    AgentPush(bool),
    /// Somebody else pushed.
    OtherPush,
    /// A person wants it tried again.
    Reset,
    /// Closed or merged.
    Closed,
    /// Opened again.
    Reopened,
    /// A person pauses remediation.
    Paused,
    /// And goes on.
    Unpaused,
    /// A person sets the label of a state.
    HandSet(State),
    /// A person removes the label of a state.
    HandCleared(State),
    /// A person sets the label that counts.
    HandCounted(u32),
    /// A person removes the label of that count.
    HandUncounted(u32),
}

/// One pull request's workflow.
#[derive(Debug, Clone)]
pub struct Model {
    /// Where it stands.
    pub state: State,
    /// Rounds of remediation: feedback that counted.
    pub iteration: u32,
    /// Closed or merged.
    pub is_over: bool,
    /// Remediation waits.
    pub is_paused: bool,
    /// When it came into its state.
    entered: i64,
    /// When the head was pushed.
    pushed: i64,
    /// Whether feedback brought it to the limit, and not a person.
    failed_by_feedback: bool,
    deferred: Vec<(i64, Step)>,
    limit: u32,
}

impl Model {
    /// Nothing has happened yet; the feedback after `limit` rounds fails.
    #[must_use]
    pub fn new(limit: u32) -> Self {
        Self {
            state: State::Initial,
            iteration: 0,
            is_over: false,
            is_paused: false,
            entered: i64::MIN,
            pushed: i64::MIN,
            failed_by_feedback: false,
            deferred: Vec::new(),
            limit,
        }
    }

    /// The status label of its state, if it has one now.
    #[must_use]
    pub fn status(&self) -> Option<&'static str> {
        let is_history = matches!(self.state, State::Approved | State::Failed);
        self.state.label().filter(|_| !self.is_over || is_history)
    }

    /// The label that counts, if it has one now.
    #[must_use]
    pub fn counter(&self) -> Option<String> {
        (self.iteration > 0 && !self.is_over).then(|| format!("iteration-{}", self.iteration))
    }

    /// How often QA has asked for changes that a pause holds back.
    #[must_use]
    pub fn waiting_feedback(&self) -> u32 {
        self.deferred.iter().map(|(_, step)| u32::from(*step == Step::Feedback)).sum()
    }

    /// This happens, at that second.
    pub fn take(&mut self, at: i64, step: Step) {
        use State::{Approved, Failed, InProgress, Initial, Needs, Ready};
        let is_remediation = matches!(step, Step::Feedback | Step::Started | Step::Completed | Step::AgentPush(_));
        if matches!(step, Step::AgentPush(_) | Step::OtherPush) {
            self.pushed = at;
        }
        if step == Step::Reopened {
            if std::mem::replace(&mut self.is_over, false) {
                self.collapse(at);
            }
            return;
        }
        match step {
            Step::Paused => self.is_paused = true,
            Step::Unpaused => {
                self.is_paused = false;
                for (then, step) in std::mem::take(&mut self.deferred) {
                    // A completion says nothing about a head that came after it.
                    let is_stale = step == Step::Completed && then < self.pushed;
                    if then >= self.entered && !is_stale {
                        self.step(then, step);
                    }
                }
            }
            Step::HandSet(_) | Step::HandCleared(_) | Step::HandCounted(_) | Step::HandUncounted(_) => self.by_hand(at, step),
            _ if self.is_over => {}
            Step::Closed => {
                self.is_over = true;
                self.collapse(at);
            }
            Step::AgentPush(_) | Step::OtherPush if self.state == Approved => self.enter(at, Ready),
            step if self.is_paused && is_remediation => self.deferred.push((at, step)),
            step => self.step(at, step),
        }
        assert!(matches!(self.state, Initial | Needs | InProgress | Ready | Approved | Failed));
    }

    fn step(&mut self, at: i64, step: Step) {
        use State::{Approved, Failed, InProgress, Initial, Needs, Ready};
        match (self.state, step) {
            (Initial | Ready, Step::Feedback) if self.iteration >= self.limit => {
                self.failed_by_feedback = true;
                self.enter(at, Failed);
            }
            (Initial | Ready, Step::Feedback) => {
                self.iteration += 1;
                self.enter(at, Needs);
            }
            (Needs, Step::Started) | (Needs | Ready, Step::AgentPush(_)) | (Initial, Step::AgentPush(true)) => self.enter(at, InProgress),
            (InProgress, Step::Completed) => self.enter(at, Ready),
            (Initial | Ready, Step::Approved) => self.enter(at, Approved),
            (Failed, Step::Reset) => self.reset(at),
            _ => {}
        }
    }

    fn reset(&mut self, at: i64) {
        let (iteration, state) = if self.failed_by_feedback { (1, State::Needs) } else { (0, State::Initial) };
        self.iteration = iteration;
        self.enter(at, state);
    }

    /// What a person does to a label, whether the service has written what went before it or not: an edit means the same whenever it is
    /// seen. Removing a label that says neither the state nor the count is what the service was about to do itself.
    fn by_hand(&mut self, at: i64, step: Step) {
        match step {
            Step::HandSet(state) => {
                self.failed_by_feedback &= self.state == state;
                self.enter(at, state);
            }
            Step::HandCleared(State::Failed) if self.state == State::Failed && !self.is_over => self.reset(at),
            Step::HandCleared(state) if self.state == state => self.enter(at, State::Initial),
            Step::HandCounted(count) => self.iteration = count,
            Step::HandUncounted(count) if self.iteration == count => self.iteration = 0,
            _ => {}
        }
    }

    fn enter(&mut self, at: i64, state: State) {
        self.state = state;
        self.entered = at;
    }

    fn collapse(&mut self, at: i64) {
        self.deferred.clear();
        let is_history = matches!(self.state, State::Approved | State::Failed);
        self.enter(at, if is_history { self.state } else { State::Initial });
    }
}
