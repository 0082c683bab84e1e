//! Claims: of all turns, in this process and in its replicas, one at a time works on a subject.
//!
//! Within the process they stand in line, first come first served. With a cluster whoever is first in line takes the subject's Lease as
//! well, so that at most one of them asks the API server for it.

use pawl_cluster::{ClusterError, Purpose};
use pawl_core::breaker::{Breaker, Circuit};
use pawl_core::subject::SubjectId;
use pawl_core::turn::Trouble;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// An effect is not begun unless the claim is certainly ours for so long. It may take longer: then the claim is renewed meanwhile, or the
/// effect is broken off when it is lost.
const EFFECT: Duration = Duration::from_secs(2);

/// An API server that fails again and again is left alone for so long.
const LEFT_ALONE: Duration = Duration::from_secs(30);

/// The claims of this process.
#[derive(Debug, Clone)]
pub struct Claims {
    line: pawl_store::Claims,
    leases: Option<Arc<Leased>>,
}

/// Claims of replicas. Every turn begins with one, so here is seen whether the API server answers; what is under way when it fails keeps
/// renewing its claim, whatever the circuit says.
#[derive(Debug)]
struct Leased {
    claims: pawl_cluster::Claims,
    breaker: Mutex<Breaker>,
    begun: Instant,
    changes: watch::Sender<u64>,
}

/// A claim that is held. Dropping it gives it back; [`Claim::release`] waits for that.
#[derive(Debug)]
pub struct Claim {
    // Given back first: whoever is next in line finds a Lease that nobody holds.
    lease: Option<pawl_cluster::Claim>,
    _place: pawl_store::Claim,
}

impl Claims {
    /// For one process alone.
    #[must_use]
    pub fn local() -> Self {
        Self { line: pawl_store::Claims::default(), leases: None }
    }

    /// For replicas.
    #[must_use]
    pub fn leased(leases: pawl_cluster::Claims) -> Self {
        let breaker = Mutex::new(Breaker::new(LEFT_ALONE));
        let leased = Leased { claims: leases, breaker, begun: Instant::now(), changes: watch::Sender::new(0) };
        Self { line: pawl_store::Claims::default(), leases: Some(Arc::new(leased)) }
    }

    /// Takes the claim on `subject`, waiting up to `patience` in all.
    ///
    /// # Errors
    /// Somebody else holds it, or the API server cannot be asked: the turn is queued again.
    pub async fn take<'a>(&self, subject: SubjectId, purpose: impl Into<Purpose<'a>>, patience: Duration) -> Result<Claim, Trouble> {
        let end = Instant::now() + patience;
        let trouble = |message: String, transient| Trouble { message, transient, retry_after_seconds: None };
        let place = self.line.take(subject, patience).await;
        let place = place.ok_or_else(|| trouble("another turn holds the claim".into(), true))?;
        let Some(leases) = &self.leases else { return Ok(Claim { lease: None, _place: place }) };
        let left = end.saturating_duration_since(Instant::now());
        let lease = leases.take(subject, purpose.into(), left).await?;
        Ok(Claim { lease: Some(lease), _place: place })
    }

    /// Those of the cluster, where there is one.
    #[must_use]
    pub fn leases(&self) -> Option<&pawl_cluster::Claims> {
        self.leases.as_ref().map(|leased| &leased.claims)
    }

    /// Whether the API server is up, as far as claims have shown; nothing without a cluster.
    #[must_use]
    pub fn circuit(&self) -> Option<Circuit> {
        self.leases.as_ref().map(|leased| leased.breaker().circuit(leased.begun.elapsed()))
    }

    /// Counts how often the circuit opened or closed; nothing without a cluster.
    #[must_use]
    pub fn circuit_changes(&self) -> Option<watch::Receiver<u64>> {
        self.leases.as_ref().map(|leased| leased.changes.subscribe())
    }

    /// Subjects that are claimed or waited for in this process.
    #[must_use]
    pub fn held(&self) -> usize {
        self.line.held()
    }
}

impl Leased {
    async fn take(&self, subject: SubjectId, purpose: Purpose<'_>, patience: Duration) -> Result<pawl_cluster::Claim, Trouble> {
        let ticket = self.breaker().admit(self.begun.elapsed()).map_err(|wait| Trouble {
            message: "the Kubernetes API server failed several times in a row and is left alone".into(),
            transient: true,
            retry_after_seconds: Some(wait.as_secs() + 1),
        })?;
        let taken = self.claims.take(subject, purpose, patience).await;
        // Somebody else's claim, a conflict, a refusal and a plea for patience are answers of a server that is up.
        let has_failed = matches!(taken, Err(ClusterError::Unavailable(_)));
        let has_changed = self.breaker().ended(ticket, has_failed, self.begun.elapsed());
        if has_changed {
            self.changes.send_modify(|count| *count += 1);
            tracing::warn!(failed = has_failed, "the circuit of the Kubernetes API server has changed");
        }
        taken.map_err(|error| cluster_trouble(&error))
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        // Whole after every line that holds it.
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Claim {
    /// Asks before an effect.
    ///
    /// # Errors
    /// When the claim is lost or about to end: the turn stops here and starts over.
    pub fn ensure(&self) -> Result<(), Trouble> {
        match &self.lease {
            Some(lease) => {
                lease.ensure(EFFECT).map_err(|lost| Trouble { message: lost.to_string(), transient: true, retry_after_seconds: None })
            }
            None => Ok(()),
        }
    }

    /// Cancelled when the claim is lost; never without a cluster.
    #[must_use]
    pub fn lost(&self) -> Option<&CancellationToken> {
        self.lease.as_ref().map(pawl_cluster::Claim::lost)
    }

    /// Gives it back and waits for that.
    pub async fn release(self) {
        if let Some(lease) = self.lease {
            lease.release().await;
        }
    }
}

/// What a turn makes of an error of the API server.
pub(crate) fn cluster_trouble(error: &ClusterError) -> Trouble {
    let retry_after_seconds = error.retry_after().map(|wait| wait.as_secs().max(1));
    Trouble { message: error.to_string(), transient: error.is_transient(), retry_after_seconds }
}
