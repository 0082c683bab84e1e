//! A pull request or issue in a story: what both have.

use super::Repo;
use super::repo::unless_impossible;
use crate::http::Shared;
use crate::shape;
use crate::state::model::{At, Change, Happened};
use std::sync::Arc;

/// A handle on a pull request or issue.
#[derive(Clone)]
pub struct Subject {
    pub(crate) shared: Arc<Shared>,
    pub(crate) at: At,
}

impl std::fmt::Debug for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}#{}", self.repo(), self.at.number)
    }
}

impl Subject {
    /// The repository it is in.
    #[must_use]
    pub fn repo(&self) -> Repo {
        Repo { shared: Arc::clone(&self.shared), id: self.at.repository }
    }

    /// Its number.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.at.number
    }

    /// Its node id: the pull request's, not that of its issue object.
    #[must_use]
    pub fn node_id(&self) -> String {
        let state = self.shared.state();
        let item = state.item(self.at);
        item.map(|item| item.pull.as_ref().map_or_else(|| item.node_id.clone(), |pull| pull.node_id.clone())).unwrap_or_default()
    }

    /// Its labels as spelled, in the order in which they were set.
    #[must_use]
    pub fn labels(&self) -> Vec<String> {
        self.shared.state().labels_of(self.at).into_iter().map(|label| label.name.clone()).collect()
    }

    /// Whether it carries the label, letter case ignored.
    #[must_use]
    pub fn has_label(&self, name: &str) -> bool {
        self.labels().iter().any(|label| label.to_lowercase() == name.to_lowercase())
    }

    /// Every label that moved here: name, which way, by whom; oldest first.
    #[must_use]
    pub fn label_history(&self) -> Vec<(String, Change, String)> {
        let state = self.shared.state();
        let events = state.item(self.at).map(|item| item.timeline.clone()).unwrap_or_default();
        let moved = |event: crate::state::model::Event| match event.what {
            Happened::Labelled(label) => Some((label.name, Change::Added, event.actor)),
            Happened::Unlabelled(label) => Some((label.name, Change::Removed, event.actor)),
            _ => None,
        };
        events.into_iter().filter_map(moved).collect()
    }

    /// Sets a label, which is defined when it is not.
    pub fn label_by(&self, login: &str, name: &str) -> &Self {
        let mut state = self.shared.state();
        let id = unless_impossible(state.label_or_new(self.at.repository, name, login));
        unless_impossible(state.add_labels(self.at, &[id], login));
        drop(state);
        self
    }

    /// Takes a label away, if it is there.
    pub fn unlabel_by(&self, login: &str, name: &str) -> &Self {
        let mut state = self.shared.state();
        if let Some(id) = state.label_named(self.at.repository, name).map(|label| label.id) {
            unless_impossible(state.remove_label(self.at, id, login));
        }
        drop(state);
        self
    }

    /// Writes a comment. Answers its id.
    pub fn comment(&self, login: &str, body: &str) -> u64 {
        unless_impossible(self.shared.state().comment(self.at, login, body))
    }

    /// Changes a comment.
    pub fn edit_comment(&self, login: &str, id: u64, body: &str) {
        self.shared.state().edit_comment(self.at, id, body, login);
    }

    /// Deletes a comment.
    pub fn delete_comment(&self, login: &str, id: u64) {
        self.shared.state().delete_comment(self.at, id, login);
    }

    /// Comments: author and text, oldest first.
    #[must_use]
    pub fn comments(&self) -> Vec<(String, String)> {
        let state = self.shared.state();
        let item = state.item(self.at);
        item.map(|item| item.comments.iter().map(|comment| (comment.author.clone(), comment.body.clone())).collect()).unwrap_or_default()
    }

    /// Reacts to the item itself; `content` as REST writes it: `eyes`, `+1`.
    pub fn react_by(&self, login: &str, content: &str) -> &Self {
        unless_impossible(self.shared.state().react(self.at, None, login, content));
        self
    }

    /// Reacts to one of its comments.
    pub fn react_to_comment_by(&self, login: &str, comment: u64, content: &str) -> &Self {
        unless_impossible(self.shared.state().react(self.at, Some(comment), login, content));
        self
    }

    /// Takes a reaction to the item back.
    pub fn unreact_by(&self, login: &str, content: &str) -> &Self {
        self.shared.state().unreact(self.at, login, content);
        self
    }

    /// Reactions to the item, or to the comment: who, and what.
    #[must_use]
    pub fn reactions(&self, comment: Option<u64>) -> Vec<(String, String)> {
        let state = self.shared.state();
        let Some(item) = state.item(self.at) else { return Vec::new() };
        let list = match comment {
            None => Some(&item.reactions),
            Some(id) => item.comments.iter().find(|comment| comment.id == id).map(|comment| &comment.reactions),
        };
        list.into_iter().flatten().map(|reaction| (reaction.user.clone(), reaction.content.clone())).collect()
    }

    /// Closes it without a merge.
    pub fn close_by(&self, login: &str) -> &Self {
        unless_impossible(self.shared.state().close(self.at, login, false));
        self
    }

    /// Opens it again.
    pub fn reopen_by(&self, login: &str) -> &Self {
        unless_impossible(self.shared.state().reopen(self.at, login));
        self
    }

    /// Gives it another title.
    pub fn retitle_by(&self, login: &str, title: &str) -> &Self {
        self.shared.state().retitle(self.at, title, login);
        self
    }

    /// Gives it another text.
    pub fn describe_by(&self, login: &str, body: &str) -> &Self {
        self.shared.state().describe(self.at, body, login);
        self
    }

    /// Deletes it: REST answers 410 from then on.
    pub fn delete_by(&self, login: &str) {
        self.shared.state().delete_issue(self.at, login);
    }

    /// Whether it is there and open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.shared.state().item(self.at).is_some_and(|item| item.open)
    }

    /// Its JSON as REST and webhooks show it.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        let state = self.shared.state();
        if state.item(self.at).is_some() { shape::subject(&state, self.at) } else { serde_json::Value::Null }
    }
}
