//! The house of the stories: a world, a pawl beside it, and the people and agents of a team.

use pawl_service::config::Config;
use pawl_service::serve::{self, Running};
use pawl_world::{Change, Pull, Repo, World};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;

pub const QA: &str = "5DLabs-Tess[bot]";
pub const IMPLEMENTER: &str = "5DLabs-Rex[bot]";
pub const PERSON: &str = "alice";
const SECRET: &str = "the webhook's secret";
const TOKEN: &str = "the signal token";
/// How far the world of an App is behind pawl's own clock: a web token is dated a minute back.
const APP_SECONDS_BEHIND: i64 = 45;
/// A story does not wait for half a minute until GitHub is tried again.
const LIMITS: &str = "outage_wait_ms = 20";
/// What sensors send.
pub const SENSOR_TOKEN: &str = "the sensor token";

pub struct House {
    pub world: World,
    pub repo: Repo,
    folder: TempDir,
    running: Option<Running>,
    signals: AtomicU64,
    source: String,
    more: String,
    limits: String,
    is_app: bool,
}

impl House {
    pub async fn start() -> Self {
        Self::start_with("").await
    }

    /// `more` is appended to the configuration: settings of the policy, and tables of its own.
    pub async fn start_with(more: &str) -> Self {
        Self::start_as(false, "", more, LIMITS).await
    }

    /// With the policy from elsewhere, by its line in the policy's table, and tables after that.
    pub async fn start_from(source: &str, more: &str) -> Self {
        Self::start_as(false, source, more, LIMITS).await
    }

    /// With other lines among the limits.
    pub async fn start_within(limits: &str) -> Self {
        Self::start_as(false, "", "", limits).await
    }

    /// With the world's App instead of a token.
    pub async fn start_as_app() -> Self {
        Self::start_as(true, "", "", LIMITS).await
    }

    async fn start_as(is_app: bool, source: &str, more: &str, limits: &str) -> Self {
        let world = World::start().await;
        // An hour ago: a story takes its time, and nothing in it may happen after pawl's own clock. An App's web tokens tell the time
        // to GitHub, and are believed for ten minutes.
        world.set_time(pawl_core::Timestamp::now().as_second() - if is_app { APP_SECONDS_BEHIND } else { 3600 });
        let repo = world.repository("acme/shop");
        repo.grant(PERSON, pawl_world::Permission::Write);
        if is_app {
            world.install_app("acme");
        }
        let (folder, source) = (tempfile::tempdir().unwrap(), source.to_owned());
        let (more, limits) = (more.to_owned(), limits.to_owned());
        let mut house = Self { world, repo, folder, running: None, signals: AtomicU64::new(1), source, more, limits, is_app };
        house.serve().await;
        house
    }

