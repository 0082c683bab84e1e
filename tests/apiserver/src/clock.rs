//! The server's own clock. It may stand, follow tokio's clock, which a simulation pauses, or follow the machine's.

use jiff::Timestamp;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// 2026-11-20T12:00:00Z, the second at which every server's time begins.
pub const DAWN: i64 = 1_795_176_000;

/// Whole seconds, as `creationTimestamp` shows them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Clock {
    /// Stands still until a test moves it.
    Set(i64),
    /// Goes with tokio's clock from [`DAWN`] on.
    Simulated(Instant),
    /// The machine's clock.
    Running,
}

impl Clock {
    pub(crate) fn now(self) -> i64 {
        let whole = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX / 2);
        match self {
            Self::Set(seconds) => seconds,
            Self::Simulated(start) => DAWN + whole(start.elapsed().as_secs()),
            Self::Running => SystemTime::now().duration_since(UNIX_EPOCH).map_or(DAWN, |since| whole(since.as_secs())),
        }
    }

    /// Moves a clock that stands still. The others go by themselves and ignore this.
    pub(crate) fn advance(&mut self, seconds: i64) {
        if let Self::Set(now) = self {
            *now += seconds;
        }
    }

    /// The time as Kubernetes writes it: `2026-11-20T12:00:00Z`.
    pub(crate) fn written(self) -> String {
        Timestamp::from_second(self.now()).map_or_else(|_| "1970-01-01T00:00:00Z".to_owned(), |time| time.to_string())
    }
}
