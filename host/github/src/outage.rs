//! Outages: when GitHub itself fails, it is left alone for a while (see [`pawl_core::breaker`]). One breaker for all installations:
//! they are limits and permissions apart, and all of them reach GitHub over one line.

use crate::answer::Asked;
use crate::error::{GitHubError, LimitedBy};
use pawl_core::breaker::{Breaker, Circuit, Ticket};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Whether GitHub may be called at all.
#[derive(Debug)]
pub(crate) struct Outage {
    breaker: Mutex<Breaker>,
    begun: Instant,
    changes: watch::Sender<u64>,
}

impl Outage {
    pub(crate) fn new(wait: Duration, now: Instant) -> Self {
        Self { breaker: Mutex::new(Breaker::new(wait)), begun: now, changes: watch::Sender::new(0) }
    }

    /// How it stands.
    pub(crate) fn circuit(&self, now: Instant) -> Circuit {
        self.breaker().circuit(now - self.begun)
    }

    /// Counts the changes; whoever waits for one waits for this.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Errs while no call may go. Takes nothing: what costs something else first asks here.
    pub(crate) fn pass(&self, asked: Asked, now: Instant) -> Result<(), GitHubError> {
        self.circuit(now).wait().map_or(Ok(()), |wait| Err(left_alone(asked, wait)))
    }

    /// Lets a call out. Hand the ticket back by [`Outage::ended`].
    pub(crate) fn admit(&self, asked: Asked, now: Instant) -> Result<Ticket, GitHubError> {
        self.breaker().admit(now - self.begun).map_err(|wait| left_alone(asked, wait))
    }

    pub(crate) fn ended(&self, ticket: Ticket, has_failed: bool, now: Instant) {
        let (has_changed, circuit) = {
            let mut breaker = self.breaker();
            (breaker.ended(ticket, has_failed, now - self.begun), breaker.circuit(now - self.begun))
        };
        if has_changed {
            match circuit {
                Circuit::Closed { .. } => tracing::info!("GitHub answers again"),
                _ => tracing::warn!("GitHub fails; it is left alone until one call tries it again"),
            }
            self.changes.send_modify(|changes| *changes += 1);
        }
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        // It is whole after every line that holds the lock.
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn left_alone(asked: Asked, wait: Duration) -> GitHubError {
    let seconds = u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX).max(1);
    GitHubError::Busy { doing: asked.doing, retry_after_seconds: seconds, limited_by: LimitedBy::Outage }
}
