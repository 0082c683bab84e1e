//! How often and how long an operation is tried.

use crate::error::ClusterError;
use pawl_core::store::StoreError;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The whole of an operation: whoever sends a webhook waits ten seconds for its answer.
const PATIENCE: Duration = Duration::from_secs(8);
/// One call that reads or writes one object.
const REQUEST: Duration = Duration::from_secs(3);
/// One call that lists many, and all calls of one page.
const LIST: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(30));
/// Tries in all.
const TRIES: u32 = 8;
/// Longest pause after the first try, and after any.
const PAUSE: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));

/// The tries of one operation.
#[derive(Debug)]
pub(super) struct Tries {
    end: Instant,
    request: Duration,
    left: u32,
    pause: Duration,
}

impl Tries {
    /// For one object.
    pub(super) fn of_one() -> Self {
        Self { end: Instant::now() + PATIENCE, request: REQUEST, left: TRIES, pause: PAUSE.0 }
    }

    /// For many.
    pub(super) fn of_many() -> Self {
        Self { end: Instant::now() + LIST.1, request: LIST.0, left: TRIES, pause: PAUSE.0 }
    }

    /// When patience is over.
    pub(super) fn end(&self) -> Instant {
        self.end
    }

    /// How long the next call may take.
    pub(super) fn request(&self) -> Duration {
        self.request.min(self.end.saturating_duration_since(Instant::now()))
    }

    /// Waits before the next try, with full jitter and for as long as the server asked for.
    ///
    /// # Errors
    /// What went wrong, when tries or patience are over, or when trying again helps nothing.
    pub(super) async fn again(&mut self, error: ClusterError) -> Result<(), StoreError> {
        let pause = self.pause.mul_f64(fastrand::f64()).max(error.retry_after().unwrap_or_default());
        self.left = self.left.saturating_sub(1);
        self.pause = (self.pause * 2).min(PAUSE.1);
        if !error.is_transient() || self.left == 0 || Instant::now() + pause >= self.end {
            return Err(told(error));
        }
        sleep(pause).await;
        Ok(())
    }
}

/// What went wrong, in the words of a store.
pub(super) fn told(error: ClusterError) -> StoreError {
    let retry_after = error.retry_after();
    let why = error.to_string();
    if error.is_transient() { StoreError::Unavailable { why, retry_after } } else { StoreError::Refused(why) }
}
