//! Pauses between tries: they grow, and vary, so that many who wait do not come back at once.

use std::time::Duration;

/// A pause that doubles from the first to the longest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pause {
    next: Duration,
    longest: Duration,
}

impl Pause {
    pub(crate) fn from(first: Duration, longest: Duration) -> Self {
        Self { next: first, longest }
    }

    /// The next one: between half of it and the whole, and never less than what a server asked for.
    pub(crate) fn next(&mut self, asked: Option<Duration>) -> Duration {
        let pause = self.next.mul_f64(0.5 + fastrand::f64() / 2.0);
        self.next = (self.next * 2).min(self.longest);
        pause.max(asked.unwrap_or_default())
    }
}
