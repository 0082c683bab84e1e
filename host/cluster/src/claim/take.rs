//! Taking a claim: read, judge, compare-and-swap; whatever the answer, read again before believing anything.

use super::hold::Claim;
use super::law::{Sighting, Verdict};
use super::lease::{Purpose, first, holder, name, taken};
use super::{Claims, Held, Shared};
use crate::error::ClusterError;
use k8s_openapi::api::coordination::v1::Lease;
use pawl_core::planted::{self, Fault};
use pawl_core::subject::SubjectId;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// First and longest wait before a held lease is read again; a change that the watch sees ends it sooner.
const AGAIN: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// One attempt to take a claim, over all its tries.
struct Attempt<'a> {
    shared: &'a Shared,
    subject: SubjectId,
    purpose: Purpose<'a>,
    holder: String,
    name: String,
    /// When the first write was sent whose outcome was never heard: if it took the lease, the claim counts from there.
    unheard: Option<Instant>,
}

impl Claims {
    /// Takes the claim on `subject`, waiting up to `patience` for whoever holds it, and through an API server that does not answer.
    ///
    /// # Errors
    /// [`ClusterError::Held`] or why the API server could not be asked, when patience is over; [`ClusterError::Refused`] at once.
    pub async fn take<'a>(&self, subject: SubjectId, purpose: impl Into<Purpose<'a>>, patience: Duration) -> Result<Claim, ClusterError> {
        let purpose = purpose.into();
        let end = Instant::now() + patience;
        let shared = &self.0;
        if shared.stop.is_cancelled() {
            return Err(ClusterError::Unavailable("this process is shutting down".into()));
        }
        let holder = shared.identity.holder(purpose.operation);
        let mut attempt = Attempt { shared, subject, purpose, holder, name: name(subject), unheard: None };
        let mut wait = AGAIN.0;
        loop {
            let mut seen = None;
            let (error, at_most) = match attempt.once().await {
                Ok(Tried::Taken(lease, sent)) => {
                    let held = Held { subject, operation: purpose.operation.to_owned(), since: Instant::now() };
                    return Ok(Claim::keep(self.clone(), held, *lease, sent));
                }
                Ok(Tried::Held { sighting, left }) => {
                    let holder = sighting.holder.clone().unwrap_or_default();
                    seen = Some(sighting.version);
                    (ClusterError::Held { subject: subject.to_string(), holder }, left)
                }
                Err(error @ ClusterError::Refused { .. }) => {
                    attempt.give_up().await;
                    return Err(error);
                }
                Err(error) => (error, Duration::MAX),
            };
            let now = Instant::now();
            if now >= end || shared.stop.is_cancelled() {
                attempt.give_up().await;
                return Err(error);
            }
            let pause = jittered(wait).max(error.retry_after().unwrap_or_default()).min(at_most).min(end - now);
            wait = (wait * 2).min(AGAIN.1);
            tokio::select! {
                biased;
                () = shared.stop.cancelled() => {}
                () = shared.sightings.no_longer(&attempt.name, seen.as_deref()) => {}
                () = sleep(pause) => {}
            }
        }
    }
}

/// How one try ended.
enum Tried {
    Taken(Box<Lease>, Instant),
    Held { sighting: Sighting, left: Duration },
}

impl Attempt<'_> {
    /// Reads and, if the lease is free, writes once.
    async fn once(&mut self) -> Result<Tried, ClusterError> {
        let shared = self.shared;
        let Some(lease) = shared.leases.get(&self.name).await? else {
            let lease = first(self.subject, &self.holder, self.purpose, shared.pace.lease, shared.leases.now());
            let sent = Instant::now();
            return self.heard(sent, shared.leases.create(&lease).await);
        };
        let now = Instant::now();
        let sighting = shared.sightings.note(&lease, shared.pace.lease, now);
        let by_sight = sighting.judge(&self.holder, now);
        let verdict = if planted::is(Fault::WallClock) { by_wall(by_sight, &lease, shared) } else { by_sight };
        match (verdict, self.unheard) {
            (Verdict::Free, _) => {
                let lease = taken(lease, self.subject, &self.holder, self.purpose, shared.pace.lease, shared.leases.now());
                let sent = Instant::now();
                self.heard(sent, shared.leases.replace(&lease).await)
            }
            (Verdict::Ours, Some(sent)) => Ok(Tried::Taken(Box::new(lease), sent)),
            // Another attempt under the same operation has it, which must not be; it is not believed to be this one.
            (Verdict::Ours, None) => Ok(Tried::Held { sighting, left: shared.pace.lease }),
            (Verdict::Held(left), _) => Ok(Tried::Held { sighting, left }),
        }
    }

    /// What a write sent at `sent` led to. One that certainly did nothing leaves nothing behind; after any other the next reading
    /// tells, and until then it may have succeeded.
    fn heard(&mut self, sent: Instant, answer: Result<Lease, ClusterError>) -> Result<Tried, ClusterError> {
        if matches!(answer, Err(ClusterError::Unavailable(_))) {
            self.unheard.get_or_insert(sent);
        }
        answer.map(|lease| Tried::Taken(Box::new(lease), sent))
    }

    /// Leaves. A write whose answer was lost may have taken the lease: then it is given back, else others would wait for nobody.
    async fn give_up(&self) {
        if self.unheard.is_some() {
            super::hold::give_back(self.shared, &self.name, &self.holder, None).await;
        }
    }
}

/// Judges a holder's life by the time that it wrote and by our own clock. Only a planted fault does so.
fn by_wall(by_sight: Verdict, lease: &Lease, shared: &Shared) -> Verdict {
    let renewed = lease.spec.as_ref().and_then(|spec| spec.renew_time.as_ref());
    match (by_sight, renewed) {
        (Verdict::Ours, _) | (_, None) => by_sight,
        _ if holder(lease).is_none() => by_sight,
        (_, Some(renewed)) => {
            let silent = Duration::try_from(shared.leases.now().duration_since(renewed.0)).unwrap_or_default();
            if silent >= shared.pace.lease { Verdict::Free } else { Verdict::Held(shared.pace.lease - silent) }
        }
    }
}

/// Full jitter, but never nothing.
fn jittered(wait: Duration) -> Duration {
    wait.mul_f64(fastrand::f64().max(0.1))
}
