//! From a push to the end of what it supersedes: the signed webhook is sent, and at some time the runs are gone and the record says so.

use super::house::{House, IMPLEMENTER, NAMESPACE};
use crate::stats::Samples;
use anyhow::Context;
use pawl_apiserver::agents::{self, CLEANUP};
use pawl_apiserver::{Changed, Seen};
use pawl_world::Pull;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Deliveries between two rests, while subjects are made.
const BATCH: usize = 200;
/// Whatever is measured ends within this time, or not at all.
const PATIENCE: Duration = Duration::from_secs(300);

/// A pull request with the runs that its next push supersedes.
pub struct Subject {
    pull: Pull,
    superseded: Vec<String>,
    serial: usize,
}

/// What a round of pushes showed.
pub struct Round {
    /// For each subject, from its webhook to the last of its runs gone and confirmed, in seconds.
    pub confirmed: Samples,
    /// Calls of all replicas to the API server, for each subject.
    pub calls: f64,
    /// The most frequent of them.
    pub mostly: String,
}

/// Opens pull requests up to this count, delivers what is told of them, and waits for rest.
///
/// # Errors
/// When rest does not come.
pub async fn grow(house: &House, subjects: &mut Vec<Subject>, count: usize) -> anyhow::Result<()> {
    while subjects.len() < count {
        for _ in 0..BATCH.min(count - subjects.len()) {
            let pull = house.repo.open_pull(IMPLEMENTER, &format!("work-{}", subjects.len()));
            subjects.push(Subject { pull, superseded: Vec::new(), serial: 0 });
        }
        house.world.lose_where(|delivery| delivery.event != "pull_request");
        house.rest().await?;
    }
    Ok(())
}

/// Starts what the next push of each supersedes, and lets that come to rest.
///
/// # Errors
/// When rest does not come.
pub async fn start_runs(house: &House, subjects: &mut [Subject]) -> anyhow::Result<()> {
    for subject in &mut *subjects {
        subject.start_qa(house)?;
    }
    // A run that names no commit is told by its age from one that was started for a push.
    house.pass(10);
    house.rest().await
}

/// Pushes to all of them at once, and waits until everything that was superseded is gone, and told of as confirmed.
///
/// # Errors
/// When that does not happen.
pub async fn push(house: &House, subjects: &mut [Subject]) -> anyhow::Result<Round> {
    let wanted: HashSet<String> = subjects.iter().flat_map(|subject| subject.superseded.iter().cloned()).collect();
    anyhow::ensure!(!wanted.is_empty(), "a push must have something to stop");
    let (mut deliveries, mut whose) = (Vec::new(), HashMap::new());
    for (n, subject) in subjects.iter().enumerate() {
        subject.pull.push_by(IMPLEMENTER);
        for delivery in house.world.take_waiting() {
            whose.insert(delivery.guid.clone(), n);
            deliveries.push(delivery);
        }
    }
    house.pass(1);
    house.server.forget_requests();
    let (ready, begin) = oneshot::channel();
    let witness = tokio::spawn(witness(house.server.clone(), wanted, ready));
    begin.await.context("the witness looks")?;
    let all: Vec<usize> = (0..house.replicas.len()).collect();
    let sent = house.deliver(deliveries, &all).await?;
    let ended = witness.await.context("the witness ended")??;
    let calls = house.server.requests();
    let mut first: Vec<Option<Instant>> = vec![None; subjects.len()];
    for (guid, at) in sent {
        if let Some(n) = whose.get(&guid) {
            first[*n] = Some(first[*n].map_or(at, |first| first.min(at)));
        }
    }
    let mut confirmed = Samples::default();
    for (n, subject) in subjects.iter_mut().enumerate() {
        let sent = first[n].context("each push is announced")?;
        let last = subject.superseded.drain(..).filter_map(|uid| ended.get(&uid).copied()).max();
        confirmed.add(last.context("each had something to stop")?.saturating_duration_since(sent).as_secs_f64());
    }
    house.rest().await?;
    Ok(Round { confirmed, calls: calls.len() as f64 / subjects.len() as f64, mostly: mostly(&calls, subjects.len()) })
}

/// The most frequent calls, for each subject.
fn mostly(calls: &[Seen], subjects: usize) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for call in calls {
        *counts.entry(format!("{} {}", call.verb, call.resource)).or_default() += 1;
    }
    let mut counts: Vec<(usize, String)> = counts.into_iter().map(|(name, count)| (count, name)).collect();
    counts.sort_by(|a, b| b.cmp(a));
    let shown = counts.iter().take(5).map(|(count, name)| format!("{name} {:.1}", *count as f64 / subjects as f64));
    shown.collect::<Vec<_>>().join(", ")
}

