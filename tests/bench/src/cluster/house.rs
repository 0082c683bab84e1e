//! The house: a GitHub and an API server in this process, and between them replicas of the real pawl.

use crate::line::{Line, webhook};
use crate::process::{Process, SECRET, configure};
use anyhow::Context;
use pawl_apiserver::agents::{self, Operator};
use pawl_apiserver::{DAWN, Fault, Listening, Rule, Server, When};
use pawl_world::{Delivery, Permission, Repo, World};
use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::process::Command;
use tokio::task::JoinSet;

/// Who writes the code.
pub const IMPLEMENTER: &str = "5DLabs-Rex[bot]";
/// A person who may push.
pub const PERSON: &str = "alice";
/// Where everything is.
pub const NAMESPACE: &str = "agents";
/// As many as share the work.
pub const REPLICAS: usize = 3;

/// What happened on GitHub happened at least so long ago, in seconds: every clock agrees that it is over.
const AGO_SECONDS: i64 = 3_600;
/// Deliveries on their way at once to each replica.
const LANES: usize = 8;
/// Before a delivery that a replica could not keep is sent again.
const SEND_AGAIN: Duration = Duration::from_millis(50);
/// Longest wait for rest.
const PATIENCE: Duration = Duration::from_secs(300);
/// Between two questions whether there is rest.
const PAUSE: Duration = Duration::from_millis(200);
/// What GitHub grants in an hour.
const ALLOWANCE: u32 = 5_000;

/// Everything.
pub struct House {
    /// GitHub.
    pub world: World,
    /// A repository there.
    pub repo: Repo,
    /// Kubernetes.
    pub server: Server,
    /// Replicas, by number; nothing where one was killed.
    pub replicas: Vec<Option<Process>>,
    _operator: Operator,
    _listening: Listening,
}

/// The API server alone, with an account for each replica. Answers the kubeconfigs too.
///
/// # Errors
/// When it cannot listen.
pub async fn api_server(folder: &Path) -> anyhow::Result<(Server, Listening, Vec<PathBuf>)> {
    let server = Server::new();
    server.advance(pawl_core::Timestamp::now().as_second() - AGO_SECONDS - DAWN);
    server.namespace(NAMESPACE).define(&agents::definition());
    let listening = server.listen().await?;
    let mut kubeconfigs = Vec::new();
    std::fs::create_dir_all(folder)?;
    for n in 0..REPLICAS {
        let table = pawl_cluster::CLAIM_VERBS.iter().chain(pawl_cluster::RUN_VERBS).chain(pawl_cluster::RECORD_VERBS);
        let rules = Rule::of_table(table).into_iter().map(|rule| rule.within(NAMESPACE)).collect();
        let path = folder.join(format!("kubeconfig-{n}"));
        std::fs::write(&path, listening.kubeconfig(&server.account(&user(n), rules), NAMESPACE))?;
        kubeconfigs.push(path);
    }
    Ok((server, listening, kubeconfigs))
}

/// Who a replica is at the API server, and in its Leases.
pub fn user(replica: usize) -> String {
    format!("pawl-{replica}")
}

/// From now on every call of a replica waits so long before it is carried out, and no other misfortune is left.
pub fn slow_down(server: &Server, latency: Duration) {
    server.clear_faults();
    if !latency.is_zero() {
        for n in 0..REPLICAS {
            server.fault(When::any().by(&user(n)).always(), Fault::DelayBefore(latency));
        }
    }
}

impl House {
    /// Starts everything and waits until every replica is ready.
    ///
    /// # Errors
    /// When something does not start.
    pub async fn start(binary: &Path, folder: &Path) -> anyhow::Result<Self> {
        let (server, listening, kubeconfigs) = api_server(folder).await?;
        let world = World::start_with(pawl_world::Settings::default()).await?;
        world.set_time(server.now());
        let repo = world.repository("acme/shop");
        repo.grant(PERSON, Permission::Write);
        let mut replicas = Vec::new();
        for (n, kubeconfig) in kubeconfigs.iter().enumerate() {
            let cluster = format!("[cluster]\nkubeconfig = {kubeconfig:?}\nnamespace = {NAMESPACE:?}\n");
            let config = configure(&folder.join(user(n)), world.url(), &world.token(), &cluster)?;
            let mut command = Command::new(binary);
            command.arg("serve").arg("--config").arg(&config).env("PAWL_LOG", "warn").env("PAWL_POD_UID", user(n));
            replicas.push(Some(Process::start(&mut command, &config.with_extension("log")).await?));
        }
        Ok(Self { world, repo, _operator: Operator::begin(&server), server, replicas, _listening: listening })
    }

