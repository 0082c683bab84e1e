//! The connection: a client of its own for claims, because the usual one repeats what the server refused for want of time, fifteen
//! times on every verb, and waits for an answer without end.

use crate::error::{ClusterError, NotConnected};
use crate::refusals::Refusals;
use bytes::Bytes;
use http::{Request, Response};
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tower_service::Service;

/// What failed on the way.
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);

/// A cluster, as one account sees it. Cheap to clone.
#[derive(Clone)]
pub struct Cluster {
    pub(crate) client: Client,
    pub(crate) namespace: String,
    pub(crate) wall: Wall,
    pub(crate) refusals: Refusals,
}

/// Where the time of day comes from. It is written down for people to read and never judged by.
#[derive(Clone)]
pub struct Wall(Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>);

impl Wall {
    /// This machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::from(jiff::Timestamp::now)
    }

    /// Another clock, for simulations.
    pub fn from(now: impl Fn() -> jiff::Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub(crate) fn now(&self) -> jiff::Timestamp {
        (self.0)()
    }
}

impl Cluster {
    /// The cluster that a kubeconfig names, or this pod's own when there is none. Nothing is asked yet. Must be called within a
    /// Tokio runtime.
    ///
    /// # Errors
    /// Without a cluster, or with credentials that cannot be used.
    pub async fn connect(kubeconfig: Option<&Path>, namespace: Option<&str>) -> Result<Self, NotConnected> {
        let no_cluster = |error: &dyn fmt::Display| NotConnected::NoCluster(error.to_string());
        let mut config = match kubeconfig {
            Some(path) => {
                let read = Kubeconfig::read_from(path).map_err(|error| no_cluster(&error))?;
                Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await.map_err(|error| no_cluster(&error))?
            }
            None => Config::infer().await.map_err(|error| no_cluster(&error))?,
        };
        config.default_retry = false;
        config.connect_timeout = Some(CONNECT);
        let namespace = namespace.map_or_else(|| config.default_namespace.clone(), str::to_owned);
        let client = Client::try_from(config).map_err(|error| NotConnected::Client(error.to_string()))?;
        Ok(Self::of(client, namespace))
    }

    /// A cluster behind any client. It must not repeat calls by itself.
    #[must_use]
    pub fn of(client: Client, namespace: impl Into<String>) -> Self {
        Self { client, namespace: namespace.into(), wall: Wall::system(), refusals: Refusals::default() }
    }

    /// A cluster behind any service, such as a server in this process. It must not repeat calls by itself. Must be called within a Tokio
    /// runtime.
    #[must_use]
    pub fn over<S, B>(service: S, namespace: &str) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>> + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Into<BoxError>,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self::of(Client::new(service, namespace), namespace)
    }

    /// With another clock for the times that people read.
    #[must_use]
    pub fn with_wall(self, wall: Wall) -> Self {
        Self { wall, ..self }
    }

    /// The same cluster, but another namespace of it.
    #[must_use]
    pub fn in_namespace(&self, namespace: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), ..self.clone() }
    }

    /// What the API server has refused for want of permission and not allowed since, each with the rule that grants it: whatever was made
    /// of this cluster, or of a clone of it, has met it.
    #[must_use]
    pub fn refusals(&self) -> Vec<ClusterError> {
        self.refusals.list()
    }

    /// Where its objects are.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}
