//! Following: every change of the objects of one resource, in order and as it happens, for a story that waits for one.

use crate::board as watch;
use crate::server::Server;
use crate::shared::Shared;
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::Arc;

/// An object before and after a change: one that appeared was nothing before, one that went is nothing after.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed {
    /// What it was.
    pub old: Option<Arc<Value>>,
    /// What it is.
    pub new: Option<Arc<Value>>,
}

/// Changes from the moment on at which they were asked for. As long as it lives, the server forgets nothing that it has not told.
#[derive(Debug)]
pub struct Follow {
    shared: Arc<Shared>,
    resource: String,
    revision: watch::Receiver<u64>,
    reader: u64,
    seen: u64,
    told: VecDeque<Changed>,
}

impl Server {
    /// Follows a resource (`leases.coordination.k8s.io`, `configmaps`) in all namespaces. It is no request: it meets no fault and is not
    /// logged.
    #[must_use]
    pub fn follow(&self, resource: &str) -> Follow {
        let shared = Arc::clone(&self.shared);
        let revision = shared.revision.subscribe();
        let reader = shared.reader();
        let seen = {
            let mut store = shared.store();
            let seen = store.revision;
            store.reads(reader, seen);
            seen
        };
        Follow { shared, resource: resource.to_owned(), revision, reader, seen, told: VecDeque::new() }
    }
}

impl Follow {
    /// The next change, waiting for one. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Changed {
        loop {
            if let Some(changed) = self.told.pop_front() {
                return changed;
            }
            self.look();
            if self.told.is_empty() {
                self.revision.changed().await;
            }
        }
    }

    fn look(&mut self) {
        let mut store = self.shared.store();
        let ours = store.after(self.seen).filter(|change| change.key.resource == self.resource);
        self.told.extend(ours.map(|change| Changed { old: change.old.clone(), new: change.new.clone() }));
        self.seen = store.revision;
        store.reads(self.reader, self.seen);
    }
}

impl Drop for Follow {
    fn drop(&mut self) {
        self.shared.store().reads_no_more(self.reader);
    }
}
