//! The calls that runs need: the resources of a group version, a page of the list, one object, its deletion. Each within its time, and
//! none reads more than it says.

use super::pick::{Picked, Wanted};
use super::settings::Candidate;
use crate::calls::{Asked, in_time, judged, refused};
use crate::connect::Cluster;
use crate::error::ClusterError;
use crate::refusals::Refusals;
use crate::watches::Troubles;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kube::Client;
use kube::api::{DeleteParams, ListParams, Preconditions, PropagationPolicy};
use pawl_core::planted::{self, Fault};
use serde::Deserialize;
use serde::de::DeserializeSeed;
use std::time::Duration;

/// How long one call may take.
const CALL: Duration = Duration::from_secs(5);
/// Largest answer about one object: etcd holds none that is larger than 1.5 MiB, unless somebody has raised that.
const OBJECT_BYTES: usize = 8 << 20;
/// Largest page of a list.
pub(crate) const PAGE_BYTES: usize = 16 << 20;
/// Largest answer that is no success.
const REFUSAL_BYTES: usize = 64 << 10;
/// Longest pause that a server is granted when it asks for one.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Why a call gave nothing.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The object is not there; the server says so of this very object, not of the path.
    NotThere,
    /// The answer is larger than what is read.
    TooLarge,
    /// Anything else.
    Cluster(ClusterError),
}

impl From<ClusterError> for Failed {
    fn from(error: ClusterError) -> Self {
        Self::Cluster(error)
    }
}

/// The resource that runs are, in one namespace.
#[derive(Clone)]
pub(crate) struct Api {
    client: Client,
    /// Path of the collection.
    path: String,
    /// With its group, as errors and Roles name it.
    pub(crate) resource: String,
    refusals: Refusals,
}

/// What is said about a resource of a group version.
#[derive(Debug, Deserialize)]
pub(crate) struct Served {
    /// Plural.
    pub(crate) name: String,
    /// Kind of its objects.
    pub(crate) kind: String,
    /// Whether its objects are in namespaces.
    pub(crate) namespaced: bool,
}

#[derive(Deserialize)]
struct ServedList {
    resources: Vec<Served>,
}

/// What Kubernetes says when it does not do what is asked.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    message: String,
    reason: String,
    details: Option<Details>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    name: Option<String>,
}

/// The resources of a group version; `None` where the server has none.
pub(crate) async fn served(client: &Client, group: &str, version: &str) -> Result<Option<Vec<Served>>, ClusterError> {
    let path = format!("/apis/{group}/{version}");
    let asked = Asked { verb: "get", resource: &path };
    let request = Request::get(&path).body(Vec::new()).map_err(|error| unaskable(asked, &error))?;
    match fetch(client, request, asked, OBJECT_BYTES).await {
        Ok(body) => {
            let list: ServedList = serde_json::from_slice(&body).map_err(|error| unreadable(asked, &error))?;
            Ok(Some(list.resources))
        }
        Err(Failed::NotThere) | Err(Failed::Cluster(ClusterError::Refused { code: 404, .. })) => Ok(None),
        Err(Failed::TooLarge) => Err(unreadable(asked, &"it is too large")),
        Err(Failed::Cluster(error)) => Err(error),
    }
}

impl Api {
    pub(crate) fn new(cluster: &Cluster, of: &Candidate) -> Self {
        let Candidate { group, version, plural } = of;
        let path = format!("/apis/{group}/{version}/namespaces/{}/{plural}", cluster.namespace);
        Self { client: cluster.client.clone(), path, resource: of.resource(), refusals: cluster.refusals.clone() }
    }

    /// The troubles of a watch on them.
    pub(crate) fn troubles(&self, instead: &'static str) -> Troubles {
        Troubles::new(self.refusals.clone(), &self.resource, instead)
    }

    /// Asks, and takes note of what is not allowed.
    async fn fetch(&self, request: Request<Vec<u8>>, asked: Asked<'_>, at_most: usize) -> Result<Vec<u8>, Failed> {
        let answer = fetch(&self.client, request, asked, at_most).await;
        let error = match &answer {
            Err(Failed::Cluster(error)) => Some(error),
            Ok(_) | Err(Failed::NotThere | Failed::TooLarge) => None,
        };
        self.refusals.hear(asked, error, None);
        answer
    }

