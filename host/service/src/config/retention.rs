//! The table `[retention]`: how long what is over is kept.

use anyhow::bail;
use pawl_core::Timestamp;
use pawl_core::record::{LEAST_KEPT_HOURS, Record};
use serde::Deserialize;

/// The fewest days that may be configured.
const LEAST_DAYS: i64 = LEAST_KEPT_HOURS / 24;
/// The most: ten years.
const MOST_DAYS: i64 = 3_650;

/// The table `[retention]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionConfig {
    /// Days for which the record of a subject is kept that is over and at rest; 0 for ever.
    pub closed_days: i64,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self { closed_days: 30 }
    }
}

impl RetentionConfig {
    /// Whether nothing is counted twice with it.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let days = self.closed_days;
        if days != 0 && !(LEAST_DAYS..=MOST_DAYS).contains(&days) {
            bail!(
                "retention.closed_days is {days}; GitHub may deliver again for three days, and what a record no longer remembers would count \
                 twice: choose {LEAST_DAYS} to {MOST_DAYS}, or 0 to keep records for ever"
            );
        }
        Ok(())
    }

    /// Whether the record may go.
    pub(crate) fn is_past(&self, record: &Record, deployed: &[&str], now: Timestamp) -> bool {
        let seconds = self.closed_days.saturating_mul(24 * 3600);
        seconds > 0 && record.over_since(deployed).is_some_and(|since| now.as_second().saturating_sub(since.as_second()) >= seconds)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn q10_a_retention_that_ends_before_deliveries_do_is_refused_with_the_reason() {
        let check = |closed_days| RetentionConfig { closed_days }.check().map_err(|error| error.to_string());
        for good in [0, 4, 30, 3_650] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [-1, 1, 3, 3_651] {
            let error = check(bad).unwrap_err();
            assert!(error.contains("deliver again for three days") && error.ends_with("0 to keep records for ever"), "{error}");
        }
    }
}
