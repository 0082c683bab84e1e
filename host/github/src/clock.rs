//! Where the time comes from: the machine, or whoever tests.

use pawl_core::Timestamp;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The time: of day, for what GitHub writes down (expiry of tokens, resets of limits), and steadily running, for what is
/// counted here (budgets, waits), which a clock that is set must not open or close.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Following { told: Arc<dyn Fn() -> Timestamp + Send + Sync>, first: Timestamp, begun: Instant },
}

impl Clock {
    /// The machine's.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// One that somebody else runs, such as a test. Time that runs back counts as time that stands still.
    pub fn following(told: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        let first = told();
        Self(Source::Following { told: Arc::new(told), first, begun: Instant::now() })
    }

    /// The time of day.
    pub(crate) fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => Timestamp::now(),
            Source::Following { told, .. } => told(),
        }
    }

    /// The steadily running time.
    pub(crate) fn steady(&self) -> Instant {
        match &self.0 {
            Source::System => Instant::now(),
            Source::Following { told, first, begun } => {
                let passed = told().as_millisecond().saturating_sub(first.as_millisecond());
                *begun + Duration::from_millis(u64::try_from(passed).unwrap_or(0))
            }
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::System => "Clock(system)",
            Source::Following { .. } => "Clock(following)",
        })
    }
}
