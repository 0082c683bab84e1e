//! A delivery from end to end by the manifests: the service runs on the configuration of the ConfigMap, is probed as the kubelet would,
//! and gets what the Sensor would send, where the Sensor would send it.

use crate::argo::{of, pair, sent, trigger};
use crate::render::{one, rendered};
use crate::role::{Permission, allowed};
use crate::runs::{DEFINITIONS, definition};
use crate::settings::{config, read, table};
use crate::words::secret_files;
use pawl_apiserver::{Listening, Rule, Server, Settings, Time};
use pawl_service::serve::{self, Running};
use pawl_world::{Delivery, Verdict, World};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use tempfile::TempDir;
use toml::Value as Toml;

/// The namespace of the example.
const NAMESPACE: &str = "shop-agents";
const RUNS: &str = "/apis/agents.platform/v1/namespaces/shop-agents/coderuns";
const RECORDS: &str = "/api/v1/namespaces/shop-agents/configmaps";
const TOKEN: &str = "what sensors bear";

/// The service of the example, beside a world instead of GitHub and an API server instead of a cluster, where it may do what its Role
/// allows. It listens on free ports of loopback. Everything else is as it is installed.
struct Installed {
    running: Running,
    server: Server,
    _listening: Listening,
    _folder: TempDir,
}

impl Installed {
    async fn beside(world: &World) -> Self {
        let (objects, folder) = (rendered("example"), tempfile::tempdir().unwrap());
        // A run that is made in a story is younger than what has happened in it.
        let server = Server::with(&Settings { time: Time::Runs, ..Settings::default() });
        server.namespace(NAMESPACE);
        assert_eq!(server.call("POST", DEFINITIONS, &definition()).status, 201);
        let token = server.account("pawl", Rule::of_role(one(&objects, "Role")));
        let listening = server.listen().await.unwrap();
        let file = |name: &str, text: String| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        for path in secret_files(&config(&objects)) {
            let name = path.file_name().unwrap().to_str().unwrap();
            let secret = match name {
                "github-token" => world.token(),
                "sensor-token" => TOKEN.to_owned(),
                _ => "the webhook's secret".to_owned(),
            };
            file(name, secret);
        }
        let mut written = table(&objects);
        in_folder(&mut written, &folder);
        written.insert("data".into(), folder.path().join("data").display().to_string().into());
        let kubeconfig = file("kubeconfig", listening.kubeconfig(&token, NAMESPACE));
        for (table, field, value) in [
            ("http", "listen", "127.0.0.1:0"),
            ("admin", "listen", "127.0.0.1:0"),
            ("github", "api_url", world.url()),
            ("cluster", "kubeconfig", kubeconfig.as_str()),
        ] {
            written[table].as_table_mut().unwrap().insert(field.into(), value.into());
        }
        // Nobody locks a test out for writing too fast.
        let pace = toml::toml! {
            writes_per_second = 1000
            writes_per_minute = 100000
            writes_per_hour = 1000000
        };
        written.insert("limits".into(), pace.into());
        let running = serve::start(read(&written), false).await.unwrap();
        Self { running, server, _listening: listening, _folder: folder }
    }
}

/// Every secret lies in a folder of the test's own.
fn in_folder(table: &mut toml::Table, folder: &TempDir) {
    for value in table.iter_mut().map(|(_, value)| value) {
        moved(value, folder);
    }
}

fn moved(value: &mut Toml, folder: &TempDir) {
    match value {
        Toml::String(text) => {
            if let Some(name) = text.strip_prefix("/run/secrets/pawl/") {
                *text = folder.path().join(name).display().to_string();
            }
        }
        Toml::Array(items) => items.iter_mut().for_each(|item| moved(item, folder)),
        Toml::Table(table) => in_folder(table, folder),
        _ => {}
    }
}

fn probes(container: &Value) -> Vec<(String, String)> {
    let probe = |name: &str| {
        let http = &container[name]["httpGet"];
        (http["port"].as_str().unwrap().to_owned(), http["path"].as_str().unwrap().to_owned())
    };
    ["startupProbe", "livenessProbe", "readinessProbe"].map(probe).into()
}

#[tokio::test]
async fn v7_every_probe_asks_where_something_answers() {
    let world = World::start().await;
    let Installed { running, .. } = &Installed::beside(&world).await;
    let objects = rendered("example");
    let container = &one(&objects, "Deployment")["spec"]["template"]["spec"]["containers"][0];
    for (port, path) in probes(container) {
        let address = if port == "admin" { running.inside } else { running.outside };
        let answer = reqwest::get(format!("http://{address}{path}")).await.unwrap();
        assert_eq!(answer.status(), 200, "{port}{path}");
    }
}

