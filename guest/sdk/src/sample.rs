//! Facts to begin a test with: an open pull request, and accounts.

use crate::facts::{Actor, ActorKind, Facts, Head, Phase, Run, Setting, Subject, SubjectKind, SubjectState, Timestamp};
use crate::manifest::Manifest;

/// The time of the samples: 2027-01-15T08:00:00Z.
///
/// ```
/// assert_eq!(pawl_sdk::text::utc(pawl_sdk::sample::NOW), "2027-01-15T08:00:00Z");
/// ```
pub const NOW: Timestamp = 1_800_000_000;

/// The open pull request `acme/widgets#7` with nothing on it, and every setting of `manifest` at its default.
///
/// ```
/// # use pawl_sdk::prelude::*;
/// let facts = sample::pull_request(&Manifest::named("m", "1.0.0", ""));
/// assert!(facts.labels.is_empty() && facts.memory.is_none());
/// ```
#[must_use]
pub fn pull_request(manifest: &Manifest) -> Facts {
    let settings = manifest.settings.iter().map(|spec| Setting { name: spec.name.clone(), value: spec.default.clone() }).collect();
    Facts { settings, ..bare_pull_request() }
}

/// The same without settings.
///
/// ```
/// assert_eq!(pawl_sdk::sample::bare_pull_request().subject.number, 7);
/// ```
#[must_use]
pub fn bare_pull_request() -> Facts {
    Facts {
        subject: Subject { repository_id: 4711, number: 7, owner: "acme".into(), name: "widgets".into(), kind: SubjectKind::PullRequest },
        now: NOW,
        title: "Round the corners".into(),
        state: SubjectState::Open,
        head: Some(Head { branch: "rounder".into(), commit: commit(0), pushed_by: None, pushed_at: Some(NOW - 3_600) }),
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

/// The `n`th commit id: 40 hexadecimal digits that differ from the first one on.
///
/// ```
/// assert_eq!(pawl_sdk::sample::commit(1).len(), 40);
/// assert_ne!(pawl_sdk::sample::commit(1)[..8], pawl_sdk::sample::commit(2)[..8]);
/// ```
#[must_use]
pub fn commit(n: u32) -> String {
    format!("{:08x}", n.wrapping_mul(0x9e37_79b1) ^ 0xc0ff_ee00).repeat(5)
}

/// A person.
///
/// ```
/// assert!(pawl_sdk::sample::person("ann").is_human());
/// ```
#[must_use]
pub fn person(login: &str) -> Actor {
    Actor { login: login.into(), id: None, kind: ActorKind::Human, permission: None }
}

/// A bot.
///
/// ```
/// assert!(!pawl_sdk::sample::bot("acme[bot]").is_human());
/// ```
#[must_use]
pub fn bot(login: &str) -> Actor {
    Actor { login: login.into(), id: None, kind: ActorKind::Bot, permission: None }
}

/// A running run of the sample repository that names no agent, task or pull request.
///
/// ```
/// assert_eq!(pawl_sdk::sample::run("CodeRun", "qa-1", 0).uid, "uid-qa-1");
/// ```
#[must_use]
pub fn run(kind: &str, name: &str, created_at: Timestamp) -> Run {
    Run {
        kind: kind.into(),
        name: name.into(),
        uid: format!("uid-{name}"),
        agent: None,
        same_repository: Some(true),
        pull_request: None,
        task: None,
        branch: None,
        commit: None,
        created_at,
        finished_at: None,
        phase: Phase::Running,
    }
}
