//! The two ways a record changes: append and commit.

use super::maps::Place;
use super::swap::Next;
use super::{Records, read};
use pawl_core::planted::{self, Fault};
use pawl_core::record::{Appended, Commit, Record};
use pawl_core::store::{Append, AppendResult, StoreError, encode};
use pawl_core::subject::SubjectId;

impl Records {
    /// Appends news, one subject after the other, and remembers what their repositories are called; durable when this returns. After an
    /// error some subjects may have theirs; appending all of it again is harmless.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`], [`StoreError::NewerRecord`], [`StoreError::Unavailable`], [`StoreError::Refused`].
    pub async fn append(&self, appends: Vec<Append>) -> Result<Vec<AppendResult>, StoreError> {
        let mut results = Vec::with_capacity(appends.len());
        for append in &appends {
            results.push(self.append_one(append).await?);
        }
        for append in &appends {
            self.tell_name(&append.subject.repository).await?;
        }
        Ok(results)
    }

    async fn append_one(&self, append: &Append) -> Result<AppendResult, StoreError> {
        let subject = append.subject.id();
        let mut sent: Vec<Appended> = Vec::new();
        self.swap(&Place::record(subject), |stored, is_unheard| {
            let mut record = match read(subject, stored)? {
                Ok(record) => record.unwrap_or_else(|| Record::new(append.subject.clone())),
                Err(why) => return Ok(Next::SetAside(why)),
            };
            let appended = append.apply(&mut record);
            let has_accepted = appended.iter().any(|one| matches!(one, Appended::Accepted(_)));
            let text = has_accepted.then(|| encode(&record)).transpose()?;
            let told = if is_unheard { recognised(append, &record, &appended, &sent) } else { appended.clone() };
            sent = appended;
            let result = AppendResult { subject, appended: told, record };
            Ok(match text {
                Some(text) => Next::Write(text, result),
                None => Next::Keep(result),
            })
        })
        .await
    }

    /// Commits: compare the generation, and swap. Entries appended meanwhile stay in the inbox; a commit whose reply was lost is
    /// recognised by its operation.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else committed; else as [`Records::append`].
    pub async fn commit(&self, id: SubjectId, commit: Commit) -> Result<Record, StoreError> {
        if planted::is(Fault::IncrementOutsideCommit) {
            self.remember(id, &commit).await?;
        }
        self.swap(&Place::record(id), |stored, _| {
            let stored = match read(id, stored)? {
                Ok(stored) => stored,
                Err(why) => return Ok(Next::SetAside(why)),
            };
            let mut record = stored.clone().unwrap_or_else(|| Record::new(commit.subject.clone()));
            commit.clone().apply(&mut record)?;
            if stored.as_ref() == Some(&record) {
                return Ok(Next::Keep(record));
            }
            Ok(Next::Write(encode(&record)?, record))
        })
        .await
    }

    /// Saves what policies remember, by itself and whatever the generation is. Only a planted fault does so.
    async fn remember(&self, id: SubjectId, commit: &Commit) -> Result<(), StoreError> {
        self.swap(&Place::record(id), |stored, _| {
            let Ok(Some(mut record)) = read(id, stored)? else { return Ok(Next::Keep(())) };
            for (name, part) in &mut record.parts {
                part.memory = commit.parts.get(name).and_then(|part| part.memory.clone());
            }
            Ok(Next::Write(encode(&record)?, ()))
        })
        .await
    }
}

impl Records {
    /// Takes a record away if it is still exactly this one: nothing was appended and nothing committed since it was read. Whether it was.
    ///
    /// # Errors
    /// As [`Records::append`].
    pub async fn remove(&self, record: &Record) -> Result<bool, StoreError> {
        let id = record.subject.id();
        self.swap(&Place::record(id), |stored, is_unheard| match read(id, stored)? {
            Ok(Some(stored)) if stored == *record => Ok(Next::Remove(true)),
            Ok(Some(_)) | Err(_) => Ok(Next::Keep(false)),
            Ok(None) => Ok(Next::Keep(is_unheard)),
        })
        .await
    }
}

/// What became of the news, where an earlier write of the same call may have brought it: what that write would have brought and is there
/// now, by the same delivery or consumed already, came by it.
fn recognised(append: &Append, record: &Record, appended: &[Appended], sent: &[Appended]) -> Vec<Appended> {
    let word = |(n, news): (usize, &pawl_core::news::News)| match (appended[n], sent.get(n)) {
        (Appended::Duplicate, Some(Appended::Accepted(seq))) => match record.inbox.iter().find(|entry| entry.news.id == news.id) {
            Some(entry) if entry.delivery == append.delivery => Appended::Accepted(entry.seq),
            Some(_) => Appended::Duplicate,
            None => Appended::Accepted(*seq),
        },
        (word, _) => word,
    };
    append.news.iter().enumerate().map(word).collect()
}
