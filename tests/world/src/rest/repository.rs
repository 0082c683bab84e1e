//! What is known of a repository besides its labels and pull requests: who pushed, who may what.

use super::Desk;
use crate::http::answer::Answer;
use crate::shape;
use crate::state::model::Permission;
use serde_json::json;

impl Desk<'_> {
    pub(crate) fn show_repository(&self) -> Answer {
        Answer::ok(shape::full_repository(self.state, self.repository, self.permission))
    }

    /// Pushes, newest first. `ref` is a branch or a full reference.
    pub(crate) fn list_activity(&self) -> Answer {
        let reference =
            self.ask.parameter("ref").map(|text| if text.starts_with("refs/") { text.to_owned() } else { format!("refs/heads/{text}") });
        let actor = self.ask.parameter("actor");
        let kind = self.ask.parameter("activity_type");
        let wanted = self.state.place(self.repository).activity.iter().rev().filter(|one| {
            reference.as_ref().is_none_or(|reference| one.reference == *reference)
                && actor.is_none_or(|actor| one.actor.eq_ignore_ascii_case(actor))
                && kind.is_none_or(|kind| one.kind == kind)
        });
        self.page_after(wanted.map(|one| shape::activity(self.state, one)).collect())
    }

    /// `permission` knows four words, `role_name` all six.
    pub(crate) fn show_permission(&self, login: &str) -> Answer {
        if self.permission < Permission::Write {
            return Answer::error(403, "Must have push access to view collaborator permission.");
        }
        let Some(account) = self.state.known_account(login) else { return Answer::not_found() };
        let (permission, role) = match self.state.permission(self.repository, login) {
            Permission::None => ("none", "none"),
            Permission::Read => ("read", "read"),
            Permission::Triage => ("read", "triage"),
            Permission::Write => ("write", "write"),
            Permission::Maintain => ("write", "maintain"),
            Permission::Admin => ("admin", "admin"),
        };
        let mut user = shape::account(account);
        user["role_name"] = role.into();
        Answer::ok(json!({ "permission": permission, "role_name": role, "user": user }))
    }
}
