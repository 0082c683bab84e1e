//! Records in ConfigMaps: one per subject, shared by all replicas.
//!
//! Every write is a compare-and-swap on the version that was read; nothing is ever written blindly. Whatever the answer to a write, or
//! without one, the object is read again before anything is believed: news has natural ids and a commit its operation, so that what was
//! done is recognised and what was not is done again. What cannot be read is moved aside, never overwritten.
//!
//! Every operation has its time and its tries. What is not done within them is answered as not available, and may be repeated.

mod answers;
mod aside;
mod bereft;
mod branches;
mod follow;
mod maps;
mod names;
mod orders;
mod pages;
mod swap;
mod tries;
mod write;

pub use follow::{Following, Written};

use crate::connect::Cluster;
use crate::verbs::Verbs;
use bereft::Bereft;
use branches::Known;
use maps::{Maps, Place};
use names::Names;
use pages::Cursors;
use pawl_core::record::Record;
use pawl_core::store::{StoreError, Unreadable, decode};
use pawl_core::subject::SubjectId;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use swap::{Lanes, Next};

/// What records use of a Role. Without `watch` whoever follows them reads lists instead.
pub const RECORD_VERBS: &[Verbs] = &[("", "configmaps", &["create", "delete", "get", "list", "update", "watch"])];

/// The records of a namespace, as one process sees them. Cheap to clone. Use them within a Tokio runtime.
#[derive(Debug, Clone)]
pub struct Records(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    maps: Maps,
    lanes: Lanes,
    cursors: Cursors,
    names: Names,
    known: Known,
    bereft: Bereft,
    aside: AtomicU64,
}

impl Records {
    /// Records in the namespace of `cluster`. Nothing is asked yet.
    #[must_use]
    pub fn new(cluster: &Cluster) -> Self {
        Self(Arc::new(Shared {
            maps: Maps::new(cluster),
            lanes: Lanes::default(),
            cursors: Cursors::default(),
            names: Names::default(),
            known: Known::default(),
            bereft: Bereft::default(),
            aside: AtomicU64::new(0),
        }))
    }

    /// Reads a record. One that cannot be read is set aside, and there is none.
    ///
    /// # Errors
    /// [`StoreError::NewerRecord`], [`StoreError::Unavailable`], [`StoreError::Refused`].
    pub async fn load(&self, id: SubjectId) -> Result<Option<Record>, StoreError> {
        self.tried(&Place::record(id), |stored, _| match read(id, stored)? {
            Ok(record) => Ok(Next::Keep(record)),
            Err(why) => Ok(Next::SetAside(why)),
        })
        .await
    }

    /// How many objects this process has set aside.
    #[must_use]
    pub fn set_aside(&self) -> u64 {
        self.0.aside.load(Ordering::Relaxed)
    }
}

/// The record in what is stored; within, why it is none.
fn read(subject: SubjectId, stored: Option<&str>) -> Result<Result<Option<Record>, String>, StoreError> {
    match stored.map(|text| decode(subject, text.as_bytes())).transpose() {
        Ok(record) => Ok(Ok(record)),
        Err(Unreadable::Corrupt(why)) => Ok(Err(why)),
        Err(Unreadable::Newer(schema)) => Err(StoreError::NewerRecord { subject, schema }),
    }
}
