//! What becomes of a stop: the deletion of a run on a cluster, which takes its time.

use crate::plan::Stop;
use crate::turn::Trouble;

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
