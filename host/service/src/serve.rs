//! Serving: opens everything, starts the tasks, and ends them in order.

use crate::candidate::Examiner;
use crate::claims::Claims;
use crate::cluster::{ClusterConfig, OnCluster};
use crate::config::Config;
use crate::host::{self, Host, Parts};
use crate::http::{self, Gate};
use crate::journal::Journal;
use crate::notify::Notifier;
use crate::swap::Swaps;
use crate::tasks::keep;
use crate::wall::Wall;
use crate::{branches, catchup, changes, circuits, cleanup, cluster, conductor, reconciler, retention, shadow, swap};
use anyhow::Context;
use pawl_cluster::Records;
use pawl_github::webhook::Verifier;
use pawl_github::{GitHub, Settings};
use pawl_store::{OpenError, Store};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// The folder of compiled policies, in the data folder. Losing it costs a slower start.
const COMPILED: &str = "compiled";

/// The folder of components that ran before, in the data folder. Losing it costs the way back.
const KEPT: &str = "policies";

/// Claims may take at least so long to be given back at shutdown.
const GIVE_BACK: Duration = Duration::from_secs(3);

/// A service that runs. End it with [`Running::shutdown`].
#[derive(Debug)]
pub struct Running {
    /// Where deliveries and signals arrive.
    pub outside: SocketAddr,
    /// Where people and probes look.
    pub inside: SocketAddr,
    host: Arc<Host>,
    tasks: JoinSet<()>,
}

/// The GitHub client that a configuration describes.
///
/// # Errors
/// Without a token or an App's key, or with an address that is none.
pub fn github(config: &Config) -> anyhow::Result<GitHub> {
    let settings = Settings {
        api_url: config.github.api_url.clone(),
        read_timeout: config.github_timeout(),
        outage_wait: Duration::from_millis(config.limits.outage_wait_ms),
        write_budget: config.write_budget(),
        ..Settings::new(config.github_credentials()?)
    };
    GitHub::new(&settings).context("cannot set up the GitHub client")
}

/// Opens everything and starts. With `set_aside` a store that cannot be read is moved away first.
///
/// # Errors
/// Before anything is received: a policy, a secret, the store, an address.
pub async fn start(config: Config, set_aside: bool) -> anyhow::Result<Running> {
    let wall = Wall::system();
    let mut secrets = config.webhook_secrets()?.into_iter();
    let verifier = Verifier::new(secrets.next(), secrets.next());
    let signal_tokens = config.signal_tokens()?;
    let argo_tokens = config.argo_tokens()?;
    std::fs::create_dir_all(&config.data).with_context(|| format!("cannot make the data folder {}", config.data.display()))?;
    let swaps = Swaps::new(Examiner::new(Some(&config.data.join(COMPILED)))?, &config.data.join(KEPT));
    let github = github(&config)?;
    let notifier = Notifier::new(config.notices.webhook_url.as_deref())?;
    let boot = host::boot();
    let shared = match &config.cluster {
        Some(table) => on_cluster(table, &boot).await?,
        None => alone(&config.data.join("pawl.redb"), set_aside)?,
    };
    let Shared { store, claims, cluster } = shared;
    let policies = swap::begin(&config, &swaps, store.as_ref()).await?;
    let journal = Journal::open(&config.data.join("journal"), wall.clone()).context("cannot open the journal")?;
    let outside = bind(config.http.listen, "http.listen").await?;
    let inside = bind(config.admin.listen, "admin.listen").await?;
    let host = Arc::new(Host::new(Parts { config, policies, swaps, github, store, claims, cluster, journal, notifier, wall, boot }));
    let gate = Arc::new(Gate { host: host.clone(), verifier, signal_tokens, argo_tokens });
    let mut running = Running { outside: outside.local_addr()?, inside: inside.local_addr()?, host: host.clone(), tasks: JoinSet::new() };
    for (name, listener, routes) in [("http.listen", outside, http::outside(gate.clone())), ("admin.listen", inside, http::inside(gate))] {
        let (stopped, host) = (host.draining().cancelled_owned(), host.clone());
        running.tasks.spawn(async move {
            let ended = axum::serve(listener, routes).with_graceful_shutdown(stopped).await;
            if !host.is_draining() {
                let why = ended.err().map_or_else(|| "it ended by itself".into(), |error| error.to_string());
                tracing::error!(listener = name, why, "nobody is answered there any more; start pawl again");
                host.tasks.is_down(name, &why);
            }
        });
    }
    spawn(&host, &mut running.tasks);
    Ok(running)
}

/// Starts everything that works without being asked; it ends when the host drains, and by a defect it does not end for good.
pub fn spawn(host: &Arc<Host>, tasks: &mut JoinSet<()>) {
    keep(host, tasks, "conductor", conductor::run);
    keep(host, tasks, "circuits", circuits::run);
    keep(host, tasks, "branches", branches::run);
    keep(host, tasks, "catchup", catchup::run);
    keep(host, tasks, "cluster", cluster::run);
    keep(host, tasks, "changes", changes::run);
    keep(host, tasks, "cleanup", cleanup::run);
    keep(host, tasks, "reconciler", reconciler::run);
    keep(host, tasks, "retention", retention::run);
    keep(host, tasks, "shadows", shadow::run);
    keep(host, tasks, "policies", swap::run);
}

/// What replicas share, or one process has for itself.
struct Shared {
    store: Arc<dyn crate::store::Store>,
    claims: Claims,
    cluster: Option<OnCluster>,
}

fn alone(path: &Path, set_aside: bool) -> anyhow::Result<Shared> {
    let store = match Store::open(path) {
        Err(OpenError::Corrupt { why, .. }) if set_aside => {
            let aside = Store::set_aside_file(path)?;
            tracing::warn!(aside = %aside.display(), why, "the store could not be read and was set aside; beginning with an empty one");
            Store::open(path)?
        }
        opened => opened?,
    };
    Ok(Shared { store: Arc::new(store), claims: Claims::local(), cluster: None })
}

async fn on_cluster(table: &ClusterConfig, boot: &str) -> anyhow::Result<Shared> {
    let connected = cluster::connect(table).await?;
    let records = Records::new(&connected);
    let claims = cluster::claims(&connected, cluster::identity(boot))?;
    let cluster = OnCluster::new(&connected, table).with_records(records.clone());
    Ok(Shared { store: Arc::new(records), claims, cluster: Some(cluster) })
}

async fn bind(address: SocketAddr, name: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}; set {name} to a free address"))
}

impl Running {
    /// What the tasks share.
    #[must_use]
    pub fn host(&self) -> &Arc<Host> {
        &self.host
    }

    /// Takes nothing new, lets running turns and requests end, and ends all tasks. What was not begun waits in the store. Says
    /// whether all of them ended by themselves within `limits.drain_seconds`.
    pub async fn shutdown(mut self) -> bool {
        self.host.drain();
        let patience = Duration::from_secs(self.host.config.limits.drain_seconds);
        let all = async { while self.tasks.join_next().await.is_some() {} };
        let begun = Instant::now();
        let is_in_time = tokio::time::timeout(patience, all).await.is_ok();
        if let Some(leases) = self.host.claims.leases() {
            let left = leases.shutdown(patience.saturating_sub(begun.elapsed()).max(GIVE_BACK)).await;
            if left > 0 {
                tracing::warn!(left, "some claims could not be given back; they end by themselves when their leases are over");
            }
        }
        if !is_in_time {
            tracing::warn!(seconds = patience.as_secs(), "some tasks did not end in time; their work is repaired at the next start");
            self.tasks.shutdown().await;
        }
        is_in_time
    }
}
