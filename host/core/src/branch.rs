//! Branch news: pushes and checks that name a branch and no pull request. A store keeps them until GitHub says whose they are, so an
//! unreachable GitHub loses nothing.

use crate::Timestamp;
use crate::news::News;
use crate::subject::Repository;
use serde::{Deserialize, Serialize};

/// Branches that may wait; beyond that the one that waits longest goes.
pub const BRANCHES: u64 = 10_000;
/// A branch waits this long for its pull request, in hours.
pub const HELD_HOURS: i64 = 24;
/// Most news of one commit.
pub const NEWS_PER_BRANCH: usize = 50;

/// News that wait for their pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldBranch {
    /// The repository.
    pub repository: Repository,
    /// The branch, without `refs/heads/`; unknown for a check on a fork's commit.
    pub branch: Option<String>,
    /// Its newest commit.
    pub commit: String,
    /// Correlation id of the delivery.
    pub delivery: String,
    /// What happened.
    pub news: Vec<News>,
    /// When it first arrived.
    pub since: Timestamp,
    /// Times that GitHub was asked.
    pub attempts: u32,
    /// When to ask next.
    pub next_at: Timestamp,
}

impl HeldBranch {
    /// What it is kept under, within its repository: the branch. No branch name holds a colon, so a commit without a branch has a key
    /// of its own.
    #[must_use]
    pub fn key(&self) -> String {
        self.branch.clone().unwrap_or_else(|| format!(":{}", self.commit))
    }

    /// Whether this is told now, and not kept again after GitHub was asked: what is told now is told under the present name.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.attempts == 0
    }

    /// What to keep, where `stored` is kept already: a newer commit takes the place of an older one, more news of one commit join, at
    /// most [`NEWS_PER_BRANCH`], and a retry of an older commit does not push out a newer one that arrived meanwhile.
    #[must_use]
    pub fn over(self, stored: Option<Self>) -> Self {
        match stored {
            Some(mut stored) if stored.commit == self.commit => {
                for news in self.news {
                    if stored.news.len() < NEWS_PER_BRANCH && !stored.news.iter().any(|known| known.id == news.id) {
                        stored.news.push(news);
                    }
                }
                Self { attempts: self.attempts, next_at: self.next_at, ..stored }
            }
            Some(newer) if !self.is_told() => newer,
            _ => self,
        }
    }

    /// Whether `stored` may go when this was passed on: it is of the same commit, and nothing joined it meanwhile.
    #[must_use]
    pub fn lets_go_of(&self, stored: &Self) -> bool {
        stored.commit == self.commit && stored.news.len() <= self.news.len()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::news::Event;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    fn held(commit: &str, news: &[&str]) -> HeldBranch {
        let news = news.iter().map(|id| News { id: (*id).into(), at: at(0), arrived: at(1), actor: None, event: Event::Opened }).collect();
        HeldBranch {
            repository: Repository { id: 7, owner: "acme".into(), name: "shop".into() },
            branch: Some("main".into()),
            commit: commit.into(),
            delivery: "d".into(),
            news,
            since: at(0),
            attempts: 0,
            next_at: at(2),
        }
    }

    #[test]
    fn g6_news_of_one_commit_join_and_keep_when_the_first_arrived() {
        let more = HeldBranch { since: at(9), attempts: 2, next_at: at(11), ..held("a", &["2", "1", "3"]) };
        let merged = more.over(Some(held("a", &["1"])));
        assert_eq!(merged.news.iter().map(|news| news.id.as_str()).collect::<Vec<_>>(), ["1", "2", "3"]);
        assert_eq!((merged.since, merged.attempts, merged.next_at), (at(0), 2, at(11)));
    }

    #[test]
    fn g6_one_commit_has_so_much_news_and_no_more() {
        let ids: Vec<String> = (0..NEWS_PER_BRANCH + 5).map(|n| n.to_string()).collect();
        let mut stored = held("a", &["first"]);
        for id in &ids {
            stored = held("a", &[id]).over(Some(stored));
        }
        assert_eq!(stored.news.len(), NEWS_PER_BRANCH);
    }

    #[test]
    fn g6_a_newer_commit_takes_the_place_and_a_retry_of_an_older_one_does_not() {
        assert_eq!(held("b", &["2"]).over(Some(held("a", &["1"]))).commit, "b");
        let retry = HeldBranch { attempts: 1, ..held("a", &["1"]) };
        assert_eq!(retry.clone().over(Some(held("b", &["2"]))), held("b", &["2"]));
        assert_eq!(retry.clone().over(None), retry);
    }

    #[test]
    fn g6_what_was_passed_on_goes_unless_a_newer_commit_or_more_news_came() {
        assert!(held("a", &["1"]).lets_go_of(&held("a", &["1"])));
        assert!(!held("a", &["1"]).lets_go_of(&held("b", &["2"])));
        assert!(!held("a", &["1"]).lets_go_of(&held("a", &["1", "2"])));
    }

    #[test]
    fn a_commit_without_a_branch_is_kept_apart_from_every_branch() {
        let nameless = HeldBranch { branch: None, ..held("main", &[]) };
        assert_eq!((nameless.key().as_str(), held("main", &[]).key().as_str()), (":main", "main"));
    }
}
