//! Orphans: claims that somebody took who is gone, and that nobody else needs. Whoever needs one takes it; these stay behind, name a
//! process that lives no more, and keep people who look wondering.

use super::Claims;
use super::law::Verdict;
use super::lease::{SUBJECT, freed, holder};
use crate::error::ClusterError;
use k8s_openapi::api::coordination::v1::Lease;
use pawl_core::subject::SubjectId;
use tokio::time::Instant;

/// Orphans that are looked at in one go; the next goes on.
const AT_ONCE: usize = 50;

/// Claims that were given back in place of their holders.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Freed {
    /// Their subjects: what their holders were at may be half done.
    pub subjects: Vec<SubjectId>,
    /// Claims that may be orphans and could not be looked at, or not be given back; the next time goes on.
    pub left: usize,
    /// Why some are left, if that was it.
    pub trouble: Option<ClusterError>,
}

impl Claims {
    /// Gives back what is held by those who have given no sign for the whole length of their lease, each in exactly the version that was
    /// seen all the while. By the same law by which a claim is taken: what counts is what this process saw, on its own monotonic clock,
    /// and a holder that renews in the last moment keeps its claim. Where nobody is late nothing is asked.
    pub async fn free_orphans(&self) -> Freed {
        let shared = &self.0;
        let mut done = Freed::default();
        let late = shared.sightings.late(&self.own_holders(), Instant::now());
        done.left = late.len();
        for name in late.into_iter().take(AT_ONCE) {
            match self.free(&name).await {
                Ok(subject) => {
                    done.left -= 1;
                    done.subjects.extend(subject);
                }
                Err(ClusterError::Conflict(_)) => done.left -= 1,
                // What holds for one now holds for all of them.
                Err(error) => {
                    done.trouble = Some(error);
                    break;
                }
            }
        }
        done
    }

    /// Reads one, and gives it back if it is still what was seen. Its subject, if that was so.
    async fn free(&self, name: &str) -> Result<Option<SubjectId>, ClusterError> {
        let shared = &self.0;
        let Some(lease) = shared.leases.get(name).await? else {
            shared.sightings.forget_named(name);
            return Ok(None);
        };
        let now = Instant::now();
        let is_late = shared.sightings.note(&lease, shared.pace.lease, now).judge("", now) == Verdict::Free;
        let Some(gone) = holder(&lease).filter(|_| is_late).map(str::to_owned) else { return Ok(None) };
        let subject = subject_of(&lease);
        let by = format!("{}/{}", shared.identity.pod, shared.identity.boot);
        let lease = shared.leases.replace(&freed(lease, &by, shared.leases.now())).await?;
        shared.sightings.note(&lease, shared.pace.lease, Instant::now());
        let shown = subject.map_or_else(|| name.to_owned(), |subject| subject.to_string());
        tracing::warn!(subject = shown, holder = gone, "a claim was given back in place of its holder, who gives no sign of life");
        Ok(subject)
    }

    /// What this process calls itself in the claims that it holds or is giving back: those it sees to itself.
    fn own_holders(&self) -> Vec<String> {
        self.0.held().keys().map(|operation| self.0.identity.holder(operation)).collect()
    }
}

/// Whose claim it is, as far as it says so.
fn subject_of(lease: &Lease) -> Option<SubjectId> {
    lease.metadata.annotations.as_ref()?.get(SUBJECT)?.parse().ok()
}
