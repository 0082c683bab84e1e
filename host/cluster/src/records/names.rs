//! Repository names: one small ConfigMap per name, so that no object is everybody's.

use super::Records;
use super::maps::{Place, What};
use super::swap::Next;
use pawl_core::store::StoreError;
use pawl_core::subject::Repository;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Names that are remembered as written.
const REMEMBERED: usize = 10_000;
/// How long: another replica may have learned that the name is somebody else's now.
const BELIEVED: Duration = Duration::from_secs(600);

/// What this process has seen written, and when.
#[derive(Debug, Default)]
pub(super) struct Names(Mutex<HashMap<String, (u64, Instant)>>);

impl Names {
    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<String, (u64, Instant)>> {
        // Whole after every line that holds it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_written(&self, name: &str, id: u64) -> bool {
        self.known().get(name).is_some_and(|(known, at)| *known == id && at.elapsed() < BELIEVED)
    }

    fn wrote(&self, name: String, id: u64) {
        let mut known = self.known();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(name, (id, Instant::now()));
    }
}

/// What a name's ConfigMap holds.
#[derive(Debug, Serialize, Deserialize)]
struct Named {
    id: u64,
    name: String,
}

fn place(key: &str) -> Place {
    Place::new(What::Name, key.to_owned())
}

impl Records {
    /// Remembers what a repository is called; durable when this returns. [`Records::append`] and [`Records::hold`] do so by themselves.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Refused`].
    pub async fn name_repository(&self, repository: &Repository) -> Result<(), StoreError> {
        let key = repository.to_string().to_lowercase();
        if self.0.names.is_written(&key, repository.id) {
            return Ok(());
        }
        let text = serde_json::to_string(&Named { id: repository.id, name: repository.to_string() });
        let text = text.map_err(|error| StoreError::Refused(format!("a name is no JSON ({error}); please report this")))?;
        self.swap(&place(&key), |stored, _| match stored.map(serde_json::from_str::<Named>).transpose() {
            Ok(Some(named)) if named.id == repository.id => Ok(Next::Keep(())),
            Ok(_) => Ok(Next::Write(text.clone(), ())),
            Err(error) => Ok(Next::SetAside(error.to_string())),
        })
        .await?;
        self.0.names.wrote(key, repository.id);
        Ok(())
    }

    /// The id of the repository that was last seen under this `owner/name`, in any case of letters.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Refused`].
    pub async fn repository_id(&self, full_name: &str) -> Result<Option<u64>, StoreError> {
        self.tried(&place(&full_name.to_lowercase()), |stored, _| match stored.map(serde_json::from_str::<Named>).transpose() {
            Ok(named) => Ok(Next::Keep(named.map(|named| named.id))),
            Err(error) => Ok(Next::SetAside(error.to_string())),
        })
        .await
    }
}
