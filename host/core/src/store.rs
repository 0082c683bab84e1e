//! The words that every store of records speaks: what is brought, what became of it, what went wrong, and the stored form.

use crate::news::News;
use crate::record::{Appended, Conflict, RECORD_BYTES, Record, SCHEMA};
use crate::subject::{Subject, SubjectId};
use serde::Deserialize;
use std::time::Duration;

/// News for one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// The subject, by the names of the delivery.
    pub subject: Subject,
    /// The delivery's correlation id.
    pub delivery: String,
    /// What happened, in order.
    pub news: Vec<News>,
}

impl Append {
    /// Puts the news into the record of their subject: one word per piece of news. The subject is called as this delivery calls it.
    pub fn apply(&self, record: &mut Record) -> Vec<Appended> {
        record.subject.repository = self.subject.repository.clone();
        self.news.iter().map(|news| record.append(&self.delivery, news.clone())).collect()
    }
}

/// Whose a name `owner/name` is.
///
/// News are signed, and still no proof: whoever may send deliveries for one repository could say of it what another one is called. So
/// what news call a repository is kept only while nothing else is known of that name, and nothing is decided by it alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// GitHub's numeric repository id.
    pub id: u64,
    /// Whether GitHub itself said so when it was asked; else only news did.
    pub is_confirmed: bool,
}

/// What became of an [`Append`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppendResult {
    /// The subject.
    pub subject: SubjectId,
    /// One word per piece of news.
    pub appended: Vec<Appended>,
    /// The record as it is now.
    pub record: Record,
}

impl AppendResult {
    /// Whether the record holds something that it did not hold before, and so has to be written.
    #[must_use]
    pub fn has_accepted(&self) -> bool {
        self.appended.iter().any(|appended| matches!(appended, Appended::Accepted(_)))
    }
}

/// Why a store could not do something, by what happens next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A record cannot be read. It was set aside; its subject begins anew with the next news.
    #[error("the record of {subject} cannot be read ({why}); it was set aside as {aside}, and its subject begins anew")]
    CorruptRecord {
        /// The subject.
        subject: SubjectId,
        /// What the reading said.
        why: String,
        /// Where it is now.
        aside: String,
    },
    /// A record cannot be read, and could not be set aside either. It is left as it is; other subjects go on.
    #[error("the record of {subject} cannot be read ({why}) and could not be set aside, so it is left as it is: {trouble}")]
    NotSetAside {
        /// The subject.
        subject: SubjectId,
        /// What the reading said.
        why: String,
        /// Why it is still there.
        trouble: Box<StoreError>,
    },
    /// A record was written by a newer pawl. It is left alone; other subjects go on.
    #[error(
        "the record of {subject} has version {schema} of the stored form, and this pawl reads {SCHEMA}; it is left as it is: run the version that wrote it, or a newer one"
    )]
    NewerRecord {
        /// The subject.
        subject: SubjectId,
        /// The version it has.
        schema: u32,
    },
    /// The record grew over the limit; nothing of it was written. Trying again does not help.
    #[error("the record of {subject} would take {bytes} bytes, over the limit of {limit}; nothing of it was written")]
    TooLarge {
        /// The subject.
        subject: SubjectId,
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A commit came too late: the turn starts over.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// Not now: back off and do the same again. Whether it was done is not always known; repeating it is harmless.
    #[error("the store is not available: {why}")]
    Unavailable {
        /// What happened, and the way out.
        why: String,
        /// How long to wait at least, when the other side said so.
        retry_after: Option<Duration>,
    },
    /// It will be refused again: a person has to change permissions or configuration.
    #[error("the store refuses: {0}")]
    Refused(String),
}

impl StoreError {
    /// Something that may pass by itself.
    pub fn unavailable(why: impl Into<String>) -> Self {
        Self::Unavailable { why: why.into(), retry_after: None }
    }

    /// Whether doing the same again may help without anybody changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable { .. } | Self::Conflict(_) | Self::CorruptRecord { .. } => true,
            Self::NotSetAside { trouble, .. } => trouble.is_transient(),
            Self::NewerRecord { .. } | Self::TooLarge { .. } | Self::Refused(_) => false,
        }
    }

    /// How long to wait before that, when somebody said so.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after, .. } => *retry_after,
            Self::NotSetAside { trouble, .. } => trouble.retry_after(),
            _ => None,
        }
    }

    /// The subject whose record it is about.
    #[must_use]
    pub fn subject(&self) -> Option<SubjectId> {
        match self {
            Self::CorruptRecord { subject, .. }
            | Self::NotSetAside { subject, .. }
            | Self::NewerRecord { subject, .. }
            | Self::TooLarge { subject, .. } => Some(*subject),
            Self::Conflict(conflict) => Some(conflict.subject),
            Self::Unavailable { .. } | Self::Refused(_) => None,
        }
    }
}

