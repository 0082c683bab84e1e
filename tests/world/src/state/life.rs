//! The life of pull requests and issues: opened, pushed to, merged, closed.

use super::model::{Activity, At, Commit, Event, Happened, Item, Pull};
use super::{NO_COMMIT, Node, Reject, State};
use crate::clock::written;
use crate::shape;
use serde_json::{Value, json};
use std::sync::Arc;

/// A pull request about to be opened.
#[derive(Debug, Clone)]
pub(crate) struct Opening {
    pub title: String,
    pub body: String,
    pub head_repository: u64,
    pub head_ref: String,
    pub draft: bool,
}

impl State {
    pub(crate) fn new_commit(&mut self, repository: u64, author: &str, message: &str) -> String {
        let commit = Commit {
            node_id: self.ids.node("C"),
            sha: self.ids.commit(),
            message: message.to_owned(),
            author: author.to_owned(),
            at: self.now(),
        };
        let sha = commit.sha.clone();
        self.place_mut(repository).commits.insert(sha.clone(), commit);
        self.revision += 1;
        sha
    }

    /// A new commit on a branch, which is made when it is not there. Pull requests of the branch
    /// follow, and say so besides the push itself.
    pub(crate) fn push(&mut self, repository: u64, branch: &str, by: &str, forced: bool) -> String {
        let place = self.place(repository);
        let before = place.branches.get(branch).cloned();
        let after = self.new_commit(repository, by, &format!("work on {branch}"));
        self.place_mut(repository).branches.insert(branch.to_owned(), after.clone());
        let kind = match (&before, forced) {
            (None, _) => "branch_creation",
            (Some(_), true) => "force_push",
            (Some(_), false) => "push",
        };
        let before = before.unwrap_or_else(|| NO_COMMIT.to_owned());
        self.record_activity(repository, branch, &before, &after, by, kind);
        self.announce_push(repository, &format!("refs/heads/{branch}"), &before, &after, by, forced);
        for at in self.pulls_of_branch(repository, branch) {
            self.change(at, |item| {
                if let Some(pull) = item.pull.as_mut() {
                    pull.head.clone_from(&after);
                    if forced {
                        pull.commits = vec![after.clone()];
                    } else {
                        pull.commits.push(after.clone());
                    }
                }
            });
            self.announce_subject(at, "synchronize", by, json!({ "before": before, "after": after }));
        }
        after
    }

    /// A tag: also a push, but of no branch.
    pub(crate) fn tag(&mut self, repository: u64, name: &str, by: &str) {
        let place = self.place(repository);
        let after = place.branches.get(&place.default_branch).cloned().unwrap_or_else(|| NO_COMMIT.to_owned());
        self.announce_push(repository, &format!("refs/tags/{name}"), NO_COMMIT, &after, by, false);
    }

    pub(crate) fn delete_branch(&mut self, repository: u64, branch: &str, by: &str) {
        if let Some(before) = self.place_mut(repository).branches.remove(branch) {
            self.record_activity(repository, branch, &before, NO_COMMIT, by, "branch_deletion");
            self.announce_push(repository, &format!("refs/heads/{branch}"), &before, NO_COMMIT, by, false);
        }
    }

    fn record_activity(&mut self, repository: u64, branch: &str, before: &str, after: &str, by: &str, kind: &'static str) {
        self.account(by);
        let activity = Activity {
            id: self.ids.number(),
            node_id: self.ids.node("PSH"),
            reference: format!("refs/heads/{branch}"),
            before: before.to_owned(),
            after: after.to_owned(),
            actor: by.to_owned(),
            at: self.now(),
            kind,
        };
        self.place_mut(repository).activity.push(activity);
        self.revision += 1;
    }

    /// Open pull requests whose head is that branch, in whichever repository they are.
    pub(crate) fn pulls_of_branch(&self, repository: u64, branch: &str) -> Vec<At> {
        let mut found = Vec::new();
        for place in self.repositories.values().filter(|place| !place.deleted) {
            for item in place.items.values().filter(|item| item.open) {
                if item.pull.as_ref().is_some_and(|pull| pull.head_repository == repository && pull.head_ref == branch) {
                    found.push(At { repository: place.id, number: item.number });
                }
            }
        }
        found
    }

    fn new_item(&mut self, repository: u64, by: &str, title: &str, body: &str, pull: Option<Pull>) -> At {
        self.account(by);
        let now = self.now();
        let place = self.place_mut(repository);
        let number = place.next_number;
        place.next_number += 1;
        let at = At { repository, number };
        let item = Item {
            number,
            id: self.ids.number(),
            node_id: self.ids.node("I"),
            title: title.to_owned(),
            body: body.to_owned(),
            open: true,
            author: by.to_owned(),
            created_at: now,
            updated_at: now,
            closed_at: None,
            labels: Vec::new(),
            timeline: Vec::new(),
            comments: Vec::new(),
            reactions: Vec::new(),
            pull,
        };
        // The issue object of a pull request has a node id of its own, which leads nowhere: clients that label by it are wrong.
        let node_id = item.pull.as_ref().map_or_else(|| item.node_id.clone(), |pull| pull.node_id.clone());
        self.nodes.insert(node_id, Node::Item(at));
        self.place_mut(repository).items.insert(number, Arc::new(item));
        self.revision += 1;
        at
    }

