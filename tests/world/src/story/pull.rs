//! A pull request in a story: what issues do not have.

use super::Subject;
use super::repo::unless_impossible;
use crate::state::model::{Pull as Model, Verdict};
use std::ops::Deref;

/// A handle on a pull request. Everything that issues have too is on [`Subject`].
#[derive(Debug, Clone)]
pub struct Pull(pub(crate) Subject);

impl Deref for Pull {
    type Target = Subject;
    fn deref(&self) -> &Subject {
        &self.0
    }
}

impl Pull {
    fn model<R>(&self, read: impl FnOnce(&Model) -> R) -> R {
        let state = self.0.shared.state();
        let pull = state.item(self.0.at).and_then(|item| item.pull.as_ref());
        read(pull.expect("a handle on a pull request that was deleted, or that is an issue"))
    }

    /// The commit it is at.
    #[must_use]
    pub fn head(&self) -> String {
        self.model(|pull| pull.head.clone())
    }

    /// The branch it comes from.
    #[must_use]
    pub fn branch(&self) -> String {
        self.model(|pull| pull.head_ref.clone())
    }

    /// Whether it was merged.
    #[must_use]
    pub fn is_merged(&self) -> bool {
        self.model(|pull| pull.merged_at.is_some())
    }

    /// Reviews the present head. Answers the review's id.
    pub fn review(&self, login: &str, verdict: Verdict) -> u64 {
        self.review_with(login, verdict, "", None)
    }

    /// Reviews with a text, and on behalf of a certain commit.
    pub fn review_with(&self, login: &str, verdict: Verdict, body: &str, commit: Option<&str>) -> u64 {
        unless_impossible(self.0.shared.state().review(self.0.at, login, verdict, body, commit))
    }

    /// Dismisses a review.
    pub fn dismiss_review_by(&self, login: &str, review: u64) {
        self.0.shared.state().dismiss_review(self.0.at, review, login);
    }

    /// Opens a conversation on a line. Answers the thread's node id.
    pub fn open_thread(&self, login: &str, body: &str) -> String {
        unless_impossible(self.0.shared.state().open_thread(self.0.at, login, body))
    }

    /// Resolves a conversation.
    pub fn resolve_thread_by(&self, login: &str, thread: &str) {
        self.0.shared.state().resolve_thread(self.0.at, thread, true, login);
    }

    /// Takes the resolution back.
    pub fn unresolve_thread_by(&self, login: &str, thread: &str) {
        self.0.shared.state().resolve_thread(self.0.at, thread, false, login);
    }

    /// Pushes a commit to its branch. Answers the new head.
    pub fn push_by(&self, login: &str) -> String {
        self.push(login, false)
    }

    /// Replaces its commits by one new one.
    pub fn force_push_by(&self, login: &str) -> String {
        self.push(login, true)
    }

    fn push(&self, login: &str, forced: bool) -> String {
        let (repository, branch) = self.model(|pull| (pull.head_repository, pull.head_ref.clone()));
        self.0.shared.state().push(repository, &branch, login, forced)
    }

    /// Merges it.
    pub fn merge_by(&self, login: &str) -> &Self {
        unless_impossible(self.0.shared.state().close(self.0.at, login, true));
        self
    }

    /// Makes it a draft, or ready for review.
    pub fn set_draft_by(&self, login: &str, draft: bool) -> &Self {
        self.0.shared.state().set_draft(self.0.at, draft, login);
        self
    }

    /// A check run on its head, started and completed now. Answers its id.
    pub fn check_by(&self, app: &str, name: &str, conclusion: &str) -> u64 {
        let head = self.head();
        self.0.repo().check_by(app, name, &head, conclusion)
    }
}
