//! Pauses of a watch that broke, before it is opened again: they double with full jitter, from Tokio's clock and this thread's generator,
//! so that whoever simulates has them in hand. The usual ones draw from the machine.

use kube::runtime::utils::Backoff;
use std::time::Duration;
use tokio::time::Instant;

/// Ceiling of the first pause, and of the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1_600), Duration::from_secs(60));
/// After so long without a pause the next is a first one again.
const CALM: Duration = Duration::from_secs(120);

/// The pauses of one watch.
#[derive(Debug)]
pub(crate) struct Pauses {
    ceiling: Duration,
    last: Option<Instant>,
}

impl Pauses {
    /// None is longer.
    pub(crate) const LONGEST: Duration = PAUSES.1;

    pub(crate) fn new() -> Self {
        Self { ceiling: PAUSES.0, last: None }
    }
}

impl Iterator for Pauses {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        if self.last.is_some_and(|last| last.elapsed() > CALM) {
            self.ceiling = PAUSES.0;
        }
        // Half of it at least: a server that is down is not asked at once.
        let pause = self.ceiling.mul_f64(0.5 + fastrand::f64() / 2.0);
        self.ceiling = (self.ceiling * 2).min(PAUSES.1);
        self.last = Some(Instant::now() + pause);
        Some(pause)
    }
}

impl Backoff for Pauses {
    /// A watch that works for a moment only has not recovered: time tells.
    fn reset(&mut self) {}
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn k7_pauses_of_a_watch_double_up_to_a_minute_and_begin_anew_after_two_minutes_of_calm() {
        let mut pauses = Pauses::new();
        let mut ceiling = PAUSES.0;
        for _ in 0..12 {
            let pause = pauses.next().unwrap();
            assert!(pause >= ceiling / 2 && pause <= ceiling, "{pause:?} of {ceiling:?}");
            ceiling = (ceiling * 2).min(PAUSES.1);
            pauses.reset();
        }
        tokio::time::advance(CALM + PAUSES.1 + Duration::from_secs(1)).await;
        assert!(pauses.next().unwrap() <= PAUSES.0);
    }
}
