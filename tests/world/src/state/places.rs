//! Repositories: how they are made, named, found and lost.

use super::model::{AccountKind, Permission, Repository};
use super::{Node, Reject, State};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// What a name leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// This repository, by its present name.
    Here(u64),
    /// This repository, by a name it had before.
    Moved(u64),
}

impl State {
    /// The repository of that full name, made on first mention with a first commit on `main`.
    pub(crate) fn found_repository(&mut self, full_name: &str) -> u64 {
        if let Some(Found::Here(id)) = self.find_repository(full_name) {
            return id;
        }
        let (owner, name) = full_name.split_once('/').expect("a repository's full name is owner/name");
        self.account_of_kind(owner, AccountKind::Organization);
        let now = self.now();
        let (id, node_id) = (self.ids.number(), self.ids.node("R"));
        self.nodes.insert(node_id.clone(), Node::Repository(id));
        self.names.insert(full_name.to_lowercase(), id);
        self.repositories.insert(
            id,
            Repository {
                id,
                node_id,
                owner: owner.to_owned(),
                name: name.to_owned(),
                private: false,
                archived: false,
                deleted: false,
                fork_of: None,
                default_branch: "main".to_owned(),
                labels: Vec::new(),
                items: BTreeMap::new(),
                gone: BTreeSet::new(),
                branches: BTreeMap::new(),
                commits: BTreeMap::new(),
                activity: Vec::new(),
                permissions: BTreeMap::new(),
                checks: Vec::new(),
                next_number: 1,
                created_at: now,
            },
        );
        let first = self.new_commit(id, owner, "first commit");
        self.place_mut(id).branches.insert("main".to_owned(), first);
        self.revision += 1;
        id
    }

    /// Where a full name leads, letter case ignored. Deleted repositories are not found.
    pub(crate) fn find_repository(&self, full_name: &str) -> Option<Found> {
        let wanted = full_name.to_lowercase();
        let id = *self.names.get(&wanted)?;
        let place = self.repository(id)?;
        Some(if place.full_name().to_lowercase() == wanted { Found::Here(id) } else { Found::Moved(id) })
    }

    pub(crate) fn grant(&mut self, repository: u64, login: &str, permission: Permission) {
        self.account(login);
        self.place_mut(repository).permissions.insert(login.to_lowercase(), permission);
    }

    /// Gives a repository a new full name; with another owner it is a transfer.
    pub(crate) fn rename_repository(&mut self, repository: u64, full_name: &str, by: &str) {
        let (owner, name) = full_name.split_once('/').expect("a repository's full name is owner/name");
        self.account_of_kind(owner, AccountKind::Organization);
        let place = self.place_mut(repository);
        let (old_owner, old_name) = (place.owner.clone(), place.name.clone());
        owner.clone_into(&mut place.owner);
        name.clone_into(&mut place.name);
        self.names.insert(full_name.to_lowercase(), repository);
        self.revision += 1;
        if old_owner == owner {
            let changes = json!({ "changes": { "repository": { "name": { "from": old_name } } } });
            self.announce(repository, "repository", Some("renamed"), by, changes);
        } else {
            let organization = crate::shape::organization(self, &old_owner);
            let from = if organization.is_null() {
                json!({ "user": crate::shape::user(self, &old_owner) })
            } else {
                json!({ "organization": organization })
            };
            let changes = json!({ "changes": { "owner": { "from": from } } });
            self.announce(repository, "repository", Some("transferred"), by, changes);
        }
    }

    pub(crate) fn delete_repository(&mut self, repository: u64, by: &str) {
        self.announce(repository, "repository", Some("deleted"), by, json!({}));
        self.place_mut(repository).deleted = true;
        self.revision += 1;
    }

    /// Errors that every write to an archived or unknown repository meets.
    pub(crate) fn writable(&self, repository: u64) -> Result<(), Reject> {
        let place = self.repository(repository).ok_or(Reject::NotFound)?;
        if place.archived { Err(Reject::Forbidden) } else { Ok(()) }
    }
}
