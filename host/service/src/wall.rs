//! The time of day: the machine's, or that of whoever simulates.

use pawl_core::Timestamp;
use std::fmt;
use std::sync::Arc;

/// Where the time of day comes from. Waits and periods never use it: they run on Tokio's clock, which nobody sets.
#[derive(Clone)]
pub struct Wall(Option<Arc<dyn Fn() -> Timestamp + Send + Sync>>);

impl Wall {
    /// This machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(None)
    }

    /// Another clock.
    pub fn following(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(now)))
    }

    /// The time of day.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.as_ref().map_or_else(Timestamp::now, |now| now())
    }
}

impl fmt::Debug for Wall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Wall(following)" } else { "Wall(system)" })
    }
}
