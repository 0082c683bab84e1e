//! The house: a GitHub, an API server, and the replicas between them.

use super::api::Api;
use super::operator::Operator;
use super::replica::{Replica, read_json};
use super::rest::{LONGEST, PATIENCE, PAUSE};
use futures::StreamExt;
use pawl_world::{Delivery, Permission, Repo, Settings, World, signature};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

pub const QA: &str = "5DLabs-Tess[bot]";
pub const IMPLEMENTER: &str = "5DLabs-Rex[bot]";
pub const PERSON: &str = "alice";
const SECRET: &str = "the webhook's secret";
const SIGNALS: &str = "the token of who sends signals, which is long enough";
/// What GitHub grants in an hour.
const ALLOWANCE: u32 = 5_000;
/// Deliveries on their way at once.
const AT_ONCE: usize = 8;

pub struct House {
    pub world: World,
    pub repo: Repo,
    pub api: Arc<Api>,
    pub folder: TempDir,
    pub client: reqwest::Client,
    replicas: Vec<Mutex<Option<Replica>>>,
    /// Whose turn it is to get a delivery, as a Service sends each to the next.
    next: AtomicUsize,
    starts: AtomicUsize,
    /// Deliveries that a replica could not keep, and said so.
    sent_away: AtomicUsize,
    _operator: Operator,
}

impl Drop for House {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.folder.disable_cleanup(true);
            eprintln!("what the replicas said is in {}", self.folder.path().display());
        }
    }
}

impl House {
    /// A house with so many replicas, all of them listening and done with their first pass.
    pub async fn start(replicas: usize) -> Self {
        let seconds = now() - 3600;
        Self::around(Api::begin(seconds).await, seconds, replicas).await
    }

    /// The same at an API server as it is.
    pub async fn around(api: Api, seconds: i64, replicas: usize) -> Self {
        let settings = Settings { time_runs: api.own.is_none(), ..Settings::default() };
        let world = World::start_with(settings).await.unwrap();
        if api.own.is_some() {
            world.set_time(seconds);
        }
        let repo = world.repository("acme/shop");
        repo.grant(PERSON, Permission::Write);
        let api = Arc::new(api);
        let house = Self {
            world,
            repo,
            folder: tempfile::tempdir().unwrap(),
            client: reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap(),
            replicas: (0..replicas).map(|_| Mutex::default()).collect(),
            next: AtomicUsize::new(0),
            starts: AtomicUsize::new(0),
            sent_away: AtomicUsize::new(0),
            _operator: Operator::begin(Arc::clone(&api)),
            api,
        };
        futures::future::join_all((0..replicas).map(|n| house.revive(n))).await;
        house
    }

    /// What one replica is configured with; its data is kept when it is killed.
    fn configure(&self, replica: usize) -> PathBuf {
        let folder = self.folder.path().join(format!("replica-{replica}"));
        std::fs::create_dir_all(&folder).unwrap();
        let file = |name: &str, text: &str| {
            std::fs::write(folder.join(name), text).unwrap();
            folder.join(name)
        };
        let config = format!(
            r#"data = {:?}
[http]
listen = "127.0.0.1:0"
[admin]
listen = "127.0.0.1:0"
[github]
api_url = {:?}
token_file = {:?}
webhook_secret_files = [{:?}]
[signals]
token_files = [{:?}]
[limits]
retry_base_ms = 100
retry_max_ms = 1000
reconcile_seconds = 2
branch_tries_ms = [10, 100, 1000]
writes_per_second = 1000
writes_per_minute = 100000
writes_per_hour = 1000000
[cluster]
kubeconfig = {:?}
namespace = {:?}
[policy.remediation]
labels = ["*"]
stops = ["CodeRun"]
comments = true
reactions = true
notices = true
"#,
            folder.join("data"),
            self.world.url(),
            file("token", &self.world.token()),
            file("secret", SECRET),
            file("signals", SIGNALS),
            self.api.kubeconfig(&folder),
            self.api.namespace,
        );
        file("pawl.toml", &config)
    }

    /// Where a replica's log is.
    pub fn log(&self, replica: usize) -> PathBuf {
        self.folder.path().join(format!("replica-{replica}.log"))
    }

