//! Pull requests, and the ways from a branch or a commit to them.

use super::Desk;
use crate::http::answer::Answer;
use crate::shape;
use crate::state::model::{At, Item, Pull};
use serde_json::{Value, json};

impl Desk<'_> {
    pub(crate) fn show_pull(&mut self, at: At) -> Answer {
        match shape::pull(self.state, at) {
            // An issue's number is no pull request's.
            Value::Null => Answer::not_found(),
            pull => Answer::ok(pull),
        }
    }

    /// Pull requests of this repository that the filter lets through, newest first.
    fn pulls(&self, keep: impl Fn(&Item, &Pull) -> bool) -> Vec<Value> {
        let items = self.state.place(self.repository).items.values().rev();
        let kept = items.filter(|item| item.pull.as_ref().is_some_and(|pull| keep(item, pull)));
        kept.map(|item| shape::pull_in_brief(self.state, At { repository: self.repository, number: item.number })).collect()
    }

    /// `head` is `owner:branch`; anything else in it filters nothing, as on GitHub.
    pub(crate) fn list_pulls(&self) -> Answer {
        let state = self.ask.parameter("state").unwrap_or("open");
        let head = self.ask.parameter("head").and_then(|head| head.split_once(':'));
        let base = self.ask.parameter("base");
        self.page(self.pulls(|item, pull| {
            let by_state = state == "all" || (state == "open") == item.open;
            let by_head = head.is_none_or(|(owner, branch)| {
                pull.head_ref == branch && self.state.place(pull.head_repository).owner.eq_ignore_ascii_case(owner)
            });
            by_state && by_head && base.is_none_or(|base| pull.base_ref == base)
        }))
    }

    /// Pull requests that contain the commit, whatever their state, forks included.
    pub(crate) fn pulls_of_commit(&self, sha: &str) -> Answer {
        let known = self.state.place(self.repository).commits.contains_key(sha);
        let found = self.pulls(|_, pull| pull.commits.iter().any(|commit| commit == sha) || pull.merge_commit.as_deref() == Some(sha));
        if found.is_empty() && !known {
            return Answer::error(422, &format!("No commit found for SHA: {sha}"));
        }
        self.page(found)
    }

    pub(crate) fn list_reviews(&mut self, at: At) -> Answer {
        let Some(pull) = self.state.item(at).and_then(|item| item.pull.as_ref()) else { return Answer::not_found() };
        let capitals = |mut review: Value| {
            let word = review["state"].as_str().unwrap_or_default().to_uppercase();
            review["state"] = word.into();
            review
        };
        self.page(pull.reviews.iter().map(|review| capitals(shape::review(self.state, at, review))).collect())
    }

    pub(crate) fn checks_of_commit(&self, sha: &str) -> Answer {
        let checks = self.state.place(self.repository).checks.iter().filter(|check| check.head == sha);
        let runs: Vec<Value> = checks.map(|check| shape::check_run_in_brief(self.state, self.repository, check)).collect();
        Answer::ok(json!({ "total_count": runs.len(), "check_runs": runs }))
    }
}