    /// Where pawl's data are.
    pub fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    /// Starts pawl on the house's data.
    pub async fn serve(&mut self) {
        let file = |name: &str, text: &str| {
            let path = self.folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let credentials = if self.is_app {
            format!("app_id = {}\napp_key_file = {:?}", self.world.app_id(), file("key", self.world.app_key()))
        } else {
            format!("token_file = {:?}", file("token", &self.world.token()))
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
{credentials}
webhook_secret_files = [{:?}]
[signals]
token_files = [{:?}]
[argo]
token_files = [{:?}]
[limits]
retry_base_ms = 10
retry_max_ms = 50
writes_per_second = 1000
writes_per_minute = 100000
writes_per_hour = 1000000
drain_seconds = 0
branch_tries_ms = [1, 10, 20]
{}
[policy.remediation]
{}
labels = ["*"]
stops = ["CodeRun"]
comments = true
reactions = true
notices = true
[policy.remediation.settings]
{}
"#,
            self.folder.path().join("data"),
            self.world.url(),
            file("secret", SECRET),
            file("signals", TOKEN),
            file("argo", SENSOR_TOKEN),
            self.limits,
            self.source,
            self.more
        );
        let path = file("pawl.toml", &config);
        let running = serve::start(Config::read(path.as_ref()).unwrap(), false).await.unwrap();
        let mut passes = running.host().passes.subscribe();
        passes.wait_for(|passes| *passes > 0).await.unwrap();
        self.running = Some(running);
        self.hook();
    }

    /// Points the webhook here.
    pub fn hook(&self) {
        self.world.hook_to(format!("http://{}/v1/events/github?wait=20s", self.running().outside), SECRET);
    }

    /// What is answered there as soon as it is as it should be.
    pub async fn eventually(&self, path: &str, is: impl Fn(&Value) -> bool) -> Value {
        loop {
            let (_, answer) = self.get(path).await;
            if is(&answer) {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    }

    pub fn running(&self) -> &Running {
        self.running.as_ref().expect("pawl runs")
    }

    /// Ends pawl without letting anything finish.
    pub async fn kill(&mut self) {
        let running = self.running.take().expect("pawl runs");
        let host = std::sync::Arc::downgrade(running.host());
        running.shutdown().await;
        while host.upgrade().is_some() {
            tokio::task::yield_now().await;
        }
    }

    /// Opens a pull request by the implementing agent and lets the news of it settle.
    pub async fn pull(&self, branch: &str) -> Pull {
        let pull = self.repo.open_pull(IMPLEMENTER, branch);
        self.settle().await;
        pull
    }

    /// One more second passes: what happens next happens later.
    pub fn tick(&self) -> &Self {
        self.world.advance(1);
        if self.is_app {
            self.world.set_time(self.world.now().max(pawl_core::Timestamp::now().as_second() - APP_SECONDS_BEHIND));
        }
        self
    }

    /// Delivers every webhook, waits for every turn, until nothing is left; then a second passes.
    pub async fn settle(&self) {
        loop {
            for attempt in self.world.deliver_all().await {
                assert_eq!(attempt.status, Some(202), "{attempt:?}");
            }
            self.running().host().queue.rest().await;
            if self.world.waiting().is_empty() {
                break;
            }
        }
        self.tick();
    }

    /// The agent's signal, under a new id, and what came of it.
    pub async fn signal(&self, pull: &Pull, name: &str, parameters: Value) -> Value {
        let id = format!("run-{}", self.signals.fetch_add(1, Ordering::Relaxed));
        self.signal_again(&id, pull, name, parameters).await
    }

    /// A signal under a given id.
    pub async fn signal_again(&self, id: &str, pull: &Pull, name: &str, parameters: Value) -> Value {
        let at = pawl_core::Timestamp::from_second(self.world.now()).unwrap().to_string();
        let body = json!({ "subject": format!("{}#{}", self.repo.full_name(), pull.number()), "id": id, "name": name, "at": at, "parameters": parameters });
        let (status, answer) = self.post("/api/v1/signals?wait=20s", TOKEN, &body.to_string()).await;
        assert_eq!(status, 202, "{answer}");
        self.settle().await;
        answer
    }

    /// A signal that no policy knows, under this id; nobody waits for what comes of it.
    pub async fn note(&self, number: usize, id: String) -> (u16, Value) {
        let at = pawl_core::Timestamp::from_second(self.world.now()).unwrap().to_string();
        let subject = format!("{}#{number}", self.repo.full_name());
        let body = json!({ "subject": subject, "id": format!("note-{id}"), "name": "somebody_notes", "at": at });
        self.post("/api/v1/signals", TOKEN, &body.to_string()).await
    }

    pub async fn post(&self, path: &str, token: &str, body: &str) -> (u16, Value) {
        let url = format!("http://{}{path}", self.running().outside);
        let answer = reqwest::Client::new().post(url).bearer_auth(token).body(body.to_owned()).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        let answer = reqwest::get(format!("http://{}{path}", self.running().inside)).await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    /// An answer for people, as it is.
    pub async fn read(&self, path: &str) -> String {
        reqwest::get(format!("http://{}{path}", self.running().inside)).await.unwrap().text().await.unwrap()
    }

    /// Everything that was written to the journal, oldest first.
    pub fn journal(&self) -> Vec<Value> {
        let folder = self.folder.path().join("data/journal");
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
            .iter()
            .flat_map(|path| std::fs::read_to_string(path).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect::<Vec<_>>())
            .collect()
    }

    /// QA asks for changes by a review.
    pub async fn feedback(&self, pull: &Pull) {
        pull.review(QA, pawl_world::Verdict::ChangesRequested);
        self.settle().await;
    }

    /// The implementing agent pushes.
    pub async fn fix(&self, pull: &Pull) -> String {
        let commit = pull.push_by(IMPLEMENTER);
        self.settle().await;
        commit
    }

    /// The implementing agent says it is done with the head.
    pub async fn complete(&self, pull: &Pull) -> Value {
        self.signal(pull, "rex_remediation_completed", json!({ "commit": pull.head() })).await
    }

    /// Whether everything is done: every webhook delivered, no replacing of label lists, no foreign label ever touched by pawl.
    pub fn nothing_else_happened(&self) {
        assert!(self.world.waiting().is_empty());
        assert_eq!(self.world.faults_left(), 0, "a fault never met its request");
        assert_eq!(self.world.count("PUT"), 0, "G1: a list of labels is never replaced");
        for change in self.world.label_changes() {
            let is_owned = ["needs-remediation", "remediation-in-progress", "ready-for-qa", "approved", "failed-remediation"]
                .contains(&change.label.to_lowercase().as_str())
                || change.label.to_lowercase().strip_prefix("iteration-").is_some_and(|n| n.parse::<u32>().is_ok());
            assert!(is_owned || change.actor != self.world.account(), "A1.4: pawl touched {change:?}");
        }
    }

    /// How often pawl itself has set this label on any subject.
    pub fn times_set(&self, label: &str) -> usize {
        let account = self.world.account();
        self.world.label_changes().iter().filter(|c| c.label == label && c.actor == account && c.change == Change::Added).count()
    }
}

/// The labels of a pull request, sorted.
pub fn labels(pull: &Pull) -> Vec<String> {
    let mut labels = pull.labels();
    labels.sort();
    labels
}

impl House {
    /// Ends when the journal or the inbox of the subject tells of news with this word or commit in it.
    pub async fn has_news(&self, number: u32, word: &str) {
        loop {
            let (_, subject) = self.get(&format!("/api/v1/subjects/acme/shop/{number}")).await;
            let is_waiting = subject["inbox"].as_array().into_iter().flatten().any(|n| n.to_string().contains(word));
            let (_, lines) = self.get(&format!("/api/v1/explain?of=acme/shop%23{number}")).await;
            let is_decided = lines.as_array().into_iter().flatten().any(|l| {
                l["kind"] == "decided" && l["facts"]["news"].as_array().into_iter().flatten().any(|n| n.to_string().contains(word))
            });
            if is_waiting || is_decided {
                return;
            }
            tokio::task::yield_now().await;
        }
    }
}
