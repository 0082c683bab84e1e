//! A replica: the whole service over lines of its own. It can die and come again, stand still, lose its lines, and have a clock that is
//! wrong.

use crate::eye::{Eye, NAMESPACE};
use crate::faces::{self, ClusterFace, GitHubFace};
use crate::line::{Condition, Line, Weather};
use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use jiff::Timestamp;
use pawl_apiserver::Server;
use pawl_cluster::{Cluster, Identity, Records};
use pawl_github::webhook::Verifier;
use pawl_github::{Clock, Credentials, GitHub, Settings};
use pawl_service::candidate::Examiner;
use pawl_service::cluster::{ClusterConfig, OnCluster};
use pawl_service::config::Config;
use pawl_service::host::{Host, Parts};
use pawl_service::http::{self as routes, Gate};
use pawl_service::journal::Journal;
use pawl_service::notify::Notifier;
use pawl_service::policies::Policies;
use pawl_service::swap::Swaps;
use pawl_service::wall::Wall;
use pawl_service::{candidate, cluster, serve};
use pawl_world::World;
use secrecy::SecretString;
use serde_json::Value;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tower_service::Service;

/// The webhook's secret.
pub const SECRET: &str = "of the simulation";
/// The agents' bearer token.
pub const BEARER: &str = "agents-of-the-simulation";
/// Rounds of remediation before it fails.
pub const LIMIT: u32 = 3;
/// How long a sender waits for an answer; GitHub waits no longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A service for a few subjects: it looks often, so that what got lost is found within minutes.
const CONFIG: &str = r#"
[limits]
workers = 3
look_minutes = 1
writes_per_second = 50
writes_per_minute = 1000
writes_per_hour = 10000
[cluster]
[policy.remediation]
labels = ["*"]
stops = ["CodeRun"]
notices = true
[policy.remediation.settings]
limit = 3
"#;

static CONFIGURED: LazyLock<Config> = LazyLock::new(|| Config::parse(CONFIG, Path::new("pawl.toml")).expect("the configuration is good"));
static EXAMINER: LazyLock<Examiner> = LazyLock::new(|| Examiner::new(None).expect("this machine runs policies"));
static POLICIES: LazyLock<Policies> = LazyLock::new(|| {
    let bundled = |name: &str, source: &str| candidate::component(source, name);
    Policies::examined(&CONFIGURED, &EXAMINER, bundled).expect("the bundled policy passes every check")
});

/// The policies that every replica runs.
#[must_use]
pub fn policies() -> &'static Policies {
    &POLICIES
}

/// What all replicas have around them.
#[derive(Debug, Clone)]
pub struct Around {
    /// GitHub.
    pub world: Arc<World>,
    /// The API server.
    pub server: Server,
    /// Who sees everything.
    pub eye: Eye,
    /// Where journals are written.
    pub folder: Arc<tempfile::TempDir>,
    /// When the simulation began.
    pub begun: Instant,
}

impl Around {
    /// The true time, to the millisecond.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let passed = i64::try_from(self.begun.elapsed().as_millis()).expect("simulations last no thousand years");
        Timestamp::from_millisecond(pawl_world::DAWN * 1000 + passed).expect("simulations last no thousand years")
    }
}

/// One replica.
#[derive(Debug)]
pub struct Replica {
    around: Around,
    number: usize,
    boots: u32,
    seed: u64,
    /// How wrong its clock is, in seconds.
    pub skew_seconds: Arc<AtomicI64>,
    /// The process, while it lives.
    pub process: Option<Process>,
}

/// A process that runs.
#[derive(Debug)]
pub struct Process {
    /// What its tasks share.
    pub host: Arc<Host>,
    /// Its line to GitHub.
    pub github: Line,
    /// Its line to the API server.
    pub cluster: Line,
    /// Its line to whoever hears notices.
    pub notices: Line,
    router: Router,
    tasks: JoinSet<()>,
}

impl Replica {
    /// A replica that runs.
    #[must_use]
    pub fn start(around: Around, number: usize, seed: u64) -> Self {
        let mut replica = Self { around, number, boots: 0, seed, skew_seconds: Arc::default(), process: None };
        replica.boot();
        replica
    }

