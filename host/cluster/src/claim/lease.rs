//! Leases: how a claim is written down, and the calls that read and write it.

use super::law::Sighting;
use crate::calls::{Asked, within};
use crate::connect::{Cluster, Wall};
use crate::error::ClusterError;
use crate::refusals::Refusals;
use crate::watches::Troubles;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::Api;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams, Preconditions};
use pawl_core::planted::{self, Fault};
use pawl_core::subject::SubjectId;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fmt;
use std::time::Duration;
use tokio::time::Instant;

/// The resource, as errors and Roles name it.
pub(crate) const LEASES: &str = "leases.coordination.k8s.io";
/// What every one of our Leases has, and no other.
pub(crate) const SELECTOR: &str = "app.kubernetes.io/managed-by=pawl,app.kubernetes.io/component=claim";
/// Hexadecimal digits of the subject's hash in a name: no two subjects of one deployment will ever share them.
const HASH_DIGITS: usize = 32;
/// Leases that one page of a list shows.
const PAGE: u32 = 500;

/// The subject, in an annotation: names are hashes.
pub(crate) const SUBJECT: &str = "pawl/subject";
const OPERATION: &str = "pawl/operation";
const CORRELATION: &str = "pawl/correlation";
const ACQUIRED: &str = "pawl/acquired-at";
/// Who gave it back in place of a holder that was gone; absent when the holder did so itself.
const FREED_BY: &str = "pawl/freed-by";

/// Who this process is among all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The pod's uid, or the machine's name outside of a cluster.
    pub pod: String,
    /// Made anew by every start of the process.
    pub boot: String,
}

impl Identity {
    /// What a Lease calls the holder: of one operation, so that no two attempts are ever mistaken for each other.
    pub(crate) fn holder(&self, operation: &str) -> String {
        format!("{}/{}/{operation}", self.pod, self.boot)
    }
}

/// What a claim is taken for, as its Lease tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purpose<'a> {
    /// The id of this one attempt and of no other.
    pub operation: &'a str,
    /// By what its traces are found elsewhere: the delivery that led to it, or the operation itself where none did.
    pub correlation: &'a str,
}

impl<'a> From<&'a str> for Purpose<'a> {
    fn from(operation: &'a str) -> Self {
        Self { operation, correlation: operation }
    }
}

impl<'a> From<&'a String> for Purpose<'a> {
    fn from(operation: &'a String) -> Self {
        Self::from(operation.as_str())
    }
}

/// The name of a subject's Lease.
pub(crate) fn name(subject: SubjectId) -> String {
    let hash = hex::encode(Sha256::digest(subject.to_string()));
    format!("pawl-claim-{}", &hash[..HASH_DIGITS])
}

/// The calls that claims make, each within its time.
#[derive(Clone)]
pub(crate) struct Leases {
    api: Api<Lease>,
    request: Duration,
    wall: Wall,
    refusals: Refusals,
}

impl fmt::Debug for Leases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leases").field("namespace", &self.api.namespace()).finish_non_exhaustive()
    }
}

impl Leases {
    pub(crate) fn new(cluster: &Cluster, request: Duration) -> Self {
        let api = Api::namespaced(cluster.client.clone(), &cluster.namespace);
        Self { api, request, wall: cluster.wall.clone(), refusals: cluster.refusals.clone() }
    }

    pub(crate) fn api(&self) -> Api<Lease> {
        self.api.clone()
    }

    /// The troubles of a watch on them.
    pub(crate) fn troubles(&self, instead: &'static str) -> Troubles {
        Troubles::new(self.refusals.clone(), LEASES, instead)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.wall.now()
    }

    async fn ask<T>(&self, verb: &'static str, call: impl Future<Output = kube::Result<T>>) -> Result<T, ClusterError> {
        let asked = Asked { verb, resource: LEASES };
        self.refusals.heard(asked, within(self.request, asked, call).await)
    }

    pub(crate) async fn get(&self, name: &str) -> Result<Option<Lease>, ClusterError> {
        self.ask("get", self.api.get_opt(name)).await
    }

    /// Makes a Lease that is not there. [`ClusterError::Conflict`] when it is.
    pub(crate) async fn create(&self, lease: &Lease) -> Result<Lease, ClusterError> {
        self.ask("create", self.api.create(&PostParams::default(), lease)).await
    }

    /// Replaces exactly the version that `lease` carries. [`ClusterError::Conflict`] when it is no longer that one.
    pub(crate) async fn replace(&self, lease: &Lease) -> Result<Lease, ClusterError> {
        let name = lease.metadata.name.clone().unwrap_or_default();
        if planted::is(Fault::NoResourceVersion) {
            return self.ask("patch", self.api.patch(&name, &PatchParams::default(), &Patch::Merge(versionless(lease)))).await;
        }
        self.ask("update", self.api.replace(&name, &PostParams::default(), lease)).await
    }

    /// Deletes exactly this version of exactly this object.
    pub(crate) async fn delete(&self, lease: &Lease) -> Result<(), ClusterError> {
        let name = lease.metadata.name.clone().unwrap_or_default();
        let preconditions = Preconditions { uid: lease.metadata.uid.clone(), resource_version: lease.metadata.resource_version.clone() };
        let parameters = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
        self.ask("delete", self.api.delete(&name, &parameters)).await.map(drop)
    }

    /// One page of our Leases, and where the next begins.
    pub(crate) async fn page(&self, after: Option<&str>) -> Result<(Vec<Lease>, Option<String>), ClusterError> {
        let mut parameters = ListParams::default().labels(SELECTOR).limit(PAGE);
        if let Some(after) = after {
            parameters = parameters.continue_token(after);
        }
        let list = self.ask("list", self.api.list(&parameters)).await?;
        let next = list.metadata.continue_.filter(|next| !next.is_empty());
        Ok((list.items, next))
    }
}

