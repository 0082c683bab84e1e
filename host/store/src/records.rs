//! Records: append, load, commit, list.

use crate::{RECORDS, Store, StoreError};
use pawl_core::news::News;
use pawl_core::record::{Appended, Commit, RECORD_BYTES, Record};
use pawl_core::subject::{Subject, SubjectId};
use redb::{ReadableTable, WriteTransaction};

/// News for one subject.
#[derive(Debug, Clone)]
pub struct Append {
    /// The subject, by the names of the delivery.
    pub subject: Subject,
    /// The delivery's correlation id.
    pub delivery: String,
    /// What happened, in order.
    pub news: Vec<News>,
}

/// What became of an [`Append`].
#[derive(Debug, Clone)]
pub struct AppendResult {
    /// The subject.
    pub subject: SubjectId,
    /// One word per piece of news.
    pub appended: Vec<Appended>,
    /// The record as it is now.
    pub record: Record,
}

impl Store {
    /// Appends news, all or nothing, and remembers what the subjects' repositories are called; durable when this returns.
    ///
    /// # Errors
    /// When the store fails, or a record cannot be read or would grow too large.
    pub async fn append(&self, appends: Vec<Append>) -> Result<Vec<AppendResult>, StoreError> {
        self.write(move |tx| {
            let mut results: Vec<AppendResult> = Vec::with_capacity(appends.len());
            for append in appends {
                let id = append.subject.id();
                let mut record = match results.iter().rev().find(|r| r.subject == id) {
                    Some(earlier) => earlier.record.clone(),
                    None => read(tx, id)?.unwrap_or_else(|| Record::new(append.subject.clone())),
                };
                record.subject.repository = append.subject.repository;
                let appended = append.news.into_iter().map(|news| record.append(&append.delivery, news)).collect();
                results.push(AppendResult { subject: id, appended, record });
            }
            let stored: Vec<_> = results.iter().map(|r| encode(&r.record)).collect::<Result<_, _>>()?;
            let has_accepted = |r: &AppendResult| r.appended.iter().any(|a| matches!(a, Appended::Accepted(_)));
            for (result, bytes) in results.iter().zip(stored) {
                // In the same transaction: a second one would be a second `fsync` for each delivery.
                crate::name(tx, &result.record.subject.repository)?;
                if has_accepted(result) {
                    insert(tx, result.subject, &bytes)?;
                }
            }
            Ok(results)
        })
        .await
    }

    /// Reads a record.
    ///
    /// # Errors
    /// When the store fails or the record cannot be read.
    pub async fn load(&self, id: SubjectId) -> Result<Option<Record>, StoreError> {
        self.read_one(|tx| {
            let table = tx.open_table(RECORDS)?;
            table.get((id.repository, id.number))?.map(|bytes| decode(id, bytes.value())).transpose()
        })
    }

    /// Commits: compare the generation, and swap. Entries appended meanwhile stay in the inbox.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else committed; else as [`Store::append`].
    pub async fn commit(&self, id: SubjectId, commit: Commit) -> Result<Record, StoreError> {
        self.write(move |tx| {
            let mut record = read(tx, id)?.unwrap_or_else(|| Record::new(commit.subject.clone()));
            commit.apply(&mut record)?;
            let bytes = encode(&record)?;
            insert(tx, id, &bytes)?;
            Ok(record)
        })
        .await
    }

    /// Up to `limit` records after `after`, by id. A record that cannot be read comes as its error.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn page(&self, after: Option<SubjectId>, limit: usize) -> Result<Vec<Result<Record, StoreError>>, StoreError> {
        self.read(move |tx| {
            let table = tx.open_table(RECORDS)?;
            let start = after.map_or(std::ops::Bound::Unbounded, |id| std::ops::Bound::Excluded((id.repository, id.number)));
            let mut page = Vec::new();
            for row in table.range::<(u64, u32)>((start, std::ops::Bound::Unbounded))?.take(limit) {
                let (key, bytes) = row?;
                let (repository, number) = key.value();
                page.push(decode(SubjectId { repository, number }, bytes.value()));
            }
            Ok(page)
        })
        .await
    }
}

fn read(tx: &WriteTransaction, id: SubjectId) -> Result<Option<Record>, StoreError> {
    let table = tx.open_table(RECORDS)?;
    let found = table.get((id.repository, id.number))?;
    found.map(|bytes| decode(id, bytes.value())).transpose()
}

fn insert(tx: &WriteTransaction, id: SubjectId, bytes: &[u8]) -> Result<(), StoreError> {
    tx.open_table(RECORDS)?.insert((id.repository, id.number), bytes)?;
    Ok(())
}

fn decode(subject: SubjectId, bytes: &[u8]) -> Result<Record, StoreError> {
    serde_json::from_slice(bytes).map_err(|e| StoreError::CorruptRecord { subject, why: e.to_string() })
}

fn encode(record: &Record) -> Result<Vec<u8>, StoreError> {
    let subject = record.subject.id();
    let bytes = serde_json::to_vec(record).map_err(|e| StoreError::CorruptRecord { subject, why: e.to_string() })?;
    if bytes.len() > RECORD_BYTES {
        return Err(StoreError::TooLarge { subject, bytes: bytes.len(), limit: RECORD_BYTES });
    }
    Ok(bytes)
}
