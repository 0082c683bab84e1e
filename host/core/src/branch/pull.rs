//! Which pull requests want which news of a branch.

use super::HeldNews;
use crate::Timestamp;
use crate::subject::Subject;

/// A pull request that news of a branch or a commit may be about, as GitHub shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullOf {
    /// The pull request.
    pub subject: Subject,
    /// The commit at its head.
    pub head: String,
    /// Whether its head is the branch that was asked about, in this repository and not in a fork.
    pub is_of_branch: bool,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was closed or merged; nothing while it is open.
    pub closed_at: Option<Timestamp>,
}

impl PullOf {
    /// Whether this is news of the pull request. A push to its branch while it was open is, also when the head has moved on since: it may
    /// have superseded something. Of all else only what is about the head of an open one: a check of another commit says nothing about
    /// it, and pushes before it was opened led up to it.
    #[must_use]
    pub fn wants(&self, held: &HeldNews) -> bool {
        let is_of_head = self.closed_at.is_none() && self.head.eq_ignore_ascii_case(&held.commit);
        is_of_head || (held.is_push() && self.is_of_branch && self.was_open_at(held.news.at))
    }

    fn was_open_at(&self, at: Timestamp) -> bool {
        self.opened_at <= at && self.closed_at.is_none_or(|closed_at| at <= closed_at)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::news::{Event, News};
    use crate::subject::{Repository, SubjectKind};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    fn told(commit: &str, second: i64, event: Event) -> HeldNews {
        let news = News { id: "one".into(), at: at(second), arrived: at(second), actor: None, event };
        HeldNews { commit: commit.into(), delivery: "d".into(), news }
    }

    fn push(commit: &str, second: i64) -> HeldNews {
        told(commit, second, Event::Pushed { commit: commit.into(), branch: "main".into() })
    }

    fn pull(closed_at: Option<i64>) -> PullOf {
        let repository = Repository { id: 7, owner: "acme".into(), name: "shop".into() };
        let subject = Subject { repository, number: 1, kind: SubjectKind::PullRequest };
        PullOf { subject, head: "c0ffee".into(), is_of_branch: true, opened_at: at(10), closed_at: closed_at.map(at) }
    }

    #[test]
    fn g6_each_push_to_the_branch_of_an_open_pull_request_is_its_news() {
        assert!(pull(None).wants(&push("C0FFEE", 20)) && pull(None).wants(&push("decaf", 10)));
        assert!(!pull(None).wants(&push("decaf", 9)), "what was pushed before led up to it");
        assert!(pull(None).wants(&push("c0ffee", 9)), "and its head is what it is about");
    }

    #[test]
    fn g6_a_push_is_news_of_a_pull_request_that_was_closed_after_it() {
        assert!(pull(Some(30)).wants(&push("decaf", 30)) && pull(Some(30)).wants(&push("c0ffee", 20)));
        assert!(!pull(Some(30)).wants(&push("decaf", 31)) && !pull(Some(30)).wants(&push("c0ffee", 31)));
    }

    #[test]
    fn g6_a_check_is_news_of_the_head_only() {
        assert!(pull(None).wants(&told("c0ffee", 20, Event::Elapsed)) && !pull(None).wants(&told("decaf", 20, Event::Elapsed)));
        assert!(!pull(Some(30)).wants(&told("c0ffee", 20, Event::Elapsed)));
    }

    #[test]
    fn g6_a_branch_of_the_same_name_in_a_fork_is_another_branch() {
        let fork = PullOf { is_of_branch: false, ..pull(None) };
        assert!(!fork.wants(&push("decaf", 20)) && fork.wants(&push("c0ffee", 20)));
    }
}
