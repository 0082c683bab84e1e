//! What goes wrong within the store, and why a file cannot be opened.

use pawl_core::record::Conflict;
use pawl_core::store::StoreError;
use std::path::PathBuf;

/// Why a file cannot be opened as a store. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
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
    /// A newer pawl wrote it. It is left as it is.
    #[error(
        "the store {path} has version {version} of the stored form, and this pawl reads {}; nothing was changed: run the version that wrote it, or a newer one",
        pawl_core::record::SCHEMA
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u64,
    },
    /// The disk failed, or may not be used.
    #[error("the store cannot be opened: {0}; check the folder's permissions and that its disk is there and not full")]
    Disk(String),
}

/// What is kept under which key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    Record(pawl_core::subject::SubjectId),
    Branch(u64, String),
}

/// Why a read or a write within a transaction came to nothing.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The disk, or the store's own thread.
    Disk(String),
    /// What is kept there cannot be read: it is set aside, and the same is done again.
    Corrupt(Key, String),
    /// For the caller.
    Told(StoreError),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Told(error)
    }
}

impl From<Conflict> for Failed {
    fn from(conflict: Conflict) -> Self {
        Self::Told(conflict.into())
    }
}

impl From<Failed> for StoreError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Disk(why) => Self::unavailable(format!("{why}; nothing of this step was written, it is tried again")),
            Failed::Corrupt(key, why) => Self::unavailable(format!("{key:?} cannot be read ({why}); it is set aside and tried again")),
            Failed::Told(error) => error,
        }
    }
}

macro_rules! disk_errors {
    ($($kind:ty),*) => { $(impl From<$kind> for Failed { fn from(error: $kind) -> Self { Self::Disk(error.to_string()) } })* };
}
disk_errors!(redb::StorageError, redb::TableError, redb::TransactionError, redb::CommitError);
