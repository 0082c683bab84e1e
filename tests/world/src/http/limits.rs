//! Rate limits by the world's clock: the primary ones, one for REST and one for GraphQL, and the secondary one on writes.

use std::collections::{BTreeMap, VecDeque};

/// Seconds of one window.
const WINDOW_SECONDS: i64 = 3_600;
/// Requests or points in one window, for a user's token.
pub(crate) const LIMIT: u32 = 5_000;

/// Writes in a minute that the secondary limit allows.
const WRITES_PER_MINUTE: usize = 80;
/// Writes in an hour that the secondary limit allows.
const WRITES_PER_HOUR: usize = 500;

/// Points in a minute that the secondary limit allows: of REST, of GraphQL.
const POINTS_PER_MINUTE: [u32; 2] = [900, 2_000];
/// Points of a request that writes; one that reads is one.
const POINTS_OF_A_WRITE: u32 = 5;
/// Requests under way at once that the secondary limit allows, REST and GraphQL together.
pub(crate) const CONCURRENT: usize = 100;

/// The limits of all who ask, each with his own.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    by: BTreeMap<String, Allowance>,
    /// Whether the secondary limits are enforced.
    pub enforced: bool,
    /// Whether an answer that names a secondary limit leaves out how long to wait.
    pub untold: bool,
}

/// What one who asks has left.
#[derive(Debug)]
pub(crate) struct Allowance {
    /// Of REST and of GraphQL.
    pub budgets: [Budget; 2],
    secondary: Secondary,
    /// When points were spent within the last minute: of REST, of GraphQL.
    points: [VecDeque<(i64, u32)>; 2],
}

/// Why a request is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limited {
    /// The hour's requests are used up.
    Primary,
    /// Too much at once; how many seconds to wait, unless that is left out.
    Secondary(Option<i64>),
}

impl Limits {
    pub(crate) fn of(&mut self, who: &str, now: i64) -> &mut Allowance {
        self.by.entry(who.to_owned()).or_insert_with(|| Allowance {
            budgets: [Budget::new(now); 2],
            secondary: Secondary::default(),
            points: Default::default(),
        })
    }

    /// Counts a request. Answers the budget it came from, and why it is not let in, if it is not.
    pub(crate) fn spend(&mut self, who: &str, interface: usize, is_write: bool, now: i64) -> (Budget, Option<Limited>) {
        let (enforced, untold) = (self.enforced, self.untold);
        let allowance = self.of(who, now);
        let is_left = allowance.budgets[interface].spend(now);
        let budget = allowance.budgets[interface];
        if !is_left {
            return (budget, Some(Limited::Primary));
        }
        let points = allowance.point(interface, is_write, now).filter(|_| enforced);
        let writes = is_write.then(|| allowance.secondary.write(now, enforced).err()).flatten();
        let wait = points.max(writes);
        (budget, wait.map(|seconds| Limited::Secondary(Some(seconds).filter(|_| !untold))))
    }
}

impl Allowance {
    /// Counts a request's points; after how many seconds they would have been welcome, if they are too many.
    fn point(&mut self, interface: usize, is_write: bool, now: i64) -> Option<i64> {
        let spent = &mut self.points[interface];
        while spent.front().is_some_and(|(at, _)| now - at >= 60) {
            spent.pop_front();
        }
        let cost = if is_write { POINTS_OF_A_WRITE } else { 1 };
        if spent.iter().map(|(_, points)| points).sum::<u32>() + cost > POINTS_PER_MINUTE[interface] {
            return spent.front().map(|(at, _)| at + 60 - now);
        }
        spent.push_back((now, cost));
        None
    }
}

/// The limit on requests that create content, which label writes are assumed to be.
#[derive(Debug, Default)]
struct Secondary {
    /// Times of the writes of the last hour, oldest first.
    writes: VecDeque<i64>,
}

impl Secondary {
    /// Counts a write, or answers after how many seconds the next is welcome.
    fn write(&mut self, now: i64, enforced: bool) -> Result<(), i64> {
        while self.writes.front().is_some_and(|at| now - at >= WINDOW_SECONDS) {
            self.writes.pop_front();
        }
        let minute: Vec<i64> = self.writes.iter().copied().filter(|at| now - at < 60).collect();
        if enforced && self.writes.len() >= WRITES_PER_HOUR {
            return Err(self.writes[0] + WINDOW_SECONDS - now);
        }
        if enforced && minute.len() >= WRITES_PER_MINUTE {
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
