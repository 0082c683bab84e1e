//! Branch news: pushes and checks that name a branch and no pull request. A store keeps them until GitHub says whose they are, so an
//! unreachable GitHub loses nothing.
//!
//! Of one branch everything is kept that nobody has asked about yet: a push that was followed by another may have superseded runs, and
//! was accepted like any other. Only when GitHub has said often enough that no pull request was open when it was made does it go; the
//! newest commit waits on, for a pull request that is opened later.

mod pull;
mod stored;

pub use pull::PullOf;

use crate::Timestamp;
use crate::news::{Event, News};
use crate::subject::Repository;
use serde::{Deserialize, Serialize};

/// Branches that may wait; beyond that the one that waits longest goes.
pub const BRANCHES: u64 = 10_000;
/// News of a branch wait this long for their pull request, in hours.
pub const HELD_HOURS: i64 = 24;
/// Most news of one branch. Beyond that the oldest check goes, for facts show the checks of a head; then the oldest push, for every newer
/// one supersedes at least what it did.
pub const NEWS_PER_BRANCH: usize = 50;
/// No wait between two tries is longer, in seconds. A moment further away was written by a clock that was wrong, and has come.
pub const WAIT_SECONDS: i64 = 600;

/// One piece of branch news, as it was delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldNews {
    /// The commit it is about.
    pub commit: String,
    /// Correlation id of the delivery that told it first.
    pub delivery: String,
    /// What happened, when, and when that arrived.
    pub news: News,
}

impl HeldNews {
    /// Whether it tells a push; else it tells a check.
    #[must_use]
    pub fn is_push(&self) -> bool {
        matches!(self.news.event, Event::Pushed { .. })
    }

    /// Whether it has waited [`HELD_HOURS`].
    #[must_use]
    pub fn is_old(&self, now: Timestamp) -> bool {
        now.as_second() - self.news.arrived.as_second() >= HELD_HOURS * 3600
    }
}

/// News of one branch that wait for their pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "stored::Form")]
pub struct HeldBranch {
    /// The repository.
    pub repository: Repository,
    /// The branch, without `refs/heads/`; unknown for a check on a fork's commit.
    pub branch: Option<String>,
    /// What is told of it, in the order of arrival; never nothing.
    pub news: Vec<HeldNews>,
    /// Times that GitHub was asked since something was told.
    pub attempts: u32,
    /// When to ask next; nothing when GitHub was asked often enough, and only a pull request that is opened later can want it.
    pub next_at: Option<Timestamp>,
}

/// Since when a branch waits, and for which moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// When the first of its news arrived; the branch with the earliest waits longest.
    pub since: Timestamp,
    /// When to ask GitHub, or, after it was asked often enough, when everything has waited too long.
    pub until: Timestamp,
    is_over_then: bool,
}

impl Wait {
    /// It has been due for ever.
    #[must_use]
    pub fn at_once() -> Self {
        Self { since: Timestamp::UNIX_EPOCH, until: Timestamp::UNIX_EPOCH, is_over_then: false }
    }

    /// Whether that moment has come.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        let cannot_be_meant = !self.is_over_then && self.until.as_second() - now.as_second() > WAIT_SECONDS;
        self.until <= now || cannot_be_meant
    }
}

/// What became of news that were to be kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holding {
    /// Something of it was not kept already.
    pub is_new: bool,
    /// What had to go to make room, by branch: told by nobody else, so whoever keeps account of deliveries must write it down.
    pub gone: Vec<HeldBranch>,
}

impl HeldBranch {
    /// What it is kept under, within its repository: the branch. No branch name holds a colon, so a commit without a branch has a key
    /// of its own.
    #[must_use]
    pub fn key(&self) -> String {
        let commit = || self.news.first().map_or("", |first| first.commit.as_str());
        self.branch.clone().unwrap_or_else(|| format!(":{}", commit()))
    }

    /// Whether this is told now, and not kept again after GitHub was asked: what is told now is told under the present name.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.attempts == 0
    }

    /// How long it waits.
    #[must_use]
    pub fn wait(&self) -> Wait {
        let arrived = || self.news.iter().map(|held| held.news.arrived);
        let last = arrived().max().unwrap_or(Timestamp::UNIX_EPOCH);
        let until = self.next_at.or_else(|| Timestamp::from_second(last.as_second() + HELD_HOURS * 3600).ok());
        Wait {
            since: arrived().min().unwrap_or(Timestamp::UNIX_EPOCH),
            until: until.unwrap_or(Timestamp::MAX),
            is_over_then: self.next_at.is_none(),
        }
    }

    /// The news that happened last, by GitHub's own times; of one second, what arrived last.
    #[must_use]
    pub fn newest(&self) -> Option<&HeldNews> {
        self.news.iter().max_by_key(|held| held.news.at)
    }

    /// The same branch with those of its news that `wanted` picks; nothing when it picks none.
    #[must_use]
    pub fn only(&self, wanted: impl Fn(&HeldNews) -> bool) -> Option<Self> {
        let news: Vec<HeldNews> = self.news.iter().filter(|held| wanted(held)).cloned().collect();
        (!news.is_empty()).then(|| Self { news, ..self.clone() })
    }

    /// What to keep, where `stored` is kept already, and what had to go for it.
    ///
    /// What is told now joins what waits, each piece once, and is asked for soon. After GitHub was asked only the time of the next try
    /// changes, unless something was told meanwhile; what others have passed on since then does not come back.
    #[must_use]
    pub fn over(self, stored: Option<Self>) -> (Option<Self>, Holding) {
        let Some(mut stored) = stored else {
            let is_new = self.is_told();
            return (is_new.then_some(self), Holding { is_new, gone: Vec::new() });
        };
        if !self.is_told() {
            let has_more = stored.news.iter().any(|kept| !self.news.iter().any(|asked| asked.news.id == kept.news.id));
            if !has_more {
                (stored.attempts, stored.next_at) = (self.attempts, self.next_at);
            }
            return (Some(stored), Holding::default());
        }
        let more: Vec<HeldNews> =
            self.news.into_iter().filter(|told| !stored.news.iter().any(|kept| kept.news.id == told.news.id)).collect();
        if more.is_empty() {
            return (Some(stored), Holding::default());
        }
        stored.news.extend(more);
        stored.attempts = 0;
        // A branch that is pushed to again and again is asked for all the same.
        stored.next_at = stored.next_at.into_iter().chain(self.next_at).min();
        let gone = stored.make_room();
        (Some(stored), Holding { is_new: true, gone: gone.into_iter().collect() })
    }

    /// What remains of `stored` when this was passed on, or given up: whatever was not part of it.
    #[must_use]
    pub fn let_go_of(&self, stored: &Self) -> Option<Self> {
        stored.only(|kept| !self.news.iter().any(|over| over.news.id == kept.news.id))
    }

    fn make_room(&mut self) -> Option<Self> {
        let mut gone = Vec::new();
        while self.news.len() > NEWS_PER_BRANCH {
            let oldest = self.news.iter().enumerate().min_by_key(|(_, held)| (held.is_push(), held.news.at)).map(|(place, _)| place)?;
            gone.push(self.news.remove(oldest));
        }
        (!gone.is_empty()).then(|| Self { news: gone, ..self.clone() })
    }
}

#[cfg(test)]
#[path = "branch_tests.rs"]
mod tests;
