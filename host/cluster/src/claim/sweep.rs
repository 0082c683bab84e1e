//! Sweeping: leases of subjects that nobody has worked on for long are taken away.

use super::Claims;
use super::law::Verdict;
use super::lease::holder;
use crate::error::ClusterError;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use std::time::Duration;
use tokio::time::Instant;

/// A lease untouched for so long is swept.
const IDLE: Duration = Duration::from_secs(24 * 3600);
/// Deletions that one sweep tries; the next goes on.
const AT_ONCE: usize = 200;

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Leases there were.
    pub seen: usize,
    /// Leases taken away.
    pub deleted: usize,
    /// Leases that should have gone and could not, or will with the next sweep.
    pub left: usize,
}

impl Claims {
    /// Takes away leases that were not touched for 24 h and that nobody holds, each only in the very version that was read. The age is
    /// by the times in the lease, which is good enough here: one that is taken at that moment has another version, and stays.
    ///
    /// # Errors
    /// When the leases cannot be listed, or one could not be taken away for a reason that holds for all of them.
    pub async fn sweep(&self) -> Result<Swept, ClusterError> {
        let shared = &self.0;
        let (mut swept, mut tried, mut after) = (Swept::default(), 0, None::<String>);
        loop {
            let (leases, next) = shared.leases.page(after.as_deref()).await?;
            for lease in leases {
                swept.seen += 1;
                if !self.is_idle(&lease, shared.leases.now()) {
                    continue;
                }
                if tried >= AT_ONCE {
                    swept.left += 1;
                    continue;
                }
                tried += 1;
                match shared.leases.delete(&lease).await {
                    Ok(()) => swept.deleted += 1,
                    // Another replica has swept it.
                    Err(ClusterError::Refused { code: 404, .. }) => {}
                    Err(ClusterError::Conflict(_)) => swept.left += 1,
                    Err(error) => return Err(error),
                }
            }
            after = next;
            if after.is_none() {
                return Ok(swept);
            }
        }
    }

    fn is_idle(&self, lease: &Lease, now: Timestamp) -> bool {
        let touched = lease.spec.as_ref().and_then(|spec| spec.renew_time.as_ref()).map(|time| time.0);
        let age = touched.map_or(i64::MAX, |touched| now.as_second().saturating_sub(touched.as_second()));
        let is_free = holder(lease).is_none() || {
            let now = Instant::now();
            self.0.sightings.note(lease, self.0.pace.lease, now).judge("", now) == Verdict::Free
        };
        is_free && u64::try_from(age).is_ok_and(|age| age >= IDLE.as_secs())
    }
}
