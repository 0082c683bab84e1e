//! The house: pawl as it is served, beside a GitHub and an API server on loopback.

use pawl_apiserver::agents::{self, definition};
use pawl_apiserver::{Listening, Server, Settings, Time};
use pawl_service::config::Config;
use pawl_service::serve::{self, Running};
use pawl_world::{Pull, Repo, Verdict, World};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

const SECRET: &str = "the webhook's secret";
/// A label that does not come within this time does not come at all.
const PATIENCE: Duration = Duration::from_secs(60);

/// A world, an API server, and pawl between them.
pub struct House {
    pub world: World,
    pub repo: Repo,
    pub server: Server,
    pub running: Running,
    pub folder: TempDir,
    listening: Listening,
    seconds: u64,
    policy: String,
}

impl House {
    /// Pawl has done its first pass, and watches. The next pass is an hour away.
    pub async fn start() -> Self {
        Self::start_passing_every(3600).await
    }

    /// The same with passes of the reconciler so many seconds apart.
    pub async fn start_passing_every(seconds: u64) -> Self {
        Self::built(seconds, String::new()).await
    }

    /// The first again, and every replica reads its policy from this file.
    pub async fn start_with_policy(component: &Path) -> Self {
        Self::built(3600, format!("source = {component:?}")).await
    }

    async fn built(seconds: u64, policy: String) -> Self {
        let (world, folder) = (World::start().await, tempfile::tempdir().unwrap());
        // A run that begins now begins after the feedback, which came an hour ago.
        let server = Server::with(&Settings { time: Time::Runs, ..Settings::default() });
        world.set_time(pawl_core::Timestamp::now().as_second() - 3600);
        server.namespace("agents").define(&definition());
        let listening = server.listen().await.unwrap();
        let running = serve(&folder, "data", &config(&world, &server, &listening, &folder, seconds, &policy)).await;
        running.host().passes.subscribe().wait_for(|passes| *passes > 0).await.unwrap();
        while server.count("list", "coderuns") < 2 {
            tokio::task::yield_now().await;
        }
        // One of the Leases, one of the runs, and one of the records.
        server.watched_by(3).await;
        world.hook_to(format!("http://{}/v1/events/github?wait=20s", running.outside), SECRET);
        let repo = world.repository("acme/shop");
        Self { world, repo, server, running, listening, folder, seconds, policy }
    }

    /// Another replica, which gets no webhooks.
    pub async fn another(&self) -> Running {
        let Self { world, server, listening, folder, seconds, policy, .. } = self;
        let running = serve(folder, "data-of-another", &config(world, server, listening, folder, *seconds, policy)).await;
        running.host().passes.subscribe().wait_for(|passes| *passes > 0).await.unwrap();
        running
    }

    /// A pull request of the implementing agent to which QA has asked for changes. Everything about it has arrived and is settled.
    pub async fn needs_remediation(&self, branch: &str, labels: &[&str]) -> Pull {
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

    pub fn run(&self, name: &str, labels: Value) {
        let run = json!({
            "apiVersion": "agents.platform/v1", "kind": "CodeRun", "metadata": { "name": name, "labels": labels },
            "spec": { "repositoryUrl": "https://github.com/acme/shop.git" },
        });
        self.server.create(&agents::runs("agents"), &run);
    }

    pub fn phase(&self, name: &str, phase: &str) {
        let told =
            self.server.call("PATCH", &format!("{}/{name}/status", agents::runs("agents")), &json!({ "status": { "phase": phase } }));
        assert_eq!(told.status, 200, "{}", told.json);
    }

    /// Ends when the pull request has this label and every turn has ended.
    pub async fn gets(&self, pull: &Pull, label: &str) {
        let has = async {
            while !pull.has_label(label) {
                tokio::task::yield_now().await;
            }
            self.running.host().queue.rest().await;
        };
        assert!(tokio::time::timeout(PATIENCE, has).await.is_ok(), "{label} does not come: {:?}", pull.labels());
    }
}

/// What every replica is configured with, but for the folder of its data.
fn config(world: &World, server: &Server, listening: &Listening, folder: &TempDir, seconds: u64, policy: &str) -> String {
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    format!(
        r#"
data = "@DATA@"
[http]
listen = "127.0.0.1:0"
[admin]
listen = "127.0.0.1:0"
[github]
api_url = {:?}
token_file = {:?}
webhook_secret_files = [{:?}]
[limits]
reconcile_seconds = {seconds}
writes_per_second = 1000
writes_per_minute = 100000
writes_per_hour = 1000000
[cluster]
kubeconfig = {:?}
[policy.remediation]
labels = ["*"]
stops = ["CodeRun"]
notices = true
{policy}
"#,
        world.url(),
        file("token", &world.token()),
        file("secret", SECRET),
        file("kubeconfig", &listening.kubeconfig(server.admin_token(), "agents")),
    )
}

/// Pawl as it is served, with its data in a folder of this name.
async fn serve(folder: &TempDir, data: &str, config: &str) -> Running {
    let path = folder.path().join(format!("{data}.toml"));
    std::fs::write(&path, config.replace("@DATA@", &folder.path().join(data).display().to_string())).unwrap();
    serve::start(Config::read(&path).unwrap(), false).await.unwrap()
}
