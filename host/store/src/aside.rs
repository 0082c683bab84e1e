//! Setting aside: what cannot be read goes to a table of its own, where a person can look at it, and what it was about begins anew.

use crate::error::{Failed, Key};
use crate::{ASIDE, BEREFT, HELD, RECORDS, Store};
use pawl_core::branch::HeldBranch;
use pawl_core::store::{StoreError, Unreadable, decode};
use pawl_core::subject::SubjectId;
use redb::{ReadableTable, ReadableTableMetadata};
use std::sync::atomic::Ordering;

/// Things that one file keeps aside. When so much breaks, something else is wrong, and a person has to look.
const MOST_ASIDE: u64 = 1000;

impl Store {
    /// How many records and branches this process has set aside since the file was opened.
    #[must_use]
    pub fn set_aside(&self) -> u64 {
        self.aside.load(Ordering::Relaxed)
    }

    /// Subjects whose record was set aside and of which nobody has said that they have begun anew.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn bereft(&self) -> Result<Vec<SubjectId>, StoreError> {
        Ok(self.read_one(|tx| {
            let mut subjects = Vec::new();
            for row in tx.open_table(BEREFT)?.iter()? {
                let (repository, number) = row?.0.value();
                subjects.push(SubjectId { repository, number });
            }
            Ok(subjects)
        })?)
    }

    /// The subject has begun anew, or there is nothing to begin: nobody asks for it again because of what was set aside till now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn begun_anew(&self, subject: SubjectId) -> Result<(), StoreError> {
        self.write(move |tx| {
            tx.open_table(BEREFT)?.remove((subject.repository, subject.number))?;
            Ok(())
        })
        .await
    }

    /// What an attempt came to. Nothing when something that cannot be read was in its way: that is set aside now, each thing once, and
    /// the attempt is to be repeated.
    pub(crate) async fn healed<T>(&self, attempt: Result<T, Failed>) -> Result<Option<T>, StoreError> {
        match attempt {
            Err(Failed::Corrupt(key, why)) => {
                self.put_aside(key, why).await?;
                Ok(None)
            }
            done => Ok(Some(done?)),
        }
    }

    /// Moves what cannot be read to the table for that, unless it was replaced meanwhile. Where it is now.
    pub(crate) async fn put_aside(&self, key: Key, why: String) -> Result<Option<String>, StoreError> {
        let moved = key.clone();
        let aside = self.write(move |tx| moved.take_aside(tx)).await?;
        if let Some(name) = &aside {
            self.aside.fetch_add(1, Ordering::Relaxed);
            let (file, what) = (self.path.display(), key.to_string());
            tracing::warn!(
                what,
                why,
                "what is stored cannot be read; it was set aside in the table \"aside\" of {file} under {name:?}, where any reader of \
                 redb files shows it while pawl is stopped, and its subject begins anew: labels on GitHub are adopted as they are"
            );
        }
        Ok(aside)
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Record(subject) => write!(f, "{subject}"),
            Self::Branch(repository, branch) => write!(f, "{repository}/{branch}"),
        }
    }
}

impl Key {
    fn take_aside(&self, tx: &redb::WriteTransaction) -> Result<Option<String>, Failed> {
        let mut aside = tx.open_table(ASIDE)?;
        let bytes = match self {
            Self::Record(id) => {
                let bytes = tx.open_table(RECORDS)?.get((id.repository, id.number))?.map(|bytes| bytes.value().to_vec());
                bytes.filter(|bytes| matches!(decode(*id, bytes), Err(Unreadable::Corrupt(_))))
            }
            Self::Branch(repository, branch) => {
                let bytes = tx.open_table(HELD)?.get((*repository, branch.as_str()))?.map(|bytes| bytes.value().to_vec());
                bytes.filter(|bytes| serde_json::from_slice::<HeldBranch>(bytes).is_err())
            }
        };
        let Some(bytes) = bytes else { return Ok(None) };
        if aside.len()? >= MOST_ASIDE {
            let why = format!(
                "{self} cannot be read, and {MOST_ASIDE} things have been set aside already; look at the disk, then start with --set-aside-store"
            );
            return Err(StoreError::Refused(why).into());
        }
        let mut n = 1;
        let mut name = format!("{self}-aside-{n}");
        while aside.get(name.as_str())?.is_some() {
            n += 1;
            name = format!("{self}-aside-{n}");
        }
        aside.insert(name.as_str(), bytes.as_slice())?;
        match self {
            Self::Record(id) => {
                tx.open_table(RECORDS)?.remove((id.repository, id.number))?;
                tx.open_table(BEREFT)?.insert((id.repository, id.number), name.as_str())?;
            }
            Self::Branch(repository, branch) => drop(tx.open_table(HELD)?.remove((*repository, branch.as_str()))?),
        }
        Ok(Some(name))
    }
}
