//! What both faces, every request and the story share.

use crate::access::Account;
use crate::board as watch;
use crate::faults::Faults;
use crate::log::Seen;
use crate::store::Store;
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::AtomicUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the server as a whole does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weather {
    Fair,
    /// Nothing gets through: every connection is refused, every watch is cut.
    Outage,
    /// Connections stand, and nothing is answered.
    Frozen,
    /// The server is gone for good.
    Over,
}

/// The one state behind both faces.
#[derive(Debug)]
pub(crate) struct Shared {
    store: Mutex<Store>,
    faults: Mutex<Faults>,
    log: Mutex<Vec<Seen>>,
    accounts: Mutex<BTreeMap<String, Account>>,
    /// The revision of the store, for watches that wait.
    pub revision: watch::Sender<u64>,
    pub weather: watch::Sender<Weather>,
    /// Counts: every open watch is to be cut.
    pub cuts: watch::Sender<u64>,
    /// Counts: every watch that wants bookmarks is to get one.
    pub bookmarks: watch::Sender<u64>,
    /// How many watches were told that what they ask from is forgotten.
    pub expired: AtomicUsize,
    /// How many watches are open.
    pub open: watch::Sender<usize>,
    readers: watch::Sender<u64>,
}

/// A test that panicked under the lock has failed already; the others may go on.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The connection broke.
pub(crate) fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "connection reset by peer")
}

impl Shared {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            revision: watch::Sender::new(store.revision),
            store: Mutex::new(store),
            faults: Mutex::default(),
            log: Mutex::default(),
            accounts: Mutex::default(),
            weather: watch::Sender::new(Weather::Fair),
            cuts: watch::Sender::new(0),
            bookmarks: watch::Sender::new(0),
            expired: AtomicUsize::new(0),
            open: watch::Sender::new(0),
            readers: watch::Sender::new(0),
        }
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        locked(&self.store)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        locked(&self.faults)
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Vec<Seen>> {
        locked(&self.log)
    }

    pub(crate) fn accounts(&self) -> MutexGuard<'_, BTreeMap<String, Account>> {
        locked(&self.accounts)
    }

    /// One transaction. Whoever watches is told when it has changed something.
    pub(crate) fn transact<T>(&self, act: impl FnOnce(&mut Store) -> T) -> T {
        let mut store = self.store();
        let done = act(&mut store);
        let revision = store.revision;
        // Told under the lock, so that revisions are told in their order.
        self.revision.send_if_modified(|told| std::mem::replace(told, revision) != revision);
        done
    }

    /// A number for a watch.
    pub(crate) fn reader(&self) -> u64 {
        let mut number = 0;
        self.readers.send_modify(|last| {
            *last += 1;
            number = *last;
        });
        number
    }

    /// Whether nothing is answered now.
    pub(crate) fn is_frozen(&self) -> bool {
        *self.weather.borrow() == Weather::Frozen
    }

    /// Waits while nothing is answered; an error in an outage.
    pub(crate) async fn fair(&self) -> io::Result<()> {
        let mut weather = self.weather.subscribe();
        let now = *weather.wait_for(|weather| *weather != Weather::Frozen).await;
        if now == Weather::Fair { Ok(()) } else { Err(cut()) }
    }
}
