//! The embedded store: one local file holds records, branch news and repository names; claims are local to the process.
//!
//! Knows records, not policies: every rule about what a record may become is in `pawl-core`. What takes long runs off the async
//! threads; the file is written by one owned thread, which gathers what waits into one transaction (group commit), so many
//! deliveries share one `fsync`.
#![forbid(unsafe_code)]

mod aside;
mod branches;
mod claims;
mod error;
mod names;
mod orders;
mod records;
mod writer;

pub use claims::{Claim, Claims};
pub use error::OpenError;

use error::Failed;
use pawl_core::store::StoreError;
use redb::{Database, DatabaseError, ReadableTable, TableDefinition, WriteTransaction};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// Record by repository id and number, as JSON.
const RECORDS: TableDefinition<'_, (u64, u32), &[u8]> = TableDefinition::new("records");
/// Branch news by repository id and branch, as JSON.
const HELD: TableDefinition<'_, (u64, &str), &[u8]> = TableDefinition::new("branches");
/// What could not be read, as it was, by what it is about and a number.
const ASIDE: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("aside");
/// Subjects whose record was set aside and that have not begun anew, with what it is called there.
const BEREFT: TableDefinition<'_, (u64, u32), &str> = TableDefinition::new("bereft");
/// The stored form's version, under `schema`.
const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");

/// The version of the stored form that this reads and writes.
const SCHEMA: u64 = pawl_core::record::SCHEMA as u64;
/// Longest wait for one small read, for whoever has to know whether the file answers.
const ANSWER: Duration = Duration::from_secs(2);
/// Memory that the file's cache may take, in bytes.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// The store. Clones share one file.
#[derive(Clone)]
pub struct Store {
    db: Arc<Database>,
    writer: Arc<writer::Writer>,
    path: Arc<Path>,
    aside: Arc<AtomicU64>,
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
    /// [`OpenError`], each with the way out.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let is_there = std::fs::metadata(path).is_ok();
        let mut builder = Database::builder();
        builder.set_cache_size(CACHE_BYTES);
        let opened = if is_there { builder.open(path) } else { builder.create(path) };
        let corrupt = |why: String| OpenError::Corrupt { path: path.to_owned(), why };
        let db = opened.map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => OpenError::InUse { path: path.to_owned() },
            DatabaseError::Storage(redb::StorageError::Io(e))
                if matches!(
                    e.kind(),
                    std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::NotFound | std::io::ErrorKind::IsADirectory
                ) =>
            {
                OpenError::Disk(format!("{}: {e}", path.display()))
            }
            error => corrupt(error.to_string()),
        })?;
        let version = Self::prepare(&db).map_err(|failed| corrupt(StoreError::from(failed).to_string()))?;
        match version {
            version if version > SCHEMA => return Err(OpenError::Newer { path: path.to_owned(), version }),
            version if version < SCHEMA => return Err(corrupt(format!("it has version {version} of the stored form"))),
            _ => {}
        }
        let db = Arc::new(db);
        let writer = Arc::new(writer::Writer::start(db.clone()));
        Ok(Self { db, writer, path: path.into(), aside: Arc::default() })
    }

    /// Makes the tables, in a file that is new or of this version. Says which version it has.
    fn prepare(db: &Database) -> Result<u64, Failed> {
        let tx = db.begin_write()?;
        let version = {
            let mut meta = tx.open_table(META)?;
            let stored = meta.get("schema")?.map(|v| v.value());
            if stored.is_some_and(|version| version != SCHEMA) {
                return Ok(stored.unwrap_or_default());
            }
            meta.insert("schema", SCHEMA)?;
            tx.open_table(RECORDS)?;
            tx.open_table(HELD)?;
            names::prepare(&tx)?;
            tx.open_table(ASIDE)?;
            tx.open_table(BEREFT)?;
            tx.open_table(orders::ORDERS)?;
            SCHEMA
        };
        tx.commit()?;
        Ok(version)
    }

    /// Moves a file that cannot be read out of the way, on the operator's word. Returns where it went.
    ///
    /// # Errors
    /// When the file cannot be moved.
    pub fn set_aside_file(path: &Path) -> Result<PathBuf, OpenError> {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        for n in 1..1000 {
            let aside = path.with_file_name(format!("{name}.aside-{n}"));
            if std::fs::metadata(&aside).is_err() {
                std::fs::rename(path, &aside).map_err(|e| OpenError::Disk(format!("cannot move {}: {e}", path.display())))?;
                return Ok(aside);
            }
        }
        Err(OpenError::Disk(format!("{} has been set aside a thousand times", path.display())))
    }

    /// Reads from the file, and waits at most 2 s. It shows that the file can be read, not that it can be written.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn answers(&self) -> Result<(), StoreError> {
        let read = self.read(|tx| Ok(tx.open_table(META)?.get("schema")?.is_some()));
        let seconds = ANSWER.as_secs();
        let answer = tokio::time::timeout(ANSWER, read).await;
        answer.map_err(|_| StoreError::unavailable(format!("{} was not read within {seconds} s", self.path.display())))?.map(drop)
    }

    /// Reads one thing, where it is asked for: that takes microseconds, less than handing it to another thread and back.
    fn read_one<T>(&self, read: impl FnOnce(&redb::ReadTransaction) -> Result<T, Failed>) -> Result<T, Failed> {
        use redb::ReadableDatabase;
        read(&self.db.begin_read()?)
    }

    /// Runs a read of many off the async threads.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&redb::ReadTransaction) -> Result<T, Failed> + Send + 'static,
    ) -> Result<T, StoreError> {
        let db = self.db.clone();
        let read = tokio::task::spawn_blocking(move || {
            use redb::ReadableDatabase;
            read(&db.begin_read()?)
        });
        Ok(read.await.map_err(|e| Failed::Disk(e.to_string()))??)
    }

    /// Runs a write in the next group commit; durable when this returns.
    async fn attempt<T: Send + 'static>(
        &self,
        write: impl FnOnce(&WriteTransaction) -> Result<T, Failed> + Send + 'static,
    ) -> Result<T, Failed> {
        self.writer.run(write).await
    }

    /// As [`Store::attempt`], where nothing that is read first can be in the way.
    async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&WriteTransaction) -> Result<T, Failed> + Send + 'static,
    ) -> Result<T, StoreError> {
        Ok(self.attempt(write).await?)
    }
}

#[cfg(test)]
mod tests;
