//! Local claims: one holder per subject within this process, first come first served.

use pawl_core::subject::SubjectId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OwnedMutexGuard;

type Lock = Arc<tokio::sync::Mutex<()>>;

/// The claims of this process.
#[derive(Debug, Clone, Default)]
pub struct Claims(Arc<Mutex<HashMap<SubjectId, Lock>>>);

/// A claim that is held; dropping it gives it back.
#[derive(Debug)]
pub struct Claim {
    claims: Claims,
    subject: SubjectId,
    guard: Option<OwnedMutexGuard<()>>,
}

impl Claims {
    /// Takes the claim on `subject`, waiting up to `patience` behind those who asked before. Nothing when it is still held then.
    pub async fn take(&self, subject: SubjectId, patience: Duration) -> Option<Claim> {
        let lock = self.map().entry(subject).or_default().clone();
        let guard = tokio::time::timeout(patience, lock.lock_owned()).await.ok();
        let Some(guard) = guard else {
            self.forget_idle(subject);
            return None;
        };
        Some(Claim { claims: self.clone(), subject, guard: Some(guard) })
    }

    /// How many subjects are claimed or waited for.
    #[must_use]
    pub fn held(&self) -> usize {
        self.map().len()
    }

    fn map(&self) -> std::sync::MutexGuard<'_, HashMap<SubjectId, Lock>> {
        // The map is whole after every line that holds it, so a panic elsewhere in such a thread spoils nothing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget_idle(&self, subject: SubjectId) {
        let mut map = self.map();
        if map.get(&subject).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            map.remove(&subject);
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        drop(self.guard.take());
        self.claims.forget_idle(self.subject);
    }
}
