//! News: what happened to a subject, normalised, with a natural id.

mod ids;

pub use ids::{NEWS_ID_BYTES, natural_id};

use crate::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most bytes one piece of news may take in a record, as JSON.
pub const NEWS_BYTES: usize = 2048;
/// Most parameters of one signal.
pub const SIGNAL_PARAMETERS: usize = 32;

/// What an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActorKind {
    /// A person.
    Human,
    /// A GitHub App or bot account.
    Bot,
    /// Pawl itself.
    Host,
}

/// What an account may do in a repository, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// Nothing.
    None,
    /// Read.
    Read,
    /// Manage issues and labels.
    Triage,
    /// Push.
    Write,
    /// Manage the repository without dangerous actions.
    Maintain,
    /// Everything.
    Admin,
}

/// An account that did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// Login as the source spells it, with or without `[bot]`.
    pub login: String,
    /// Numeric account id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// Human, bot or Pawl.
    pub kind: ActorKind,
    /// Permission in the repository, where the host looked it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission: Option<Permission>,
}

impl Actor {
    /// Whether both are the same account: by id where both know it, else by login without case and without `[bot]`.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        match (self.id, other.id) {
            (Some(a), Some(b)) => a == b,
            _ => same_login(&self.login, &other.login),
        }
    }
}

/// Whether two logins name one account: without regard to letter case and to the suffix `[bot]`, which REST writes and
/// GraphQL leaves out.
#[must_use]
pub fn same_login(a: &str, b: &str) -> bool {
    let bare = |login: &str| login.strip_suffix("[bot]").unwrap_or(login).to_lowercase();
    bare(a) == bare(b)
}

/// The verdict of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Approved.
    Approved,
    /// Changes requested.
    ChangesRequested,
    /// Only commented.
    Commented,
    /// Dismissed by somebody.
    Dismissed,
    /// Not submitted.
    Pending,
}

impl Verdict {
    /// As it stands in natural ids.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::ChangesRequested => "changes_requested",
            Self::Commented => "commented",
            Self::Dismissed => "dismissed",
            Self::Pending => "pending",
        }
    }
}

/// A review of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// GitHub's numeric id.
    pub id: u64,
    /// Author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Actor>,
    /// Verdict.
    pub verdict: Verdict,
    /// The commit it was written for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// When it was submitted.
    pub at: Timestamp,
    /// `policy/setting` of every pattern its text matched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<String>,
}

/// A comment on a subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comment {
    /// GitHub's numeric id.
    pub id: u64,
    /// Author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Actor>,
    /// When it was written.
    pub at: Timestamp,
    /// `policy/setting` of every pattern its text matched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<String>,
}

/// What a check run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// It still runs.
    None,
    /// Success.
    Success,
    /// Failure.
    Failure,
    /// Neither.
    Neutral,
    /// Cancelled.
    Cancelled,
    /// Skipped.
    Skipped,
    /// Took too long.
    TimedOut,
    /// A person must act.
    ActionRequired,
    /// GitHub gave up on it.
    Stale,
}

/// A check run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// GitHub's numeric id.
    pub id: u64,
    /// Name.
    pub name: String,
    /// Slug of the App that made it.
    pub app: String,
    /// How it ended.
    pub conclusion: Conclusion,
    /// The commit it ran for.
    pub commit: String,
    /// When it completed, else started.
    pub at: Timestamp,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Not yet started, or no phase.
    Pending,
    /// At work.
    Running,
    /// Done well.
    Succeeded,
    /// Done badly.
    Failed,
    /// Being deleted.
    Deleting,
    /// A phase that the host has no word for.
    Unknown,
}

/// A run of an agent on the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Kubernetes kind.
    pub kind: String,
    /// Object name.
    pub name: String,
    /// Object uid.
    pub uid: String,
    /// Agent, lower case.
    #[serde(default)]
    pub agent: Option<String>,
    /// Whether it is of the subject's repository.
    #[serde(default)]
    pub same_repository: Option<bool>,
    /// The pull request it names.
    #[serde(default)]
    pub pull_request: Option<u32>,
    /// The task it names.
    #[serde(default)]
    pub task: Option<String>,
    /// The branch it names.
    #[serde(default)]
    pub branch: Option<String>,
    /// The commit it works on.
    #[serde(default)]
    pub commit: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it finished.
    #[serde(default)]
    pub finished_at: Option<Timestamp>,
    /// How far it is.
    pub phase: Phase,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// The subject was opened.
    Opened,
    /// It was opened again.
    Reopened,
    /// It was closed.
    Closed {
        /// By a merge.
        merged: bool,
    },
    /// Commits arrived.
    Pushed {
        /// The new head.
        commit: String,
        /// The branch, without `refs/heads/`.
        branch: String,
    },
    /// A label was set.
    Labelled {
        /// Its name.
        label: String,
    },
    /// A label was removed.
    Unlabelled {
        /// Its name.
        label: String,
    },
    /// A review was submitted, edited or dismissed.
    Reviewed(Review),
    /// A review thread was resolved or unresolved.
    ThreadChanged {
        /// Node id.
        thread: String,
    },
    /// A comment was written.
    Commented(Comment),
    /// `/pawl verb args`.
    Command {
        /// The word after `/pawl`, lower case.
        verb: String,
        /// The rest of the line.
        #[serde(default)]
        args: String,
        /// The comment it stands in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<u64>,
    },
    /// A check run ended.
    Checked(Check),
    /// A run changed its phase.
    RunChanged(Box<Run>),
    /// An agent or workflow told something.
    Signal {
        /// Its name.
        name: String,
        /// Parameters.
        #[serde(default)]
        parameters: BTreeMap<String, String>,
    },
    /// The time a policy asked to be woken at has come.
    Elapsed,
}

impl Event {
    /// The event's name, for people.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Reopened => "reopened",
            Self::Closed { .. } => "closed",
            Self::Pushed { .. } => "pushed",
            Self::Labelled { .. } => "labelled",
            Self::Unlabelled { .. } => "unlabelled",
            Self::Reviewed(_) => "reviewed",
            Self::ThreadChanged { .. } => "thread-changed",
            Self::Commented(_) => "commented",
            Self::Command { .. } => "command",
            Self::Checked(_) => "checked",
            Self::RunChanged(_) => "run-changed",
            Self::Signal { .. } => "signal",
            Self::Elapsed => "elapsed",
        }
    }
}

/// One thing that happened to a subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct News {
    /// Natural id: one thing told twice, by whatever way, has one id.
    pub id: String,
    /// When it happened, as the source says. A signal's sender may say anything.
    pub at: Timestamp,
    /// When it arrived, by the clock here, which may be wrong. It says how old news may be; it orders nothing that GitHub dates.
    pub arrived: Timestamp,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    /// What happened.
    pub event: Event,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a2_8_logins_compare_without_case_and_bot_suffix() {
        assert!(same_login("Acme-Builder[bot]", "acme-builder"));
        assert!(!same_login("acme-builder", "acme-builder2"));
    }
}
