//! The server as a test holds it: starting, faces, accounts, objects behind its back, and time.

use crate::access::{Account, Rule};
use crate::ask::Ask;
use crate::clock::{Clock, DAWN};
use crate::listen::Listening;
use crate::service::Service;
use crate::shared::{Shared, Weather};
use crate::store::Store;
use crate::verbs::{self, Answer};
use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::time::Instant;

/// The token of somebody who may do everything.
const ADMIN: &str = "admin";

/// How the server's own time goes. It shows in what it writes, such as `creationTimestamp`, and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Time {
    /// It stands at [`DAWN`] until a test moves it.
    #[default]
    Stands,
    /// It goes from [`DAWN`] on with tokio's clock, which a simulation pauses. The server must be made within the runtime.
    Simulated,
    /// It is the machine's.
    Runs,
}

/// How a server begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How its time goes.
    pub time: Time,
    /// Whether what the controller-manager does is done at once: a deleted namespace is emptied and goes, and what is deleted with
    /// foreground propagation goes. Without, both linger as they do on a bare API server.
    pub controllers: bool,
    /// How many changes of objects are kept for watches and pages; older ones are compacted.
    pub history_kept: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { time: Time::default(), controllers: true, history_kept: 10_000 }
    }
}

/// What the server told a story that asked it directly.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// HTTP status.
    pub status: u16,
    /// The body; a text where it is no JSON.
    pub json: Value,
}

/// A Kubernetes API server of one's own. Clones are the same server.
#[derive(Debug, Clone)]
pub struct Server {
    pub(crate) shared: Arc<Shared>,
}

impl Default for Server {
    fn default() -> Self {
        Self::new()
    }
}

impl Server {
    /// A server with the usual four namespaces and nothing in them.
    #[must_use]
    pub fn new() -> Self {
        Self::with(&Settings::default())
    }

    /// A server as the settings say.
    #[must_use]
    pub fn with(settings: &Settings) -> Self {
        let clock = match settings.time {
            Time::Stands => Clock::Set(DAWN),
            Time::Simulated => Clock::Simulated(Instant::now()),
            Time::Runs => Clock::Running,
        };
        let server = Self { shared: Arc::new(Shared::new(Store::new(clock, settings.controllers, settings.history_kept))) };
        server.shared.accounts().insert(ADMIN.to_owned(), Account::new("kubernetes-admin", None));
        for namespace in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            server.namespace(namespace);
        }
        server
    }

    /// The face without sockets, for somebody who may do everything: put it under a client in this process.
    #[must_use]
    pub fn service(&self) -> Service {
        self.service_of(ADMIN)
    }

    /// The face without sockets, for the account of this token.
    #[must_use]
    pub fn service_of(&self, token: &str) -> Service {
        Service::new(Arc::clone(&self.shared), Some(token.to_owned()))
    }

    /// The face for processes: listens on a free loopback port until what it answers is dropped.
    ///
    /// # Errors
    /// When no port is to be had.
    pub async fn listen(&self) -> io::Result<Listening> {
        self.listen_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await
    }

    /// As [`Server::listen`], at this address: a server that was restarted is found where it was.
    ///
    /// # Errors
    /// When the address is taken.
    pub async fn listen_at(&self, address: SocketAddr) -> io::Result<Listening> {
        Listening::begin(Service::new(Arc::clone(&self.shared), None), address).await
    }

    /// As [`Server::listen`], where whoever shows no token is the account of this one. `kubectl` shows none over plain HTTP, whatever its
    /// kubeconfig says.
    ///
    /// # Errors
    /// When no port is to be had.
    pub async fn listen_for(&self, token: &str) -> io::Result<Listening> {
        Listening::begin(self.service_of(token), SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await
    }

    /// The token of somebody who may do everything.
    #[must_use]
    pub fn admin_token(&self) -> &'static str {
        ADMIN
    }

    /// A token of a user who may do what the rules allow. Called again for the same user, it replaces the rules.
    pub fn account(&self, user: &str, rules: Vec<Rule>) -> String {
        let token = format!("token-{user}");
        self.shared.accounts().insert(token.clone(), Account::new(user, Some(rules)));
        token
    }

    /// A token is good no longer.
    pub fn revoke(&self, token: &str) {
        self.shared.accounts().remove(token);
    }

    /// Asks the server directly, as somebody who may do everything. It meets no fault, is not logged, and can be used within
    /// [`Fault::meanwhile`](crate::Fault::meanwhile). A PATCH is a merge patch.
    ///
    /// # Panics
    /// When method or path are none, and for a watch.
    pub fn call(&self, method: &str, path: &str, body: &Value) -> Told {
        let content_type = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        let request = Request::builder().method(method).uri(path).header("content-type", content_type).body(());
        let (head, ()) = request.expect("method and path are well-formed").into_parts();
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let ask = Ask::new(&head, body);
        let account = Account::new("kubernetes-admin", None);
        match self.shared.transact(|store| verbs::answer(store, &ask, &account)) {
            Answer::Json(status, json) => Told { status, json },
            Answer::Discovery(json) => Told { status: 200, json },
            Answer::Text(status, text) => Told { status, json: text.into() },
            Answer::Watch(_) => panic!("a watch needs one of the faces"),
        }
    }

    /// Creates a namespace, if it is not there.
    ///
    /// # Panics
    /// When the name cannot be one.
    pub fn namespace(&self, name: &str) -> &Self {
        let told = self.call("POST", "/api/v1/namespaces", &json!({ "metadata": { "name": name } }));
        assert!(matches!(told.status, 201 | 409), "namespace {name}: {}", told.json);
        self
    }

    /// Installs the definition of a custom resource.
    ///
    /// # Panics
    /// When it is not accepted.
    pub fn define(&self, definition: &Value) -> &Self {
        self.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition);
        self
    }

    /// Creates an object in the collection at this path, and answers it as it is then.
    ///
    /// # Panics
    /// When it is not accepted.
    pub fn create(&self, path: &str, object: &Value) -> Value {
        let told = self.call("POST", path, object);
        assert_eq!(told.status, 201, "POST {path}: {}", told.json);
        told.json
    }

    /// The object at this path, if there is one.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<Value> {
        let told = self.call("GET", path, &Value::Null);
        (told.status == 200).then_some(told.json)
    }

    /// The objects in the collection at this path.
    #[must_use]
    pub fn list(&self, path: &str) -> Vec<Value> {
        let told = self.call("GET", path, &Value::Null);
        told.json["items"].as_array().cloned().unwrap_or_default()
    }

    /// Every version that objects of this resource (`leases.coordination.k8s.io`, `configmaps`) have had, oldest first, as far back as
    /// the history goes.
    #[must_use]
    pub fn past(&self, resource: &str) -> Vec<Value> {
        self.shared.store().past(resource)
    }

    /// The version of the last change.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.shared.store().revision
    }

    /// The server's time, in seconds since 1970.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.shared.store().clock.now()
    }

    /// Lets time pass, where it stands.
    pub fn advance(&self, seconds: i64) {
        self.shared.store().clock.advance(seconds);
    }

    /// Ends the server for good: every connection is cut, and nobody is answered any more.
    pub fn stop(&self) {
        self.shared.weather.send_replace(Weather::Over);
        self.shared.faults().clear();
    }
}
