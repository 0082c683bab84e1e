//! Branch news: one ConfigMap per repository and branch, with all that waits of it. Which there are is known from whoever follows
//! records, and read from time to time while nobody does; what this process does itself is known at once. The news themselves are read
//! when they are due.

use super::Records;
use super::aside::NotAside;
use super::maps::{Place, What, about, content};
use super::swap::Next;
use super::tries::{Tries, told};
use k8s_openapi::api::core::v1::ConfigMap;
use pawl_core::Timestamp;
use pawl_core::branch::{BRANCHES, HeldBranch, Holding, Wait};
use pawl_core::store::StoreError;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long a list of all branches is believed, for each page that it had: what other replicas hold is seen that much later.
const BELIEVED: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
struct Waits {
    by_place: BTreeMap<String, Wait>,
    /// What this process did while the list was read: the list may be older.
    meanwhile: Vec<(String, Option<Wait>)>,
    believed_until: Option<Instant>,
    /// Whether a watch tells of every branch.
    is_followed: bool,
    /// What the list has shown with which a watch begins, until it has shown everything.
    listed: Option<BTreeMap<String, Wait>>,
}

/// What is known of all branches.
#[derive(Debug, Default)]
pub(super) struct Known {
    waits: Mutex<Waits>,
    reading: tokio::sync::Mutex<()>,
}

impl Known {
    fn waits(&self) -> std::sync::MutexGuard<'_, Waits> {
        // Whole after every line that holds it.
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_fresh(&self) -> bool {
        let waits = self.waits();
        waits.is_followed || waits.believed_until.is_some_and(|until| Instant::now() < until)
    }

    /// A watch begins to tell of every branch there is.
    pub(super) fn begin(&self) {
        self.waits().listed = Some(BTreeMap::new());
    }

    /// What a watch tells of the branch that is kept in this ConfigMap.
    pub(super) fn hear(&self, map: &ConfigMap, is_gone: bool) {
        let Some(about) = about(map) else { return };
        // What cannot be read is due at once: whoever reads it next sets it aside.
        let wait = || serde_json::from_str::<HeldBranch>(content(map)).map_or_else(|_| Wait::at_once(), |held| held.wait());
        self.waits().tell(about.to_owned(), (!is_gone).then(wait));
    }

    /// The watch has told of every branch, and goes on with what happens to them.
    pub(super) fn is_whole(&self) {
        let mut waits = self.waits();
        if let Some(listed) = waits.listed.take() {
            waits.by_place = listed;
            waits.is_followed = true;
        }
    }

    /// The watch is over: branches are listed again when they are asked for.
    pub(super) fn end(&self) {
        let mut waits = self.waits();
        waits.listed = None;
        waits.is_followed = false;
        waits.believed_until = None;
    }

    /// Notes what is kept there now, if anything.
    fn note(&self, place: &Place, held: Option<&HeldBranch>) {
        let mut waits = self.waits();
        let waiting = held.map(HeldBranch::wait);
        waits.tell(place.about.clone(), waiting);
        if self.reading.try_lock().is_err() {
            waits.meanwhile.push((place.about.clone(), waiting));
        }
    }
}

impl Waits {
    /// An older word that comes later does no harm: a branch is read before anything is done with it.
    fn tell(&mut self, place: String, waiting: Option<Wait>) {
        if let Some(listed) = &mut self.listed {
            apply(listed, place.clone(), waiting);
        }
        apply(&mut self.by_place, place, waiting);
    }
}

fn apply(all: &mut BTreeMap<String, Wait>, place: String, waiting: Option<Wait>) {
    match waiting {
        Some(waiting) => drop(all.insert(place, waiting)),
        None => drop(all.remove(&place)),
    }
}

fn place(repository: u64, key: &str) -> Place {
    Place::new(What::Branch, format!("{repository}/{key}"))
}

fn text(held: &HeldBranch) -> Result<String, StoreError> {
    let text = serde_json::to_string(held);
    text.map_err(|error| StoreError::Refused(format!("branch news are no JSON ({error}); please report this")))
}

fn read(stored: Option<&str>) -> Result<Option<HeldBranch>, serde_json::Error> {
    stored.map(serde_json::from_str).transpose()
}

impl Records {
    /// Keeps branch news as [`HeldBranch::over`] says, and remembers what their repository is called; durable when this returns. What had
    /// to go for it is in the answer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Refused`].
    pub async fn hold(&self, held: HeldBranch) -> Result<Holding, StoreError> {
        let place = place(held.repository.id, &held.key());
        let (kept, mut holding) = self
            .swap(&place, |stored, _| {
                let stored = match read(stored) {
                    Ok(stored) => stored,
                    Err(error) => return Ok(Next::SetAside(error.to_string())),
                };
                let (merged, holding) = held.clone().over(stored.clone());
                match merged {
                    Some(merged) if stored.as_ref() != Some(&merged) => Ok(Next::Write(text(&merged)?, (Some(merged), holding))),
                    merged => Ok(Next::Keep((merged, holding))),
                }
            })
            .await?;
        self.0.known.note(&place, kept.as_ref());
        if held.is_told() {
            self.tell_name(&held.repository).await?;
        }
        holding.gone.extend(self.make_room().await?);
        Ok(holding)
    }

