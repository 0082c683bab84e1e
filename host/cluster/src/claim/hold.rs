//! Holding a claim: renewing it, knowing when it is lost, and giving it back.

use super::lease::{holder, released, renewed};
use super::{Claims, Held, Shared};
use crate::error::ClusterError;
use k8s_openapi::api::coordination::v1::Lease;
use pawl_core::planted::{self, Fault};
use std::future::pending;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

/// A claim held for longer than this is reported: a turn takes seconds.
const LONG: Duration = Duration::from_secs(60);
/// Before a renewal without an answer is sent again.
const RENEW_AGAIN: Duration = Duration::from_millis(500);
/// Tries to give a claim back; after that it ends by itself.
const GIVE_BACK: u32 = 4;

/// The claim is no longer ours, or not for as long as is needed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the claim on the subject was lost or is about to end; the turn stops and starts over")]
pub struct Lost;

/// A claim that is held, renewed behind the scenes until it is dropped or released.
#[derive(Debug)]
pub struct Claim {
    lost: CancellationToken,
    done: CancellationToken,
    good_until: tokio::sync::watch::Receiver<Instant>,
    ended: Option<oneshot::Receiver<()>>,
    transitions: u64,
}

impl Claim {
    /// Begins to hold what was just taken by a write sent at `sent`.
    pub(super) fn keep(claims: Claims, held: Held, lease: Lease, sent: Instant) -> Self {
        let name = lease.metadata.name.clone().unwrap_or_default();
        let transitions = lease.spec.as_ref().and_then(|spec| spec.lease_transitions).and_then(|n| u64::try_from(n).ok());
        let (tell, good_until) = tokio::sync::watch::channel(sent + claims.0.pace.deadline);
        let (ending, ended) = oneshot::channel();
        let (lost, done) = (CancellationToken::new(), CancellationToken::new());
        claims.0.held().insert(held.operation.clone(), held.clone());
        let keeper = Keeper { claims: claims.clone(), held, name, lost: lost.clone(), done: done.clone(), good_until: tell };
        claims.0.tasks.spawn(async move {
            keeper.run(lease).await;
            // Whoever released it may not wait for that.
            ending.send(()).ok();
        });
        Self { lost, done, good_until, ended: Some(ended), transitions: transitions.unwrap_or(0) }
    }

    /// Cancelled when the claim is lost. Whatever runs under it should end then.
    #[must_use]
    pub fn lost(&self) -> &CancellationToken {
        &self.lost
    }

    /// How long the claim is certainly ours, if it is not renewed any more.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        if self.lost.is_cancelled() {
            return Duration::ZERO;
        }
        if planted::is(Fault::NoDeadline) { Duration::MAX } else { self.good_until.borrow().saturating_duration_since(Instant::now()) }
    }

    /// Asks before an effect that takes up to `needed`.
    ///
    /// # Errors
    /// When the claim is lost, or could end before the effect does.
    pub fn ensure(&self, needed: Duration) -> Result<(), Lost> {
        if self.remaining() > needed { Ok(()) } else { Err(Lost) }
    }

    /// How often the subject's Lease has changed hands, this time included: of two claims on one Lease the later has the greater.
    #[must_use]
    pub fn fence(&self) -> u64 {
        self.transitions
    }

    /// Gives it back, and waits until that is done or given up.
    pub async fn release(mut self) {
        self.done.cancel();
        if let Some(ended) = self.ended.take() {
            // An error means the keeper is gone, and with it everything there was to wait for.
            let _ = ended.await;
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.done.cancel();
    }
}

/// Renews one claim, and gives it back.
struct Keeper {
    claims: Claims,
    held: Held,
    name: String,
    lost: CancellationToken,
    done: CancellationToken,
    good_until: tokio::sync::watch::Sender<Instant>,
}

impl Keeper {
    async fn run(self, mut lease: Lease) {
        let shared = &self.claims.0;
        let identity = shared.identity.holder(&self.held.operation);
        let mut next = Instant::now() + tenth_more_or_less(shared.pace.renew);
        let mut report_at = Some(self.held.since + LONG);
        let is_lost = loop {
            let end = *self.good_until.borrow();
            let over = async { if planted::is(Fault::NoDeadline) { pending().await } else { sleep_until(end).await } };
            let renewal = async {
                sleep_until(next).await;
                self.renew(&identity, &mut lease).await
            };
            // Whatever a renewal says or does not say, the deadline ends the claim.
            let said = tokio::select! {
                biased;
                () = over => break true,
                () = self.done.cancelled() => break false,
                said = renewal => said,
            };
            next = match said {
                Renewal::Done => Instant::now() + tenth_more_or_less(shared.pace.renew),
                Renewal::Unknown => Instant::now() + RENEW_AGAIN,
                Renewal::Lost => break true,
            };
            if report_at.is_some_and(|at| at <= Instant::now()) {
                report_at = None;
                shared.held_long.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(subject = %self.held.subject, operation = self.held.operation, "a claim is held for over {} s", LONG.as_secs());
            }
        };
        if is_lost {
            self.lost.cancel();
            tracing::warn!(subject = %self.held.subject, operation = self.held.operation, "a claim was lost; its turn stops");
            // If it is still ours by name it is left to run out: what was begun under it may not have ended yet.
        } else {
            give_back(shared, &self.name, &identity, Some(lease)).await;
        }
        shared.held().remove(&self.held.operation);
    }

    /// Sends one renewal. Ours is only what carries our name.
    async fn renew(&self, identity: &str, lease: &mut Lease) -> Renewal {
        let shared = &self.claims.0;
        let sent = Instant::now();
        match shared.leases.replace(&renewed(lease.clone(), shared.leases.now())).await {
            Ok(now) => {
                *lease = now;
                self.good_until.send_replace(sent + shared.pace.deadline);
                return Renewal::Done;
            }
            Err(error) => tracing::debug!(subject = %self.held.subject, %error, "a claim was not renewed"),
        }
        // Another version of it is our own renewal whose answer was lost, somebody's note on it, or another holder.
        match shared.leases.get(&self.name).await {
            Ok(Some(found)) if holder(&found) == Some(identity) => {
                *lease = found;
                Renewal::Unknown
            }
            Ok(_) => Renewal::Lost,
            Err(_) => Renewal::Unknown,
        }
    }
}

/// What became of a renewal.
enum Renewal {
    Done,
    Unknown,
    Lost,
}

/// Gives a lease back if `identity` holds it; begins with the version that is known, if one is.
pub(super) async fn give_back(shared: &Shared, name: &str, identity: &str, mut known: Option<Lease>) {
    for attempt in 0..GIVE_BACK {
        if attempt > 0 {
            sleep(RENEW_AGAIN).await;
        }
        let lease = match known.take() {
            Some(lease) => lease,
            None => match shared.leases.get(name).await {
                Ok(Some(lease)) if holder(&lease) == Some(identity) => lease,
                Ok(_) => return,
                Err(_) => continue,
            },
        };
        match shared.leases.replace(&released(lease, shared.leases.now())).await {
            Ok(lease) => {
                shared.sightings.note(&lease, shared.pace.lease, Instant::now());
                return;
            }
            // It will be refused again.
            Err(ClusterError::Refused { .. }) => break,
            Err(_) => {}
        }
    }
    tracing::warn!(
        lease = name,
        seconds = shared.pace.lease.as_secs(),
        "a claim could not be given back; it ends by itself when its lease is over"
    );
}

/// So that many replicas do not ask in step.
fn tenth_more_or_less(period: Duration) -> Duration {
    period.mul_f64(0.9 + 0.2 * fastrand::f64())
}