    pub(crate) fn open_pull(&mut self, repository: u64, by: &str, opening: Opening) -> At {
        if !self.place(opening.head_repository).branches.contains_key(&opening.head_ref) {
            self.push(opening.head_repository, &opening.head_ref, by, false);
        }
        let head = self.place(opening.head_repository).branches.get(&opening.head_ref).cloned().expect("pushed above");
        let base_ref = self.place(repository).default_branch.clone();
        let base = self.place(repository).branches.get(&base_ref).cloned().unwrap_or_else(|| NO_COMMIT.to_owned());
        let pull = Pull {
            id: self.ids.number(),
            node_id: self.ids.node("PR"),
            draft: opening.draft,
            merged_at: None,
            merge_commit: None,
            head_repository: opening.head_repository,
            head_ref: opening.head_ref,
            head: head.clone(),
            base_ref,
            base,
            commits: vec![head],
            reviews: Vec::new(),
            threads: Vec::new(),
        };
        let at = self.new_item(repository, by, &opening.title, &opening.body, Some(pull));
        self.announce_subject(at, "opened", by, json!({}));
        at
    }

    pub(crate) fn open_issue(&mut self, repository: u64, by: &str, title: &str, body: &str) -> At {
        let at = self.new_item(repository, by, title, body, None);
        self.announce_subject(at, "opened", by, json!({}));
        at
    }

    /// Closes, and merges when asked to. Nothing happens to what is closed already.
    pub(crate) fn close(&mut self, at: At, by: &str, merge: bool) -> Result<(), Reject> {
        let open = self.item(at).ok_or(Reject::NotFound)?.open;
        if !open {
            return Ok(());
        }
        self.account(by);
        let now = self.now();
        let commit = merge.then(|| self.new_commit(at.repository, by, &format!("Merge pull request #{}", at.number)));
        let (merged, closed) = (self.ids.node("ME"), self.ids.node("CE"));
        self.change(at, |item| {
            item.open = false;
            item.closed_at = Some(now);
            if let (Some(pull), Some(commit)) = (item.pull.as_mut(), commit.as_ref()) {
                pull.merged_at = Some(now);
                pull.merge_commit = Some(commit.clone());
                item.timeline.push(Event { node_id: merged, at: now, actor: by.to_owned(), what: Happened::Merged });
            }
            item.timeline.push(Event { node_id: closed, at: now, actor: by.to_owned(), what: Happened::Closed });
        });
        if let Some(commit) = commit {
            let base = self.item(at).and_then(|item| item.pull.as_ref().map(|pull| pull.base_ref.clone())).unwrap_or_default();
            let before =
                self.place_mut(at.repository).branches.insert(base.clone(), commit.clone()).unwrap_or_else(|| NO_COMMIT.to_owned());
            self.record_activity(at.repository, &base, &before, &commit, by, "pr_merge");
            self.announce_push(at.repository, &format!("refs/heads/{base}"), &before, &commit, by, false);
        }
        self.announce_subject(at, "closed", by, json!({}));
        Ok(())
    }

    pub(crate) fn reopen(&mut self, at: At, by: &str) -> Result<(), Reject> {
        let item = self.item(at).ok_or(Reject::NotFound)?;
        if item.open || item.pull.as_ref().is_some_and(|pull| pull.merged_at.is_some()) {
            return Ok(());
        }
        let (now, node_id) = (self.now(), self.ids.node("REE"));
        self.change(at, |item| {
            item.open = true;
            item.closed_at = None;
            item.timeline.push(Event { node_id, at: now, actor: by.to_owned(), what: Happened::Reopened });
        });
        self.announce_subject(at, "reopened", by, json!({}));
        Ok(())
    }

    pub(crate) fn set_draft(&mut self, at: At, draft: bool, by: &str) {
        let changed = self.change(at, |item| item.pull.as_mut().map(|pull| std::mem::replace(&mut pull.draft, draft) != draft));
        if changed.flatten() == Some(true) {
            self.announce_subject(at, if draft { "converted_to_draft" } else { "ready_for_review" }, by, json!({}));
        }
    }

    pub(crate) fn retitle(&mut self, at: At, title: &str, by: &str) {
        if let Some(from) = self.change(at, |item| std::mem::replace(&mut item.title, title.to_owned())) {
            self.announce_subject(at, "edited", by, json!({ "changes": { "title": { "from": from } } }));
        }
    }

    pub(crate) fn describe(&mut self, at: At, body: &str, by: &str) {
        if let Some(from) = self.change(at, |item| std::mem::replace(&mut item.body, body.to_owned())) {
            self.announce_subject(at, "edited", by, json!({ "changes": { "body": { "from": from } } }));
        }
    }

    /// Deletes an issue: GitHub answers 410 for it from then on. A pull request can be deleted by GitHub's own staff only, who
    /// tell nobody.
    pub(crate) fn delete_issue(&mut self, at: At, by: &str) {
        if self.item(at).is_some_and(|item| item.pull.is_none()) {
            self.announce_subject(at, "deleted", by, json!({}));
        }
        let place = self.place_mut(at.repository);
        place.items.remove(&at.number);
        place.gone.insert(at.number);
        self.revision += 1;
    }

    fn announce_push(&mut self, repository: u64, reference: &str, before: &str, after: &str, by: &str, forced: bool) {
        self.account(by);
        let deleted = after == NO_COMMIT;
        let head = self.place(repository).commits.get(after).map(|commit| shape::pushed_commit(self, repository, commit));
        let branch = reference.starts_with("refs/heads/");
        let commits: Vec<Value> = head.iter().filter(|_| branch).cloned().collect();
        let payload = json!({
            "ref": reference, "before": before, "after": after, "created": before == NO_COMMIT, "deleted": deleted, "forced": forced,
            "base_ref": null, "compare": format!("{}/compare/{before}...{after}", shape::html_url(self, repository)),
            "commits": commits, "head_commit": head,
            "pusher": { "name": by, "email": shape::email(by), "date": written(self.now()) },
        });
        self.announce(repository, "push", None, by, payload);
    }
}