    /// Starts a process in the place of the one that died.
    ///
    /// # Panics
    /// When the journal cannot be written.
    pub fn boot(&mut self) {
        self.boots += 1;
        let (around, boot) = (self.around.clone(), format!("boot{}r{}", self.boots, self.number));
        let identity = Identity { pod: format!("pod-{}", self.number), boot: boot.clone() };
        let of = format!("{}/{boot}/", identity.pod);
        around.eye.note(&format!("{of} starts"));
        let seed = self.seed.wrapping_add(u64::from(self.boots) * 2);
        let (to_github, to_cluster, to_notices) = (Line::new(seed), Line::new(seed + 1), Line::new(!seed));
        let face = |line: &Line| ClusterFace { of: of.clone(), line: line.clone(), eye: around.eye.clone(), face: around.server.service() };
        let its_time = || {
            let (around, skew) = (around.clone(), Arc::clone(&self.skew_seconds));
            move || around.now() + jiff::SignedDuration::from_secs(skew.load(Ordering::Relaxed))
        };
        let shown = pawl_cluster::Wall::from(its_time());
        let connected = Cluster::over(face(&to_cluster), NAMESPACE).with_wall(shown);
        let wall = Wall::following(its_time());
        let credentials = Credentials::Token(SecretString::from(around.world.token()));
        let true_time = around.clone();
        let config = CONFIGURED.clone();
        let settings = Settings {
            api_url: around.world.url().to_owned(),
            clock: Clock::following(move || true_time.now()),
            write_budget: config.write_budget(),
            ..Settings::new(credentials)
        };
        let github = GitHubFace { of: of.clone(), line: to_github.clone(), eye: around.eye.clone(), face: around.world.face() };
        let journal = Journal::open(&around.folder.path().join(&boot), wall.clone()).expect("a temporary folder can be written");
        let records = Records::new(&connected);
        let host = Arc::new(Host::new(Parts {
            policies: policies().clone(),
            swaps: Swaps::new(EXAMINER.clone(), &around.folder.path().join(format!("{boot}-policies"))),
            github: GitHub::over(&settings, github).expect("the settings are good"),
            store: Arc::new(records.clone()),
            claims: cluster::claims(&connected, identity).expect("the pace is built in"),
            cluster: Some(OnCluster::new(&connected, &ClusterConfig::default()).with_records(records)),
            journal,
            notifier: Notifier::over(faces::listener(of, to_notices.clone(), around.eye.clone())),
            wall,
            boot,
            config,
        }));
        let gate = Gate {
            host: Arc::clone(&host),
            verifier: Verifier::new(Some(SecretString::from(SECRET)), None),
            signal_tokens: vec![SecretString::from(BEARER)],
            argo_tokens: Vec::new(),
        };
        let router = routes::outside(Arc::new(gate));
        let mut tasks = JoinSet::new();
        serve::spawn(&host, &mut tasks);
        self.process = Some(Process { host, github: to_github, cluster: to_cluster, notices: to_notices, router, tasks });
    }

    /// The process dies: what it has under way may still arrive, and nothing else of it ever does.
    pub fn crash(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        self.around.eye.note(&format!("replica {} dies", self.number));
        process.set(Condition::Dead);
        process.tasks.abort_all();
        if let Some(leases) = process.host.claims.leases().cloned() {
            // Ends the watch of the dead process, which would go on asking nobody; nothing is waited for.
            tokio::spawn(async move { leases.shutdown(Duration::ZERO).await });
        }
    }

    /// Ends the process in order; whether all its tasks ended, and how many claims it kept.
    pub async fn drain(&mut self) -> (bool, usize) {
        let Some(mut process) = self.process.take() else { return (true, 0) };
        process.host.drain();
        let all = async { while process.tasks.join_next().await.is_some() {} };
        let has_ended = timeout(Duration::from_secs(130), all).await.is_ok();
        let left = match process.host.claims.leases() {
            Some(leases) => leases.shutdown(Duration::from_secs(30)).await,
            None => 0,
        };
        (has_ended, left)
    }
}

impl Process {
    /// All its lines.
    pub fn set(&self, condition: Condition) {
        for line in [&self.github, &self.cluster, &self.notices] {
            line.set(condition);
        }
    }

    /// All its lines.
    pub fn set_weather(&self, weather: Weather) {
        for line in [&self.github, &self.cluster, &self.notices] {
            line.set_weather(weather);
        }
    }

    /// A call to its listener, which may be made while the process goes its way: what is asked, and the answer unless it comes too
    /// late.
    pub fn ask(&self, request: Request<Body>) -> impl Future<Output = Option<(StatusCode, Value)>> + Send + use<> {
        let mut router = self.router.clone();
        let host = Arc::downgrade(&self.host);
        async move {
            let answered = timeout(PATIENCE, async {
                let answer = match router.call(request).await {
                    Ok(answer) => answer,
                    Err(never) => match never {},
                };
                let (head, body) = answer.into_parts();
                let body = body.collect().await.ok()?.to_bytes();
                Some((head.status, serde_json::from_slice(&body).unwrap_or_default()))
            });
            // Whoever has died answers nobody.
            answered.await.ok().flatten().filter(|_| host.strong_count() > 0)
        }
    }
}
