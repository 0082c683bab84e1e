//! The cluster that replicas share: claims on its Leases, records in its ConfigMaps, and the runs that a push may supersede.

use crate::claims::{Claims, cluster_trouble};
use crate::host::Host;
use crate::orphans;
use crate::rhythm::Rhythm;
use crate::told::Told;
use anyhow::Context;
use pawl_cluster::{Cluster, Identity, NoRuns, Pace, Records, RunSettings, Runs};
use pawl_core::facts::Observation;
use pawl_core::news::Run;
use pawl_core::plan::Stop;
use pawl_core::stop::{StopState, Stopping};
use pawl_core::subject::Subject;
use pawl_core::turn::Trouble;
use serde::Deserialize;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Between two looks for the resource of runs, while it is not found, and for claims of dead replicas.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// Between two sweeps of idle Leases.
const SWEEP: Duration = Duration::from_secs(3600);
/// A turn waits so long for runs to go before it gives its worker and claim back.
const STOP_PATIENCE: Duration = Duration::from_secs(2);
/// Most runs of which it is remembered for whom they are being stopped. The record remembers all of them.
const STOPPING: usize = 10_000;

/// The table `[cluster]`: with it this process is a replica among replicas.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClusterConfig {
    /// File that says where the API server is and who we are; else `KUBECONFIG`, else the pod's service account.
    pub kubeconfig: Option<PathBuf>,
    /// Where Leases and records are kept; else the account's own.
    pub namespace: Option<String>,
    /// Where runs are; else as `namespace`.
    pub runs_namespace: Option<String>,
    /// Replicas: each has its part of the write budget.
    pub replicas: u32,
    /// Which resource runs are, and where in their objects the facts stand.
    pub runs: RunSettings,
}

impl Default for ClusterConfig {
    fn default() -> Self {
        Self { kubeconfig: None, namespace: None, runs_namespace: None, replicas: 1, runs: RunSettings::default() }
    }
}

/// The cluster's runs, as far as they are found.
#[derive(Debug)]
pub struct OnCluster {
    cluster: Cluster,
    settings: RunSettings,
    sight: watch::Sender<Sight>,
    /// For whom runs are being stopped, by uid.
    stopping: Mutex<HashMap<String, Subject>>,
    records: Option<Records>,
}

#[derive(Debug)]
enum Sight {
    /// Not found, and why.
    Unseen(String),
    Found(Runs),
}

/// A pod's uid comes in this variable, by the downward API. Elsewhere the machine's name says who holds a claim.
pub const POD_UID: &str = "PAWL_POD_UID";

/// Who this process is in its Leases.
#[must_use]
pub fn identity(boot: &str) -> Identity {
    let named = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let pod = named(POD_UID).or_else(|| named("HOSTNAME")).unwrap_or_else(|| format!("process-{}", std::process::id()));
    Identity { pod, boot: boot.to_owned() }
}

/// The cluster that the configuration names. Nothing is asked yet.
///
/// # Errors
/// Without a cluster, or with credentials that cannot be used.
pub async fn connect(config: &ClusterConfig) -> anyhow::Result<Cluster> {
    let cluster = Cluster::connect(config.kubeconfig.as_deref(), config.namespace.as_deref()).await;
    cluster.context("the table [cluster] asks for a cluster")
}

/// Claims of this process on the cluster.
///
/// # Errors
/// Never with the pace that is built in.
pub fn claims(cluster: &Cluster, identity: Identity) -> anyhow::Result<Claims> {
    Ok(Claims::leased(pawl_cluster::Claims::new(cluster, identity, Pace::default())?))
}

impl OnCluster {
    /// The runs of `cluster`, not looked for yet.
    #[must_use]
    pub fn new(cluster: &Cluster, config: &ClusterConfig) -> Self {
        let cluster = match &config.runs_namespace {
            Some(namespace) => cluster.in_namespace(namespace),
            None => cluster.clone(),
        };
        Self {
            cluster,
            settings: config.runs.clone(),
            sight: watch::Sender::new(Sight::Unseen("they have not been looked for yet".into())),
            stopping: Mutex::default(),
            records: None,
        }
    }

    /// With the records that replicas share, so that they can be followed.
    #[must_use]
    pub fn with_records(self, records: Records) -> Self {
        Self { records: Some(records), ..self }
    }

    /// The records that replicas share.
    #[must_use]
    pub fn records(&self) -> Option<&Records> {
        self.records.as_ref()
    }

    fn stopping(&self) -> std::sync::MutexGuard<'_, HashMap<String, Subject>> {
        self.stopping.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why runs are not known, while they are not.
    #[must_use]
    pub fn missing(&self) -> Option<String> {
        match &*self.sight.borrow() {
            Sight::Unseen(why) => Some(why.clone()),
            Sight::Found(_) => None,
        }
    }

