//! The API server as the stories use it: our own on loopback, or the cluster that a kubeconfig names.

use http::Request;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
pub use pawl_apiserver::agents::{self, CLEANUP};
use pawl_apiserver::{DAWN, Listening, Rule, Server, Settings};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Names a kubeconfig of a real cluster.
pub const REAL: &str = "PAWL_TEST_KUBECONFIG";
/// The user that replicas are at our own server.
pub const USER: &str = "pawl";
/// So many changes are remembered: all of a story.
const HISTORY: usize = 1_000_000;

/// An API server, and a namespace of it.
pub struct Api {
    client: Client,
    pub namespace: String,
    pub own: Option<Own>,
    /// Another cluster's kubeconfig.
    real: Option<PathBuf>,
}

/// Our own server.
pub struct Own {
    pub server: Server,
    address: SocketAddr,
    listening: tokio::sync::Mutex<Option<Listening>>,
    kubeconfig: Mutex<String>,
}

impl Api {
    /// A cluster that has runs: our own, or the real one where there is one.
    pub async fn begin(seconds: i64) -> Self {
        let api = match std::env::var_os(REAL) {
            Some(path) => Self::of_kubeconfig(path.into()).await,
            None => Self::bare(seconds).await,
        };
        let told = api.ask("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &definition()).await;
        assert!(matches!(told, Ok(_) | Err(409)), "{told:?}");
        api.poll("the definition of runs is served", async || api.ask("GET", &api.runs(), &Value::Null).await.is_ok()).await;
        api
    }

    /// Our own, without runs. Its time stands, and begins at this second.
    pub async fn bare(seconds: i64) -> Self {
        let server = Server::with(&Settings { history_kept: HISTORY, ..Settings::default() });
        server.advance(seconds - DAWN);
        server.namespace("agents");
        let listening = server.listen().await.unwrap();
        let token = server.account(USER, all_rules());
        let kubeconfig = Mutex::new(listening.kubeconfig(&token, "agents"));
        let admin = listening.kubeconfig(server.admin_token(), "agents");
        let client = client(Kubeconfig::from_yaml(&admin).unwrap()).await;
        let address = listening.address();
        let own = Own { server, address, listening: tokio::sync::Mutex::new(Some(listening)), kubeconfig };
        Self { client, namespace: "agents".into(), own: Some(own), real: None }
    }

    async fn of_kubeconfig(path: PathBuf) -> Self {
        static NAMES: AtomicU64 = AtomicU64::new(1);
        let namespace = format!("pawl-processes-{}-{}", std::process::id(), NAMES.fetch_add(1, Ordering::Relaxed));
        let client = client(Kubeconfig::read_from(&path).unwrap()).await;
        let api = Self { client, namespace: namespace.clone(), own: None, real: Some(path) };
        api.ask("POST", "/api/v1/namespaces", &json!({ "metadata": { "name": namespace } })).await.unwrap();
        api
    }

    /// Our own server, for a story that needs faults. Says that the story does not run where there is another.
    pub fn is_own(story: &str) -> bool {
        let is_own = std::env::var_os(REAL).is_none();
        if !is_own {
            eprintln!("not run: {story} needs faults, and {REAL} names a cluster that has none");
        }
        is_own
    }

    /// The kubeconfig of replicas, written to `folder`.
    pub fn kubeconfig(&self, folder: &Path) -> PathBuf {
        match (&self.own, &self.real) {
            (Some(own), _) => {
                let path = folder.join("kubeconfig");
                std::fs::write(&path, &*own.kubeconfig.lock().unwrap()).unwrap();
                path
            }
            (None, Some(real)) => real.clone(),
            (None, None) => unreachable!("there is always one of them"),
        }
    }

    /// Asks, as somebody who may do everything; the status where it is no success, and 0 where there was no answer.
    pub async fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, u16> {
        let kind = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let request = Request::builder().method(method).uri(path).header("content-type", kind).body(body).unwrap();
        match self.client.request::<Value>(request).await {
            Ok(value) => Ok(value),
            Err(kube::Error::Api(status)) => Err(status.code),
            Err(_) => Err(0),
        }
    }

    /// Tries until it is so.
    pub async fn poll(&self, what: &str, is_so: impl AsyncFn() -> bool) {
        super::rest::poll(what, is_so).await;
    }

    /// Where runs are.
    pub fn runs(&self) -> String {
        agents::runs(&self.namespace)
    }

    /// Where Leases are, as a path.
    pub fn leases(&self) -> String {
        format!("/apis/coordination.k8s.io/v1/namespaces/{}/leases", self.namespace)
    }

    /// Where ConfigMaps are.
    pub fn maps(&self) -> String {
        format!("/api/v1/namespaces/{}/configmaps", self.namespace)
    }

    /// Everything at this path.
    pub async fn list(&self, path: &str) -> Vec<Value> {
        let list = self.ask("GET", path, &Value::Null).await.unwrap();
        list["items"].as_array().cloned().unwrap_or_default()
    }

    /// Who holds claims: subject and holder.
    pub async fn holders(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let of = |lease: &Value| (text(&lease["metadata"]["annotations"]["pawl/subject"]), text(&lease["spec"]["holderIdentity"]));
        self.list(&self.leases()).await.iter().map(of).filter(|(_, holder)| !holder.is_empty()).collect()
    }

    /// Creates a run, in this phase, and answers its uid.
    pub async fn run(&self, object: &Value, phase: &str) -> String {
        let made = self.ask("POST", &self.runs(), object).await.unwrap();
        if !phase.is_empty() {
            let path = format!("{}/{}/status", self.runs(), made["metadata"]["name"].as_str().unwrap());
            self.ask("PATCH", &path, &json!({ "status": { "phase": phase } })).await.unwrap();
        }
        made["metadata"]["uid"].as_str().unwrap().to_owned()
    }
}

impl Drop for Api {
    /// Ends the namespace of a real cluster, however the story ended.
    fn drop(&mut self) {
        let Some(real) = self.real.take() else { return };
        let path = format!("/api/v1/namespaces/{}", self.namespace);
        // In a runtime of its own: that of the story may be about to end.
        let ending = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let client = client(Kubeconfig::read_from(real).unwrap()).await;
                client.request::<Value>(Request::delete(path).body(Vec::new()).unwrap()).await.map(drop)
            })
        });
        match ending.join() {
            Ok(Ok(())) => {}
            other => eprintln!("the namespace {} is left behind: {other:?}", self.namespace),
        }
    }
}