    fn slot(&self, replica: usize) -> std::sync::MutexGuard<'_, Option<Replica>> {
        self.replicas[replica].lock().unwrap()
    }

    /// Starts a replica, for the first time or again.
    pub async fn revive(&self, replica: usize) {
        let pod = format!("replica-{replica}-start-{}", self.starts.fetch_add(1, Ordering::Relaxed));
        let config = self.configure(replica);
        let started = Replica::start(Path::new(&config), &pod, &self.log(replica)).await;
        *self.slot(replica) = Some(started);
    }

    /// `kill -9`.
    pub async fn kill(&self, replica: usize) {
        let killed = self.slot(replica).take();
        killed.expect("only who lives is killed").kill().await;
    }

    /// `kill -STOP` of a replica, which lives and does not know.
    pub fn stand_still(&self, replica: usize) {
        self.slot(replica).as_ref().expect("it lives").stand_still();
    }

    /// It goes on.
    pub fn go_on(&self, replica: usize) {
        self.slot(replica).as_ref().expect("it lives").go_on();
    }

    /// What a replica calls itself in its Leases, while it lives.
    pub fn pod(&self, replica: usize) -> Option<String> {
        self.slot(replica).as_ref().map(|replica| replica.pod.clone())
    }

    /// Which replica holds a claim, by what the claim says.
    pub fn replica_of(&self, holder: &str) -> usize {
        let is_its = |n: &usize| self.pod(*n).is_some_and(|pod| holder.starts_with(&format!("{pod}/")));
        (0..self.count()).find(is_its).unwrap_or_else(|| panic!("{holder} is nobody who lives"))
    }

    /// How many deliveries were not taken, so that their sender had to come again.
    pub fn sent_away(&self) -> usize {
        self.sent_away.load(Ordering::Relaxed)
    }

    /// How many replicas there are, dead ones too.
    pub fn count(&self) -> usize {
        self.replicas.len()
    }

    /// Where the living are asked.
    pub fn admins(&self) -> Vec<String> {
        (0..self.count()).filter_map(|n| self.slot(n).as_ref().map(|replica| replica.admin.clone())).collect()
    }

    /// The processes of the living.
    pub fn processes(&self) -> Vec<u32> {
        (0..self.count()).filter_map(|n| self.slot(n).as_ref().map(Replica::id)).collect()
    }

    /// GitHub's whole allowance of an hour: time stands in a story, and what it shows is not GitHub's patience.
    pub fn be_generous(&self) {
        self.world.set_rest_left(ALLOWANCE);
        self.world.set_graphql_left(ALLOWANCE);
        self.world.forget_requests();
    }

    /// A second passes, or as many as are asked for.
    pub async fn pass(&self, seconds: i64) {
        match &self.api.own {
            Some(own) => {
                self.world.advance(seconds);
                own.server.advance(seconds);
            }
            None => {
                let end = self.world.now() + seconds;
                super::rest::poll("time passes", async || self.world.now() >= end).await;
            }
        }
    }

    /// Delivers everything that waits, several at once, to the replicas in turn.
    pub async fn deliver(&self) {
        let waiting = futures::stream::iter(self.world.take_waiting());
        waiting.for_each_concurrent(AT_ONCE, |delivery| self.hand_over(delivery)).await;
    }

    /// One delivery, to the next replica that takes it, as a Service and a sender who retries would.
    async fn hand_over(&self, delivery: Delivery) {
        let end = Instant::now() + LONGEST;
        let signed = signature(SECRET, &delivery.body);
        loop {
            let next = self.next.fetch_add(1, Ordering::Relaxed) % self.count();
            let Some(http) = self.slot(next).as_ref().map(|replica| replica.http.clone()) else {
                sleep(PAUSE).await;
                continue;
            };
            let request = self.client.post(format!("{http}/v1/events/github")).header("x-hub-signature-256", &signed);
            let request = request.header("content-type", "application/json").header("x-github-event", &delivery.event);
            let answer = request.header("x-github-delivery", &delivery.guid).body(delivery.body.clone()).send().await;
            match answer {
                Ok(answer) if answer.status() == 202 => {
                    self.world.handed_over(&delivery.guid, Some(202));
                    return;
                }
                // It was killed meanwhile.
                Err(_) => {}
                Ok(answer) if answer.status() == 503 => {
                    self.sent_away.fetch_add(1, Ordering::Relaxed);
                }
                Ok(answer) => panic!("{}: {} {:?}", delivery.event, answer.status(), answer.text().await),
            }
            assert!(Instant::now() < end, "nobody takes {}", delivery.event);
            sleep(PAUSE).await;
        }
    }

    /// A workflow tells the first who lives.
    pub async fn signal(&self, told: &Value) {
        let http = (0..self.count()).find_map(|n| self.slot(n).as_ref().map(|replica| replica.http.clone())).expect("one lives");
        let answer = self.client.post(format!("{http}/api/v1/signals")).bearer_auth(SIGNALS).json(told).send().await.unwrap();
        assert_eq!(answer.status(), 202, "{told}");
    }

    /// Delivers, and asks until nothing is left to do anywhere.
    pub async fn rest(&self) {
        self.rest_until(Instant::now() + PATIENCE).await;
    }

    /// The same, which must come before `end`.
    pub async fn rest_until(&self, end: Instant) {
        let begun = Instant::now();
        let mut quiet = 0;
        // Twice: between the last look at one replica and the first at another something may have moved over.
        while quiet < 2 {
            self.deliver().await;
            let asked = Instant::now();
            match self.unrest().await {
                None => quiet += 1,
                Some(why) => {
                    quiet = 0;
                    assert!(Instant::now() < end, "no rest in {} s: {why}", (end - begun).as_secs());
                }
            }
            // Whoever has much to say about much is not asked more than half of the time.
            sleep(PAUSE.max(asked.elapsed())).await;
        }
    }

    async fn unrest(&self) -> Option<String> {
        let admins = self.admins();
        for admin in &admins {
            let Some(state) = read_json(&self.client, &format!("{admin}/api/v1/state")).await else {
                return Some(format!("{admin} says nothing"));
            };
            let is_empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
            let rests = state["waiting"] == 0
                && is_empty(&state["running"])
                && is_empty(&state["retrying"])
                && state["cluster"]["claims_held"] == 0;
            if !rests || state["subjects"]["unsettled"] != 0 || state["branches_waiting"] != 0 {
                return Some(format!("{state:#}"));
            }
        }
        (!self.world.waiting().is_empty() || admins.is_empty()).then(|| "deliveries wait".to_owned())
    }

    async fn first(&self, path: &str) -> Value {
        let admin = self.admins().into_iter().next().expect("one lives");
        read_json(&self.client, &format!("{admin}{path}")).await.unwrap_or_default()
    }

    /// What is told of the cancellations of a subject.
    pub async fn told_of(&self, subject: &str) -> Value {
        self.first(&format!("/api/v1/cancellations?subject={}", subject.replace('#', "%23"))).await
    }

    /// What is told of a subject.
    pub async fn why(&self, subject: &str) -> Value {
        self.first(&format!("/api/v1/subjects/{}", subject.replace('#', "/"))).await
    }
}

/// Seconds since 1970.
pub fn now() -> i64 {
    pawl_core::Timestamp::now().as_second()
}
