//! Facts: what the host read about a subject, and the part of it that one policy is shown.

use crate::Timestamp;
use crate::label::Label;
use crate::manifest::Value;
use crate::news::{Actor, Check, Comment, News, Review, Run};
use crate::subject::Subject;
use serde::{Deserialize, Serialize};

/// Where a subject is in its own life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectState {
    /// Open.
    Open,
    /// An open draft.
    Draft,
    /// Merged.
    Merged,
    /// Closed unmerged.
    Closed,
}

impl SubjectState {
    /// Whether it is over.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Merged | Self::Closed)
    }
}

/// The head of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Branch name, without `refs/heads/`.
    pub branch: String,
    /// Commit id in hexadecimal.
    pub commit: String,
    /// Who pushed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushed_by: Option<Actor>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushed_at: Option<Timestamp>,
}

/// Which way a label moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LabelChange {
    /// Set.
    Added,
    /// Taken away.
    Removed,
}

/// One event of a subject's label timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelEvent {
    /// The event's node id.
    pub id: String,
    /// The label as spelled then.
    pub label: Label,
    /// Added or removed.
    pub change: LabelChange,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
    /// When.
    pub at: Timestamp,
}

/// A review thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thread {
    /// Node id.
    pub id: String,
    /// Marked resolved.
    pub resolved: bool,
    /// The line it is about is gone.
    #[serde(default)]
    pub outdated: bool,
    /// Who began it.
    #[serde(default)]
    pub author: Option<Actor>,
    /// When it began.
    pub at: Timestamp,
}

/// A reaction on the subject itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reaction {
    /// GitHub's name in capitals.
    pub content: String,
    /// Who reacted.
    #[serde(default)]
    pub by: Option<Actor>,
    /// When.
    pub at: Timestamp,
}

/// What one reading of GitHub (and of the cluster) said about a subject: the union of what all policies need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// The subject as it is called today.
    pub subject: Subject,
    /// GitHub's node id of the pull request or issue; needed to write.
    pub node_id: String,
    /// Title.
    pub title: String,
    /// Open, draft, merged, closed.
    pub state: SubjectState,
    /// The head of a pull request.
    pub head: Option<Head>,
    /// Every label on it.
    pub labels: Vec<Label>,
    /// The last 100 label events, oldest first.
    pub timeline: Vec<LabelEvent>,
    /// The account that the host writes as, where GitHub says.
    pub viewer: Option<Actor>,
    /// Reviews, when needed.
    #[serde(default)]
    pub reviews: Vec<Review>,
    /// Comments, when needed.
    #[serde(default)]
    pub comments: Vec<Comment>,
    /// Threads, when needed.
    #[serde(default)]
    pub threads: Vec<Thread>,
    /// Reactions, when needed.
    #[serde(default)]
    pub reactions: Vec<Reaction>,
    /// Checks of the head, when needed.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// Runs, when needed and a cluster is configured.
    #[serde(default)]
    pub runs: Vec<Run>,
    /// Labels of this pull request that another open one of its repository carries too, when runs are needed.
    #[serde(default)]
    pub shared_labels: Vec<Label>,
}

impl Observation {
    /// Of an open subject of which nothing is known but this: no head, no labels, no history, and nobody who writes.
    #[must_use]
    pub fn plain(subject: Subject, title: &str) -> Self {
        Self {
            subject,
            node_id: String::new(),
            title: title.to_owned(),
            state: SubjectState::Open,
            head: None,
            labels: Vec::new(),
            timeline: Vec::new(),
            viewer: None,
            reviews: Vec::new(),
            comments: Vec::new(),
            threads: Vec::new(),
            reactions: Vec::new(),
            checks: Vec::new(),
            runs: Vec::new(),
            shared_labels: Vec::new(),
        }
    }

    /// When this was read: when GitHub had answered, and not when all was done that comes after it. What is only seen here is taken to be
    /// of this time, and must not come after what happened since. Runs are read after GitHub; what they date themselves has happened, if
    /// not after `runs`, when they were read.
    #[must_use]
    pub fn read_at(&self, github: Timestamp, runs: Timestamp) -> Timestamp {
        let told = self.runs.iter().flat_map(|run| [Some(run.created_at), run.finished_at]).flatten();
        told.map(|at| at.min(runs)).fold(github, Timestamp::max)
    }

