//! Rate limits by the world's clock: the primary ones, one for REST and one for GraphQL, and the secondary one on writes.

use std::collections::VecDeque;

/// Seconds of one window.
const WINDOW_SECONDS: i64 = 3_600;
/// Requests or points in one window, for a user's token.
pub(crate) const LIMIT: u32 = 5_000;

/// Writes in a minute that the secondary limit allows.
const WRITES_PER_MINUTE: usize = 80;
/// Writes in an hour that the secondary limit allows.
const WRITES_PER_HOUR: usize = 500;

/// The limit on requests that create content, which label writes are assumed to be.
#[derive(Debug, Default)]
pub(crate) struct Secondary {
    pub enforced: bool,
    /// Times of the writes of the last hour, oldest first.
    writes: VecDeque<i64>,
}

impl Secondary {
    /// Counts a write, or answers after how many seconds the next is welcome.
    pub(crate) fn write(&mut self, now: i64) -> Result<(), i64> {
        while self.writes.front().is_some_and(|at| now - at >= WINDOW_SECONDS) {
            self.writes.pop_front();
        }
        let minute: Vec<i64> = self.writes.iter().copied().filter(|at| now - at < 60).collect();
        if self.enforced && self.writes.len() >= WRITES_PER_HOUR {
            return Err(self.writes[0] + WINDOW_SECONDS - now);
        }
        if self.enforced && minute.len() >= WRITES_PER_MINUTE {
            return Err(minute[0] + 60 - now);
        }
        self.writes.push_back(now);
        Ok(())
    }
}

/// One budget.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    pub limit: u32,
    pub used: u32,
    pub resets_at: i64,
}

impl Budget {
    pub(crate) fn new(now: i64) -> Self {
        Self { limit: LIMIT, used: 0, resets_at: now + WINDOW_SECONDS }
    }

    pub(crate) fn remaining(&self) -> u32 {
        self.limit.saturating_sub(self.used)
    }

    /// Spends one. False when nothing is left.
    pub(crate) fn spend(&mut self, now: i64) -> bool {
        if now >= self.resets_at {
            *self = Self { limit: self.limit, ..Self::new(now) };
        }
        if self.remaining() == 0 {
            return false;
        }
        self.used += 1;
        true
    }

    pub(crate) fn headers(&self, resource: &str) -> [(&'static str, String); 5] {
        [
            ("x-ratelimit-limit", self.limit.to_string()),
            ("x-ratelimit-remaining", self.remaining().to_string()),
            ("x-ratelimit-reset", self.resets_at.to_string()),
            ("x-ratelimit-used", self.used.to_string()),
            ("x-ratelimit-resource", resource.to_owned()),
        ]
    }
}
