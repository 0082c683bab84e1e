//! What this account may not do. Each permission that is missing is told once, with the rule that grants it, whatever became of the call
//! that met it; and it is remembered until the server allows it, for whoever looks.

use crate::calls::Asked;
use crate::error::ClusterError;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

/// Resource and verb; both empty for credentials that are not good for anything.
type Key = (String, &'static str);

/// The refusals that last. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refusals(Arc<Mutex<BTreeMap<Key, ClusterError>>>);

impl Refusals {
    fn all(&self) -> std::sync::MutexGuard<'_, BTreeMap<Key, ClusterError>> {
        // Whole after every line that holds it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those that last, by resource and verb.
    pub(crate) fn list(&self) -> Vec<ClusterError> {
        self.all().values().cloned().collect()
    }

    /// Takes note of how a call ended, and hands the answer on.
    pub(crate) fn heard<T>(&self, asked: Asked<'_>, answer: Result<T, ClusterError>) -> Result<T, ClusterError> {
        self.hear(asked, answer.as_ref().err(), None);
        answer
    }

    /// Takes note of how a call ended. `instead` says what is done without it, where something is. Whether it was refused for want of
    /// permission.
    pub(crate) fn hear(&self, asked: Asked<'_>, error: Option<&ClusterError>, instead: Option<&str>) -> bool {
        match error {
            Some(error @ ClusterError::Refused { code: code @ (401 | 403), .. }) => {
                let key = if *code == 401 { Key::default() } else { key(asked) };
                if let Entry::Vacant(unknown) = self.all().entry(key) {
                    unknown.insert(error.clone());
                    match instead {
                        Some(instead) => tracing::warn!("{error}; {instead}"),
                        None => tracing::error!("{error}"),
                    }
                }
                true
            }
            // Whether it may be done is decided after this.
            Some(ClusterError::Unavailable(_) | ClusterError::Overloaded { .. }) => false,
            _ => {
                self.allowed(asked);
                false
            }
        }
    }

    fn allowed(&self, asked: Asked<'_>) {
        let mut all = self.all();
        if all.is_empty() {
            return;
        }
        all.remove(&Key::default());
        if all.remove(&key(asked)).is_some() {
            tracing::info!("the Kubernetes API server allows to {} {} now", asked.verb, asked.resource);
        }
    }
}

fn key(asked: Asked<'_>) -> Key {
    (asked.resource.to_owned(), asked.verb)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked<'_> = Asked { verb: "delete", resource: "leases.coordination.k8s.io" };

    fn refused(code: u16) -> ClusterError {
        crate::calls::refused(ASKED, code, "no", None)
    }

    #[test]
    fn k10_a_refusal_lasts_until_the_server_allows_the_same_and_longer_than_an_outage() {
        let refusals = Refusals::default();
        assert!(refusals.hear(ASKED, Some(&refused(403)), None));
        assert!(!refusals.hear(ASKED, Some(&refused(500)), None) && !refusals.hear(ASKED, Some(&refused(429)), None));
        refusals.hear(Asked { verb: "get", ..ASKED }, None, None);
        assert_eq!(refusals.list(), [refused(403)]);
        assert!(!refusals.hear(ASKED, Some(&refused(409)), None), "who is told of a conflict was allowed to try");
        assert_eq!(refusals.list(), []);
    }

    #[test]
    fn k10_credentials_that_are_good_for_nothing_are_one_refusal_and_not_one_for_each_verb() {
        let refusals = Refusals::default();
        for verb in ["get", "list", "delete"] {
            assert!(refusals.hear(Asked { verb, ..ASKED }, Some(&refused(401)), None));
        }
        assert_eq!(refusals.list().len(), 1);
        refusals.hear(Asked { verb: "list", ..ASKED }, None, None);
        assert_eq!(refusals.list(), []);
    }
}