    fn asked(&self, verb: &'static str) -> Asked<'_> {
        Asked { verb, resource: &self.resource }
    }

    /// A page of the list, as bytes.
    pub(crate) async fn page(&self, limit: u32, after: Option<&str>) -> Result<Vec<u8>, Failed> {
        let asked = self.asked("list");
        let mut page = ListParams::default().limit(limit);
        page.continue_token = after.map(str::to_owned);
        let request = kube::core::Request::new(&self.path).list(&page).map_err(|error| unaskable(asked, &error))?;
        self.fetch(request, asked, PAGE_BYTES).await
    }

    /// One object.
    pub(crate) async fn get(&self, name: &str, wanted: &Wanted) -> Result<Picked, Failed> {
        let asked = self.asked("get");
        let path = format!("{}/{name}", self.path);
        let request = Request::get(path).body(Vec::new()).map_err(|error| unaskable(asked, &error))?;
        self.object(request, asked, wanted).await
    }

    /// Asks for the deletion of this very object in this very version, its dependents first: so the pods of a run have their own grace
    /// period, and what holds the object stays until they are gone.
    pub(crate) async fn delete(&self, name: &str, uid: &str, version: &str) -> Result<(), Failed> {
        let asked = self.asked("delete");
        let preconditions = Preconditions { uid: Some(uid.to_owned()), resource_version: Some(version.to_owned()) };
        let preconditions = Some(preconditions).filter(|_| !planted::is(Fault::NoUidPrecondition));
        let how = DeleteParams { preconditions, propagation_policy: Some(PropagationPolicy::Foreground), ..DeleteParams::default() };
        let request = kube::core::Request::new(&self.path).delete(name, &how).map_err(|error| unaskable(asked, &error))?;
        self.fetch(request, asked, OBJECT_BYTES).await.map(|_| ())
    }

    async fn object(&self, request: Request<Vec<u8>>, asked: Asked<'_>, wanted: &Wanted) -> Result<Picked, Failed> {
        let body = self.fetch(request, asked, OBJECT_BYTES).await?;
        let object = wanted.deserialize(&mut serde_json::Deserializer::from_slice(&body));
        object.map_err(|error| unreadable(asked, &error).into())
    }
}

/// Asks, and reads at most so many bytes of a good answer.
async fn fetch(client: &Client, request: Request<Vec<u8>>, asked: Asked<'_>, at_most: usize) -> Result<Vec<u8>, Failed> {
    let call = async {
        let answer = client.send(request.map(Into::into)).await.map_err(|error| judged(asked, &error))?;
        let (head, body) = answer.into_parts();
        let limit = if head.status.is_success() { at_most } else { REFUSAL_BYTES };
        let body = match Limited::new(body, limit).collect().await {
            Ok(body) => Vec::from(body.to_bytes()),
            Err(error) if !error.is::<LengthLimitError>() => return Err(unreadable(asked, &error).into()),
            Err(_) if head.status.is_success() => return Err(Failed::TooLarge),
            Err(_) => Vec::new(),
        };
        if head.status.is_success() {
            return Ok(body);
        }
        let told: Refusal = serde_json::from_slice(&body).unwrap_or_default();
        if head.status == StatusCode::NOT_FOUND && told.reason == "NotFound" && told.details.is_some_and(|about| about.name.is_some()) {
            return Err(Failed::NotThere);
        }
        let wait = head.headers.get(http::header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let message = if told.message.is_empty() { String::from_utf8_lossy(&body).into_owned() } else { told.message };
        Err(refused(asked, head.status.as_u16(), &message, wait.map(|seconds| Duration::from_secs(seconds).min(LONGEST_WAIT))).into())
    };
    in_time(CALL, asked, call).await?
}

/// What cannot be asked at all is a mistake in the configuration; everything that gets into a path was checked before.
fn unaskable(asked: Asked<'_>, error: &dyn std::fmt::Display) -> ClusterError {
    ClusterError::Refused { code: 0, verb: asked.verb, resource: asked.resource.to_owned(), message: error.to_string() }
}

fn unreadable(asked: Asked<'_>, error: &dyn std::fmt::Display) -> ClusterError {
    ClusterError::Unavailable(format!("the answer to {} {} cannot be read: {error}", asked.verb, asked.resource))
}