/// Why stored bytes are no record that could be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// A newer pawl wrote it, in this version of the stored form: not to be touched.
    Newer(u32),
    /// It is no record, or that of another subject: to be set aside. What the reading said.
    Corrupt(String),
}

/// The version alone: a newer form need not be readable otherwise.
#[derive(Deserialize)]
struct Version {
    schema: u32,
}

/// The record of `subject` from its stored form.
///
/// # Errors
/// When it is newer than this pawl, or no record of this subject.
pub fn decode(subject: SubjectId, bytes: &[u8]) -> Result<Record, Unreadable> {
    let corrupt = |error: serde_json::Error| Unreadable::Corrupt(error.to_string());
    let version: Version = serde_json::from_slice(bytes).map_err(corrupt)?;
    if version.schema > SCHEMA {
        return Err(Unreadable::Newer(version.schema));
    }
    let record: Record = serde_json::from_slice(bytes).map_err(corrupt)?;
    match record.subject.id() {
        id if id == subject => Ok(record),
        other => Err(Unreadable::Corrupt(format!("it is the record of {other}"))),
    }
}

/// The stored form of a record: JSON.
///
/// # Errors
/// [`StoreError::TooLarge`] over [`RECORD_BYTES`].
pub fn encode(record: &Record) -> Result<String, StoreError> {
    let json =
        serde_json::to_string(record).map_err(|error| StoreError::Refused(format!("a record is no JSON ({error}); please report this")))?;
    if json.len() > RECORD_BYTES {
        return Err(StoreError::TooLarge { subject: record.subject.id(), bytes: json.len(), limit: RECORD_BYTES });
    }
    Ok(json)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::Timestamp;
    use crate::news::Event;
    use crate::subject::{Repository, SubjectKind};

    fn subject() -> Subject {
        Subject { repository: Repository { id: 7, owner: "acme".into(), name: "shop".into() }, number: 1, kind: SubjectKind::PullRequest }
    }

    fn append(ids: &[&str]) -> Append {
        let at = Timestamp::from_second(1_790_000_000).unwrap();
        let news = |id: &&str| News { id: (*id).into(), at, arrived: at, actor: None, event: Event::Opened };
        Append { subject: subject(), delivery: "d".into(), news: ids.iter().map(news).collect() }
    }

    #[test]
    fn an_append_answers_each_piece_of_news_and_brings_the_present_name() {
        let mut record = Record::new(Subject { repository: Repository { name: "old".into(), ..subject().repository }, ..subject() });
        assert_eq!(append(&["a", "b", "a"]).apply(&mut record), [Appended::Accepted(1), Appended::Accepted(2), Appended::Duplicate]);
        assert_eq!(record.subject.repository.name, "shop");
    }

    #[test]
    fn k9_what_was_stored_is_read_again_and_only_as_the_record_of_its_subject() {
        let mut record = Record::new(subject());
        append(&["a"]).apply(&mut record);
        let json = encode(&record).unwrap();
        assert_eq!(decode(subject().id(), json.as_bytes()), Ok(record));
        let other = SubjectId { number: 2, ..subject().id() };
        assert_eq!(decode(other, json.as_bytes()), Err(Unreadable::Corrupt("it is the record of 7#1".into())));
        assert!(matches!(decode(other, b"{\"schema\":1"), Err(Unreadable::Corrupt(_))));
        assert!(matches!(decode(other, b"{\"schema\":1}"), Err(Unreadable::Corrupt(_))));
    }

    #[test]
    fn k9_a_newer_form_is_not_taken_for_a_broken_one() {
        let newer = format!("{{\"schema\":{},\"subject\":[\"another\",\"form\"]}}", SCHEMA + 1);
        assert_eq!(decode(subject().id(), newer.as_bytes()), Err(Unreadable::Newer(SCHEMA + 1)));
    }

    #[test]
    fn k9_a_record_over_the_limit_has_no_stored_form() {
        let mut record = Record::new(subject());
        let rest = encode(&record).unwrap().len() - 4 + 2;
        record.ended = Some("x".repeat(RECORD_BYTES - rest));
        assert_eq!(encode(&record).map(|json| json.len()), Ok(RECORD_BYTES));
        record.ended = Some("x".repeat(RECORD_BYTES - rest + 1));
        assert!(matches!(encode(&record), Err(StoreError::TooLarge { bytes, limit: RECORD_BYTES, .. }) if bytes == RECORD_BYTES + 1));
    }
}
