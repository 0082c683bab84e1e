//! A case: what the events up to some moment add up to. This file is the transition table, and nothing else moves a state.

use crate::commit::Commit;
use crate::event::{Edit, Event, Kind, Pusher};
use crate::manifest::{CLOSED, DORMANT};
use crate::settings::Settings;
use crate::state::State;
use crate::why::{Cause, Why};

/// Most remediation steps that a pause holds back; later ones find the first ones' effect anyway.
const DEFERRED: usize = 16;
/// A run created so shortly before a push may belong to it: the agent saw the push before its webhook was written.
const RUN_LEAD_SECONDS: i64 = 5;

/// What the events add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Where the workflow stands.
    pub state: State,
    /// The present remediation cycle; zero before the first.
    pub iteration: u32,
    /// Merged or closed.
    pub over: bool,
    /// `pause-remediation` is set.
    pub paused: bool,
    /// The head and when it was pushed.
    pub head: Option<(Commit, i64)>,
    /// The last push by an implementation agent: QA runs made before it are superseded (K1).
    pub superseding: Option<(Commit, i64)>,
    /// Why it is in its state.
    pub why: Why,
    /// When it came into its state.
    pub entered: i64,
    /// When the present cycle began, unless a person moved it here.
    pub cycle_began: Option<i64>,
    /// Whether it failed by feedback, and not by a signal or a person (T9).
    pub failed_by_feedback: bool,
    /// Cleaned up on request, and nothing has moved since: no iteration label is shown, the count is kept (A5.2, A3.3).
    pub cleaned: bool,
    /// What a pause holds back.
    pub deferred: Vec<Event>,
}

/// What came of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The state moved.
    Moved,
    /// It is remembered, and the state is the same.
    Recorded,
    /// A pause holds it back.
    Deferred,
    /// There is no such transition.
    NoTransition,
    /// A guard is not met; how.
    Unmet(String),
    /// It is about another head, or older than the head; how.
    Stale(String),
}

impl Case {
    /// Before anything happened.
    pub fn new() -> Self {
        Self {
            state: State::Initial,
            iteration: 0,
            over: false,
            paused: false,
            head: None,
            superseding: None,
            why: Why::nothing(),
            entered: i64::MIN,
            cycle_began: None,
            failed_by_feedback: false,
            cleaned: false,
            deferred: Vec::new(),
        }
    }

