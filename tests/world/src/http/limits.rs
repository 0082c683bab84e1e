//! The primary rate limits, one for REST and one for GraphQL, by the world's clock.

/// Seconds of one window.
const WINDOW_SECONDS: i64 = 3_600;
/// Requests or points in one window, for a user's token.
pub(crate) const LIMIT: u32 = 5_000;

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