    /// What the API server has refused for want of permission and not allowed since, each with the rule that grants it.
    #[must_use]
    pub fn refusals(&self) -> Vec<String> {
        self.cluster.refusals().iter().map(ToString::to_string).collect()
    }

    fn runs(&self) -> Result<Runs, Trouble> {
        match &*self.sight.borrow() {
            Sight::Found(runs) => Ok(runs.clone()),
            Sight::Unseen(why) => {
                let message = format!("runs cannot be read: {why}");
                Err(Trouble { message, transient: true, retry_after_seconds: Some(LOOK_AGAIN.as_secs()) })
            }
        }
    }

    /// Looks for the resource, unless it is found.
    pub async fn look(&self, told: &Told) {
        if self.missing().is_none() {
            return;
        }
        match Runs::discover(&self.cluster, self.settings.clone()).await {
            Ok(runs) => {
                tracing::info!(resource = %runs.resource(), "runs are found");
                self.sight.send_replace(Sight::Found(runs));
            }
            Err(error) => {
                let why = said(&error);
                if told.is_news("runs", &why) {
                    tracing::error!("{why}");
                }
                self.sight.send_replace(Sight::Unseen(why));
            }
        }
    }

    /// The runs that may belong to this subject.
    ///
    /// # Errors
    /// When they cannot be read: a decision without them would be wrong.
    pub async fn of(&self, subject: &Subject) -> Result<Vec<Run>, Trouble> {
        self.runs()?.of(subject).await.map_err(|error| cluster_trouble(&error))
    }

    /// The runs, as soon as they are found.
    pub async fn found(&self) -> Runs {
        let mut sight = self.sight.subscribe();
        loop {
            if let Sight::Found(runs) = &*sight.borrow_and_update() {
                return runs.clone();
            }
            sight.changed().await.expect("the sender lives as long as self");
        }
    }

    /// Stops runs of this subject, as far as that takes no longer than a worker should wait.
    pub async fn stop(&self, subject: &Subject, stops: &[Stop]) -> Vec<Stopping> {
        let runs = match self.runs() {
            Ok(runs) => runs,
            Err(trouble) => {
                let failed = |stop: &Stop| Stopping { stop: stop.clone(), state: StopState::Failed(trouble.clone()) };
                return stops.iter().map(failed).collect();
            }
        };
        // Before it is asked for: a run may go before the answer comes.
        for stop in stops {
            let mut stopping = self.stopping();
            if stopping.len() < STOPPING {
                stopping.insert(stop.uid.clone(), subject.clone());
            }
        }
        let stoppings = runs.stop(stops, STOP_PATIENCE).await;
        for Stopping { stop, .. } in stoppings.iter().filter(|one| !matches!(one.state, StopState::Accepted { .. })) {
            self.stopping().remove(&stop.uid);
        }
        stoppings
    }

    /// For whom the run of this uid was being stopped, now that it is gone: each is answered once.
    #[must_use]
    pub fn stopped_for(&self, uid: &str) -> Option<Subject> {
        self.stopping().remove(uid)
    }
}

fn said(error: &NoRuns) -> String {
    if error.is_transient() { format!("{error}") } else { format!("{error}; until then nothing is decided") }
}

/// Whether a policy that runs here reads runs or may stop them.
#[must_use]
pub fn needs_runs(host: &Host) -> bool {
    let deployment = &host.policies().deployment;
    deployment.needs().runs || deployment.enforcing().any(|member| !member.grant.stops.is_empty())
}

/// Adds the runs to what was read of a subject, when a policy needs them and there is a cluster.
///
/// # Errors
/// When they cannot be read.
pub async fn add_runs(host: &Host, observation: &mut Observation) -> Result<(), Trouble> {
    if let Some(cluster) = host.cluster.as_ref().filter(|_| host.policies().deployment.needs().runs) {
        observation.runs = cluster.of(&observation.subject).await?;
    }
    Ok(())
}

/// Looks for runs until they are found, gives back what dead replicas held, and sweeps idle Leases, until the host drains.
pub async fn run(host: Arc<Host>) {
    let Some(cluster) = &host.cluster else { return };
    let mut rhythm = Rhythm::new(host.draining(), LOOK_AGAIN);
    let mut swept = tokio::time::Instant::now();
    while rhythm.next().await {
        cluster.look(&host.told).await;
        orphans::free(&host).await;
        if swept.elapsed() < SWEEP {
            continue;
        }
        swept = tokio::time::Instant::now();
        let Some(leases) = host.claims.leases() else { continue };
        match leases.sweep().await {
            Ok(done) if done.deleted > 0 => tracing::info!(?done, "idle leases were swept"),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "idle leases cannot be swept; the next hour tries again"),
        }
    }
}
