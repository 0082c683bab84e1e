//! The shape of the answer to the facts document.

use pawl_core::Timestamp;
use pawl_core::news::{Actor, ActorKind};
use pawl_core::subject::Repository;
use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
pub(super) struct Told {
    pub(super) viewer: Option<Account>,
    pub(super) repository: Option<RepositoryTold>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RepositoryTold {
    pub(super) database_id: Option<u64>,
    pub(super) name: String,
    pub(super) owner: Owner,
    pub(super) pull_request: Option<SubjectTold>,
    pub(super) issue: Option<SubjectTold>,
}

impl RepositoryTold {
    pub(super) fn names(&self, id: u64) -> Repository {
        Repository { id, owner: self.owner.login.clone(), name: self.name.clone() }
    }
}

#[derive(Deserialize)]
pub(super) struct Owner {
    pub(super) login: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Account {
    #[serde(rename = "__typename")]
    pub(super) kind: Option<String>,
    pub(super) login: String,
    pub(super) database_id: Option<u64>,
}

impl Account {
    /// The account as an actor. GraphQL leaves the suffix of a bot's login out; comparing ignores it.
    pub(super) fn actor(&self) -> Actor {
        let is_bot = self.kind.as_deref() == Some("Bot") || self.login.ends_with("[bot]");
        let kind = if is_bot { ActorKind::Bot } else { ActorKind::Human };
        Actor { login: self.login.clone(), id: self.database_id, kind, permission: None }
    }
}

/// A connection; entries that could not be shown are null.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Nodes<T> {
    pub(super) total_count: Option<usize>,
    #[serde(default = "Vec::new")]
    pub(super) nodes: Vec<Option<T>>,
}

impl<T> Default for Nodes<T> {
    fn default() -> Self {
        Self { total_count: None, nodes: Vec::new() }
    }
}

impl<T> Nodes<T> {
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.nodes.iter().flatten()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SubjectTold {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) state: String,
    #[serde(default)]
    pub(super) is_draft: bool,
    pub(super) head_ref_name: Option<String>,
    pub(super) head_ref_oid: Option<String>,
    pub(super) labels: Option<Nodes<LabelTold>>,
    pub(super) timeline_items: Nodes<LabelEventTold>,
    pub(super) reviews: Option<Nodes<ReviewTold>>,
    pub(super) comments: Option<Nodes<CommentTold>>,
    pub(super) review_threads: Option<Nodes<ThreadTold>>,
    pub(super) eyes: Option<Nodes<ReactionTold>>,
    pub(super) up: Option<Nodes<ReactionTold>>,
    pub(super) commits: Option<Nodes<CommitEntry>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LabelTold {
    pub(super) id: String,
    pub(super) name: String,
    /// The open ones with this label, where they were asked for.
    pub(super) pull_requests: Option<Counted>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Counted {
    pub(super) total_count: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LabelEventTold {
    #[serde(rename = "__typename")]
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) created_at: Timestamp,
    pub(super) actor: Option<Account>,
    pub(super) label: LabelTold,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReviewTold {
    #[serde(deserialize_with = "big_int")]
    pub(super) full_database_id: u64,
    pub(super) state: String,
    pub(super) submitted_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) body: String,
    pub(super) author: Option<Account>,
    pub(super) commit: Option<Oid>,
}

#[derive(Deserialize)]
pub(super) struct Oid {
    pub(super) oid: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CommentTold {
    #[serde(deserialize_with = "big_int")]
    pub(super) full_database_id: u64,
    pub(super) created_at: Timestamp,
    #[serde(default)]
    pub(super) body: String,
    pub(super) author: Option<Account>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ThreadTold {
    pub(super) id: String,
    pub(super) is_resolved: bool,
    #[serde(default)]
    pub(super) is_outdated: bool,
    pub(super) comments: Nodes<FirstComment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FirstComment {
    pub(super) created_at: Timestamp,
    pub(super) author: Option<Account>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReactionTold {
    pub(super) content: String,
    pub(super) created_at: Timestamp,
    pub(super) user: Option<Account>,
}

#[derive(Deserialize)]
pub(super) struct CommitEntry {
    pub(super) commit: CommitTold,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CommitTold {
    pub(super) oid: String,
    pub(super) check_suites: Option<Nodes<SuiteTold>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SuiteTold {
    pub(super) app: Option<App>,
    pub(super) check_runs: Option<Nodes<CheckTold>>,
}

#[derive(Deserialize)]
pub(super) struct App {
    pub(super) slug: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CheckTold {
    pub(super) database_id: Option<u64>,
    pub(super) name: String,
    pub(super) conclusion: Option<String>,
    pub(super) started_at: Option<Timestamp>,
    pub(super) completed_at: Option<Timestamp>,
}

/// GraphQL's `BigInt` is written as a text; some servers write a number.
fn big_int<'de, D: Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Spelled {
        Number(u64),
        Text(String),
    }
    match Spelled::deserialize(d)? {
        Spelled::Number(number) => Ok(number),
        Spelled::Text(text) => text.parse().map_err(|_| serde::de::Error::custom("an id that is no number")),
    }
}
