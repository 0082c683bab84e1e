//! What the world knows: plain data, without rules.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountKind {
    /// A person, or a machine that signs in as one.
    User,
    /// An App's account; its login ends in `[bot]` in REST and webhooks and does not in GraphQL.
    Bot,
    /// Owns repositories, does nothing.
    Organization,
}

/// What an account may do in a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Nothing.
    None,
    /// Read.
    Read,
    /// Read, and labels on issues.
    Triage,
    /// Push.
    Write,
    /// Push and settings.
    Maintain,
    /// Everything.
    Admin,
}

/// What a review says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Approved.
    Approved,
    /// Changes requested.
    ChangesRequested,
    /// Neither.
    Commented,
    /// Taken back.
    Dismissed,
}

/// Which way a label moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Set.
    Added,
    /// Taken away.
    Removed,
}

/// One label moved on one item: the world's own audit, which no client can read or falsify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelChange {
    /// Full name of the repository at that time.
    pub repository: String,
    /// Number of the pull request or issue.
    pub number: u32,
    /// The label's name as spelled.
    pub label: String,
    /// Which way.
    pub change: Change,
    /// Login of who did it, with `[bot]` for bots.
    pub actor: String,
    /// Seconds since 1970.
    pub at: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub login: String,
    pub id: u64,
    pub node_id: String,
    pub kind: AccountKind,
}

#[derive(Debug, Clone)]
pub(crate) struct Label {
    pub id: u64,
    pub node_id: String,
    pub name: String,
    pub colour: String,
    pub description: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Repository {
    pub id: u64,
    pub node_id: String,
    pub owner: String,
    pub name: String,
    pub private: bool,
    pub archived: bool,
    pub deleted: bool,
    pub fork_of: Option<u64>,
    pub default_branch: String,
    pub labels: Vec<Label>,
    pub items: BTreeMap<u32, Arc<Item>>,
    /// Numbers of issues that were deleted: GitHub answers 410 for them.
    pub gone: BTreeSet<u32>,
    pub branches: BTreeMap<String, String>,
    pub commits: BTreeMap<String, Commit>,
    pub activity: Vec<Activity>,
    pub permissions: BTreeMap<String, Permission>,
    pub checks: Vec<CheckRun>,
    pub next_number: u32,
    pub created_at: i64,
}

impl Repository {
    pub(crate) fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }
}

/// Where an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct At {
    pub repository: u64,
    pub number: u32,
}

/// A pull request or an issue.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub number: u32,
    /// Of the issue object; a pull request has its own besides.
    pub id: u64,
    pub node_id: String,
    pub title: String,
    pub body: String,
    pub open: bool,
    pub author: String,
    pub created_at: i64,
    pub updated_at: i64,
    pub closed_at: Option<i64>,
    /// Ids of labels of the repository.
    pub labels: Vec<u64>,
    pub timeline: Vec<Event>,
    pub comments: Vec<Comment>,
    pub reactions: Vec<Reaction>,
    pub pull: Option<Pull>,
}

#[derive(Debug, Clone)]
pub(crate) struct Pull {
    pub id: u64,
    pub node_id: String,
    pub draft: bool,
    pub merged_at: Option<i64>,
    pub merge_commit: Option<String>,
    pub head_repository: u64,
    pub head_ref: String,
    pub head: String,
    pub base_ref: String,
    pub base: String,
    pub commits: Vec<String>,
    pub reviews: Vec<Review>,
    pub threads: Vec<Thread>,
}

/// What happened to an item, in the order in which it happened.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub node_id: String,
    pub at: i64,
    pub actor: String,
    pub what: Happened,
}

#[derive(Debug, Clone)]
pub(crate) enum Happened {
    Labelled(Label),
    Unlabelled(Label),
    Closed,
    Reopened,
    Merged,
}

#[derive(Debug, Clone)]
pub(crate) struct Comment {
    pub id: u64,
    pub node_id: String,
    pub author: String,
    pub body: String,
    pub created_at: i64,
    pub updated_at: i64,
    pub reactions: Vec<Reaction>,
}

#[derive(Debug, Clone)]
pub(crate) struct Review {
    pub id: u64,
    pub node_id: String,
    pub author: String,
    pub verdict: Verdict,
    pub body: String,
    pub commit: String,
    pub submitted_at: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct Thread {
    pub node_id: String,
    pub resolved_by: Option<String>,
    pub outdated: bool,
    pub path: String,
    pub comments: Vec<Comment>,
}

#[derive(Debug, Clone)]
pub(crate) struct Reaction {
    pub id: u64,
    pub node_id: String,
    pub user: String,
    /// As REST writes it: `+1`, `eyes`.
    pub content: String,
    pub created_at: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct Commit {
    pub node_id: String,
    pub sha: String,
    pub message: String,
    pub author: String,
    pub at: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct Activity {
    pub id: u64,
    pub node_id: String,
    pub reference: String,
    pub before: String,
    pub after: String,
    pub actor: String,
    pub at: i64,
    pub kind: &'static str,
}

#[derive(Debug, Clone)]
pub(crate) struct CheckRun {
    pub id: u64,
    pub node_id: String,
    pub suite_id: u64,
    pub name: String,
    pub app: String,
    pub head: String,
    /// As REST writes it; absent while it runs.
    pub conclusion: Option<String>,
    pub started_at: i64,
    pub completed_at: Option<i64>,
}
