//! The write budget of one installation: how many writes may still be sent, counted here, so that GitHub never has to say no.
//!
//! Knows no clock: the time is an argument.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
/// One part in so many is kept for what is urgent.
const RESERVED_PART: u32 = 10;
/// Those who are turned away are asked to come back one after the other, but not later than this after the first of them.
const SPREAD: Duration = Duration::from_secs(300);

/// How many writes are sent at most, per installation (or token) and process. With several replicas give each its share.
///
/// The defaults follow GitHub's advice (a second between two writes) and its secondary limits (80 requests that create content
/// in a minute, 500 in an hour): <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>. Zero counts
/// as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteBudget {
    /// The lasting pace. What a minute allows beyond sixty times this may be sent at once: 20 writes by default, so that
    /// preparing a repository's labels does not take a minute.
    pub per_second: u32,
    /// In any minute.
    pub per_minute: u32,
    /// In any hour.
    pub per_hour: u32,
}

impl Default for WriteBudget {
    fn default() -> Self {
        Self { per_second: 1, per_minute: 80, per_hour: 500 }
    }
}

/// Who may use the last tenth of the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Urgency {
    /// Anything else.
    #[default]
    Normal,
    /// A person's override, or a cancellation: people wait for it, or work is being wasted.
    Urgent,
}

/// What is left of a write budget, the reserved share included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WritesLeft {
    /// At this moment.
    pub at_once: u32,
    /// Within the last minute.
    pub minute: u32,
    /// Within the last hour.
    pub hour: u32,
}

/// A budget being spent.
#[derive(Debug)]
pub(crate) struct Budget {
    rates: WriteBudget,
    /// When the writes so far would be done at the lasting pace.
    paced: Option<Instant>,
    /// Times of the writes of the last hour, oldest first.
    sent: VecDeque<Instant>,
    /// When the last of those who were turned away was told to come.
    promised: Option<Instant>,
}

impl Budget {
    pub(crate) fn new(rates: WriteBudget) -> Self {
        let rates =
            WriteBudget { per_second: rates.per_second.max(1), per_minute: rates.per_minute.max(1), per_hour: rates.per_hour.max(1) };
        Self { rates, paced: None, sent: VecDeque::new(), promised: None }
    }

    /// Takes `writes`, or as many of them as can ever be had at once, and says how many. All or nothing: on refusal nothing was
    /// taken, and the answer is how long to wait. Whoever is not urgent is given a time of his own, later than those before him.
    pub(crate) fn take(&mut self, writes: u32, urgency: Urgency, now: Instant) -> Result<u32, Duration> {
        self.forget(now);
        let least = [self.burst(), self.rates.per_minute, self.rates.per_hour].map(|most| usable(most, urgency));
        let writes = writes.min(least.into_iter().min().unwrap_or(1)).max(1);
        let wait = [
            self.wait_for_pace(writes, urgency, now),
            self.wait_in(MINUTE, usable(self.rates.per_minute, urgency), writes, now),
            self.wait_in(HOUR, usable(self.rates.per_hour, urgency), writes, now),
        ];
        let wait = wait.into_iter().max().unwrap_or_default();
        if wait.is_zero() {
            self.paced = Some(self.paced.unwrap_or(now).max(now) + self.interval() * writes);
            self.sent.extend(std::iter::repeat_n(now, writes as usize));
            return Ok(writes);
        }
        Err(if urgency == Urgency::Urgent { wait } else { self.promise(now + wait, writes) - now })
    }

    /// What is left now.
    pub(crate) fn left(&self, now: Instant) -> WritesLeft {
        let minute = self.rates.per_minute.saturating_sub(self.count(MINUTE, now));
        let hour = self.rates.per_hour.saturating_sub(self.count(HOUR, now));
        let ahead = self.paced.map_or(Duration::ZERO, |paced| paced.saturating_duration_since(now));
        let ahead = u32::try_from(ahead.as_nanos().div_ceil(self.interval().as_nanos())).unwrap_or(u32::MAX);
        WritesLeft { at_once: self.burst().saturating_sub(ahead).min(minute).min(hour), minute, hour }
    }

    /// Whether nothing was written for an hour.
    pub(crate) fn is_idle(&self, now: Instant) -> bool {
        self.count(HOUR, now) == 0
    }

    /// Most writes at one moment: what a minute allows beyond the lasting pace.
    fn burst(&self) -> u32 {
        self.rates.per_minute.saturating_sub(self.rates.per_second.saturating_mul(60)).max(1)
    }

    fn interval(&self) -> Duration {
        Duration::from_secs(1) / self.rates.per_second
    }

    fn wait_for_pace(&self, writes: u32, urgency: Urgency, now: Instant) -> Duration {
        let done = self.paced.unwrap_or(now).max(now) + self.interval() * writes;
        (done - now).saturating_sub(self.interval() * usable(self.burst(), urgency))
    }

    /// How long until `writes` more fit among the `most` of one window.
    fn wait_in(&self, window: Duration, most: u32, writes: u32, now: Instant) -> Duration {
        let over = (self.count(window, now) + writes).saturating_sub(most) as usize;
        if over == 0 {
            return Duration::ZERO;
        }
        let first = self.sent.len() - self.count(window, now) as usize;
        // `writes` is at most `most`, so there are at least `over` writes in the window to wait for.
        let last = self.sent.get(first + over - 1).copied().unwrap_or(now);
        (last + window).saturating_duration_since(now)
    }

    fn count(&self, window: Duration, now: Instant) -> u32 {
        let first = self.sent.partition_point(|at| now.saturating_duration_since(*at) >= window);
        u32::try_from(self.sent.len() - first).unwrap_or(u32::MAX)
    }

    /// A time that nobody else was given, so that those who wait do not all come back at once and look for nothing.
    fn promise(&mut self, earliest: Instant, writes: u32) -> Instant {
        let next = self.promised.map_or(earliest, |last| last + self.interval() * writes);
        let own = next.clamp(earliest, earliest + SPREAD);
        self.promised = Some(own);
        own
    }

    fn forget(&mut self, now: Instant) {
        while self.sent.front().is_some_and(|at| now.saturating_duration_since(*at) >= HOUR) {
            self.sent.pop_front();
        }
        self.promised = self.promised.filter(|at| *at > now);
    }
}

/// What one who is that urgent may use of `most`: always at least one.
fn usable(most: u32, urgency: Urgency) -> u32 {
    match urgency {
        Urgency::Urgent => most,
        Urgency::Normal => most - most / RESERVED_PART,
    }
}

#[cfg(test)]
mod tests;
