//! Compare and swap: read an object, think, and write exactly that version of it; whatever the answer, read again before believing
//! anything.

use super::Records;
use super::maps::{Place, content, with_content};
use super::tries::Tries;
use crate::error::ClusterError;
use pawl_core::store::StoreError;
use std::hash::{DefaultHasher, Hash, Hasher};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, timeout_at};

/// Lanes in which the writers of one process queue.
const LANES: usize = 256;

/// What is to become of an object that was read.
pub(super) enum Next<T> {
    /// It is as it should be.
    Keep(T),
    /// It gets this content.
    Write(String, T),
    /// It goes.
    Remove(T),
    /// It cannot be read, for this reason: it is moved aside, and the place is read again.
    SetAside(String),
}

/// How one try ended that did not fail.
enum Tried<T> {
    Done(T),
    Again,
}

/// Why one try failed.
enum Failed {
    Reading(ClusterError),
    Writing(ClusterError),
    Told(StoreError),
}

/// Writers of this process that want the same object wait for each other, so that only replicas can collide.
#[derive(Debug)]
pub(super) struct Lanes(Vec<Mutex<()>>);

impl Default for Lanes {
    fn default() -> Self {
        Self(std::iter::repeat_with(Mutex::default).take(LANES).collect())
    }
}

impl Lanes {
    async fn take(&self, name: &str, end: Instant) -> Result<MutexGuard<'_, ()>, StoreError> {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let lane = usize::try_from(hasher.finish() % LANES as u64).unwrap_or_default();
        let busy = |_| StoreError::unavailable("too many writes wait for the Kubernetes API server; it is tried again");
        timeout_at(end, self.0[lane].lock()).await.map_err(busy)
    }
}

impl Records {
    /// Changes what is kept at `place`, as `next` says about what is stored there now. `next` is asked again whenever something came in
    /// between; it is told whether an earlier write of this call may have been carried out although nobody heard so.
    pub(super) async fn swap<T>(
        &self,
        place: &Place,
        next: impl FnMut(Option<&str>, bool) -> Result<Next<T>, StoreError>,
    ) -> Result<T, StoreError> {
        let tries = Tries::of_one();
        let _turn = self.0.lanes.take(&place.name, tries.end()).await?;
        self.within(tries, place, next).await
    }

    /// As [`Records::swap`], for what writes hardly ever and so need not queue.
    pub(super) async fn tried<T>(
        &self,
        place: &Place,
        next: impl FnMut(Option<&str>, bool) -> Result<Next<T>, StoreError>,
    ) -> Result<T, StoreError> {
        self.within(Tries::of_one(), place, next).await
    }

    async fn within<T>(
        &self,
        mut tries: Tries,
        place: &Place,
        mut next: impl FnMut(Option<&str>, bool) -> Result<Next<T>, StoreError>,
    ) -> Result<T, StoreError> {
        let mut is_unheard = false;
        loop {
            let error = match self.once(&tries, place, is_unheard, &mut next).await {
                Ok(Tried::Done(done)) => return Ok(done),
                Ok(Tried::Again) => ClusterError::Conflict(place.name.clone()),
                Err(Failed::Told(error)) => return Err(error),
                Err(Failed::Reading(error)) => error,
                Err(Failed::Writing(error)) => {
                    is_unheard |= matches!(error, ClusterError::Unavailable(_));
                    error
                }
            };
            tries.again(error).await?;
        }
    }

    async fn once<T>(
        &self,
        tries: &Tries,
        place: &Place,
        is_unheard: bool,
        next: &mut impl FnMut(Option<&str>, bool) -> Result<Next<T>, StoreError>,
    ) -> Result<Tried<T>, Failed> {
        let maps = &self.0.maps;
        let found = maps.get(tries.request(), &place.name).await.map_err(Failed::Reading)?;
        let stored = found.as_ref().map(content);
        let (written, done) = match (next(stored, is_unheard).map_err(Failed::Told)?, found) {
            (Next::Keep(done), _) | (Next::Remove(done), None) => return Ok(Tried::Done(done)),
            (Next::Write(text, done), Some(map)) if text == content(&map) => return Ok(Tried::Done(done)),
            (Next::Write(text, done), Some(map)) => (maps.replace(tries.request(), &with_content(map, text)).await, done),
            (Next::Write(text, done), None) => (maps.create(tries.request(), &place.holding(text)).await, done),
            (Next::Remove(done), Some(map)) => (maps.delete(tries.request(), &map).await, done),
            (Next::SetAside(why), Some(map)) => {
                self.put_aside(tries, &map, &why).await?;
                return Ok(Tried::Again);
            }
            (Next::SetAside(_), None) => return Ok(Tried::Again),
        };
        written.map(|()| Tried::Done(done)).map_err(Failed::Writing)
    }
}

impl From<super::aside::NotAside> for Failed {
    fn from(error: super::aside::NotAside) -> Self {
        match error {
            super::aside::NotAside::Call(error) => Self::Reading(error),
            super::aside::NotAside::Told(error) => Self::Told(error),
        }
    }
}
