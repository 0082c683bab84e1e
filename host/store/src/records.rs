//! Records: append, load, commit, list.

use crate::error::{Failed, Key};
use crate::{RECORDS, Store};
use pawl_core::record::{Commit, Record};
use pawl_core::store::{Append, AppendResult, StoreError, Unreadable, decode, encode};
use pawl_core::subject::SubjectId;
use redb::{ReadableTable, WriteTransaction};
use std::sync::Arc;

impl Store {
    /// Appends news, all or nothing, and remembers what the subjects' repositories are called; durable when this returns. A record that
    /// cannot be read is set aside, and its subject begins anew.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`], [`StoreError::NewerRecord`], [`StoreError::Unavailable`].
    pub async fn append(&self, appends: Vec<Append>) -> Result<Vec<AppendResult>, StoreError> {
        let appends: Arc<[Append]> = appends.into();
        loop {
            let appends = appends.clone();
            let attempt = self.attempt(move |tx| append(tx, &appends)).await;
            if let Some(results) = self.healed(attempt).await? {
                return Ok(results);
            }
        }
    }

    /// Reads a record. One that cannot be read is set aside, and there is none.
    ///
    /// # Errors
    /// [`StoreError::NewerRecord`], [`StoreError::Unavailable`].
    pub async fn load(&self, id: SubjectId) -> Result<Option<Record>, StoreError> {
        loop {
            let attempt = self.read_one(|tx| {
                let table = tx.open_table(RECORDS)?;
                table.get((id.repository, id.number))?.map(|bytes| read(id, bytes.value())).transpose()
            });
            if let Some(record) = self.healed(attempt).await? {
                return Ok(record);
            }
        }
    }

    /// Commits: compare the generation, and swap. Entries appended meanwhile stay in the inbox.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else committed; else as [`Store::append`].
    pub async fn commit(&self, id: SubjectId, commit: Commit) -> Result<Record, StoreError> {
        let commit = Arc::new(commit);
        loop {
            let commit = commit.clone();
            let attempt = self.attempt(move |tx| {
                let stored = stored(tx, id)?;
                let mut record = stored.clone().unwrap_or_else(|| Record::new(commit.subject.clone()));
                Commit::clone(&commit).apply(&mut record)?;
                if stored.as_ref() != Some(&record) {
                    insert(tx, id, &encode(&record)?)?;
                }
                Ok(record)
            });
            if let Some(record) = self.healed(attempt.await).await? {
                return Ok(record);
            }
        }
    }

    /// Takes a record away if it is still exactly this one: nothing was appended and nothing committed since it was read. Whether it was.
    ///
    /// # Errors
    /// [`StoreError::NewerRecord`], [`StoreError::Unavailable`].
    pub async fn remove(&self, record: &Record) -> Result<bool, StoreError> {
        let record = Arc::new(record.clone());
        loop {
            let record = record.clone();
            let attempt = self.attempt(move |tx| {
                let id = record.subject.id();
                let is_it = stored(tx, id)?.as_ref() == Some(&*record);
                if is_it {
                    tx.open_table(RECORDS)?.remove((id.repository, id.number))?;
                }
                Ok(is_it)
            });
            if let Some(is_it) = self.healed(attempt.await).await? {
                return Ok(is_it);
            }
        }
    }

    /// Up to `limit` records after `after`, by id. One that cannot be read is set aside, and comes once as its error; one that a newer
    /// pawl wrote comes as its error each time.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn page(&self, after: Option<SubjectId>, limit: usize) -> Result<Vec<Result<Record, StoreError>>, StoreError> {
        let read = self
            .read(move |tx| {
                let table = tx.open_table(RECORDS)?;
                let start = after.map_or(std::ops::Bound::Unbounded, |id| std::ops::Bound::Excluded((id.repository, id.number)));
                let mut page = Vec::new();
                for row in table.range::<(u64, u32)>((start, std::ops::Bound::Unbounded))?.take(limit) {
                    let (key, bytes) = row?;
                    let (repository, number) = key.value();
                    let id = SubjectId { repository, number };
                    page.push((id, decode(id, bytes.value())));
                }
                Ok(page)
            })
            .await?;
        let mut page = Vec::with_capacity(read.len());
        for (subject, record) in read {
            match record {
                Ok(record) => page.push(Ok(record)),
                Err(Unreadable::Newer(schema)) => page.push(Err(StoreError::NewerRecord { subject, schema })),
                Err(Unreadable::Corrupt(why)) => {
                    page.push(Err(match self.put_aside(Key::Record(subject), why.clone()).await {
                        Ok(aside) => StoreError::CorruptRecord { subject, why, aside: aside.unwrap_or_default() },
                        Err(trouble) => StoreError::NotSetAside { subject, why, trouble: trouble.into() },
                    }));
                }
            }
        }
        Ok(page)
    }
}

fn append(tx: &WriteTransaction, appends: &[Append]) -> Result<Vec<AppendResult>, Failed> {
    let mut results: Vec<AppendResult> = Vec::with_capacity(appends.len());
    for append in appends {
        let subject = append.subject.id();
        let mut record = match results.iter().rev().find(|r| r.subject == subject) {
            Some(earlier) => earlier.record.clone(),
            None => stored(tx, subject)?.unwrap_or_else(|| Record::new(append.subject.clone())),
        };
        let appended = append.apply(&mut record);
        results.push(AppendResult { subject, appended, record });
    }
    let to_write = results.iter().filter(|result| result.has_accepted());
    let to_write: Vec<_> = to_write.map(|result| Ok((result.subject, encode(&result.record)?))).collect::<Result<_, StoreError>>()?;
    for append in appends {
        // In the same transaction: a second one would be a second `fsync` for each delivery.
        crate::names::tell(tx, &append.subject.repository)?;
    }
    for (subject, json) in to_write {
        insert(tx, subject, &json)?;
    }
    Ok(results)
}

fn stored(tx: &WriteTransaction, id: SubjectId) -> Result<Option<Record>, Failed> {
    let table = tx.open_table(RECORDS)?;
    let found = table.get((id.repository, id.number))?;
    found.map(|bytes| read(id, bytes.value())).transpose()
}

fn insert(tx: &WriteTransaction, id: SubjectId, json: &str) -> Result<(), Failed> {
    tx.open_table(RECORDS)?.insert((id.repository, id.number), json.as_bytes())?;
    Ok(())
}

fn read(subject: SubjectId, bytes: &[u8]) -> Result<Record, Failed> {
    decode(subject, bytes).map_err(|unreadable| match unreadable {
        Unreadable::Newer(schema) => StoreError::NewerRecord { subject, schema }.into(),
        Unreadable::Corrupt(why) => Failed::Corrupt(Key::Record(subject), why),
    })
}
