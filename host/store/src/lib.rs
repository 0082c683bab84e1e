//! The embedded store: one local file holds records, branch news and repository names; claims are local to the process.
//!
//! Knows records, not policies: every rule about what a record may become is in `pawl-core`. What takes long runs off the async
//! threads; the file is written by one owned thread, which gathers what waits into one transaction (group commit), so many
//! deliveries share one `fsync`.
#![forbid(unsafe_code)]

mod branches;
mod claims;
mod records;
mod writer;

pub use branches::{BRANCHES, HELD_HOURS, HeldBranch};
pub use claims::{Claim, Claims};
pub use records::{Append, AppendResult};

use pawl_core::subject::Repository;
use redb::{Database, DatabaseError, ReadableTable, TableDefinition, WriteTransaction};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Record by repository id and number, as JSON.
const RECORDS: TableDefinition<'_, (u64, u32), &[u8]> = TableDefinition::new("records");
/// Branch news by repository id and branch, as JSON.
const HELD: TableDefinition<'_, (u64, &str), &[u8]> = TableDefinition::new("branches");
/// Repository id by lower-case `owner/name`.
const NAMES: TableDefinition<'_, &str, u64> = TableDefinition::new("names");
/// The stored form's version, under `schema`.
const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");

/// Memory that the file's cache may take, in bytes.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// Why the store could not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the file open.
    #[error("the store {path} is in use by another pawl; stop that one, or talk to it: every command goes through its API")]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read as a store. It is left as it is.
    #[error(
        "the store {path} cannot be read ({why}); nothing was changed. Start once with --set-aside-store to move it to {path}.aside-<n> and begin with an empty store: labels on GitHub are adopted as they are"
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What the reading said.
        why: String,
    },
    /// One record cannot be read. It is left as it is; other subjects go on.
    #[error("the record of {subject} cannot be read ({why}); it is left as it is and its subject waits")]
    CorruptRecord {
        /// The subject.
        subject: pawl_core::subject::SubjectId,
        /// What the reading said.
        why: String,
    },
    /// The record grew over the limit; nothing was written.
    #[error("the record of {subject} would take {bytes} bytes, over the limit of {limit}; nothing was written")]
    TooLarge {
        /// The subject.
        subject: pawl_core::subject::SubjectId,
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A commit came too late.
    #[error(transparent)]
    Conflict(#[from] pawl_core::record::Conflict),
    /// The disk, or the store's own thread, failed.
    #[error("the store failed: {0}; nothing of this step was written")]
    Io(String),
}

macro_rules! io_errors {
    ($($kind:ty),*) => { $(impl From<$kind> for StoreError { fn from(error: $kind) -> Self { Self::Io(error.to_string()) } })* };
}
io_errors!(redb::StorageError, redb::TableError, redb::TransactionError, redb::CommitError);

/// The store. Clones share one file.
#[derive(Clone)]
pub struct Store {
    db: Arc<Database>,
    writer: Arc<writer::Writer>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

impl Store {
    /// Opens the file, or makes it. A file that is there is never overwritten, whatever is in it.
    ///
    /// # Errors
    /// [`StoreError::InUse`], [`StoreError::Corrupt`], [`StoreError::Io`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let is_there = std::fs::metadata(path).is_ok();
        let mut builder = Database::builder();
        builder.set_cache_size(CACHE_BYTES);
        let opened = if is_there { builder.open(path) } else { builder.create(path) };
        let corrupt = |why: String| StoreError::Corrupt { path: path.to_owned(), why };
        let db = opened.map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => StoreError::InUse { path: path.to_owned() },
            DatabaseError::Storage(redb::StorageError::Io(e))
                if matches!(
                    e.kind(),
                    std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::NotFound | std::io::ErrorKind::IsADirectory
                ) =>
            {
                StoreError::Io(format!("{}: {e}", path.display()))
            }
            error => corrupt(error.to_string()),
        })?;
        Self::prepare(&db).map_err(|error| corrupt(error.to_string()))?;
        let db = Arc::new(db);
        let writer = Arc::new(writer::Writer::start(db.clone()));
        Ok(Self { db, writer })
    }

    /// Makes the tables and checks the version.
    fn prepare(db: &Database) -> Result<(), StoreError> {
        let tx = db.begin_write()?;
        {
            tx.open_table(RECORDS)?;
            tx.open_table(HELD)?;
            tx.open_table(NAMES)?;
            let mut meta = tx.open_table(META)?;
            let stored = meta.get("schema")?.map(|v| v.value());
            let ours = u64::from(pawl_core::record::SCHEMA);
            match stored {
                Some(version) if version != ours => {
                    return Err(StoreError::Io(format!("it has version {version} of the stored form, this pawl reads {ours}")));
                }
                Some(_) => {}
                None => {
                    meta.insert("schema", ours)?;
                }
            }
        }
        tx.commit()?;
        Ok(())
    }

    /// Moves a file that cannot be read out of the way, on the operator's word. Returns where it went.
    ///
    /// # Errors
    /// When the file cannot be moved.
    pub fn set_aside(path: &Path) -> Result<PathBuf, StoreError> {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        for n in 1..1000 {
            let aside = path.with_file_name(format!("{name}.aside-{n}"));
            if std::fs::metadata(&aside).is_err() {
                std::fs::rename(path, &aside).map_err(|e| StoreError::Io(format!("cannot move {}: {e}", path.display())))?;
                return Ok(aside);
            }
        }
        Err(StoreError::Io(format!("{} has been set aside a thousand times", path.display())))
    }

    /// Reads one thing, where it is asked for: that takes microseconds, less than handing it to another thread and back.
    fn read_one<T>(&self, read: impl FnOnce(&redb::ReadTransaction) -> Result<T, StoreError>) -> Result<T, StoreError> {
        use redb::ReadableDatabase;
        read(&self.db.begin_read()?)
    }

    /// Runs a read of many off the async threads.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&redb::ReadTransaction) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let db = self.db.clone();
        tokio::task::spawn_blocking(move || {
            use redb::ReadableDatabase;
            read(&db.begin_read()?)
        })
        .await
        .map_err(|e| StoreError::Io(e.to_string()))?
    }

    /// Runs a write in the next group commit; durable when this returns.
    async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&redb::WriteTransaction) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.run(write).await
    }

    /// Remembers what a repository is called; durable when this returns. [`Store::append`] and [`Store::hold`] do so by themselves.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn name_repository(&self, repository: &Repository) -> Result<(), StoreError> {
        let repository = repository.clone();
        self.write(move |tx| name(tx, &repository)).await
    }

    /// The id of the repository that was last seen under this `owner/name`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn repository_id(&self, full_name: &str) -> Result<Option<u64>, StoreError> {
        let key = full_name.to_lowercase();
        self.read_one(|tx| Ok(tx.open_table(NAMES)?.get(key.as_str())?.map(|v| v.value())))
    }
}

/// Remembers a name, unless it is known: most deliveries are of a repository that has been seen before.
fn name(tx: &WriteTransaction, repository: &Repository) -> Result<(), StoreError> {
    let mut names = tx.open_table(NAMES)?;
    let key = repository.to_string().to_lowercase();
    let is_known = names.get(key.as_str())?.is_some_and(|id| id.value() == repository.id);
    if !is_known {
        names.insert(key.as_str(), repository.id)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