/// Sends as the Sensor does.
struct Sender {
    sensor: Value,
    at: SocketAddr,
}

impl Sender {
    fn to(at: SocketAddr) -> Self {
        Self { sensor: pair().1, at }
    }

    /// The status, and what is said.
    async fn send(&self, delivery: &Delivery, authorization: &str) -> (Value, String) {
        let http = &trigger(&self.sensor)["template"]["http"];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let url = text(&http["url"]).replace("pawl:8080", &self.at.to_string());
        let method = text(&http["method"]).parse().unwrap();
        let body = sent(trigger(&self.sensor), &text(&self.sensor["spec"]["dependencies"][0]["name"]), &of(delivery));
        let request = reqwest::Client::new().request(method, url).header(text(&http["secureHeaders"][0]["name"]), authorization);
        let answer = request.body(body).send().await.unwrap();
        (Value::from(answer.status().as_u16()), answer.text().await.unwrap())
    }

    /// Everything that waits, and the turns that come of it.
    async fn send_all(&self, world: &World, running: &Running) {
        let allowed = trigger(&self.sensor)["policy"]["status"]["allow"].as_array().unwrap();
        while let Some(delivery) = world.lose_next() {
            let (status, said) = self.send(&delivery, &format!("Bearer {TOKEN}")).await;
            assert!(allowed.contains(&status) && said.is_empty(), "{}: {status} {said}", delivery.event);
            running.host().queue.rest().await;
        }
        world.advance(1);
    }
}

/// V1, K1, K10: what the Sensor sends moves labels and stops runs, on a configuration and under a Role as they are installed.
#[tokio::test]
async fn v1_what_the_sensor_sends_moves_labels_and_k1_stops_runs_under_the_role() {
    let world = World::start().await;
    world.set_time(pawl_core::Timestamp::now().as_second() - 3600);
    let Installed { running, server, .. } = &Installed::beside(&world).await;
    let sender = Sender::to(running.outside);
    let repo = world.repository("acme/shop");
    let pull = repo.open_pull("5DLabs-Rex[bot]", "umbrellas");
    sender.send_all(&world, running).await;
    pull.review("5DLabs-Tess[bot]", Verdict::ChangesRequested);
    sender.send_all(&world, running).await;
    assert_eq!(pull.labels(), ["iteration-1", "needs-remediation"]);

    for (name, number) in [("ours", pull.number()), ("another", pull.number() + 1)] {
        let labels = json!({ "agent-type": "tess", "pr-number": number.to_string(), "head-sha": pull.head() });
        let run = json!({
            "apiVersion": "agents.platform/v1", "kind": "CodeRun", "metadata": { "name": name, "labels": labels },
            "spec": { "repositoryUrl": "https://github.com/acme/shop" },
        });
        let made = server.create(RUNS, &run);
        let status = server.call("PUT", &format!("{RUNS}/{name}/status"), &with(&made, "status", json!({ "phase": "Running" })));
        assert_eq!(status.status, 200, "{status:?}");
    }
    pull.push_by("5DLabs-Rex[bot]");
    sender.send_all(&world, running).await;
    let left: Vec<Value> = server.list(RUNS).iter().map(|run| run["metadata"]["name"].clone()).collect();
    assert_eq!(left, ["another"], "what QA did with the old head is superseded; of another pull request it is not");
    assert_eq!(pull.labels(), ["iteration-1", "remediation-in-progress"]);

    let allowed = allowed(one(&rendered("example"), "Role"));
    let used: BTreeSet<Permission> = server.verbs_used("pawl").into_iter().map(|(group, of, verb)| (group, of, verb.to_owned())).collect();
    assert!(used.is_subset(&allowed), "{:?} are refused", used.difference(&allowed).collect::<Vec<_>>());
    for resource in ["leases", "configmaps", "coderuns"] {
        assert!(used.iter().any(|(_, of, _)| of == resource), "{resource} were not used, so nothing is proved about them");
    }
    assert!(!server.list(RECORDS).is_empty(), "the record is in the cluster");
}

#[tokio::test]
async fn v1_a_sensor_with_a_wrong_token_is_told_so_and_tries_again() {
    let world = World::start().await;
    let Installed { running, .. } = &Installed::beside(&world).await;
    let sender = Sender::to(running.outside);
    world.repository("acme/shop").open_pull("alice", "umbrellas");
    let (status, said) = sender.send(&world.lose_next().unwrap(), "Bearer somebody else's").await;
    assert!(status == 401 && said.contains("secureHeaders"), "{status} {said}");
    assert!(!trigger(&sender.sensor)["policy"]["status"]["allow"].as_array().unwrap().contains(&status));
}

fn with(object: &Value, field: &str, value: Value) -> Value {
    let mut object = object.clone();
    object[field] = value;
    object
}
