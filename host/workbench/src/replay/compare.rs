//! Two answers to one question, compared.

use pawl_core::label::Label;
use pawl_core::plan::Plan;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a policy answered, as a journal has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// A plan.
    Plan(Plan),
    /// A refusal, and why.
    Refusal(String),
    /// No answer: a trap, or a limit.
    Failed(String),
}

impl Answer {
    /// Why, in the policy's words.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Plan(plan) => &plan.reason,
            Self::Refusal(reason) | Self::Failed(reason) => reason,
        }
    }

    fn kind(&self) -> String {
        match self {
            Self::Plan(plan) => format!("a plan for {}", plan.state),
            Self::Refusal(reason) => format!("refused: {reason}"),
            Self::Failed(reason) => format!("failed: {reason}"),
        }
    }
}

/// One thing that is answered otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What: answer, state, labels, stops, requests, held, refused, keeps, revisit or memory.
    pub what: &'static str,
    /// What it was.
    pub old: String,
    /// What it is.
    pub new: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<9} {} -> {}", self.what, self.old, self.new)
    }
}

/// What differs. A reason in other words is no change, and neither is another refusal's wording.
#[must_use]
pub fn changes(old: &Answer, new: &Answer, memory: bool) -> Vec<Change> {
    match (old, new) {
        (Answer::Plan(old), Answer::Plan(new)) => of_plans(old, new, memory),
        (Answer::Refusal(_), Answer::Refusal(_)) | (Answer::Failed(_), Answer::Failed(_)) => Vec::new(),
        _ => vec![Change { what: "answer", old: old.kind(), new: new.kind() }],
    }
}

fn of_plans(old: &Plan, new: &Plan, memory: bool) -> Vec<Change> {
    let seconds = |plan: &Plan| plan.revisit_after_seconds.map_or_else(|| "never".to_owned(), |s| format!("after {s} s"));
    let refused = |plan: &Plan| list(plan.refused.iter().map(|refused| refused.news_id.clone()));
    let stops = |plan: &Plan| list(plan.stops.iter().map(|stop| format!("{} {}", stop.kind, stop.name)));
    // The key says what is asked for; what it asks with is part of it.
    let requests = |plan: &Plan| list(plan.requests.iter().map(|request| format!("{} {}", request.ask.word(), request.key)));
    let mut changes: Vec<Change> = [
        ("state", old.state.clone(), new.state.clone()),
        ("labels", labels(old), labels(new)),
        ("held", old.held.to_string(), new.held.to_string()),
        ("stops", stops(old), stops(new)),
        ("requests", requests(old), requests(new)),
        ("refused", refused(old), refused(new)),
        ("keeps", list(old.keeps.iter().cloned()), list(new.keeps.iter().cloned())),
        ("revisit", seconds(old), seconds(new)),
    ]
    .into_iter()
    .filter(|(_, old, new)| old != new)
    .map(|(what, old, new)| Change { what, old, new })
    .collect();
    let has = |what: &str, changes: &[Change]| changes.iter().any(|change| change.what == what);
    if !has("requests", &changes) && asks(old) != asks(new) {
        changes.push(Change { what: "requests", old: "these".into(), new: "the same keys, asked for otherwise".into() });
    }
    if memory && old.memory != new.memory {
        let bytes = |plan: &Plan| plan.memory.as_ref().map_or_else(|| "nothing".to_owned(), |memory| format!("{} bytes", memory.len()));
        let place = old.memory.iter().flatten().zip(new.memory.iter().flatten()).position(|(a, b)| a != b);
        let place = place.map_or_else(String::new, |place| format!(", the first difference at byte {place}"));
        changes.push(Change { what: "memory", old: bytes(old), new: format!("{}{place}", bytes(new)) });
    }
    changes
}

/// Requests without their order.
fn asks(plan: &Plan) -> Vec<&pawl_core::plan::Request> {
    let mut requests: Vec<_> = plan.requests.iter().collect();
    requests.sort_by(|a, b| a.key.cmp(&b.key));
    requests
}

fn labels(plan: &Plan) -> String {
    let mut labels: Vec<&Label> = plan.labels.iter().collect();
    labels.sort();
    list(labels.into_iter().map(Label::to_string))
}

fn list(items: impl Iterator<Item = String>) -> String {
    let mut items: Vec<String> = items.collect();
    items.sort();
    if items.is_empty() { "none".into() } else { items.join(", ") }
}