    /// A second passes everywhere, or as many as are asked for.
    pub fn pass(&self, seconds: i64) {
        self.world.advance(seconds);
        self.server.advance(seconds);
    }

    /// A whole hour's allowance: what is measured is not GitHub's patience.
    pub fn be_generous(&self) {
        self.world.set_graphql_left(ALLOWANCE);
        self.world.set_rest_left(ALLOWANCE);
        self.world.forget_requests();
    }

    /// Hands deliveries over to these replicas in turn, several at once, each until it is taken. Answers when each was sent first, by its
    /// id.
    ///
    /// # Errors
    /// When a delivery is refused, or a replica does not answer.
    pub async fn deliver(&self, deliveries: Vec<Delivery>, to: &[usize]) -> anyhow::Result<HashMap<String, Instant>> {
        let waiting = Arc::new(Mutex::new(VecDeque::from(deliveries)));
        let mut senders = JoinSet::new();
        for n in to.iter().cycle().take(to.len() * LANES) {
            let at = self.replicas[*n].as_ref().context("only who lives gets deliveries")?.http;
            let waiting = Arc::clone(&waiting);
            senders.spawn(async move {
                let (mut line, mut sent) = (Line::connect(at).await?, Vec::new());
                loop {
                    let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                    let Some(delivery) = next else { return anyhow::Ok(sent) };
                    sent.push((delivery.guid.clone(), Instant::now()));
                    hand_over(&mut line, &delivery).await?;
                }
            });
        }
        let mut sent = HashMap::new();
        while let Some(sender) = senders.join_next().await {
            sent.extend(sender.context("a sender ended")??);
        }
        for guid in sent.keys() {
            self.world.handed_over(guid, Some(202));
        }
        Ok(sent)
    }

    /// Delivers what is announced, and what that leads to, until nothing is left to do anywhere.
    ///
    /// # Errors
    /// When that does not come.
    pub async fn rest(&self) -> anyhow::Result<()> {
        let all: Vec<usize> = (0..self.replicas.len()).filter(|n| self.replicas[*n].is_some()).collect();
        let begun = Instant::now();
        let mut quiet = 0;
        // Twice: between the last look at one replica and the first at another something may have moved over.
        while quiet < 2 {
            anyhow::ensure!(begun.elapsed() < PATIENCE, "the replicas do not come to rest");
            let waiting = self.world.take_waiting();
            let is_quiet = waiting.is_empty();
            self.deliver(waiting, &all).await?;
            for replica in self.replicas.iter().flatten() {
                replica.rest().await?;
            }
            let has_branches = self.maps().iter().any(|map| map["metadata"]["labels"]["app.kubernetes.io/component"] == "branch");
            quiet = if is_quiet && !has_branches { quiet + 1 } else { 0 };
            tokio::time::sleep(PAUSE).await;
        }
        self.be_generous();
        Ok(())
    }

    /// All ConfigMaps.
    fn maps(&self) -> Vec<Value> {
        self.server.list(&format!("/api/v1/namespaces/{NAMESPACE}/configmaps"))
    }

    /// Megabytes of the replica that takes most, where the system says.
    pub fn memory_mb(&self) -> Option<f64> {
        self.replicas.iter().flatten().filter_map(|replica| Some(replica.memory()?.0)).reduce(f64::max)
    }

    /// Ends the replicas.
    ///
    /// # Errors
    /// When one cannot be ended.
    pub async fn end(self) -> anyhow::Result<()> {
        for replica in self.replicas.into_iter().flatten() {
            replica.end().await?;
        }
        Ok(())
    }
}

async fn hand_over(line: &mut Line, delivery: &Delivery) -> anyhow::Result<()> {
    let request = webhook(SECRET, &delivery.event, &delivery.guid, &delivery.body);
    loop {
        let answer = line.ask(&request).await?;
        match answer.status {
            202 => return Ok(()),
            // It says so: whoever sent it comes again.
            503 => tokio::time::sleep(SEND_AGAIN).await,
            status => anyhow::bail!("a delivery was answered {status}: {}", String::from_utf8_lossy(answer.body)),
        }
    }
}
