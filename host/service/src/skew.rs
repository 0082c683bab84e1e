//! How wrong this machine's clock is, against GitHub's. Nothing is decided by it once GitHub has answered (see
//! [`crate::host::Host::now`]), but the times in logs and in the journal are this machine's, and so are all until then.

use crate::host::{Counters, Host};
use pawl_core::edits::SKEW_SECONDS;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What was last found, and how often it was bad.
#[derive(Debug, Default)]
pub struct Skew {
    is_off: AtomicBool,
    times_off: AtomicU64,
}

impl Skew {
    /// Takes a measurement. Says whether something has changed: `Some(true)` when the clock went wrong, `Some(false)` when it is right
    /// again.
    fn take(&self, ahead_ms: i64) -> Option<bool> {
        let is_off = ahead_ms.unsigned_abs() > SKEW_SECONDS.unsigned_abs() * 1000;
        let was_off = self.is_off.swap(is_off, Ordering::Relaxed);
        if is_off && !was_off {
            Counters::count(&self.times_off);
        }
        (is_off != was_off).then_some(is_off)
    }
}

/// By how many milliseconds this machine's clock is ahead of GitHub's; nothing before GitHub's first answer.
#[must_use]
pub fn ahead_ms(host: &Host) -> Option<i64> {
    let github = host.github.now()?;
    Some(host.wall.now().as_millisecond().saturating_sub(github.as_millisecond()))
}

/// Measures, and warns once each time the clock goes wrong by more than [`SKEW_SECONDS`].
pub fn check(host: &Host) {
    let Some(ahead) = ahead_ms(host) else { return };
    match host.skew.take(ahead) {
        Some(true) => tracing::warn!(
            ahead_seconds = ahead / 1000,
            "this machine's clock differs from GitHub's by more than {SKEW_SECONDS} s; deciding goes by GitHub's, but set this one right: \
             the journal and certificates go by it"
        ),
        Some(false) => tracing::info!(ahead_seconds = ahead / 1000, "this machine's clock agrees with GitHub's again"),
        None => {}
    }
}

/// For people and machines that ask: seconds ahead, whether that is too much, and how often it became so.
#[must_use]
pub fn json(host: &Host) -> Value {
    let ahead = ahead_ms(host);
    #[expect(clippy::cast_precision_loss, reason = "a clock that is wrong by more than 2^53 ms is not shown to the millisecond")]
    let seconds = ahead.map(|ms| ms as f64 / 1000.0);
    json!({
        "ahead_of_github_seconds": seconds,
        "is_off": host.skew.is_off.load(Ordering::Relaxed),
        "times_off": host.skew.times_off.load(Ordering::Relaxed),
    })
}

/// What [`json`] says, in a line.
#[must_use]
pub fn line(clock: &Value) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "whole seconds are shown, and no clock is wrong by more than 64 bits of them")]
    match clock["ahead_of_github_seconds"].as_f64().map(|ahead| ahead as i64) {
        None => "clock not compared: GitHub has not answered yet".into(),
        Some(0) => "clock as GitHub's".into(),
        Some(ahead) => {
            let direction = if ahead > 0 { "ahead of" } else { "behind" };
            let advice = if ahead.abs() > SKEW_SECONDS { "; set it right" } else { "" };
            format!("clock {} s {direction} GitHub's{advice}", ahead.abs())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_goes_wrong_is_told_and_counted_once_until_it_is_right_again() {
        let skew = Skew::default();
        let limit = SKEW_SECONDS * 1000;
        assert_eq!((skew.take(0), skew.take(limit), skew.take(-limit)), (None, None, None));
        assert_eq!((skew.take(limit + 1), skew.take(3 * limit)), (Some(true), None));
        assert_eq!((skew.take(-limit), skew.take(-limit - 1)), (Some(false), Some(true)));
        assert_eq!(skew.times_off.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_wrong_clock_is_shown_with_the_way_out() {
        let shown = |ahead: Value| line(&json!({ "ahead_of_github_seconds": ahead }));
        assert_eq!(shown(json!(null)), "clock not compared: GitHub has not answered yet");
        assert_eq!((shown(json!(0.9)).as_str(), shown(json!(-60.5)).as_str()), ("clock as GitHub's", "clock 60 s behind GitHub's"));
        assert_eq!(shown(json!(3600.2)), "clock 3600 s ahead of GitHub's; set it right");
    }
}
