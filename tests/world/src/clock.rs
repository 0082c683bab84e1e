//! The world's own clock. Tests set it; the demo lets it run.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// 2026-11-20T12:00:00Z, the second at which every world begins.
pub const DAWN: i64 = 1_795_176_000;

/// Whole seconds, as GitHub shows them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Clock {
    /// Stands still until a test moves it.
    Set(i64),
    /// The machine's clock, for a demo.
    Running,
    /// So long after a time as Tokio's clock says, which passes at once where a test has paused it and everybody waits.
    Tokio { begun: Instant, at: i64 },
}

impl Clock {
    pub(crate) fn now(self) -> i64 {
        match self {
            Self::Set(seconds) => seconds,
            Self::Tokio { begun, at } => at.saturating_add_unsigned(begun.elapsed().as_secs()),
            Self::Running => {
                SystemTime::now().duration_since(UNIX_EPOCH).map_or(DAWN, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
            }
        }
    }

    /// Moves a clock that stands still. One that runs goes on by itself and ignores this.
    pub(crate) fn advance(&mut self, seconds: i64) {
        if let Self::Set(now) = self {
            *now += seconds;
        }
    }
}

/// A time as HTTP writes it: `Fri, 20 Nov 2026 12:00:00 GMT`.
pub(crate) fn dated(seconds: i64) -> String {
    let date = Timestamp::from_second(seconds).and_then(|at| DateTimePrinter::new().timestamp_to_rfc9110_string(&at));
    date.expect("the world's clock stays within the years that can be written")
}

/// A time as GitHub writes it: `2026-11-20T12:00:00Z`.
pub(crate) fn written(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| "1970-01-01T00:00:00Z".to_owned(), |time| time.to_string())
}

/// Reads what [`written`] wrote.
pub(crate) fn read(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_second)
}
