//! ConfigMaps: how things are named and written down, and the calls that read and write them.

use crate::calls::{Asked, within};
use crate::connect::{Cluster, Wall};
use crate::error::ClusterError;
use crate::refusals::Refusals;
use crate::watches::Troubles;
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Api;
use kube::api::{DeleteParams, ListParams, PostParams, Preconditions};
use pawl_core::subject::SubjectId;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// The resource, as errors and Roles name it.
const MAPS: &str = "configmaps";
/// Most objects that one page of a list shows.
const PAGE: usize = 500;
/// Hexadecimal digits of a hash in a name: no two keys of one deployment will ever share them.
const HASH_DIGITS: usize = 32;
/// The one key of each of our ConfigMaps: JSON.
const CONTENT: &str = "content";
/// What it is about, in an annotation: names are hashes.
const ABOUT: &str = "pawl/about";
const WHY: &str = "pawl/why";
const SET_ASIDE: &str = "pawl/set-aside-at";
/// When the subject began anew whose record was set aside.
pub(super) const BEGUN_ANEW: &str = "pawl/begun-anew-at";

/// What a ConfigMap of ours holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Record,
    Branch,
    Name,
    Order,
    Aside,
}

impl What {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Branch => "branch",
            Self::Name => "name",
            Self::Order => "order",
            Self::Aside => "aside",
        }
    }

    fn selector(self) -> String {
        format!("app.kubernetes.io/managed-by=pawl,app.kubernetes.io/component={}", self.word())
    }

    /// Of several at once.
    pub(super) fn selector_of(several: &[Self]) -> String {
        let words: Vec<&str> = several.iter().map(|what| what.word()).collect();
        format!("app.kubernetes.io/managed-by=pawl,app.kubernetes.io/component in ({})", words.join(","))
    }

    fn labels(self) -> BTreeMap<String, String> {
        [("app.kubernetes.io/managed-by", "pawl"), ("app.kubernetes.io/component", self.word())]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into()
    }
}

/// Where something is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) what: What,
    /// What it is about, for people; the name is its hash.
    pub(super) about: String,
    pub(super) name: String,
}

impl Place {
    pub(super) fn new(what: What, about: String) -> Self {
        let hash = hex::encode(Sha256::digest(&about));
        Self { what, name: format!("pawl-{}-{}", what.word(), &hash[..HASH_DIGITS]), about }
    }

    pub(super) fn record(subject: SubjectId) -> Self {
        Self::new(What::Record, subject.to_string())
    }

    /// A first ConfigMap with this content.
    pub(super) fn holding(&self, content: String) -> ConfigMap {
        let metadata = ObjectMeta {
            name: Some(self.name.clone()),
            labels: Some(self.what.labels()),
            annotations: Some([(ABOUT.to_owned(), self.about.clone())].into()),
            ..ObjectMeta::default()
        };
        ConfigMap { metadata, data: Some([(CONTENT.to_owned(), content)].into()), ..ConfigMap::default() }
    }
}

/// The content of a ConfigMap of ours; nothing when it lost it.
pub(super) fn content(map: &ConfigMap) -> &str {
    map.data.as_ref().and_then(|data| data.get(CONTENT)).map_or("", String::as_str)
}

/// The same object with another content. Its version stays, so that only the one that was read is replaced.
pub(super) fn with_content(mut map: ConfigMap, content: String) -> ConfigMap {
    map.data.get_or_insert_default().insert(CONTENT.to_owned(), content);
    map
}

/// What a ConfigMap says it is about.
pub(super) fn about(map: &ConfigMap) -> Option<&str> {
    map.metadata.annotations.as_ref()?.get(ABOUT).map(String::as_str)
}

/// Its name.
pub(super) fn name(map: &ConfigMap) -> &str {
    map.metadata.name.as_deref().unwrap_or_default()
}

/// A copy under a name of its own, which is the same for the same version of the same object, whoever makes it.
pub(super) fn aside(map: &ConfigMap, why: &str, now: jiff::Timestamp) -> ConfigMap {
    let of = &map.metadata;
    let version = format!("{}/{}", of.uid.as_deref().unwrap_or_default(), of.resource_version.as_deref().unwrap_or_default());
    let hash = hex::encode(Sha256::digest(version));
    let mut annotations = of.annotations.clone().unwrap_or_default();
    annotations.extend([(WHY.to_owned(), why.chars().take(300).collect()), (SET_ASIDE.to_owned(), now.to_string())]);
    let metadata = ObjectMeta {
        name: Some(format!("{}-aside-{}", name(map), &hash[..12])),
        labels: Some(What::Aside.labels()),
        annotations: Some(annotations),
        ..ObjectMeta::default()
    };
    ConfigMap { metadata, data: map.data.clone(), binary_data: map.binary_data.clone(), immutable: None }
}

