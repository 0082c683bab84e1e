//! Plans: a policy's answer, and the checks that every answer must pass before anything is done with it.

use crate::label::Label;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most bytes of memory per policy and subject.
pub const MEMORY_BYTES: usize = 8192;
/// Most labels in a plan; GitHub allows 100 on an item.
pub const PLAN_LABELS: usize = 100;
/// Most stops in a plan.
pub const PLAN_STOPS: usize = 200;
/// Most requests in a plan.
pub const PLAN_REQUESTS: usize = 20;
/// Most news a plan may keep.
pub const PLAN_KEEPS: usize = 100;
/// Longest request key in bytes.
pub const KEY_BYTES: usize = 120;
/// Longest reason, message or state in bytes.
pub const SENTENCE_BYTES: usize = 1000;
/// Longest comment body in bytes.
pub const COMMENT_BYTES: usize = 16_384;
/// Shortest and longest revisit in seconds.
pub const REVISIT_SECONDS: std::ops::RangeInclusive<u32> = 10..=604_800;

/// A run that should not go on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// Kubernetes kind.
    pub kind: String,
    /// Object name.
    pub name: String,
    /// Object uid.
    pub uid: String,
}

/// How much a person should care, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Worth a look.
    Medium,
    /// Look now.
    High,
}

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// Start something outside.
    Dispatch {
        /// Name of a configured target.
        target: String,
        /// Parameters.
        #[serde(default)]
        inputs: BTreeMap<String, String>,
    },
    /// Write a comment once.
    Comment {
        /// Markdown.
        body: String,
    },
    /// Set a reaction.
    Reaction {
        /// On this comment, else on the subject.
        #[serde(default)]
        comment: Option<u64>,
        /// GitHub's REST word, such as `+1`.
        content: String,
    },
    /// Tell a person.
    Notice {
        /// The policy's word for this kind of notice.
        topic: String,
        /// One sentence.
        message: String,
        /// How much it matters.
        severity: Severity,
        /// Short facts that belong to it.
        #[serde(default)]
        fields: BTreeMap<String, String>,
    },
}

impl Ask {
    /// The kind of request, as grants and messages call it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Dispatch { .. } => "dispatch",
            Self::Comment { .. } => "comment",
            Self::Reaction { .. } => "reaction",
            Self::Notice { .. } => "notice",
        }
    }
}

/// A one-time effect with a stable key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Unique within policy and subject.
    pub key: String,
    /// What is asked for.
    pub ask: Ask,
}

/// News that had no effect, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusedNews {
    /// The news' id.
    pub news_id: String,
    /// One sentence.
    pub reason: String,
}

/// The world as a policy wants it. See `wit/plan.wit` for each field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Exactly these of the owned labels.
    #[serde(default)]
    pub labels: Vec<Label>,
    /// Runs to stop.
    #[serde(default)]
    pub stops: Vec<Stop>,
    /// One-time effects.
    #[serde(default)]
    pub requests: Vec<Request>,
    /// What to remember.
    #[serde(default)]
    pub memory: Option<Vec<u8>>,
    /// One of the manifest's states.
    pub state: String,
    /// Why.
    pub reason: String,
    /// Held by a heeded label.
    #[serde(default)]
    pub held: bool,
    /// News without effect.
    #[serde(default)]
    pub refused: Vec<RefusedNews>,
    /// News that stays in the inbox.
    #[serde(default)]
    pub keeps: Vec<String>,
    /// Ask again after this many seconds.
    #[serde(default)]
    pub revisit_after_seconds: Option<u32>,
}

/// A policy's word that the facts make no sense.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// One sentence.
    pub reason: String,
}

impl Plan {
    /// Checks every limit of the contract.
    ///
    /// # Errors
    /// One sentence that names the field, what it has, and the limit.
    pub fn check_limits(&self) -> Result<(), String> {
        let at_most = |what: &str, has: usize, limit: usize| {
            if has > limit { Err(format!("{what} has {has}, the limit is {limit}")) } else { Ok(()) }
        };
        at_most("labels", self.labels.len(), PLAN_LABELS)?;
        at_most("stops", self.stops.len(), PLAN_STOPS)?;
        at_most("requests", self.requests.len(), PLAN_REQUESTS)?;
        at_most("keeps", self.keeps.len(), PLAN_KEEPS)?;
        at_most("memory in bytes", self.memory.as_ref().map_or(0, Vec::len), MEMORY_BYTES)?;
        at_most("state in bytes", self.state.len(), SENTENCE_BYTES)?;
        at_most("reason in bytes", self.reason.len(), SENTENCE_BYTES)?;
        at_most("refused", self.refused.len(), 200)?;
        for refused in &self.refused {
            at_most("a refused reason in bytes", refused.reason.len(), SENTENCE_BYTES)?;
        }
        for label in &self.labels {
            Label::checked(label.as_str()).map_err(|e| e.to_string())?;
        }
        for (i, request) in self.requests.iter().enumerate() {
            at_most("a request key in bytes", request.key.len(), KEY_BYTES)?;
            let plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b'<' | b'>');
            if request.key.is_empty() || !request.key.bytes().all(plain) || request.key.contains("--") {
                return Err(format!("request key {:?} is not plain: use letters, digits and . : / _ - without a double dash", request.key));
            }
            if self.requests[..i].iter().any(|earlier| earlier.key == request.key) {
                return Err(format!("request key {:?} stands twice", request.key));
            }
            match &request.ask {
                Ask::Comment { body } => at_most("a comment in bytes", body.len(), COMMENT_BYTES)?,
                Ask::Notice { message, .. } => at_most("a notice in bytes", message.len(), SENTENCE_BYTES)?,
                Ask::Dispatch { inputs, .. } => at_most("inputs", inputs.len(), 32)?,
                Ask::Reaction { .. } => {}
            }
        }
        if let Some(seconds) = self.revisit_after_seconds
            && !REVISIT_SECONDS.contains(&seconds)
        {
            return Err(format!("revisit-after-seconds is {seconds}, it must be 10 to 604800"));
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
