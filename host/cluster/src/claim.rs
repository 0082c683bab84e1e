//! Claims: of all replicas one at a time works on a subject.
//!
//! A claim is a Lease of Kubernetes, taken and kept by compare-and-swap on its version. Whether a holder still lives is judged by what
//! this process has itself seen change, on its own monotonic clock; the times written in a Lease are for people. So clocks may differ
//! by any amount, and a delayed request fails instead of taking what is no longer free.
//!
//! A claim fences nothing outside Kubernetes: GitHub knows no Lease. It keeps replicas from doing work twice; that a stale holder can
//! commit nothing is the work of the record's generation.

mod hold;
mod law;
mod lease;
mod orphans;
mod sightings;
mod sweep;
mod take;

pub use hold::{Claim, Lost};
pub use law::Pace;
pub use lease::{Identity, Purpose};
pub use orphans::Freed;
pub use sweep::Swept;

use crate::connect::Cluster;
use crate::error::NotConnected;
use lease::Leases;
use pawl_core::subject::SubjectId;
use sightings::Sightings;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The claims of one process. Cheap to clone. Take them within a Tokio runtime, and end them with [`Claims::shutdown`].
#[derive(Debug, Clone)]
pub struct Claims(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    leases: Leases,
    identity: Identity,
    pace: Pace,
    sightings: Sightings,
    held: Mutex<HashMap<String, Held>>,
    /// Claims that were held for so long that it was reported.
    held_long: AtomicU64,
    /// Renewals, releases and the watch: ended and awaited at shutdown.
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// A claim that this process holds, or is giving back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The subject.
    pub subject: SubjectId,
    /// What for.
    pub operation: String,
    /// Since when.
    pub since: Instant,
}

impl Claims {
    /// Claims in the namespace of `cluster`, and one watch for all of them, which runs until [`Claims::shutdown`].
    ///
    /// # Errors
    /// When the pace is no pace at which a claim could be kept.
    pub fn new(cluster: &Cluster, identity: Identity, pace: Pace) -> Result<Self, NotConnected> {
        pace.check().map_err(NotConnected::Pace)?;
        let shared = Shared {
            leases: Leases::new(cluster, pace.request),
            identity,
            pace,
            sightings: Sightings::default(),
            held: Mutex::default(),
            held_long: AtomicU64::new(0),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        };
        let claims = Self(Arc::new(shared));
        claims.0.tasks.spawn(sightings::watch(claims.clone()));
        Ok(claims)
    }

    /// What this process holds or is giving back, longest held first.
    #[must_use]
    pub fn held(&self) -> Vec<Held> {
        let mut held: Vec<Held> = self.0.held().values().cloned().collect();
        held.sort_by_key(|held| held.since);
        held
    }

    /// How many claims of this process were held for over a minute; each is also told by a warning.
    #[must_use]
    pub fn held_long(&self) -> u64 {
        self.0.held_long.load(Ordering::Relaxed)
    }

    /// Waits until everything that was held is given back, and ends the watch. What cannot be given back within `patience` ends by
    /// itself when its lease is over; how many those are.
    pub async fn shutdown(&self, patience: Duration) -> usize {
        self.0.stop.cancel();
        self.0.tasks.close();
        // Whether everything ended or patience did is told by what is still held.
        let _ = tokio::time::timeout(patience, self.0.tasks.wait()).await;
        self.0.held().len()
    }
}

impl Shared {
    fn held(&self) -> std::sync::MutexGuard<'_, HashMap<String, Held>> {
        // Whole after every line that holds it.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
