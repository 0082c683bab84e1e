//! What the stories talk about.

use pawl_core::Timestamp;
use pawl_core::branch::{HeldBranch, HeldNews};
use pawl_core::news::{Event, News};
use pawl_core::record::{Commit, Part, Record};
use pawl_core::store::Append;
use pawl_core::subject::{Repository, Subject, SubjectId, SubjectKind};

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

pub fn repository() -> Repository {
    Repository { id: 7, owner: "acme".into(), name: "shop".into() }
}

pub fn subject(number: u32) -> Subject {
    Subject { repository: repository(), number, kind: SubjectKind::PullRequest }
}

pub fn id(number: u32) -> SubjectId {
    subject(number).id()
}

pub fn news(id: &str) -> News {
    News { id: id.into(), at: at(0), arrived: at(1), actor: None, event: Event::Opened }
}

pub fn append(number: u32, id: &str) -> Append {
    Append { subject: subject(number), delivery: format!("delivery of {id}"), news: vec![news(id)] }
}

/// A commit by which a policy has read everything that `record` holds.
pub fn commit(record: &Record, operation: &str) -> Commit {
    let mut commit = record.unchanged(operation, at(2));
    commit.parts.insert("p".into(), Part { cursor: record.next_seq - 1, digest: "d".into(), ..Part::default() });
    commit
}

pub fn held(branch: &str, sha: &str, id: &str) -> HeldBranch {
    HeldBranch {
        repository: repository(),
        branch: Some(branch.into()),
        news: vec![HeldNews { commit: sha.into(), delivery: format!("delivery of {id}"), news: news(id) }],
        attempts: 0,
        next_at: Some(at(2)),
    }
}

/// The natural ids in an inbox.
pub fn inbox(record: &Record) -> Vec<&str> {
    record.inbox.iter().map(|entry| entry.news.id.as_str()).collect()
}