    /// Lets the branch go that waits longest, when there are too many. Answers what it held.
    async fn make_room(&self) -> Result<Option<HeldBranch>, StoreError> {
        let oldest = {
            let waits = self.0.known.waits();
            let is_full = u64::try_from(waits.by_place.len()).is_ok_and(|held| held > BRANCHES);
            let oldest = is_full.then(|| waits.by_place.iter().min_by_key(|(_, wait)| wait.since));
            oldest.flatten().map(|(about, wait)| (Place::new(What::Branch, about.clone()), wait.since))
        };
        let Some((place, since)) = oldest else { return Ok(None) };
        let (kept, gone) = self
            .swap(&place, |stored, _| match read(stored) {
                Ok(Some(held)) if held.wait().since <= since => Ok(Next::Remove((None, Some(held)))),
                Ok(kept) => Ok(Next::Keep((kept, None))),
                Err(error) => Ok(Next::SetAside(error.to_string())),
            })
            .await?;
        self.0.known.note(&place, kept.as_ref());
        Ok(gone)
    }

    /// Branch news that are due, at most `limit`, longest due first. What other replicas hold may be seen some seconds later.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Refused`].
    pub async fn due_branches(&self, now: Timestamp, limit: usize) -> Result<Vec<HeldBranch>, StoreError> {
        self.refresh().await?;
        let mut waiting: Vec<(Timestamp, String)> = {
            let waits = self.0.known.waits();
            let due = waits.by_place.iter().filter(|(_, wait)| wait.is_due(now));
            due.map(|(about, wait)| (wait.until, about.clone())).collect()
        };
        waiting.sort();
        let mut due = Vec::new();
        for (_, about) in waiting.into_iter().take(limit) {
            let place = Place::new(What::Branch, about);
            // Another replica may have asked for it, or let it go, since the list was read.
            let held = self.held_at(&place).await?;
            self.0.known.note(&place, held.as_ref());
            due.extend(held.filter(|held| held.wait().is_due(now)));
        }
        Ok(due)
    }

    /// The branch news of one branch.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Refused`].
    pub async fn held_branch(&self, repository: u64, branch: &str) -> Result<Option<HeldBranch>, StoreError> {
        self.held_at(&place(repository, branch)).await
    }

    async fn held_at(&self, place: &Place) -> Result<Option<HeldBranch>, StoreError> {
        self.tried(place, |stored, _| match read(stored) {
            Ok(held) => Ok(Next::Keep(held)),
            Err(error) => Ok(Next::SetAside(error.to_string())),
        })
        .await
    }

    /// How many branches wait, as of some seconds ago.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Refused`].
    pub async fn held_branches(&self) -> Result<u64, StoreError> {
        self.refresh().await?;
        Ok(u64::try_from(self.0.known.waits().by_place.len()).unwrap_or(u64::MAX))
    }

    /// Lets go of branch news that found their pull request, or gave up; what was told of the branch meanwhile stays.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Refused`].
    pub async fn let_go(&self, held: &HeldBranch) -> Result<(), StoreError> {
        let place = place(held.repository.id, &held.key());
        let left = self
            .swap(&place, |stored, _| {
                let stored = match read(stored) {
                    Ok(Some(stored)) => stored,
                    Ok(None) => return Ok(Next::Keep(None)),
                    Err(error) => return Ok(Next::SetAside(error.to_string())),
                };
                match held.let_go_of(&stored) {
                    None => Ok(Next::Remove(None)),
                    Some(left) if left == stored => Ok(Next::Keep(Some(left))),
                    Some(left) => Ok(Next::Write(text(&left)?, Some(left))),
                }
            })
            .await?;
        self.0.known.note(&place, left.as_ref());
        Ok(())
    }

    async fn put_branch_aside(&self, map: &ConfigMap, why: &str) -> Result<(), StoreError> {
        match self.put_aside(&Tries::of_one(), map, why).await {
            Ok(_) => Ok(()),
            Err(NotAside::Call(error)) => Err(told(error)),
            Err(NotAside::Told(error)) => Err(error),
        }
    }

    /// Reads which branches there are, unless that was done just now.
    async fn refresh(&self) -> Result<(), StoreError> {
        let known = &self.0.known;
        if known.is_fresh() {
            return Ok(());
        }
        let _reading = known.reading.lock().await;
        if known.is_fresh() {
            return Ok(());
        }
        known.waits().meanwhile.clear();
        let (maps, pages) = self.all(What::Branch).await?;
        let mut all = BTreeMap::new();
        for map in &maps {
            match (about(map), serde_json::from_str::<HeldBranch>(content(map))) {
                (Some(about), Ok(held)) => drop(all.insert(about.to_owned(), held.wait())),
                // Nobody may ever ask for it by its name, and so it would stay.
                (_, Err(error)) => self.put_branch_aside(map, &error.to_string()).await?,
                (None, Ok(_)) => {}
            }
        }
        let mut waits = known.waits();
        let meanwhile = std::mem::take(&mut waits.meanwhile);
        // What a watch has told since is newer than this list.
        if !waits.is_followed {
            waits.by_place = all;
            for (place, waiting) in meanwhile {
                apply(&mut waits.by_place, place, waiting);
            }
        }
        waits.believed_until = Some(Instant::now() + BELIEVED * pages);
        Ok(())
    }
}
