//! The states of the workflow and their labels.

use pawl_sdk::label;

/// Where the workflow stands. Merged and closed lie over these: a pull request that is opened again is where it was.
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
    /// Final success.
    Approved,
    /// The iteration limit is reached.
    Failed,
}

impl State {
    /// All of them. Where several status labels are found without a record, the last one here wins, failure excepted:
    /// see [`State::strongest`].
    pub const ALL: [Self; 6] = [Self::Initial, Self::Needs, Self::InProgress, Self::Ready, Self::Approved, Self::Failed];

    /// Its name in plans and sentences; for all but the initial one it is also the label.
    pub fn name(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Needs => "needs-remediation",
            Self::InProgress => "remediation-in-progress",
            Self::Ready => "ready-for-qa",
            Self::Approved => "approved",
            Self::Failed => "failed-remediation",
        }
    }

    /// Its status label, none when initial.
    pub fn label(self) -> Option<&'static str> {
        (self != Self::Initial).then(|| self.name())
    }

    /// The state whose status label this is.
    pub fn of_label(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.label().is_some_and(|own| label::same(own, name)))
    }

    /// Of several states, the one that wins when nothing else is known: approved, failed-remediation, ready-for-qa,
    /// remediation-in-progress, needs-remediation.
    pub fn strongest(states: impl IntoIterator<Item = Self>) -> Self {
        let rank = |state: &Self| match state {
            Self::Approved => 6,
            other => *other as u8,
        };
        states.into_iter().max_by_key(rank).unwrap_or(Self::Initial)
    }

    /// Whether cleanup leaves its label, as history.
    pub fn is_history(self) -> bool {
        matches!(self, Self::Approved | Self::Failed)
    }

    /// By its number in memory.
    pub fn numbered(number: u32) -> Option<Self> {
        Self::ALL.get(number as usize).copied()
    }
}