impl Own {
    /// What replicas may do from now on.
    pub fn allow(&self, rules: Vec<Rule>) {
        self.server.account(USER, rules);
    }

    /// Stops listening: every connection breaks, and none is taken.
    pub async fn go(&self) {
        if let Some(listening) = self.listening.lock().await.take() {
            listening.end().await;
        }
    }

    /// Listens again, where it did, with the same store.
    pub async fn come_back(&self) {
        *self.listening.lock().await = Some(self.server.listen_at(self.address).await.unwrap());
    }
}

/// The definition of runs that is delivered for tests.
pub fn definition() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/test/coderuns.yaml");
    serde_saphyr::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_that_panics_leaves_no_namespace_on_the_cluster_that_it_was_lent() {
    let (server, folder) = (Server::new(), tempfile::tempdir().unwrap());
    // A cluster that is lent lives elsewhere: whoever tidies up holds a thread of the story's own runtime until it has answered.
    let elsewhere = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let lent = server.clone();
    let listening = elsewhere.spawn(async move { lent.listen().await }).await.unwrap().unwrap();
    let kubeconfig = folder.path().join("kubeconfig");
    std::fs::write(&kubeconfig, listening.kubeconfig(server.admin_token(), "default")).unwrap();
    let story = tokio::spawn(async {
        let api = Api::of_kubeconfig(kubeconfig).await;
        let namespace = api.namespace.clone();
        assert_eq!(api.list(&api.maps()).await, Vec::<Value>::new());
        std::panic::panic_any(namespace);
    });
    let panicked = story.await.unwrap_err().into_panic();
    let namespace = panicked.downcast_ref::<String>().expect("it is the namespace");
    assert_eq!(server.get(&format!("/api/v1/namespaces/{namespace}")), None);
    elsewhere.shutdown_background();
}

async fn client(kubeconfig: Kubeconfig) -> Client {
    // Whoever comes second finds the same provider installed; that is no error.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    config.default_retry = false;
    Client::try_from(config).unwrap()
}

/// What the product says that its Role has to allow, and nothing else.
pub fn all_rules() -> Vec<Rule> {
    rules_without("", "")
}

/// The same without one verb on one resource.
pub fn rules_without(resource: &str, verb: &str) -> Vec<Rule> {
    let all = pawl_cluster::CLAIM_VERBS.iter().chain(pawl_cluster::RUN_VERBS).chain(pawl_cluster::RECORD_VERBS);
    let each = all.flat_map(|(group, plural, verbs)| verbs.iter().map(move |one| (*group, *plural, *one)));
    let each = each.filter(|(_, plural, one)| (*plural, *one) != (resource, verb));
    each.map(|(group, plural, one)| Rule::allow(group, &[plural], &[one]).within("agents")).collect()
}
