//! Pages of records, in the order of their names. A list goes on where it stood as long as the server remembers; after that it begins
//! anew and passes over what was shown: names never change, so nothing that stays is missed.

use super::Records;
use super::aside::NotAside;
use super::maps::{Place, What, about, content, name};
use super::read;
use super::tries::Tries;
use crate::error::ClusterError;
use k8s_openapi::api::core::v1::ConfigMap;
use pawl_core::record::Record;
use pawl_core::store::StoreError;
use pawl_core::subject::SubjectId;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Lists that may be under way at once; of more, the oldest begins anew.
const CURSORS: usize = 32;

/// Objects that one page shows of a list that is read as a whole.
const WHOLE_PAGE: usize = 500;

/// Where lists go on, by the subject they stand at.
#[derive(Debug, Default)]
pub(super) struct Cursors(Mutex<VecDeque<(SubjectId, String)>>);

impl Cursors {
    fn all(&self) -> std::sync::MutexGuard<'_, VecDeque<(SubjectId, String)>> {
        // Whole after every line that holds it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn at(&self, subject: SubjectId) -> Option<String> {
        self.all().iter().find(|(at, _)| *at == subject).map(|(_, token)| token.clone())
    }

    fn set(&self, subject: SubjectId, token: String) {
        let mut all = self.all();
        all.retain(|(at, _)| *at != subject);
        all.push_front((subject, token));
        all.truncate(CURSORS);
    }
}

impl Records {
    /// Up to `limit` records behind `after`, by name; fewer only at the end. One that cannot be read is set aside, and comes once as its
    /// error; one that cannot be set aside, or that a newer pawl wrote, comes as its error each time.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Refused`].
    pub async fn page(&self, after: Option<SubjectId>, limit: usize) -> Result<Vec<Result<Record, StoreError>>, StoreError> {
        let mut page = Vec::new();
        let mut tries = Tries::of_many();
        let mut token = after.and_then(|after| self.0.cursors.at(after));
        let mut passed = after.map(|after| Place::record(after).name).unwrap_or_default();
        let mut last = None;
        while page.len() < limit {
            let asked = self.0.maps.list(tries.request(), What::Record, limit - page.len(), token.as_deref()).await;
            let (maps, next) = match asked {
                Ok(answer) => answer,
                // The server no longer knows how things were when the list began.
                Err(ClusterError::Refused { code: 410, .. }) if token.is_some() => {
                    token = None;
                    tries.again(ClusterError::Unavailable("a list is older than its history".into())).await?;
                    continue;
                }
                Err(error) => {
                    tries.again(error).await?;
                    continue;
                }
            };
            for map in maps {
                if *name(&map) > *passed {
                    name(&map).clone_into(&mut passed);
                    if let Some((subject, record)) = self.listed(&tries, &map).await? {
                        last = Some(subject);
                        page.push(record);
                    }
                }
            }
            token = next;
            if token.is_none() {
                return Ok(page);
            }
        }
        if let (Some(last), Some(token)) = (last, token) {
            self.0.cursors.set(last, token);
        }
        Ok(page)
    }

    /// All objects of one kind, and how many pages they filled.
    pub(super) async fn all(&self, what: What) -> Result<(Vec<ConfigMap>, u32), StoreError> {
        let (mut all, mut pages, mut token) = (Vec::new(), 0, None::<String>);
        let mut tries = Tries::of_many();
        loop {
            match self.0.maps.list(tries.request(), what, WHOLE_PAGE, token.as_deref()).await {
                Ok((maps, next)) => {
                    all.extend(maps);
                    pages += 1;
                    token = next;
                    if token.is_none() {
                        return Ok((all, pages));
                    }
                }
                // The server no longer knows how things were when the list began.
                Err(ClusterError::Refused { code: 410, .. }) if token.is_some() => {
                    token = None;
                    all.clear();
                    tries.again(ClusterError::Unavailable("a list is older than its history".into())).await?;
                }
                Err(error) => tries.again(error).await?,
            }
        }
    }

    /// What a list shows of one object. Nothing when it is none of ours, or gone by now.
    async fn listed(&self, tries: &Tries, map: &ConfigMap) -> Result<Option<(SubjectId, Result<Record, StoreError>)>, StoreError> {
        let subject: Option<SubjectId> = about(map).and_then(|about| about.parse().ok());
        let Some(subject) = subject.filter(|subject| Place::record(*subject).name == name(map)) else {
            tracing::warn!(name = name(map), "a ConfigMap is labelled as a record of pawl's and is none; it is passed over");
            return Ok(None);
        };
        let shown = match read(subject, Some(content(map))) {
            Ok(Ok(record)) => record.map(Ok),
            Err(newer) => Some(Err(newer)),
            Ok(Err(why)) => match self.put_aside(tries, map, &why).await {
                Ok(Some(aside)) => Some(Err(StoreError::CorruptRecord { subject, why, aside })),
                // A list shows how things were when it began.
                Ok(None) => self.load(subject).await?.map(Ok),
                Err(error) => {
                    let trouble = match error {
                        NotAside::Call(error) => super::tries::told(error),
                        NotAside::Told(error) => error,
                    };
                    Some(Err(StoreError::NotSetAside { subject, why, trouble: trouble.into() }))
                }
            },
        };
        Ok(shown.map(|record| (subject, record)))
    }
}
