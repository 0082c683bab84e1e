//! Runs: the objects by which agents are started on the cluster. What they say becomes facts, and those that a plan does not want any
//! more are stopped.
//!
//! A run is an object of a custom resource that others define and write. Only what the settings name is read from it, and every match
//! is made here: a label selector that is misspelt matches everything, and what no label says would be missed.

mod api;
mod changes;
mod defaults;
mod discover;
mod facts;
mod list;
mod page;
mod patience;
mod pick;
mod place;
mod repository;
mod settings;
mod stop;
mod together;
mod verdict;

#[cfg(test)]
mod facts_tests;

pub use changes::{Change, ChangedRun, Changes};
pub use discover::NoRuns;
pub use place::{BadPlace, Place};
pub use settings::{Candidate, RunSettings};

use crate::connect::Cluster;
use api::Api;
use pick::Wanted;
use std::fmt;
use std::sync::Arc;
use together::Together;

/// The runs of one namespace. Cheap to clone; keeps nothing between calls: what it says is what the server said after it was asked.
#[derive(Clone)]
pub struct Runs(Arc<Shared>);

struct Shared {
    /// Where they are.
    cluster: Cluster,
    api: Api,
    /// The fields of an object that are read.
    wanted: Wanted,
    resource: Candidate,
    together: Together,
    settings: RunSettings,
}

impl Runs {
    /// Which of the candidates they are.
    #[must_use]
    pub fn resource(&self) -> &Candidate {
        &self.0.resource
    }

    /// Their kind.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.0.settings.kind
    }
}

impl fmt::Debug for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runs").field("resource", &self.0.api.resource).finish_non_exhaustive()
    }
}
