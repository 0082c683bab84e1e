//! A whole service on a clock that jumps, with GitHub and an API server in this process, and a store that may have a defect.

use super::store::Defective;
use axum::body::Body;
use http::Request;
use pawl_apiserver::{Server, Time};
use pawl_cluster::{Cluster, Identity, Records};
use pawl_core::Timestamp;
use pawl_core::branch::{HeldBranch, HeldNews};
use pawl_core::news::{Event, News};
use pawl_core::subject::{Repository, Subject, SubjectKind};
use pawl_github::webhook::Verifier;
use pawl_github::{Clock, Credentials, GitHub, Settings};
use pawl_service::candidate::Examiner;
use pawl_service::cluster::claims;
use pawl_service::config::Config;
use pawl_service::host::{Host, Parts, boot};
use pawl_service::http::{Gate, inside};
use pawl_service::journal::Journal;
use pawl_service::notify::Notifier;
use pawl_service::policies::Policies;
use pawl_service::serve;
use pawl_service::swap::Swaps;
use pawl_service::wall::Wall;
use pawl_world::{Pull, Repo, World};
use secrecy::SecretString;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tower_service::Service;

/// A world, and pawl beside it.
pub struct House {
    pub repo: Repo,
    pub store: Arc<Defective>,
    pub host: Arc<Host>,
    _tasks: JoinSet<()>,
    _folder: tempfile::TempDir,
}

impl House {
    /// Pawl with so many workers. No webhook leads here: stories bring the news.
    pub async fn start(workers: usize) -> Self {
        let text = format!(
            "[limits]\nworkers = {workers}\nwrites_per_second = 1000\nwrites_per_minute = 100000\nwrites_per_hour = 1000000\n\
             branch_tries_ms = [1, 10, 20]\n[policy.remediation]\nlabels = [\"*\"]\nstops = [\"CodeRun\"]\nnotices = true\n"
        );
        let config = Config::parse(&text, Path::new("pawl.toml")).unwrap();
        let (world, folder, begun) = (
            World::within(&pawl_world::Settings { time_runs: true, ..pawl_world::Settings::default() }),
            tempfile::tempdir().unwrap(),
            Instant::now(),
        );
        let repo = world.repository("acme/shop");
        let now = move || {
            let passed = i64::try_from(begun.elapsed().as_millis()).unwrap();
            Timestamp::from_millisecond(pawl_world::DAWN * 1_000 + passed).unwrap()
        };
        let credentials = Credentials::Token(SecretString::from(world.token()));
        let settings = Settings {
            api_url: world.url().to_owned(),
            clock: Clock::following(now),
            write_budget: config.write_budget(),
            ..Settings::new(credentials)
        };
        let server = Server::with(&pawl_apiserver::Settings { time: Time::Simulated, ..pawl_apiserver::Settings::default() });
        server.namespace("agents");
        let cluster = Cluster::over(server.service(), "agents");
        let store = Arc::new(Defective::new(Records::new(&cluster)));
        let host = Arc::new(Host::new(Parts {
            policies: Policies::load(&config, None).unwrap(),
            swaps: Swaps::new(Examiner::new(None).unwrap(), folder.path()),
            github: GitHub::over(&settings, world.face()).unwrap(),
            store: store.clone(),
            claims: claims(&cluster, Identity { pod: "pod".into(), boot: "boot".into() }).unwrap(),
            cluster: None,
            journal: Journal::open(&folder.path().join("journal"), Wall::following(now)).unwrap(),
            notifier: Notifier::new(None).unwrap(),
            wall: Wall::following(now),
            boot: boot(),
            config,
        }));
        let mut tasks = JoinSet::new();
        serve::spawn(&host, &mut tasks);
        host.passes.subscribe().wait_for(|passes| *passes > 0).await.unwrap();
        Self { repo, store, host, _tasks: tasks, _folder: folder }
    }

    pub fn subject(&self, pull: &Pull) -> Subject {
        let repository = Repository { id: self.repo.id(), owner: "acme".into(), name: "shop".into() };
        Subject { repository, number: pull.number(), kind: SubjectKind::PullRequest }
    }

    /// A push of which only its branch is told.
    pub async fn hold(&self, pull: &Pull) {
        let at = self.host.arrival();
        let event = Event::Pushed { commit: pull.head(), branch: pull.branch() };
        let news = News { id: format!("push of {}", pull.branch()), at, arrived: at, actor: None, event };
        let held = HeldBranch {
            repository: self.subject(pull).repository,
            branch: Some(pull.branch()),
            news: vec![HeldNews { commit: pull.head(), delivery: "push".into(), news }],
            attempts: 0,
            next_at: Some(at),
        };
        self.host.store.hold(held).await.unwrap();
    }

    /// Whether the journal tells that the news of its branch have gone to this pull request.
    pub fn has_passed_on(&self, pull: &Pull) -> bool {
        let id = self.subject(pull).id().to_string();
        let is_it = |line: &Value| line["kind"] == "branch" && line["subjects"].as_array().unwrap().iter().any(|one| *one == id);
        !Journal::find(self.host.journal.folder(), 1, is_it).is_empty()
    }

    /// What is answered on the inside.
    pub async fn get(&self, path: &str) -> (u16, String) {
        let gate =
            Gate { host: self.host.clone(), verifier: Verifier::new(None, None), signal_tokens: Vec::new(), argo_tokens: Vec::new() };
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = inside(Arc::new(gate)).call(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    pub async fn state(&self) -> Value {
        serde_json::from_str(&self.get("/api/v1/state").await.1).unwrap()
    }
}