    /// Its name in sentences.
    pub fn name(&self) -> &'static str {
        if self.over {
            CLOSED
        } else if self.is_dormant() {
            DORMANT
        } else {
            self.state.name()
        }
    }

    /// Whether it was cleaned up because nobody had touched it for long.
    pub fn is_dormant(&self) -> bool {
        self.cleaned && !self.over && self.state == State::Initial
    }

    /// Takes one more event, which is later than all before.
    pub fn take(&mut self, event: &Event, settings: &Settings<'_>) -> Verdict {
        match event.kind {
            Kind::Reopened => self.reopen(event),
            Kind::Closed => self.close(event),
            Kind::CleanedUp => self.clean_up(event),
            Kind::Paused => {
                self.paused = true;
                Verdict::Recorded
            }
            Kind::Unpaused => {
                self.paused = false;
                // A step that is older than what came of the pause, such as an approval, is overtaken (A2.9).
                for held_back in std::mem::take(&mut self.deferred) {
                    if held_back.at >= self.entered {
                        self.step(&held_back, settings);
                    }
                }
                Verdict::Recorded
            }
            Kind::Pushed => {
                let is_new = self.head.is_none_or(|(head, _)| event.commit.is_some_and(|commit| !commit.is(head)));
                self.cleaned &= !is_new;
                self.head = event.commit.map(|commit| (commit, event.at));
                if event.pusher == Pusher::Implementer {
                    self.superseding = self.head;
                }
                match (self.state, self.over) {
                    (_, true) => Verdict::Recorded,
                    (State::Approved, _) if is_new => self.enter(State::Ready, Cause::PushAfterApproval, event),
                    _ if event.pusher == Pusher::Implementer => self.unless_paused(event, settings),
                    _ => Verdict::Recorded,
                }
            }
            Kind::Edited => self.edited(event),
            _ if self.over => Verdict::NoTransition,
            kind if kind.is_remediation() => self.unless_paused(event, settings),
            _ => self.step(event, settings),
        }
    }

    fn unless_paused(&mut self, event: &Event, settings: &Settings<'_>) -> Verdict {
        if !self.paused {
            return self.step(event, settings);
        }
        if self.deferred.len() < DEFERRED {
            self.deferred.push(event.clone());
        }
        Verdict::Deferred
    }

    /// The table of requirement A2. T10 and T11 are `close` and `reopen`, T8 stands with the push above.
    fn step(&mut self, event: &Event, settings: &Settings<'_>) -> Verdict {
        use State::{Approved, Failed, InProgress, Initial, Needs, Ready};
        match (self.state, event.kind) {
            // T1, T4, T6
            (Initial | Ready, Kind::Feedback) => self.begin_cycle(event, settings),
            // A2.1
            (Needs | InProgress, Kind::Feedback) => Verdict::Recorded,
            // T2
            (Needs, Kind::Started) => self.enter(InProgress, Cause::Started, event),
            // T3
            (InProgress, Kind::Completed) if !settings.gated => self.complete(event, Cause::Completed),
            // T3 behind the gate: quality decides, so this only tells that it may begin.
            (InProgress, Kind::Completed) => Verdict::Recorded,
            (InProgress, Kind::QualityCompleted) if settings.gated => self.complete(event, Cause::QualityCompleted),
            // T12
            (Initial, Kind::QualityCompleted) => self.complete(event, Cause::QualityCompleted),
            // T5
            (Ready | Initial, Kind::Approval) => match self.staleness(event) {
                Some(stale) => stale,
                None => self.enter(Approved, Cause::Approval, event),
            },
            // T6
            (Initial | Needs | InProgress | Ready, Kind::LimitReached) => {
                if settings.failure_guard.allows(self.iteration) {
                    self.failed_by_feedback = false;
                    self.enter(Failed, Cause::LimitSignal, event)
                } else {
                    Verdict::Unmet(format!("{}, is {}", settings.failure_guard, self.iteration))
                }
            }
            // T7
            (Needs | Ready, Kind::Pushed) => self.enter(InProgress, Cause::AgentPush, event),
            (Initial, Kind::Pushed) if event.meets_qa => self.enter(InProgress, Cause::AgentPush, event),
            (_, Kind::Pushed) => Verdict::Recorded,
            // T9
            (Failed, Kind::Reset) => self.reset(event),
            _ => Verdict::NoTransition,
        }
    }

    fn enter(&mut self, state: State, cause: Cause, event: &Event) -> Verdict {
        self.cleaned = false;
        self.state = state;
        self.entered = event.at;
        self.why = Why { cause, who: event.who.clone(), at: event.at };
        Verdict::Moved
    }

    fn begin_cycle(&mut self, event: &Event, settings: &Settings<'_>) -> Verdict {
        if self.iteration >= settings.limit {
            self.failed_by_feedback = true;
            return self.enter(State::Failed, Cause::FeedbackBeyondLimit, event);
        }
        self.iteration += 1;
        self.cycle_began = Some(event.at);
        self.enter(State::Needs, Cause::Feedback, event)
    }

    fn reset(&mut self, event: &Event) -> Verdict {
        if self.failed_by_feedback {
            self.iteration = 1;
            self.cycle_began = Some(event.at);
            self.enter(State::Needs, Cause::Reset, event)
        } else {
            self.iteration = 0;
            self.enter(State::Initial, Cause::Reset, event)
        }
    }

    fn complete(&mut self, event: &Event, cause: Cause) -> Verdict {
        // A run that began before this cycle did other work; a completion says nothing about a cycle it did not see.
        if cause == Cause::Completed
            && let (Some(created), Some(began)) = (event.since, self.cycle_began)
            && created < began
        {
            return Verdict::Stale("that run began before the present cycle".into());
        }
        match self.staleness(event) {
            Some(stale) => stale,
            None => self.enter(State::Ready, cause, event),
        }
    }

    /// Approval and completion count only for the head as it was pushed at that moment (A2.9).
    fn staleness(&self, event: &Event) -> Option<Verdict> {
        let (head, pushed_at) = self.head?;
        let fresh = match (event.commit, event.since, event.kind) {
            (Some(commit), _, _) => commit.is(head),
            (None, Some(created), Kind::QualityCompleted) => created >= pushed_at.saturating_sub(RUN_LEAD_SECONDS),
            // Times are whole seconds. A completion in the second of the push is the agent's word on that very push; an
            // approval so early cannot have seen it.
            (None, _, Kind::Completed) => event.at >= pushed_at,
            (None, _, _) => event.at > pushed_at,
        };
        let what = event.kind.word();
        (!fresh).then(|| match event.commit {
            Some(commit) => Verdict::Stale(format!("stale {what}: it is for {}, the head is {}", commit.short(), head.short())),
            None => Verdict::Stale(format!("stale {what}: it names no commit and is not after the push of {}", head.short())),
        })
    }

    /// A person's edit of an owned label (A1.5, A3.2, T9).
    fn edited(&mut self, event: &Event) -> Verdict {
        match event.edit {
            Some((Edit::Set(state), _)) => {
                // A label that says what is so already changes nothing of what led there (T9).
                if state != self.state {
                    self.failed_by_feedback = false;
                    self.cycle_began = None;
                }
                self.enter(state, Cause::HandSet, event)
            }
            Some((Edit::Cleared(state), _)) if state == self.state => {
                if state == State::Failed && !self.over {
                    return self.reset(event);
                }
                self.enter(State::Initial, Cause::HandCleared, event)
            }
            Some((Edit::Counted(n), _)) => {
                self.iteration = n;
                self.cleaned = false;
                Verdict::Moved
            }
            Some((Edit::Uncounted(n), _)) if n == self.iteration => {
                self.iteration = 0;
                Verdict::Moved
            }
            _ => Verdict::Recorded,
        }
    }

    /// T10: working status labels go, history stays; the count is kept (A3.3).
    fn close(&mut self, event: &Event) -> Verdict {
        if self.over {
            return Verdict::Recorded;
        }
        self.over = true;
        self.cleaned = false;
        self.collapse(Cause::Closed, event)
    }

    /// A5: working labels go. Whether it may be has been judged; what comes later goes on from here.
    fn clean_up(&mut self, event: &Event) -> Verdict {
        if self.over || self.cleaned {
            return Verdict::Recorded;
        }
        if !self.state.is_history() {
            self.deferred.clear();
            self.cycle_began = None;
            self.enter(State::Initial, Cause::CleanedUp, event);
        }
        self.cleaned = true;
        Verdict::Moved
    }

    /// T11: the state that the labels left by cleanup say.
    fn reopen(&mut self, event: &Event) -> Verdict {
        if !self.over {
            return Verdict::Recorded;
        }
        self.over = false;
        self.collapse(Cause::Reopened, event)
    }

    fn collapse(&mut self, cause: Cause, event: &Event) -> Verdict {
        self.deferred.clear();
        let state = if self.state.is_history() { self.state } else { State::Initial };
        if state == self.state && state.is_history() {
            self.entered = event.at;
            return Verdict::Moved;
        }
        self.enter(state, cause, event)
    }
}