/// What was set aside, with the note that its subject has begun anew.
pub(super) fn marked_anew(mut aside: ConfigMap, now: jiff::Timestamp) -> ConfigMap {
    aside.metadata.annotations.get_or_insert_default().insert(BEGUN_ANEW.to_owned(), now.to_string());
    aside
}

/// The calls that records make, each within the time it is given.
#[derive(Clone)]
pub(super) struct Maps {
    api: Api<ConfigMap>,
    wall: Wall,
    refusals: Refusals,
}

impl fmt::Debug for Maps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Maps").field("namespace", &self.api.namespace()).finish_non_exhaustive()
    }
}

impl Maps {
    pub(super) fn new(cluster: &Cluster) -> Self {
        let api = Api::namespaced(cluster.client.clone(), &cluster.namespace);
        Self { api, wall: cluster.wall.clone(), refusals: cluster.refusals.clone() }
    }

    pub(super) fn api(&self) -> Api<ConfigMap> {
        self.api.clone()
    }

    /// The troubles of a watch on them.
    pub(super) fn troubles(&self, instead: &'static str) -> Troubles {
        Troubles::new(self.refusals.clone(), MAPS, instead)
    }

    /// Carries a call out within `patience`.
    async fn ask<T>(&self, patience: Duration, verb: &'static str, call: impl Future<Output = kube::Result<T>>) -> Result<T, ClusterError> {
        let asked = Asked { verb, resource: MAPS };
        self.refusals.heard(asked, within(patience, asked, call).await)
    }

    pub(super) fn namespace(&self) -> &str {
        self.api.namespace().unwrap_or_default()
    }

    pub(super) fn now(&self) -> jiff::Timestamp {
        self.wall.now()
    }

    pub(super) async fn get(&self, patience: Duration, name: &str) -> Result<Option<ConfigMap>, ClusterError> {
        self.ask(patience, "get", self.api.get_opt(name)).await
    }

    /// Makes what is not there. [`ClusterError::Conflict`] when it is.
    pub(super) async fn create(&self, patience: Duration, map: &ConfigMap) -> Result<(), ClusterError> {
        self.ask(patience, "create", self.api.create(&PostParams::default(), map)).await.map(drop)
    }

    /// Replaces exactly the version that `map` carries. [`ClusterError::Conflict`] when it is no longer that one. The server would take
    /// one without a version, and overwrite.
    pub(super) async fn replace(&self, patience: Duration, map: &ConfigMap) -> Result<(), ClusterError> {
        if map.metadata.resource_version.as_deref().unwrap_or_default().is_empty() {
            return Err(ClusterError::Conflict(format!("{MAPS} {}", name(map))));
        }
        self.ask(patience, "update", self.api.replace(name(map), &PostParams::default(), map)).await.map(drop)
    }

    /// Deletes exactly this version of exactly this object; it is gone already when there is none.
    pub(super) async fn delete(&self, patience: Duration, map: &ConfigMap) -> Result<(), ClusterError> {
        let preconditions = Preconditions { uid: map.metadata.uid.clone(), resource_version: map.metadata.resource_version.clone() };
        let parameters = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
        match self.ask(patience, "delete", self.api.delete(name(map), &parameters)).await {
            Err(ClusterError::Refused { code: 404, .. }) => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// At most `limit` of them behind `token`, by name, and where the next begin.
    pub(super) async fn list(
        &self,
        patience: Duration,
        what: What,
        limit: usize,
        token: Option<&str>,
    ) -> Result<(Vec<ConfigMap>, Option<String>), ClusterError> {
        let limit = u32::try_from(limit.min(PAGE)).unwrap_or(u32::MAX);
        let mut parameters = ListParams::default().labels(&what.selector()).limit(limit);
        if let Some(token) = token {
            parameters = parameters.continue_token(token);
        }
        let list = self.ask(patience, "list", self.api.list(&parameters)).await?;
        Ok((list.items, list.metadata.continue_.filter(|next| !next.is_empty())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k9_names_are_dns_safe_and_differ_by_what_they_are_about() {
        let subject = SubjectId { repository: 4711, number: 12 };
        let one = Place::record(subject).name;
        assert!(one.len() <= 63 && one.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{one}");
        assert_ne!(one, Place::record(SubjectId { number: 13, ..subject }).name);
        assert_ne!(one, Place::new(What::Branch, subject.to_string()).name);
    }

    #[test]
    fn k9_another_version_of_an_object_is_set_aside_under_another_name() {
        let version = |version: &str| {
            let mut map = Place::record(SubjectId { repository: 4711, number: 12 }).holding("{".into());
            map.metadata.uid = Some("u".into());
            map.metadata.resource_version = Some(version.into());
            aside(&map, "why", jiff::Timestamp::UNIX_EPOCH)
        };
        assert_eq!(version("7"), version("7"));
        assert_ne!(name(&version("7")), name(&version("8")));
        assert_eq!((about(&version("7")), content(&version("7"))), (Some("4711#12"), "{"));
        assert!(name(&version("7")).len() <= 253);
    }
}
