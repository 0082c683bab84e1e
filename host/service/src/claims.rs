//! Claims: of all turns, in this process and in its replicas, one at a time works on a subject.
//!
//! Within the process they stand in line, first come first served. With a cluster whoever is first in line takes the subject's Lease as
//! well, so that at most one of them asks the API server for it.

use pawl_cluster::ClusterError;
use pawl_core::subject::SubjectId;
use pawl_core::turn::Trouble;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// An effect is not begun unless the claim is certainly ours for so long. It may take longer: then the claim is renewed meanwhile, or the
/// effect is broken off when it is lost.
const EFFECT: Duration = Duration::from_secs(2);

/// The claims of this process.
#[derive(Debug, Clone)]
pub struct Claims {
    line: pawl_store::Claims,
    leases: Option<pawl_cluster::Claims>,
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
        Self { line: pawl_store::Claims::default(), leases: Some(leases) }
    }

    /// Takes the claim on `subject`, waiting up to `patience` in all. `operation` must be the id of this one turn.
    ///
    /// # Errors
    /// Somebody else holds it, or the API server cannot be asked: the turn is queued again.
    pub async fn take(&self, subject: SubjectId, operation: &str, patience: Duration) -> Result<Claim, Trouble> {
        let end = Instant::now() + patience;
        let trouble = |message: String, transient| Trouble { message, transient, retry_after_seconds: None };
        let place = self.line.take(subject, patience).await;
        let place = place.ok_or_else(|| trouble("another turn holds the claim".into(), true))?;
        let Some(leases) = &self.leases else { return Ok(Claim { lease: None, _place: place }) };
        let left = end.saturating_duration_since(Instant::now());
        match leases.take(subject, operation, left).await {
            Ok(lease) => Ok(Claim { lease: Some(lease), _place: place }),
            Err(error) => Err(cluster_trouble(&error)),
        }
    }

    /// Those of the cluster, where there is one.
    #[must_use]
    pub fn leases(&self) -> Option<&pawl_cluster::Claims> {
        self.leases.as_ref()
    }

    /// Subjects that are claimed or waited for in this process.
    #[must_use]
    pub fn held(&self) -> usize {
        self.line.held()
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
