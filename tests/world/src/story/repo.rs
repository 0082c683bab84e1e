//! A repository in a story.

use super::{Pull, Subject};
use crate::http::Shared;
use crate::state::model::{At, Permission};
use crate::state::{Opening, Reject};
use std::sync::Arc;

/// A handle on a repository; it survives renames.
#[derive(Clone)]
pub struct Repo {
    pub(crate) shared: Arc<Shared>,
    pub(crate) id: u64,
}

impl std::fmt::Debug for Repo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Repo({})", self.full_name())
    }
}

impl Repo {
    /// Numeric id.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Node id.
    #[must_use]
    pub fn node_id(&self) -> String {
        self.shared.state().place(self.id).node_id.clone()
    }

    /// `owner/name`, as it is called now.
    #[must_use]
    pub fn full_name(&self) -> String {
        self.shared.state().place(self.id).full_name()
    }

    /// The owner, as it is called now.
    #[must_use]
    pub fn owner(&self) -> String {
        self.shared.state().place(self.id).owner.clone()
    }

    /// The name without owner, as it is now.
    #[must_use]
    pub fn name(&self) -> String {
        self.shared.state().place(self.id).name.clone()
    }

    /// Grants a permission; without one, anybody may read a public repository.
    pub fn grant(&self, login: &str, permission: Permission) -> &Self {
        self.shared.state().grant(self.id, login, permission);
        self
    }

    /// Hides it from everybody who was granted nothing.
    pub fn make_private(&self) -> &Self {
        self.shared.state().place_mut(self.id).private = true;
        self
    }

    /// Makes it read-only for all.
    pub fn archive(&self) -> &Self {
        self.shared.state().place_mut(self.id).archived = true;
        self
    }

    /// Renames it, or transfers it when the owner differs. The old name answers 301 from then on.
    pub fn rename_by(&self, login: &str, full_name: &str) {
        self.shared.state().rename_repository(self.id, full_name, login);
    }

    /// Deletes it.
    pub fn delete_by(&self, login: &str) {
        self.shared.state().delete_repository(self.id, login);
    }

    /// Opens a pull request from a branch of this repository; the branch is pushed first when it is not there.
    pub fn open_pull(&self, login: &str, branch: &str) -> Pull {
        self.open_pull_with(login, branch, &format!("work on {branch}"), false)
    }

    /// The same as a draft.
    pub fn open_draft(&self, login: &str, branch: &str) -> Pull {
        self.open_pull_with(login, branch, &format!("work on {branch}"), true)
    }

    /// The same with a title of one's own.
    pub fn open_pull_with(&self, login: &str, branch: &str, title: &str, draft: bool) -> Pull {
        self.open_from(self.id, login, branch, title, draft)
    }

    /// Opens a pull request from a branch of a fork, which is made on first mention.
    pub fn open_pull_from_fork(&self, login: &str, fork: &str, branch: &str) -> Pull {
        let fork_id = {
            let mut state = self.shared.state();
            let id = state.found_repository(fork);
            state.place_mut(id).fork_of = Some(self.id);
            id
        };
        self.open_from(fork_id, login, branch, &format!("work on {branch}"), false)
    }

    fn open_from(&self, head_repository: u64, login: &str, branch: &str, title: &str, draft: bool) -> Pull {
        let opening = Opening { title: title.to_owned(), body: String::new(), head_repository, head_ref: branch.to_owned(), draft };
        let at = self.shared.state().open_pull(self.id, login, opening);
        Pull(Subject { shared: Arc::clone(&self.shared), at })
    }

    /// Opens an issue.
    pub fn open_issue(&self, login: &str, title: &str, body: &str) -> Subject {
        let at = self.shared.state().open_issue(self.id, login, title, body);
        Subject { shared: Arc::clone(&self.shared), at }
    }

    /// The pull request or issue of that number, which may not be there.
    #[must_use]
    pub fn subject(&self, number: u32) -> Subject {
        Subject { shared: Arc::clone(&self.shared), at: At { repository: self.id, number } }
    }

    /// Pushes a commit to a branch, which is made when it is not there. Answers the new head.
    pub fn push_by(&self, login: &str, branch: &str) -> String {
        self.shared.state().push(self.id, branch, login, false)
    }

    /// Pushes a tag.
    pub fn tag_by(&self, login: &str, tag: &str) {
        self.shared.state().tag(self.id, tag, login);
    }

    /// Deletes a branch.
    pub fn delete_branch_by(&self, login: &str, branch: &str) {
        self.shared.state().delete_branch(self.id, branch, login);
    }

    /// The head of a branch.
    #[must_use]
    pub fn head_of(&self, branch: &str) -> Option<String> {
        self.shared.state().place(self.id).branches.get(branch).cloned()
    }

    /// Defines a label.
    ///
    /// # Panics
    /// When GitHub would refuse it.
    pub fn define_label_by(&self, login: &str, name: &str, colour: &str, description: &str) -> &Self {
        let defined = self.shared.state().create_label(self.id, name, colour, Some(description), login);
        defined.expect("the story defines labels that GitHub allows, once");
        self
    }

    /// Deletes a label's definition, and with it the label from every item.
    pub fn delete_label_by(&self, login: &str, name: &str) {
        let mut state = self.shared.state();
        if let Some(id) = state.label_named(self.id, name).map(|label| label.id) {
            unless_impossible(state.delete_label(self.id, id, login));
        }
    }

    /// Every label that is defined: name, colour, description.
    #[must_use]
    pub fn label_definitions(&self) -> Vec<(String, String, String)> {
        let state = self.shared.state();
        let labels = state.place(self.id).labels.iter();
        labels.map(|label| (label.name.clone(), label.colour.clone(), label.description.clone().unwrap_or_default())).collect()
    }

    /// Node id of a label, letter case ignored.
    #[must_use]
    pub fn label_node_id(&self, name: &str) -> Option<String> {
        self.shared.state().label_named(self.id, name).map(|label| label.node_id.clone())
    }

    /// A check run by the App with that slug, started and completed now. Answers its id.
    pub fn check_by(&self, app: &str, name: &str, head: &str, conclusion: &str) -> u64 {
        let id = self.start_check_by(app, name, head);
        self.complete_check(id, conclusion);
        id
    }

    /// A check run that starts now. Answers its id.
    pub fn start_check_by(&self, app: &str, name: &str, head: &str) -> u64 {
        self.shared.state().start_check(self.id, app, name, head)
    }

    /// Ends a check run, with a conclusion as REST writes it.
    pub fn complete_check(&self, id: u64, conclusion: &str) {
        self.shared.state().complete_check(self.id, id, conclusion);
    }
}

/// A story that asks for what GitHub refuses is a mistake in the story.
pub(crate) fn unless_impossible<T>(done: Result<T, Reject>) -> T {
    match done {
        Ok(done) => done,
        Err(reject) => panic!("GitHub would refuse this step of the story: {reject:?}"),
    }
}
