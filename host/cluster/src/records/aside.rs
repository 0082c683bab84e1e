//! Setting aside: what cannot be read is copied under a new name, and only then taken away, in exactly the version that was read.

use super::Records;
use super::maps::{about, aside, name};
use super::tries::Tries;
use crate::error::ClusterError;
use k8s_openapi::api::core::v1::ConfigMap;
use pawl_core::store::StoreError;
use std::sync::atomic::Ordering;

/// Objects that one process sets aside. When so much breaks, something else is wrong, and a person has to look.
const MOST_ASIDE: u64 = 100;

/// Why something could not be set aside.
pub(super) enum NotAside {
    Call(ClusterError),
    Told(StoreError),
}

impl Records {
    /// Moves an object aside. The name it has there; nothing when somebody changed or took it meanwhile.
    pub(super) async fn put_aside(&self, tries: &Tries, map: &ConfigMap, why: &str) -> Result<Option<String>, NotAside> {
        let maps = &self.0.maps;
        let what = about(map).unwrap_or_else(|| name(map));
        if self.set_aside() >= MOST_ASIDE {
            let why = format!(
                "ConfigMap {} ({what}) cannot be read ({why}), and this process has set {MOST_ASIDE} aside already; find out who writes \
                 to them, then start it again",
                name(map)
            );
            return Err(NotAside::Told(StoreError::Refused(why)));
        }
        let copy = aside(map, why, maps.now());
        match maps.create(tries.request(), &copy).await {
            // Another replica, or an earlier try, has made it already.
            Ok(()) | Err(ClusterError::Conflict(_)) => {}
            Err(error) => return Err(NotAside::Call(error)),
        }
        match maps.delete(tries.request(), map).await {
            Ok(()) => {}
            Err(ClusterError::Conflict(_)) => return Ok(None),
            Err(error) => return Err(NotAside::Call(error)),
        }
        self.0.aside.fetch_add(1, Ordering::Relaxed);
        self.0.bereft.note(&copy);
        let (namespace, aside) = (maps.namespace(), name(&copy).to_owned());
        tracing::warn!(
            what,
            why,
            "what is stored cannot be read; it was set aside, and `kubectl --namespace {namespace} get configmap {aside} --output yaml` \
             shows it; its subject begins anew: labels on GitHub are adopted as they are"
        );
        Ok(Some(aside))
    }
}
