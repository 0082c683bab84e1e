//! From a delivery's bytes to what it says: news for subjects or a branch, labels or a repository that changed, or nothing.

use super::payload::{Account, bounded};
use super::{checks, comments, pulls, push, repositories};
use pawl_core::Timestamp;
use pawl_core::comment::Patterns;
use pawl_core::news::{Actor, Event, News};
use pawl_core::subject::{Repository, Subject};
use serde::de::DeserializeOwned;

/// Largest body that is read, in bytes; GitHub drops larger payloads itself.
pub const PAYLOAD_BYTES: usize = 25 * 1024 * 1024;
/// Longest part of a parser's complaint that is repeated, in characters.
const COMPLAINT_CHARS: usize = 200;

/// What a delivery says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// Something happened to these subjects. Without news it only says "look at them".
    Subjects {
        /// The subjects, at least one.
        subjects: Vec<Subject>,
        /// What happened to each of them, possibly nothing worth keeping.
        news: Vec<News>,
    },
    /// Something happened to a branch; which subjects that concerns must be asked ([`crate::GitHub::pulls_of`]).
    Branch(Box<BranchNews>),
    /// The labels of a repository changed: their schema may have drifted.
    Labels {
        /// The repository.
        repository: Repository,
    },
    /// A repository changed its name or owner, or is no more. Its id stays.
    Repository {
        /// The repository with its new names.
        repository: Repository,
        /// What happened to it.
        change: RepositoryChange,
    },
    /// GitHub tries the webhook out.
    Ping,
    /// Nothing in it concerns us.
    Ignored {
        /// One sentence.
        reason: String,
    },
}

/// News of a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchNews {
    /// The repository that was pushed to.
    pub repository: Repository,
    /// The branch, without `refs/heads/`; unknown for a check on a fork's commit.
    pub branch: Option<String>,
    /// The commit.
    pub commit: String,
    /// What happened.
    pub news: News,
}

/// What happened to a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepositoryChange {
    /// Another name.
    Renamed,
    /// Another owner.
    Transferred,
    /// It is no more.
    Deleted,
}

/// Why a delivery cannot be read. Sending the same bytes again will not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPayload {
    /// Larger than GitHub sends.
    #[error("the payload has {bytes} bytes, the limit is {PAYLOAD_BYTES}; subscribe the webhook to fewer events")]
    Large {
        /// Its size.
        bytes: usize,
    },
    /// Sent as a form.
    #[error("the payload is a form; set the webhook's content type to application/json")]
    Form,
    /// Not UTF-8.
    #[error("the payload is not UTF-8 from byte {valid_up_to} on; send it as GitHub does, as application/json in UTF-8")]
    NotUtf8 {
        /// Bytes before the first bad one.
        valid_up_to: usize,
    },
    /// Not JSON, or a needed field is missing or of another type.
    #[error("the payload of event {event:?} does not read: {complaint}; compare it with GitHub's webhook documentation")]
    Shape {
        /// The event's name.
        event: String,
        /// What the parser says.
        complaint: String,
    },
    /// A field that nothing can be done without.
    #[error("the payload lacks a usable {field}; compare it with GitHub's webhook documentation")]
    Missing {
        /// Its path.
        field: &'static str,
    },
    /// Owner or name of the repository could not be put into a path.
    #[error("the repository is called {shown:?}, which no GitHub repository can be; check who sends this")]
    Names {
        /// What it is called, shortened.
        shown: String,
    },
}

/// What every family of payloads is read with.
#[derive(Clone, Copy)]
pub(super) struct Delivery<'a> {
    pub(super) event: &'a str,
    pub(super) id: &'a str,
    pub(super) body: &'a str,
    pub(super) arrived: Timestamp,
    pub(super) patterns: &'a Patterns,
}

impl Delivery<'_> {
    /// The body as `T`.
    pub(super) fn payload<T: DeserializeOwned>(&self) -> Result<T, BadPayload> {
        serde_json::from_str(self.body)
            .map_err(|error| BadPayload::Shape { event: bounded(self.event, 40), complaint: bounded(&error.to_string(), COMPLAINT_CHARS) })
    }

    /// A piece of news of this delivery.
    pub(super) fn news(&self, id: String, at: Option<Timestamp>, actor: Option<Actor>, event: Event) -> News {
        News { id, at: at.unwrap_or(self.arrived), arrived: self.arrived, actor, event }
    }
}

/// An ignored delivery, with the reason.
pub(super) fn ignored(reason: impl Into<String>) -> Reading {
    Reading::Ignored { reason: reason.into() }
}

/// The actor of an optional sender.
pub(super) fn actor_of(sender: Option<&Account>) -> Option<Actor> {
    sender.and_then(Account::actor)
}

/// Reads a delivery whose signature has been verified.
///
/// `event` and `delivery` are the values of `X-GitHub-Event` and `X-GitHub-Delivery`; `arrived` stands in for times that the
/// payload lacks; the texts of comments and reviews are reduced to flags of `patterns` and commands.
///
/// # Errors
/// When the payload is not what GitHub sends for that event.
pub fn read(event: &str, delivery: &str, body: &[u8], arrived: Timestamp, patterns: &Patterns) -> Result<Reading, BadPayload> {
    if body.len() > PAYLOAD_BYTES {
        return Err(BadPayload::Large { bytes: body.len() });
    }
    let body = std::str::from_utf8(body).map_err(|error| BadPayload::NotUtf8 { valid_up_to: error.valid_up_to() })?;
    if body.starts_with("payload=") {
        return Err(BadPayload::Form);
    }
    let delivery = Delivery { event, id: delivery, body, arrived, patterns };
    match event {
        "push" => push::read(&delivery),
        "pull_request" => pulls::read_pull_request(&delivery),
        "pull_request_review" => pulls::read_review(&delivery),
        "pull_request_review_comment" => pulls::read_review_comment(&delivery),
        "pull_request_review_thread" => pulls::read_thread(&delivery),
        "issue_comment" => comments::read_comment(&delivery),
        "issues" => comments::read_issue(&delivery),
        "check_run" => checks::read(&delivery),
        "label" => repositories::read_label(&delivery),
        "repository" => repositories::read_repository(&delivery),
        "ping" => Ok(Reading::Ping),
        _ => Ok(ignored(format!("event {:?} is none that matters here", bounded(event, 40)))),
    }
}
