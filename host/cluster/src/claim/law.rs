//! The law of claims: who may take a lease, judged by what was seen and when. No IO, no clock: times are arguments.

use std::time::Duration;
use tokio::time::Instant;

/// How fast claims are kept, and how soon they are given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// A holder that nobody has seen renew its lease for so long is gone. Written into each Lease in whole seconds.
    pub lease: Duration,
    /// Between two renewals, give or take a tenth.
    pub renew: Duration,
    /// A claim is good for so long after the last renewal that succeeded, counted from before it was sent. Shorter than the lease,
    /// so that a holder stops before another can begin.
    pub deadline: Duration,
    /// Longest wait for one answer of the API server.
    pub request: Duration,
}

impl Default for Pace {
    /// Lease 15 s, renewed every 5 s, good for 10 s, 3 s for one answer: Kubernetes' own for leader election, but for the deadline's
    /// beginning.
    fn default() -> Self {
        let [lease, renew, deadline, request] = [15, 5, 10, 3].map(Duration::from_secs);
        Self { lease, renew, deadline, request }
    }
}

impl Pace {
    /// Whether a claim can be kept at this pace.
    pub(crate) fn check(&self) -> Result<(), String> {
        let seconds = |d: Duration| d.as_secs_f64();
        if self.lease.subsec_nanos() != 0 || !(1..=3_600).contains(&self.lease.as_secs()) {
            return Err(format!("a lease of {} s is not of 1 to 3600 whole seconds; choose one that is", seconds(self.lease)));
        }
        if self.deadline >= self.lease {
            let (deadline, lease) = (seconds(self.deadline), seconds(self.lease));
            return Err(format!("a deadline of {deadline} s is not before the end of a lease of {lease} s; shorten the deadline"));
        }
        // One renewal may get no answer, and the next must still be in time, jitter included.
        let needed = self.renew.mul_f64(1.1) + self.request;
        if self.renew.is_zero() || self.request.is_zero() || needed > self.deadline {
            let (needed, deadline) = (seconds(needed), seconds(self.deadline));
            return Err(format!("a renewal takes up to {needed} s, the deadline is {deadline} s; renew sooner, or answer requests sooner"));
        }
        Ok(())
    }
}

/// A lease as it was last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sighting {
    /// Its version when it was seen.
    pub(crate) version: String,
    /// Who held it, if anybody.
    pub(crate) holder: Option<String>,
    /// For how long its holder is believed to live without a sign.
    pub(crate) lease: Duration,
    /// Since when this version has been seen here, unchanged.
    pub(crate) since: Instant,
}

/// What may be done with a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is ours: an attempt whose answer was lost had succeeded.
    Ours,
    /// It may be taken.
    Free,
    /// It is held, and may be taken after this time if it does not change until then.
    Held(Duration),
}

impl Sighting {
    /// What `identity` may do with it. The identity is of one operation, so nothing but that operation's own attempt can have written it.
    pub(crate) fn judge(&self, identity: &str, now: Instant) -> Verdict {
        let Some(holder) = &self.holder else { return Verdict::Free };
        if holder == identity {
            return Verdict::Ours;
        }
        let unchanged = now.saturating_duration_since(self.since);
        if unchanged >= self.lease { Verdict::Free } else { Verdict::Held(self.lease - unchanged) }
    }

    /// The same lease, seen again. As long as its version stays, its holder has given no sign.
    pub(crate) fn again(self, seen: Self) -> Self {
        if self.version == seen.version { self } else { seen }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: &str = "pod-a/boot/1";

    fn seen(version: &str, holder: Option<&str>, since: Instant) -> Sighting {
        Sighting { version: version.into(), holder: holder.map(str::to_owned), lease: Duration::from_secs(15), since }
    }

    #[tokio::test(start_paused = true)]
    async fn k7_a_holder_is_gone_when_we_have_seen_no_change_for_its_whole_lease_and_no_sooner() {
        let start = Instant::now();
        let sighting = seen("7", Some("pod-b/boot/1"), start);
        let after = |ms: u64| sighting.judge(US, start + Duration::from_millis(ms));
        assert_eq!(after(0), Verdict::Held(Duration::from_secs(15)));
        assert_eq!(after(14_999), Verdict::Held(Duration::from_millis(1)));
        assert_eq!(after(15_000), Verdict::Free);
    }

    #[tokio::test(start_paused = true)]
    async fn k7_a_renewal_that_is_seen_begins_the_wait_anew_and_one_seen_twice_does_not() {
        let start = Instant::now();
        let (later, latest) = (start + Duration::from_secs(9), start + Duration::from_secs(12));
        let renewed = seen("7", Some("b"), start).again(seen("8", Some("b"), later));
        assert_eq!(renewed.since, later);
        assert_eq!(renewed.again(seen("8", Some("b"), latest)).since, later);
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_holds_is_free_and_our_own_lost_attempt_is_recognised() {
        let now = Instant::now();
        assert_eq!(seen("7", None, now).judge(US, now), Verdict::Free);
        assert_eq!(seen("7", Some(US), now).judge(US, now), Verdict::Ours);
        assert!(matches!(seen("7", Some("pod-a/boot/2"), now).judge(US, now), Verdict::Held(_)), "another operation of this very process");
    }

    #[test]
    fn a_pace_at_which_no_claim_could_be_kept_is_refused_with_the_reason() {
        let pace = Pace::default();
        assert_eq!(pace.check(), Ok(()));
        let s = Duration::from_secs;
        for (wrong, says) in [
            (Pace { deadline: s(15), ..pace }, "shorten the deadline"),
            (Pace { renew: s(7), ..pace }, "renew sooner"),
            (Pace { request: s(6), ..pace }, "renew sooner"),
            (Pace { lease: Duration::from_millis(15_500), ..pace }, "whole seconds"),
            (Pace { renew: Duration::ZERO, ..pace }, "renew sooner"),
        ] {
            let error = wrong.check().expect_err(says);
            assert!(error.contains(says), "{error}");
        }
    }
}