    /// `now`, but not before anything that GitHub itself dates here: whatever clock `now` is of, this has happened. Checks and runs
    /// are dated by those who made them.
    #[must_use]
    pub fn not_before(&self, now: Timestamp) -> Timestamp {
        let told = self.timeline.iter().map(|event| event.at);
        let told = told.chain(self.reviews.iter().map(|review| review.at)).chain(self.comments.iter().map(|comment| comment.at));
        let told = told.chain(self.threads.iter().map(|thread| thread.at)).chain(self.reactions.iter().map(|reaction| reaction.at));
        told.fold(now, Timestamp::max)
    }
}

/// A setting with its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Name as in the manifest.
    pub name: String,
    /// Value.
    pub value: Value,
}

/// What a policy remembers for a subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// The memory version of the policy that wrote it.
    pub version: u32,
    /// At most [`crate::plan::MEMORY_BYTES`]; hexadecimal in JSON.
    #[serde(with = "hexadecimal")]
    pub bytes: Vec<u8>,
}

/// Everything that one decision is taken on. See `wit/facts.wit` for each field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The subject.
    pub subject: Subject,
    /// The time of the decision, by GitHub's clock where that is known.
    pub now: Timestamp,
    /// Title.
    #[serde(default)]
    pub title: String,
    /// Open, draft, merged, closed.
    pub state: SubjectState,
    /// The head of a pull request.
    #[serde(default)]
    pub head: Option<Head>,
    /// Every label on it.
    #[serde(default)]
    pub labels: Vec<Label>,
    /// Hand edits since the last commit, oldest first.
    #[serde(default)]
    pub edits: Vec<LabelEvent>,
    /// The last 50 reviews.
    #[serde(default)]
    pub reviews: Vec<Review>,
    /// The last 50 comments.
    #[serde(default)]
    pub comments: Vec<Comment>,
    /// Review threads.
    #[serde(default)]
    pub threads: Vec<Thread>,
    /// Reactions on the subject.
    #[serde(default)]
    pub reactions: Vec<Reaction>,
    /// Check runs of the head.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// Runs on the cluster.
    #[serde(default)]
    pub runs: Vec<Run>,
    /// Labels that another open pull request carries too.
    #[serde(default)]
    pub shared_labels: Vec<Label>,
    /// The last 100 label events.
    #[serde(default)]
    pub label_history: Vec<LabelEvent>,
    /// Every setting of the manifest.
    #[serde(default)]
    pub settings: Vec<Setting>,
    /// The policy's memory.
    #[serde(default)]
    pub memory: Option<Memory>,
    /// News past the policy's cursor.
    #[serde(default)]
    pub news: Vec<News>,
}

impl Facts {
    /// Of an open subject of which nothing is known but this: no head, no labels, no settings, no memory and no news.
    #[must_use]
    pub fn plain(subject: Subject, title: &str, now: Timestamp) -> Self {
        Self {
            subject,
            now,
            title: title.to_owned(),
            state: SubjectState::Open,
            head: None,
            labels: Vec::new(),
            edits: Vec::new(),
            reviews: Vec::new(),
            comments: Vec::new(),
            threads: Vec::new(),
            reactions: Vec::new(),
            checks: Vec::new(),
            runs: Vec::new(),
            shared_labels: Vec::new(),
            label_history: Vec::new(),
            settings: Vec::new(),
            memory: None,
            news: Vec::new(),
        }
    }
}

/// Bytes as hexadecimal text.
mod hexadecimal {
    use serde::{Deserialize, Deserializer, Serializer};
    use std::fmt::Write;

    pub fn serialize<S: Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(bytes.len() * 2);
        for byte in bytes {
            let _ = write!(text, "{byte:02x}");
        }
        s.serialize_str(&text)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(d)?;
        let bad = || serde::de::Error::custom("memory bytes must be pairs of hexadecimal digits");
        if !text.is_ascii() || text.len() % 2 != 0 {
            return Err(bad());
        }
        (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).map_err(|_| bad())).collect()
    }
}
