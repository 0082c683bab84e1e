//! Subjects whose record was set aside: they begin anew, and what was set aside says in the end that they did. So nothing is forgotten when a
//! process ends in between, and nothing is begun anew twice.

use super::Records;
use super::maps::{What, about, marked_anew, name};
use super::tries::Tries;
use crate::error::ClusterError;
use k8s_openapi::api::core::v1::ConfigMap;
use pawl_core::store::StoreError;
use pawl_core::subject::SubjectId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// What is known of them: for each the names under which its records were set aside.
#[derive(Debug, Default)]
pub(super) struct Bereft(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    subjects: BTreeMap<SubjectId, BTreeSet<String>>,
    has_listed: bool,
}

impl Bereft {
    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        // Whole after every line that holds it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what was set aside, if it was a record and nothing says that its subject has begun anew.
    pub(super) fn note(&self, aside: &ConfigMap) {
        let is_record = name(aside).starts_with(&format!("pawl-{}-", What::Record.word()));
        let subject: Option<SubjectId> = about(aside).and_then(|about| about.parse().ok());
        if let Some(subject) = subject.filter(|_| is_record && !is_marked(aside)) {
            self.seen().subjects.entry(subject).or_default().insert(name(aside).to_owned());
        }
    }
}

fn is_marked(aside: &ConfigMap) -> bool {
    aside.metadata.annotations.as_ref().is_some_and(|notes| notes.contains_key(super::maps::BEGUN_ANEW))
}

impl Records {
    /// Subjects whose record was set aside and of which nobody has said that they have begun anew. What this process sets aside is known
    /// at once; what others have left is read once, at first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Refused`].
    pub async fn bereft(&self) -> Result<Vec<SubjectId>, StoreError> {
        let bereft = &self.0.bereft;
        let has_listed = bereft.seen().has_listed;
        if !has_listed {
            let (asides, _) = self.all(What::Aside).await?;
            asides.iter().for_each(|aside| bereft.note(aside));
            bereft.seen().has_listed = true;
        }
        Ok(bereft.seen().subjects.keys().copied().collect())
    }

    /// The subject has begun anew, or there is nothing to begin: nobody asks for it again because of what was set aside till now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Refused`].
    pub async fn begun_anew(&self, subject: SubjectId) -> Result<(), StoreError> {
        let names = self.0.bereft.seen().subjects.get(&subject).cloned().unwrap_or_default();
        for name in names {
            self.mark(&name).await?;
            let mut seen = self.0.bereft.seen();
            let left = seen.subjects.get_mut(&subject).map_or(0, |names| {
                names.remove(&name);
                names.len()
            });
            if left == 0 {
                seen.subjects.remove(&subject);
            }
        }
        Ok(())
    }

    /// Writes into what was set aside that its subject has begun anew. A person may have taken it away, and another replica may have
    /// written the same.
    async fn mark(&self, name: &str) -> Result<(), StoreError> {
        let maps = &self.0.maps;
        let mut tries = Tries::of_one();
        loop {
            let marked = match maps.get(tries.request(), name).await {
                Ok(Some(aside)) if !is_marked(&aside) => maps.replace(tries.request(), &marked_anew(aside, maps.now())).await,
                Ok(_) => return Ok(()),
                Err(error) => Err(error),
            };
            match marked {
                Ok(()) => return Ok(()),
                Err(ClusterError::Refused { code: 404, .. }) => return Ok(()),
                Err(error) => tries.again(error).await?,
            }
        }
    }
}
