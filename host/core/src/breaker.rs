//! A circuit breaker: an upstream that fails again and again is left alone for a while, then tried with one call.
//!
//! ```text
//! closed --[5 failures in a row]--> open --[the wait is over]--> half-open: one call --good--> closed
//!                                    ^                                 |
//!                                    +------------- failed ------------+
//! ```
//!
//! A failure is no answer, or one that says that the upstream itself is at fault. A limit or a refusal is an answer like any other.
//! The caller says what time it is, as the time since it began.

use std::time::Duration;

/// Failures in a row that open it.
pub const FAILURES: u32 = 5;

/// What one upstream may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breaker {
    wait: Duration,
    stage: Stage,
    /// Raised whenever the stage changes: what a call was let in for in another stage says nothing about this one.
    serial: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Closed {
        failures: u32,
    },
    Open {
        until: Duration,
    },
    /// One call is on its way. One that never comes back is given up after the wait.
    HalfOpen {
        until: Duration,
    },
}

/// A call that was let in; hand it back with how the call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket(u64);

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Circuit {
    /// Calls go; so many failed in a row.
    Closed {
        /// Less than [`FAILURES`].
        failures: u32,
    },
    /// No call goes; zero when the next one will be the probe.
    Open {
        /// How long until then.
        probe_in: Duration,
    },
    /// One call is on its way, and all others wait for what becomes of it.
    HalfOpen {
        /// How long it is waited for at most.
        probe_in: Duration,
    },
}

impl Circuit {
    /// As it stands in answers.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Closed { .. } => "closed",
            Self::Open { .. } => "open",
            Self::HalfOpen { .. } => "half-open",
        }
    }

    /// How long a call would have to wait; nothing when it may go.
    #[must_use]
    pub fn wait(self) -> Option<Duration> {
        match self {
            Self::Closed { .. } => None,
            Self::Open { probe_in } | Self::HalfOpen { probe_in } => (!probe_in.is_zero()).then_some(probe_in),
        }
    }
}

impl Breaker {
    /// A closed one. Once open, it lets a call through after `wait`.
    #[must_use]
    pub fn new(wait: Duration) -> Self {
        Self { wait, stage: Stage::Closed { failures: 0 }, serial: 0 }
    }

    /// How it stands.
    #[must_use]
    pub fn circuit(&self, now: Duration) -> Circuit {
        match self.stage {
            Stage::Closed { failures } => Circuit::Closed { failures },
            Stage::Open { until } => Circuit::Open { probe_in: until.saturating_sub(now) },
            Stage::HalfOpen { until } => Circuit::HalfOpen { probe_in: until.saturating_sub(now) },
        }
    }

    /// Lets a call in. While it is open, the first one after the wait is the probe.
    ///
    /// # Errors
    /// How long to wait, never zero.
    pub fn admit(&mut self, now: Duration) -> Result<Ticket, Duration> {
        if let Some(wait) = self.circuit(now).wait() {
            return Err(wait);
        }
        if !matches!(self.stage, Stage::Closed { .. }) {
            self.enter(Stage::HalfOpen { until: now + self.wait });
        }
        Ok(Ticket(self.serial))
    }

    /// A call that was let in has ended. Whether the stage changed by it.
    pub fn ended(&mut self, Ticket(serial): Ticket, has_failed: bool, now: Duration) -> bool {
        if serial != self.serial {
            return false;
        }
        match (&mut self.stage, has_failed) {
            (Stage::Closed { failures }, false) => *failures = 0,
            (Stage::Closed { failures }, true) if *failures + 1 < FAILURES => *failures += 1,
            (_, true) => {
                self.enter(Stage::Open { until: now + self.wait });
                return true;
            }
            (_, false) => {
                self.enter(Stage::Closed { failures: 0 });
                return true;
            }
        }
        false
    }

    fn enter(&mut self, stage: Stage) {
        self.serial += 1;
        self.stage = stage;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    const WAIT: Duration = Duration::from_secs(30);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn fail(breaker: &mut Breaker, now: Duration) -> bool {
        let ticket = breaker.admit(now).unwrap();
        breaker.ended(ticket, true, now)
    }

    /// Open since `now`.
    fn opened(now: Duration) -> Breaker {
        let mut breaker = Breaker::new(WAIT);
        let changes: Vec<bool> = (0..FAILURES).map(|_| fail(&mut breaker, now)).collect();
        assert_eq!(changes, [false, false, false, false, true]);
        breaker
    }

    #[test]
    fn q4_five_failures_in_a_row_open_it_and_a_success_between_them_begins_the_row_anew() {
        let mut breaker = Breaker::new(WAIT);
        for _ in 0..10 {
            for _ in 0..FAILURES - 1 {
                assert!(!fail(&mut breaker, at(1)));
            }
            assert_eq!(breaker.circuit(at(1)), Circuit::Closed { failures: 4 });
            let ticket = breaker.admit(at(1)).unwrap();
            assert!(!breaker.ended(ticket, false, at(1)));
            assert_eq!(breaker.circuit(at(1)), Circuit::Closed { failures: 0 });
        }
        assert_eq!(opened(at(7)).circuit(at(7)), Circuit::Open { probe_in: WAIT });
    }

    #[test]
    fn q4_open_lets_nothing_through_for_thirty_seconds_and_then_exactly_one_call() {
        let mut breaker = opened(at(100));
        for (now, wait) in [(100, 30), (115, 15), (129, 1)] {
            assert_eq!(breaker.admit(at(now)), Err(at(wait)));
        }
        assert_eq!(breaker.circuit(at(130)).wait(), None, "whoever looks sees that a call may go, and takes nothing");
        breaker.admit(at(130)).unwrap();
        assert_eq!(breaker.admit(at(130)), Err(WAIT), "the others wait for what becomes of it");
        assert_eq!(breaker.circuit(at(140)), Circuit::HalfOpen { probe_in: at(20) });
    }

    #[test]
    fn q4_a_probe_that_is_answered_closes_it_and_one_that_fails_opens_it_again() {
        let mut breaker = opened(at(0));
        let probe = breaker.admit(at(30)).unwrap();
        assert!(breaker.ended(probe, true, at(35)));
        assert_eq!(breaker.admit(at(64)), Err(at(1)), "thirty seconds from the failure");
        let probe = breaker.admit(at(65)).unwrap();
        assert!(breaker.ended(probe, false, at(66)));
        assert_eq!(breaker.circuit(at(66)), Circuit::Closed { failures: 0 });
        assert!((0..20).all(|_| breaker.admit(at(66)).is_ok()));
    }

    #[test]
    fn q4_a_probe_that_never_comes_back_does_not_keep_it_half_open_for_ever() {
        let mut breaker = opened(at(0));
        let lost = breaker.admit(at(30)).unwrap();
        assert_eq!(breaker.admit(at(59)), Err(at(1)));
        let second = breaker.admit(at(60)).unwrap();
        assert!(!breaker.ended(lost, true, at(61)), "it is not asked any more");
        assert!(breaker.ended(second, false, at(62)));
    }

    #[test]
    fn q4_what_was_sent_before_it_opened_neither_closes_it_nor_lengthens_the_wait() {
        let mut breaker = Breaker::new(WAIT);
        let (slow, slower) = (breaker.admit(at(0)).unwrap(), breaker.admit(at(0)).unwrap());
        for _ in 0..FAILURES {
            fail(&mut breaker, at(1));
        }
        assert!(!breaker.ended(slow, false, at(20)) && !breaker.ended(slower, true, at(20)));
        assert_eq!(breaker.circuit(at(20)), Circuit::Open { probe_in: at(11) });
    }
}
