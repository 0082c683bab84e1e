//! Runs that change wake their subjects: pawl as it is served, beside a GitHub and an API server on loopback. After the pull request's
//! own deliveries nothing arrives from outside any more, and the next pass of the reconciler is an hour away.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use pawl_apiserver::{Listening, Server, Settings, Time};
use pawl_service::config::Config;
use pawl_service::serve::{self, Running};
use pawl_world::{Pull, Repo, Verdict, World};
use serde_json::{Value, json};
use std::time::Duration;
use tempfile::TempDir;

const SECRET: &str = "the webhook's secret";
const RUNS: &str = "/apis/agents.platform/v1/namespaces/agents/coderuns";
/// A label that does not come within this time does not come at all.
const PATIENCE: Duration = Duration::from_secs(60);

struct House {
    world: World,
    repo: Repo,
    server: Server,
    running: Running,
    _listening: Listening,
    _folder: TempDir,
}

/// The definition of runs.
fn definition() -> Value {
    let any = json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
    let schema = json!({ "type": "object", "properties": { "spec": any, "status": any } });
    let version = json!({
        "name": "v1", "served": true, "storage": true, "subresources": { "status": {} }, "schema": { "openAPIV3Schema": schema },
    });
    let names = json!({ "plural": "coderuns", "singular": "coderun", "kind": "CodeRun" });
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": { "name": "coderuns.agents.platform" },
        "spec": { "group": "agents.platform", "scope": "Namespaced", "names": names, "versions": [version] },
    })
}

impl House {
    /// Pawl has done its first pass and watches the runs.
    async fn start() -> Self {
        let (world, folder) = (World::start().await, tempfile::tempdir().unwrap());
        // A run that begins now begins after the feedback, which came an hour ago.
        let server = Server::with(&Settings { time: Time::Runs, ..Settings::default() });
        world.set_time(pawl_core::Timestamp::now().as_second() - 3600);
        server.namespace("agents").define(&definition());
        let listening = server.listen().await.unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let config = format!(
            r#"
data = {:?}
[http]
listen = "127.0.0.1:0"
[admin]
listen = "127.0.0.1:0"
[github]
api_url = {:?}
token_file = {:?}
webhook_secret_files = [{:?}]
[limits]
reconcile_seconds = 3600
writes_per_second = 1000
writes_per_minute = 100000
writes_per_hour = 1000000
[cluster]
kubeconfig = {:?}
[policy.remediation]
labels = ["*"]
stops = ["CodeRun"]
notices = true
"#,
            folder.path().join("data"),
            world.url(),
            file("token", &world.token()),
            file("secret", SECRET),
            file("kubeconfig", &listening.kubeconfig(server.admin_token(), "agents")),
        );
        let running = serve::start(Config::read(&file("pawl.toml", &config)).unwrap(), false).await.unwrap();
        running.host().passes.subscribe().wait_for(|passes| *passes > 0).await.unwrap();
        while server.count("list", "coderuns") < 2 {
            tokio::task::yield_now().await;
        }
        // One of the Leases and one of the runs.
        server.watched_by(2).await;
        world.hook_to(format!("http://{}/v1/events/github?wait=20s", running.outside), SECRET);
        let repo = world.repository("acme/shop");
        Self { world, repo, server, running, _listening: listening, _folder: folder }
    }

    /// A pull request of the implementing agent to which QA has asked for changes. Everything about it has arrived and is settled.
    async fn needs_remediation(&self, branch: &str, labels: &[&str]) -> Pull {
        let pull = self.repo.open_pull("5DLabs-Rex[bot]", branch);
        for label in labels {
            pull.label_by("alice", label);
        }
        pull.review("5DLabs-Tess[bot]", Verdict::ChangesRequested);
        while !self.world.waiting().is_empty() {
            self.world.deliver_all().await;
            self.running.host().queue.rest().await;
        }
        assert!(pull.has_label("needs-remediation"), "{:?}", pull.labels());
        // The hour is over, also for GitHub, by whose clock pawl goes.
        self.world.set_time(pawl_core::Timestamp::now().as_second());
        pull
    }

    fn run(&self, name: &str, labels: Value) {
        let run = json!({
            "apiVersion": "agents.platform/v1", "kind": "CodeRun", "metadata": { "name": name, "labels": labels },
            "spec": { "repositoryUrl": "https://github.com/acme/shop.git" },
        });
        self.server.create(RUNS, &run);
    }

    fn phase(&self, name: &str, phase: &str) {
        let told = self.server.call("PATCH", &format!("{RUNS}/{name}/status"), &json!({ "status": { "phase": phase } }));
        assert_eq!(told.status, 200, "{}", told.json);
    }

    /// Ends when the pull request has this label and every turn has ended.
    async fn gets(&self, pull: &Pull, label: &str) {
        let has = async {
            while !pull.has_label(label) {
                tokio::task::yield_now().await;
            }
            self.running.host().queue.rest().await;
        };
        assert!(tokio::time::timeout(PATIENCE, has).await.is_ok(), "{label} does not come: {:?}", pull.labels());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t2_t3_a_run_that_starts_and_succeeds_moves_its_pull_request_without_any_webhook() {
    let house = House::start().await;
    let pull = house.needs_remediation("umbrellas", &[]).await;
    house.run("fix", json!({ "github-app": "5DLabs-Rex", "pr-number": pull.number().to_string() }));
    house.phase("fix", "Running");
    house.gets(&pull, "remediation-in-progress").await;
    assert_eq!(pull.labels(), ["iteration-1", "remediation-in-progress"]);
    house.phase("fix", "Succeeded");
    house.gets(&pull, "ready-for-qa").await;
    assert_eq!(pull.labels(), ["iteration-1", "ready-for-qa"]);
    assert_eq!(*house.running.host().passes.borrow(), 1, "no pass of the reconciler helped");
}

#[tokio::test(flavor = "multi_thread")]
async fn t2_a_run_that_names_only_a_task_wakes_what_is_open_in_its_repository() {
    let house = House::start().await;
    let pull = house.needs_remediation("umbrellas", &["task-7"]).await;
    house.run("fix", json!({ "github-app": "5DLabs-Rex", "task-id": "7" }));
    house.phase("fix", "Running");
    house.gets(&pull, "remediation-in-progress").await;
    assert_eq!(*house.running.host().passes.borrow(), 1, "no pass of the reconciler helped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_a_pull_request_that_was_never_heard_of_wakes_nobody() {
    let house = House::start().await;
    let pull = house.needs_remediation("umbrellas", &[]).await;
    let turns = || house.running.host().counters.turns.load(std::sync::atomic::Ordering::Relaxed);
    let before = turns();
    for (name, number) in [("unknown", 4_000), ("none", 0)] {
        house.run(name, json!({ "github-app": "5DLabs-Rex", "pr-number": number.to_string() }));
        house.phase(name, "Running");
    }
    // Changes are heard in order: when this one has its effect, the others had theirs.
    house.run("fix", json!({ "github-app": "5DLabs-Rex", "pr-number": pull.number().to_string() }));
    house.phase("fix", "Running");
    house.gets(&pull, "remediation-in-progress").await;
    assert!((1..=2).contains(&(turns() - before)), "appearing and starting wake once each: {}", turns() - before);
    assert!(house.running.shutdown().await, "whoever follows runs ends when the host drains");
}
