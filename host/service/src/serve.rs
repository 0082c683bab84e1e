//! Serving: opens everything, starts the tasks, and ends them in order.

use crate::config::Config;
use crate::host::Host;
use crate::http::{self, Gate};
use crate::journal::Journal;
use crate::notify::Notifier;
use crate::policies::Policies;
use crate::wall::Wall;
use crate::{branches, catchup, conductor, reconciler};
use anyhow::Context;
use pawl_github::webhook::Verifier;
use pawl_github::{GitHub, Settings, WriteBudget};
use pawl_store::{OpenError, Store};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// The folder of compiled policies, in the data folder. Losing it costs a slower start.
const COMPILED: &str = "compiled";

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
    let limits = &config.limits;
    let settings = Settings {
        api_url: config.github.api_url.clone(),
        read_timeout: config.github_timeout(),
        write_budget: WriteBudget {
            per_second: limits.writes_per_second,
            per_minute: limits.writes_per_minute,
            per_hour: limits.writes_per_hour,
        },
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
    let policies = Policies::load(&config, Some(&config.data.join(COMPILED)))?;
    let github = github(&config)?;
    let notifier = Notifier::new(config.notices.webhook_url.as_deref())?;
    let path = config.data.join("pawl.redb");
    let store = match Store::open(&path) {
        Err(OpenError::Corrupt { why, .. }) if set_aside => {
            let aside = Store::set_aside_file(&path)?;
            tracing::warn!(aside = %aside.display(), why, "the store could not be read and was set aside; beginning with an empty one");
            Store::open(&path)?
        }
        opened => opened?,
    };
    let journal = Journal::open(&config.data.join("journal"), wall.clone()).context("cannot open the journal")?;
    let outside = bind(config.http.listen, "http.listen").await?;
    let inside = bind(config.admin.listen, "admin.listen").await?;
    let host = Arc::new(Host::new(config, policies, github, Arc::new(store), journal, notifier, wall));
    let gate = Arc::new(Gate { host: host.clone(), verifier, signal_tokens, argo_tokens });
    let mut running = Running { outside: outside.local_addr()?, inside: inside.local_addr()?, host: host.clone(), tasks: JoinSet::new() };
    for (listener, routes) in [(outside, http::outside(gate.clone())), (inside, http::inside(gate))] {
        let stopped = host.draining().cancelled_owned();
        running.tasks.spawn(async move {
            if let Err(error) = axum::serve(listener, routes).with_graceful_shutdown(stopped).await {
                tracing::error!(%error, "a listener ended");
            }
        });
    }
    running.tasks.spawn(conductor::run(host.clone()));
    running.tasks.spawn(branches::run(host.clone()));
    running.tasks.spawn(catchup::run(host.clone()));
    running.tasks.spawn(reconciler::run(host));
    Ok(running)
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
        let is_in_time = tokio::time::timeout(patience, all).await.is_ok();
        if !is_in_time {
            tracing::warn!(seconds = patience.as_secs(), "some tasks did not end in time; their work is repaired at the next start");
            self.tasks.shutdown().await;
        }
        is_in_time
    }
}
