//! Claims: how long until one is taken that is free, one that others want as well, and one whose holder has died.

use super::LATENCY;
use super::house::{House, NAMESPACE, PERSON, REPLICAS, api_server, slow_down, user};
use super::pushes::{self, Subject};
use crate::effort::Effort;
use crate::line::Line;
use crate::stats::Samples;
use anyhow::Context;
use pawl_apiserver::{Fault, Gate, When};
use pawl_cluster::{Claims, Cluster, Identity, Pace};
use pawl_core::subject::SubjectId;
use pawl_world::Pull;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Who holds a contended claim does so for as long as a turn takes.
const HELD: Duration = Duration::from_millis(100);
/// A turn waits so long, and is queued again; then it asks anew.
const TURN_PATIENCE: Duration = Duration::from_secs(5);
/// How long anybody waits for a dead holder's claim.
const PATIENCE: Duration = Duration::from_secs(60);

/// Claims that are free, in milliseconds.
pub struct Free {
    /// Of subjects that were never claimed.
    pub first: Samples,
    /// Of subjects that were claimed before.
    pub again: Samples,
    /// One call alone.
    pub call: Samples,
}

/// The claims of one replica, in this process.
async fn claims(kubeconfig: &Path, replica: usize) -> anyhow::Result<Claims> {
    let cluster = Cluster::connect(Some(kubeconfig), Some(NAMESPACE)).await?;
    Ok(Claims::new(&cluster, Identity { pod: user(replica), boot: "bench".into() }, Pace::default())?)
}

/// Takes claims that nobody else wants, one after the other.
///
/// # Errors
/// When one cannot be taken.
pub async fn free(effort: &Effort, folder: &Path, latency: Duration) -> anyhow::Result<Free> {
    let (server, listening, kubeconfigs) = api_server(&folder.join("claims")).await?;
    slow_down(&server, latency);
    let claims = claims(&kubeconfigs[0], 0).await?;
    let (mut first, mut again) = (Samples::default(), Samples::default());
    for n in 0..effort.claims {
        let subject = SubjectId { repository: 1, number: u32::try_from(n)? + 1 };
        for (time, samples) in [("first", &mut first), ("again", &mut again)] {
            let begun = Instant::now();
            let claim = claims.take(subject, &format!("{n}-{time}"), TURN_PATIENCE).await?;
            samples.add_ms(begun.elapsed());
            claim.release().await;
        }
    }
    claims.shutdown(Duration::from_secs(3)).await;
    let mut line = Line::connect(listening.address()).await?;
    let (path, token) = (format!("/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/none"), format!("token-{}", user(0)));
    let get = format!("GET {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n\r\n").into_bytes();
    let mut call = Samples::default();
    for _ in 0..effort.claims {
        let begun = Instant::now();
        let status = line.ask(&get).await?.status;
        call.add_ms(begun.elapsed());
        anyhow::ensure!(status == 404, "a Lease that is not there was answered {status}");
    }
    Ok(Free { first, again, call })
}

/// Replicas that all want the same claim, again and again: how long each waits for it, in seconds.
///
/// # Errors
/// When the API server cannot be asked.
pub async fn contended(effort: &Effort, folder: &Path) -> anyhow::Result<Samples> {
    let (server, _listening, kubeconfigs) = api_server(&folder.join("contended")).await?;
    slow_down(&server, LATENCY);
    let mut replicas = JoinSet::new();
    for (n, kubeconfig) in kubeconfigs.into_iter().enumerate() {
        replicas.spawn(want(kubeconfig, n, effort.contended));
    }
    let mut waits = Samples::default();
    while let Some(ended) = replicas.join_next().await {
        waits.extend(ended.context("a replica ended")??);
    }
    Ok(waits)
}

/// One replica that wants it so many times.
async fn want(kubeconfig: PathBuf, replica: usize, times: usize) -> anyhow::Result<Vec<f64>> {
    let claims = claims(&kubeconfig, replica).await?;
    let subject = SubjectId { repository: 1, number: 1 };
    let (mut waits, mut attempt) = (Vec::new(), 0);
    for _ in 0..times {
        let begun = Instant::now();
        let claim = loop {
            attempt += 1;
            match claims.take(subject, &attempt.to_string(), TURN_PATIENCE).await {
                Ok(claim) => break claim,
                // The turn would be queued again: it goes on waiting.
                Err(error) => anyhow::ensure!(begun.elapsed() < PATIENCE, "the claim is never free: {error}"),
            }
        };
        waits.push(begun.elapsed().as_secs_f64());
        tokio::time::sleep(HELD).await;
        claim.release().await;
        // Somebody who wants it again at once would only meet himself.
        tokio::time::sleep(HELD).await;
    }
    claims.shutdown(Duration::from_secs(3)).await;
    Ok(waits)
}

/// Kills a replica that holds claims, while news of their subjects reach the others: how long until one of those holds each, in seconds.
///
/// # Errors
/// When the house does not start, or nobody takes over.
pub async fn crashed(effort: &Effort, pawl: &Path, folder: &Path) -> anyhow::Result<Samples> {
    let mut waits = Samples::default();
    for round in 0..effort.crashes {
        let mut house = House::start(pawl, &folder.join("crash")).await?;
        let mut subjects = Vec::new();
        pushes::grow(&house, &mut subjects, effort.claims_of_the_dead).await?;
        let pulls: Vec<Pull> = subjects.iter().map(|subject: &Subject| subject.pull().clone()).collect();
        let victim = round % REPLICAS;
        let gate = Gate::closed();
        slow_down(&house.server, LATENCY);
        house.server.fault(When::on("list", "coderuns").by(&user(victim)).always(), Fault::HoldBefore(gate.clone()));
        announce(&house, &pulls, "somebody-looks", &[victim]).await?;
        // Each of its turns holds a claim by then, and gets no further.
        gate.reached_by(u32::try_from(pulls.len())?).await;
        let mut leases = house.server.follow("leases.coordination.k8s.io");
        let dead = house.replicas[victim].take().context("it lives until now")?;
        dead.end().await?;
        let killed = Instant::now();
        let others: Vec<usize> = (0..REPLICAS).filter(|n| *n != victim).collect();
        announce(&house, &pulls, "somebody-else-looks", &others).await?;
        let mut missing = pulls.len();
        while missing > 0 {
            let changed = tokio::time::timeout(PATIENCE, leases.next()).await.context("nobody takes over what a dead replica held")?;
            let holder = |lease: &Value| lease["spec"]["holderIdentity"].as_str().unwrap_or_default().to_owned();
            let (before, now) = (changed.old.as_deref().map(holder), changed.new.as_deref().map(holder));
            let was_its = before.is_some_and(|holder| holder.starts_with(&format!("{}/", user(victim))));
            if was_its && now.is_some_and(|holder| !holder.is_empty() && !holder.starts_with(&format!("{}/", user(victim)))) {
                waits.add(killed.elapsed().as_secs_f64());
                missing -= 1;
            }
        }
        gate.open();
        slow_down(&house.server, Duration::ZERO);
        house.rest().await?;
        house.end().await?;
    }
    Ok(waits)
}

/// A person sets a label on each, and these replicas hear of it.
async fn announce(house: &House, pulls: &[Pull], label: &str, to: &[usize]) -> anyhow::Result<()> {
    for pull in pulls {
        pull.label_by(PERSON, label);
    }
    house.pass(1);
    house.deliver(house.world.take_waiting(), to).await.map(drop)
}
