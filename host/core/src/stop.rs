//! What becomes of a stop: the deletion of a run on a cluster, which takes its time.
//!
//! ```text
//! committed -> asked for -> accepted -> confirmed          labels wait here, for at most CONFIRM_SECONDS
//!                 |            \-> held by a finalizer     labels go on without it; a person is told
//!                 |-> moot: it had finished                the policies are asked again
//!                 \-> failed                               labels wait; it is tried again
//! ```

use crate::Timestamp;
use crate::news::Run;
use crate::plan::Stop;
use crate::turn::Trouble;
use serde::{Deserialize, Serialize};

/// Labels wait so long for a stop that was accepted, counted from its commit.
pub const CONFIRM_SECONDS: i64 = 10;
/// While labels wait, the subject is looked at again after so long.
pub const LOOK_AGAIN_SECONDS: u64 = 2;
/// Past stops that a record keeps.
pub const PAST_STOPS: usize = 20;

/// A stop that was committed and is not yet confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenStop {
    /// What is to be stopped.
    pub stop: Stop,
    /// Which agent it runs, when facts said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The task it works on, when facts said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// Operation id of the turn that asked for it first.
    pub operation: String,
    /// When it was committed.
    pub since: Timestamp,
    /// Times it was asked for.
    #[serde(default)]
    pub attempts: u32,
    /// Whether the cluster has taken it.
    #[serde(default)]
    pub accepted: bool,
    /// Why it is not confirmed, as far as that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl OpenStop {
    /// One that `operation` asks for now; `run` is what facts say of it.
    #[must_use]
    pub fn new(stop: Stop, run: Option<&Run>, operation: &str, since: Timestamp) -> Self {
        let (agent, task) = run.map_or((None, None), |run| (run.agent.clone(), run.task.clone()));
        Self { stop, agent, task, operation: operation.to_owned(), since, attempts: 0, accepted: false, error: None }
    }

    /// How far it is, in a word: `pending`, `failed`, `accepted`, and `stuck` when labels went on without it.
    #[must_use]
    pub fn word(&self, now: Timestamp) -> &'static str {
        match (self.accepted, &self.error) {
            (true, _) if self.is_lingering(now) => "stuck",
            (true, _) => "accepted",
            (false, Some(_)) => "failed",
            (false, None) => "pending",
        }
    }

    /// Whether labels go on without it: it was accepted, and has taken long enough.
    #[must_use]
    pub fn is_lingering(&self, now: Timestamp) -> bool {
        self.accepted && now.as_second() - self.since.as_second() >= CONFIRM_SECONDS
    }
}

/// A stop that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastStop {
    /// As it was asked for.
    #[serde(flatten)]
    pub open: OpenStop,
    /// How it ended.
    pub end: StopEnd,
    /// When that was known.
    pub at: Timestamp,
}

/// How a stop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopEnd {
    /// The run is gone.
    Confirmed,
    /// The run had finished by itself.
    Moot,
    /// A person gave it up.
    GivenUp,
}

impl StopEnd {
    /// As it stands in answers.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Moot => "moot",
            Self::GivenUp => "given-up",
        }
    }
}

/// A stop that was carried out as far as it could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopping {
    /// Which.
    pub stop: Stop,
    /// How far it came.
    pub state: StopState,
}

/// How far a stop came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopState {
    /// The run is gone, or its name belongs to another by now.
    Confirmed,
    /// The cluster has taken the deletion; the run is still there.
    Accepted {
        /// What still holds it, as it stands in the object: finalizers. They are reported, never removed by force.
        held_by: Vec<String>,
    },
    /// It had finished before it could be stopped: nothing was deleted, and what it says now is worth another decision.
    Moot,
    /// It could not be asked for.
    Failed(Trouble),
}
