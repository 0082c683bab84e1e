//! Every request that reached the server, and what became of it.

use crate::server::Server;
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// With this HTTP status. A watch is answered when it begins.
    Answered(u16),
    /// The connection was cut.
    Cut,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// As a Role names it: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`.
    pub verb: &'static str,
    /// HTTP method.
    pub method: String,
    /// Path as sent.
    pub path: String,
    /// Group of the resource; empty for the core group and for what is no resource.
    pub group: String,
    /// Plural of the resource, with its subresource: `coderuns/status`; empty for what is no resource.
    pub resource: String,
    /// Namespace, where the path has one.
    pub namespace: Option<String>,
    /// Name, by the path or for a new object by its body.
    pub name: Option<String>,
    /// Who asked; absent without a good token.
    pub user: Option<String>,
    /// Whether it did change something.
    pub applied: bool,
    /// Whether it, or its answer, stood still while the server was frozen: what was done was done late, and whoever asked may have given up.
    pub stood_still: bool,
    /// What the client saw, if it still waited.
    pub outcome: Outcome,
}

impl Seen {
    /// Whether it could have changed something.
    #[must_use]
    pub fn is_write(&self) -> bool {
        !matches!(self.verb, "get" | "list" | "watch")
    }
}

impl Server {
    /// Every request so far, in the order in which they ended.
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        self.shared.log().clone()
    }

    /// How many requests had this verb on this resource (`coderuns`, `coderuns/status`).
    #[must_use]
    pub fn count(&self, verb: &str, resource: &str) -> usize {
        self.shared.log().iter().filter(|seen| seen.verb == verb && seen.resource == resource).count()
    }

    /// What a user has used: group, resource and verb, as the rules of a Role name them.
    #[must_use]
    pub fn verbs_used(&self, user: &str) -> BTreeSet<(String, String, &'static str)> {
        let log = self.shared.log();
        let of = log.iter().filter(|seen| seen.user.as_deref() == Some(user) && !seen.resource.is_empty());
        of.map(|seen| (seen.group.clone(), seen.resource.clone(), seen.verb)).collect()
    }

    /// How many watches were told that the server has forgotten what they ask from (410). They were answered like any other.
    #[must_use]
    pub fn expired(&self) -> usize {
        self.shared.expired.load(Ordering::Relaxed)
    }

    /// Forgets the requests so far, so that a test can ask what happens from here on.
    pub fn forget_requests(&self) {
        self.shared.log().clear();
    }
}