/// When each of these runs was gone, and told of as confirmed.
async fn witness(
    server: pawl_apiserver::Server,
    wanted: HashSet<String>,
    ready: oneshot::Sender<()>,
) -> anyhow::Result<HashMap<String, Instant>> {
    let (mut runs, mut maps) = (server.follow("coderuns.agents.platform"), server.follow("configmaps"));
    // Whoever waits for it may have given up.
    ready.send(()).ok();
    let (mut gone, mut told) = (HashMap::new(), HashMap::new());
    let end = tokio::time::Instant::now() + PATIENCE;
    while gone.len() < wanted.len() || told.len() < wanted.len() {
        let is_in_time = tokio::select! {
            changed = runs.next() => { note_gone(&changed, &wanted, &mut gone); true }
            changed = maps.next() => { note_told(&changed, &wanted, &mut told); true }
            () = tokio::time::sleep_until(end) => false,
        };
        anyhow::ensure!(is_in_time, "of {} runs {} are gone and {} confirmed", wanted.len(), gone.len(), told.len());
    }
    let later = |(uid, at): (String, Instant)| (gone.get(&uid).copied().map_or(at, |gone| gone.max(at)), uid);
    Ok(told.into_iter().map(later).map(|(at, uid)| (uid, at)).collect())
}

fn note_gone(changed: &Changed, wanted: &HashSet<String>, gone: &mut HashMap<String, Instant>) {
    if let (Some(old), None) = (&changed.old, &changed.new)
        && let Some(uid) = old["metadata"]["uid"].as_str().filter(|uid| wanted.contains(*uid))
    {
        gone.insert(uid.to_owned(), Instant::now());
    }
}

/// The record lists what it has seen the end of.
fn note_told(changed: &Changed, wanted: &HashSet<String>, told: &mut HashMap<String, Instant>) {
    let now = Instant::now();
    let content = changed.new.as_ref().and_then(|map| map["data"]["content"].as_str());
    let Some(record) = content.and_then(|content| serde_json::from_str::<Value>(content).ok()) else { return };
    for past in record["stopped"].as_array().into_iter().flatten().filter(|past| past["end"] == "confirmed") {
        if let Some(uid) = past["stop"]["uid"].as_str().filter(|uid| wanted.contains(*uid)) {
            told.entry(uid.to_owned()).or_insert(now);
        }
    }
}

impl Subject {
    /// Two runs of QA for the head as it is now, one of which somebody cleans up behind, and one run that no push supersedes.
    fn start_qa(&mut self, house: &House) -> anyhow::Result<()> {
        self.serial += 1;
        let (number, head) = (self.pull.number().to_string(), self.pull.head());
        let commit = head.get(..7).context("a commit has forty digits")?;
        let runs = [
            (json!({ "agent": "tess", "pr-number": number, "repository": "acme-shop" }), "qa", true),
            (json!({ "github-app": "5DLabs-Tess", "pr-number": number, "repository": "acme-shop", "head-sha": commit }), "security", false),
            (json!({ "agent": "rex", "pr-number": number, "repository": "acme-shop" }), "fix", false),
        ];
        for (labels, what, is_held) in runs {
            // The implementer's goes on and on.
            if what == "fix" && self.serial > 1 {
                continue;
            }
            let name = format!("{what}-{number}-{}", self.serial);
            let finalizers: &[&str] = if is_held { &[CLEANUP] } else { &[] };
            let object = json!({
                "apiVersion": "agents.platform/v1", "kind": "CodeRun",
                "metadata": { "name": name, "labels": labels, "finalizers": finalizers },
                "spec": { "runType": what, "repositoryUrl": "https://github.com/acme/shop", "model": "large", "service": "shop" },
            });
            let made = house.server.create(&agents::runs(NAMESPACE), &object);
            let status = format!("{}/{name}/status", agents::runs(NAMESPACE));
            let told = house.server.call("PATCH", &status, &json!({ "status": { "phase": "Running" } }));
            anyhow::ensure!(told.status == 200, "{}", told.json);
            if what != "fix" {
                self.superseded.push(made["metadata"]["uid"].as_str().context("an object has a uid")?.to_owned());
            }
        }
        Ok(())
    }

    /// The pull request.
    pub fn pull(&self) -> &Pull {
        &self.pull
    }
}
