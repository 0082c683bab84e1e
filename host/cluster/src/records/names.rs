//! Repository names: one small ConfigMap per name, so that no object is everybody's.

use super::Records;
use super::maps::{Place, What, about, content};
use super::swap::Next;
use pawl_core::store::{Named, StoreError};
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
pub(super) struct Names(Mutex<HashMap<String, (Named, Instant)>>);

impl Names {
    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<String, (Named, Instant)>> {
        // Whole after every line that holds it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seen(&self, name: &str) -> Option<Named> {
        self.known().get(name).filter(|(_, at)| at.elapsed() < BELIEVED).map(|(named, _)| *named)
    }

    fn saw(&self, name: String, named: Named) {
        let mut known = self.known();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(name, (named, Instant::now()));
    }
}

/// What a name's ConfigMap holds.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    id: u64,
    name: String,
    /// Whether only news say so, and GitHub was not asked.
    #[serde(default, skip_serializing_if = "is_false")]
    told: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(told: &bool) -> bool {
    !told
}

impl Stored {
    fn named(&self) -> Named {
        Named { id: self.id, is_confirmed: !self.told }
    }
}

fn place(key: &str) -> Place {
    Place::new(What::Name, key.to_owned())
}

/// What becomes of a name, by what is stored.
type Change = fn(Option<Named>, u64) -> Option<Named>;

impl Records {
    /// Remembers what news call a repository, while nothing is known of that name, and doubts the name if it is known as another's;
    /// durable when this returns. [`Records::append`] and [`Records::hold`] do so by themselves.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Refused`].
    pub async fn tell_name(&self, repository: &Repository) -> Result<(), StoreError> {
        let seen = self.0.names.seen(&repository.to_string().to_lowercase());
        if seen.is_some_and(|named| named.id == repository.id) {
            return Ok(());
        }
        let told: Change = |stored, id| match stored {
            Some(named) if named.id == id => stored,
            Some(named) => Some(Named { is_confirmed: false, ..named }),
            None => Some(Named { id, is_confirmed: false }),
        };
        self.change_name(repository, told).await
    }

    /// Remembers what GitHub itself calls a repository, whatever was known of that name; durable when this returns.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Refused`].
    pub async fn confirm_name(&self, repository: &Repository) -> Result<(), StoreError> {
        let confirmed = Named { id: repository.id, is_confirmed: true };
        if self.0.names.seen(&repository.to_string().to_lowercase()) == Some(confirmed) {
            return Ok(());
        }
        self.change_name(repository, |_, id| Some(Named { id, is_confirmed: true })).await
    }

    /// GitHub shows no such repository under that name any more: what it said is worth no more than what news say.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Refused`].
    pub async fn doubt_name(&self, repository: &Repository) -> Result<(), StoreError> {
        let doubted: Change = |stored, id| stored.map(|named| Named { is_confirmed: named.is_confirmed && named.id != id, ..named });
        self.change_name(repository, doubted).await
    }

    async fn change_name(&self, repository: &Repository, change: Change) -> Result<(), StoreError> {
        let key = repository.to_string().to_lowercase();
        let kept = self
            .swap(&place(&key), |stored, _| {
                let stored = match stored.map(serde_json::from_str::<Stored>).transpose() {
                    Ok(stored) => stored.map(|stored| stored.named()),
                    Err(error) => return Ok(Next::SetAside(error.to_string())),
                };
                let named = match change(stored, repository.id) {
                    Some(named) if stored != Some(named) => named,
                    kept => return Ok(Next::Keep(kept)),
                };
                let stored = Stored { id: named.id, name: repository.to_string(), told: !named.is_confirmed };
                let text = serde_json::to_string(&stored);
                let text = text.map_err(|error| StoreError::Refused(format!("a name is no JSON ({error}); please report this")))?;
                Ok(Next::Write(text, Some(named)))
            })
            .await?;
        if let Some(named) = kept {
            self.0.names.saw(key, named);
        }
        Ok(())
    }

    /// Whose this `owner/name` is, in any case of letters.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Refused`].
    pub async fn repository_named(&self, full_name: &str) -> Result<Option<Named>, StoreError> {
        let key = full_name.to_lowercase();
        let found = self
            .tried(&place(&key), |stored, _| match stored.map(serde_json::from_str::<Stored>).transpose() {
                Ok(stored) => Ok(Next::Keep(stored.map(|stored| stored.named()))),
                Err(error) => Ok(Next::SetAside(error.to_string())),
            })
            .await?;
        if let Some(named) = found {
            // What another replica has doubted meanwhile is confirmed again by the next answer of GitHub.
            self.0.names.saw(key, named);
        }
        Ok(found)
    }
}

impl Records {
    /// All names, in lower case, and whose they are; in no order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Refused`].
    pub async fn names(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let (maps, _) = self.all(What::Name).await?;
        // One that cannot be read is set aside when it is asked for.
        let named = |map| Some((about(map)?.to_owned(), serde_json::from_str::<Stored>(content(map)).ok()?.id));
        Ok(maps.iter().filter_map(named).collect())
    }

    /// Forgets what was known of a name, if it still is that repository's. Whether it was.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Refused`].
    pub async fn forget_name(&self, name: &str, id: u64) -> Result<bool, StoreError> {
        let forgotten = self
            .swap(&place(name), |stored, is_unheard| match stored.map(serde_json::from_str::<Stored>).transpose() {
                Ok(Some(stored)) if stored.id == id => Ok(Next::Remove(true)),
                Ok(None) => Ok(Next::Keep(is_unheard)),
                Ok(Some(_)) | Err(_) => Ok(Next::Keep(false)),
            })
            .await?;
        self.0.names.known().remove(name);
        Ok(forgotten)
    }
}