/// The Lease as a patch that fits every version. Only a planted fault writes so.
fn versionless(lease: &Lease) -> Value {
    let holder = holder(lease);
    let mut patch = json!({ "metadata": { "annotations": lease.metadata.annotations }, "spec": lease.spec });
    patch["spec"]["holderIdentity"] = json!(holder);
    patch
}

/// A first Lease for a subject, held by `holder`.
pub(crate) fn first(subject: SubjectId, holder: &str, purpose: Purpose<'_>, lease: Duration, now: Timestamp) -> Lease {
    let labels = [("app.kubernetes.io/managed-by", "pawl"), ("app.kubernetes.io/component", "claim")];
    let metadata = ObjectMeta {
        name: Some(name(subject)),
        labels: Some(labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into()),
        ..ObjectMeta::default()
    };
    let blank = Lease { metadata, spec: None };
    taken(blank, subject, holder, purpose, lease, now)
}

/// The Lease as it is when `holder` has taken it. Its version stays, so that only the one that was read is replaced.
pub(crate) fn taken(mut lease: Lease, subject: SubjectId, holder: &str, purpose: Purpose<'_>, length: Duration, now: Timestamp) -> Lease {
    let before = lease.spec.take().unwrap_or_default();
    let notes = [
        (SUBJECT, subject.to_string()),
        (OPERATION, purpose.operation.to_owned()),
        (CORRELATION, purpose.correlation.to_owned()),
        (ACQUIRED, now.to_string()),
    ];
    let annotations = lease.metadata.annotations.get_or_insert_default();
    annotations.remove(FREED_BY);
    annotations.extend(notes.map(|(key, note)| (key.to_owned(), note)));
    lease.spec = Some(LeaseSpec {
        holder_identity: Some(holder.to_owned()),
        lease_duration_seconds: Some(i32::try_from(length.as_secs()).unwrap_or(i32::MAX)),
        acquire_time: Some(MicroTime(now)),
        renew_time: Some(MicroTime(now)),
        lease_transitions: Some(before.lease_transitions.unwrap_or(0).saturating_add(1)),
        ..before
    });
    lease
}

/// The Lease with a sign of life.
pub(crate) fn renewed(mut lease: Lease, now: Timestamp) -> Lease {
    if let Some(spec) = &mut lease.spec {
        spec.renew_time = Some(MicroTime(now));
    }
    lease
}

/// The Lease given back. It stays, so that the next claim on the subject costs no object more.
pub(crate) fn released(lease: Lease, now: Timestamp) -> Lease {
    let mut lease = renewed(lease, now);
    if let Some(spec) = &mut lease.spec {
        spec.holder_identity = None;
    }
    lease
}

/// The Lease given back by somebody else, in place of a holder that is gone.
pub(crate) fn freed(lease: Lease, by: &str, now: Timestamp) -> Lease {
    let mut lease = released(lease, now);
    lease.metadata.annotations.get_or_insert_default().insert(FREED_BY.to_owned(), by.to_owned());
    lease
}

/// Who holds it, if anybody.
pub(crate) fn holder(lease: &Lease) -> Option<&str> {
    lease.spec.as_ref()?.holder_identity.as_deref().filter(|holder| !holder.is_empty())
}

/// What is seen of a Lease now. One without a length is believed as long as ours are.
pub(crate) fn sighted(lease: &Lease, usual: Duration, now: Instant) -> Sighting {
    let seconds = lease.spec.as_ref().and_then(|spec| spec.lease_duration_seconds).and_then(|seconds| u64::try_from(seconds).ok());
    Sighting {
        version: lease.metadata.resource_version.clone().unwrap_or_default(),
        holder: holder(lease).map(str::to_owned),
        lease: seconds.map_or(usual, Duration::from_secs),
        since: now,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn subject() -> SubjectId {
        SubjectId { repository: 4711, number: 12 }
    }

    #[test]
    fn k7_names_are_dns_safe_and_differ_by_subject() {
        let one = name(subject());
        assert!(one.len() <= 63 && one.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{one}");
        assert_ne!(one, name(SubjectId { number: 13, ..subject() }));
    }

    #[test]
    fn k7_taking_keeps_the_version_that_was_read_and_counts_the_transition() {
        let mut read = first(subject(), "a/b/1", "1".into(), Duration::from_secs(15), Timestamp::UNIX_EPOCH);
        read.metadata.resource_version = Some("77".into());
        let again = taken(read, subject(), "c/d/2", "2".into(), Duration::from_secs(15), Timestamp::UNIX_EPOCH);
        assert_eq!(again.metadata.resource_version.as_deref(), Some("77"));
        assert_eq!(again.spec.as_ref().unwrap().lease_transitions, Some(2));
        let notes = again.metadata.annotations.unwrap();
        assert_eq!((notes[SUBJECT].as_str(), notes[OPERATION].as_str()), ("4711#12", "2"));
    }

    #[test]
    fn a_lease_with_an_absurd_length_is_still_judged() {
        let mut lease = first(subject(), "a/b/1", "1".into(), Duration::from_secs(15), Timestamp::UNIX_EPOCH);
        lease.spec.as_mut().unwrap().lease_duration_seconds = Some(-5);
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
            assert_eq!(sighted(&lease, Duration::from_secs(15), Instant::now()).lease, Duration::from_secs(15));
        });
    }
}
