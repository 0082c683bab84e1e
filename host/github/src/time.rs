//! GitHub's own time of day, as its answers tell it.
//!
//! What happened when, GitHub says by its clock. A machine whose clock is wrong must not put that in another order, so whoever needs a
//! "now" beside GitHub's times takes it from GitHub as well: from the `Date` of its last answers, carried on by the steady clock, which
//! nobody sets.

use http::HeaderMap;
use http::header::DATE;
use jiff::fmt::rfc2822::DateTimeParser;
use pawl_core::Timestamp;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// A `Date` has whole seconds: it is up to so many milliseconds late.
const WHOLE_MS: i64 = 1000;

/// What is known of GitHub's time.
#[derive(Debug)]
pub(crate) struct GitHubTime {
    begun: Instant,
    /// How far GitHub's time, in milliseconds since 1970, is ahead of those since `begun`.
    ahead_ms: Mutex<Option<Bounds>>,
}

/// At least and at most so much.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    least: i64,
    most: i64,
}

impl GitHubTime {
    pub(crate) fn new(begun: Instant) -> Self {
        Self { begun, ahead_ms: Mutex::new(None) }
    }

    /// GitHub's time at a moment of the steady clock; nothing before the first answer. It lags by about as long as an answer takes, and
    /// is never before the `Date` of an answer that came then or earlier, unless GitHub itself set its clock back.
    pub(crate) fn at(&self, moment: Instant) -> Option<Timestamp> {
        self.ahead_by(moment, |bounds| bounds.least)
    }

    /// The latest that it may be at GitHub then: not before anything that GitHub had told by that moment.
    pub(crate) fn latest_at(&self, moment: Instant) -> Option<Timestamp> {
        self.ahead_by(moment, |bounds| bounds.least.saturating_add(WHOLE_MS))
    }

    fn ahead_by(&self, moment: Instant, bound: fn(Bounds) -> i64) -> Option<Timestamp> {
        let ahead = *self.ahead_ms.lock().unwrap_or_else(PoisonError::into_inner);
        Timestamp::from_millisecond(bound(ahead?).saturating_add(self.since_begun(moment))).ok()
    }

    /// Learns from the answer to what was sent and received at these moments. GitHub wrote its `Date` between them, so its time lies
    /// within bounds: as little as these allow is changed of what was known.
    pub(crate) fn learn(&self, headers: &HeaderMap, sent: Instant, received: Instant) {
        let Some(date) = headers.get(DATE).and_then(|date| date_of(date.as_bytes())) else { return };
        let least = date.as_millisecond().saturating_sub(self.since_begun(received));
        let most = date.as_millisecond().saturating_add(WHOLE_MS).saturating_sub(self.since_begun(sent)).max(least);
        let mut ahead = self.ahead_ms.lock().unwrap_or_else(PoisonError::into_inner);
        let within = |known: Bounds| Bounds { least: known.least.clamp(least, most), most: known.most.clamp(least, most) };
        *ahead = Some(ahead.map_or(Bounds { least, most }, within));
    }

    fn since_begun(&self, moment: Instant) -> i64 {
        i64::try_from(moment.saturating_duration_since(self.begun).as_millis()).unwrap_or(i64::MAX)
    }
}

/// The date of a header, as HTTP writes it: `Fri, 20 Nov 2026 12:00:00 GMT`.
fn date_of(text: &[u8]) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use http::HeaderValue;
    use std::time::Duration;

    /// Noon of the day of which all stories tell.
    const NOON: i64 = 1_795_176_000;

    struct Place {
        time: GitHubTime,
        begun: Instant,
    }

    impl Place {
        fn new() -> Self {
            let begun = Instant::now();
            Self { time: GitHubTime::new(begun), begun }
        }

        fn moment(&self, ms: u64) -> Instant {
            self.begun + Duration::from_millis(ms)
        }

        /// An answer that says `second` after noon.
        fn answer(&self, sent_ms: u64, received_ms: u64, second: i64) {
            let (minute, second) = (second / 60, second % 60);
            let date = format!("Fri, 20 Nov 2026 12:{minute:02}:{second:02} GMT");
            let headers = HeaderMap::from_iter([(DATE, HeaderValue::from_str(&date).unwrap())]);
            self.time.learn(&headers, self.moment(sent_ms), self.moment(received_ms));
        }

        /// Milliseconds after noon.
        fn now(&self, ms: u64) -> Option<i64> {
            self.time.at(self.moment(ms)).map(|at| at.as_millisecond() - NOON * 1000)
        }
    }

    #[test]
    fn the_time_is_githubs_and_goes_on_by_itself() {
        let place = Place::new();
        assert_eq!(place.now(0), None);
        place.answer(0, 100, 10);
        assert_eq!((place.now(100), place.now(5_100)), (Some(10_000), Some(15_000)));
    }

    #[test]
    fn the_time_is_never_before_the_date_of_an_answer() {
        let place = Place::new();
        place.answer(0, 2_000, 10);
        assert_eq!(place.now(2_000), Some(10_000), "a slow answer is old when it comes");
        place.answer(3_000, 3_050, 12);
        assert_eq!(place.now(3_050), Some(12_000), "a quick one tells better");
        place.answer(4_000, 9_000, 13);
        assert_eq!(place.now(9_000), Some(17_950), "and a slow one after it takes nothing back");
    }

    #[test]
    fn what_arrives_without_a_time_is_not_before_what_was_told() {
        let place = Place::new();
        let latest = |ms| place.time.latest_at(place.moment(ms)).map(|at| at.as_millisecond() - NOON * 1000);
        assert_eq!(latest(0), None);
        place.answer(0, 100, 10);
        assert_eq!((place.now(100), latest(100)), (Some(10_000), Some(11_000)), "it may have been the last of that second");
        place.answer(1_500, 1_600, 11);
        assert_eq!((place.now(1_600), latest(1_600)), (Some(11_500), Some(12_500)));
    }

    #[test]
    fn a_clock_of_githubs_that_was_set_back_is_followed() {
        let place = Place::new();
        place.answer(0, 100, 600);
        place.answer(1_000, 1_100, 10);
        assert_eq!(place.now(1_100), Some(11_100), "as little as the answer allows");
    }

    #[test]
    fn what_is_no_date_teaches_nothing() {
        let place = Place::new();
        let wrong = HeaderMap::from_iter([(DATE, HeaderValue::from_static("yesterday"))]);
        place.time.learn(&wrong, place.begun, place.begun);
        place.time.learn(&HeaderMap::new(), place.begun, place.begun);
        assert_eq!(place.now(0), None);
    }
}
