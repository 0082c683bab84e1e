//! The eye: sees every request where it is sent, where it arrives and where its reply comes home, keeps what the servers hold, and
//! judges each thing as it happens.

mod told;

use crate::checks::{self, Broken, Effect};
use crate::moments::{Batch, History, Lease, Moment, Readings};
use crate::standing::Standing;
use crate::trace::Trace;
use crate::truth::Truth;
use pawl_apiserver::Server;
use pawl_core::record::Record;
use pawl_core::subject::SubjectId;
use pawl_core::turn::Deployment;
use pawl_world::{Change, World};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Where everything of the service is kept.
pub const NAMESPACE: &str = "agents";
const MAPS: &str = "/api/v1/namespaces/agents/configmaps";
const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/agents/leases";
/// Where the runs are.
pub const RUNS: &str = "/apis/agents.platform/v1/namespaces/agents/coderuns";
/// Most complaints that are kept; the first tells most.
const COMPLAINTS: usize = 20;

/// What a request was sent on.
#[derive(Debug, Clone)]
pub struct Sent {
    by: String,
    what: String,
    moment: Moment,
    at: Instant,
    holds: BTreeMap<SubjectId, Vec<&'static str>>,
}

/// What the eye has seen.
pub struct Seen {
    /// What happened.
    pub trace: Trace,
    /// The truth about each pull request.
    pub truths: BTreeMap<SubjectId, Truth>,
    /// What is wrong.
    pub complaints: Vec<Broken>,
    /// The records as the server has them.
    pub records: BTreeMap<SubjectId, Arc<Record>>,
    /// How often each piece of news came into an inbox.
    pub entered: BTreeMap<(SubjectId, String), u32>,
    /// Writes of ours that were carried out, by what was written: `labels`, `runs`, `records`, `leases`, `notices`.
    pub writes: BTreeMap<&'static str, u64>,
    /// The runs whose deletion is on its way, by their names; those that never arrive stay.
    pub stopping: BTreeSet<String>,
    moment: Moment,
    records_then: BTreeMap<SubjectId, History<Arc<Record>>>,
    deployment: Arc<Deployment>,
    leases: BTreeMap<String, History<Option<Lease>>>,
    lease_of: BTreeMap<SubjectId, String>,
    readings: BTreeMap<(String, SubjectId), Readings>,
    batches: BTreeMap<(String, SubjectId), Batch>,
    standing: Standing,
    /// The last version of each record, and what it said.
    read: BTreeMap<SubjectId, (String, Arc<Record>)>,
    server: Server,
    world: Arc<World>,
    audited: usize,
}

/// The eye. Clones are the same one.
#[derive(Clone)]
pub struct Eye(Arc<Mutex<Seen>>);

impl fmt::Debug for Eye {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Eye")
    }
}

impl Eye {
    /// An eye that has seen nothing yet.
    #[must_use]
    pub fn new(deployment: Arc<Deployment>, server: Server, world: Arc<World>, truths: BTreeMap<SubjectId, Truth>) -> Self {
        let audited = world.label_changes_after(0).len();
        Self(Arc::new(Mutex::new(Seen {
            trace: Trace::begin(),
            truths,
            complaints: Vec::new(),
            records: BTreeMap::new(),
            entered: BTreeMap::new(),
            writes: BTreeMap::new(),
            stopping: BTreeSet::new(),
            moment: 0,
            records_then: BTreeMap::new(),
            deployment,
            leases: BTreeMap::new(),
            lease_of: BTreeMap::new(),
            readings: BTreeMap::new(),
            batches: BTreeMap::new(),
            standing: Standing::default(),
            read: BTreeMap::new(),
            server,
            world,
            audited,
        })))
    }

    /// What was seen so far.
    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Told once, when more was traced than any story needs.
    pub(crate) fn is_long(&self) -> Arc<Notify> {
        self.seen().trace.is_long()
    }

    /// Notes something that happened.
    pub fn note(&self, line: &str) {
        self.seen().trace.note(line, &[]);
    }

    /// A replica sends a request.
    pub fn sent(&self, by: &str, what: String, body: &[u8]) -> Sent {
        let mut seen = self.seen();
        seen.trace.note(&format!("{by} sends {what}"), body);
        if let Some(name) = stopped(&what) {
            seen.stopping.insert(name);
        }
        // Nothing else has an effect that a label could hold.
        let is_inward = what.starts_with("GET ") || what.contains(MAPS) || what.contains(LEASES);
        let holds = if is_inward { BTreeMap::new() } else { seen.standing.holds(by) };
        Sent { by: by.to_owned(), what, moment: seen.moment, at: Instant::now(), holds }
    }

    /// A run is about to be deleted: the object as it is now.
    #[must_use]
    pub fn before(&self, method: &str, path: &str) -> Option<Value> {
        (method == "DELETE" && path.starts_with(RUNS)).then(|| self.seen().server.get(path))?
    }

    /// The API server has answered; `object` is what [`Eye::before`] saw, `body` the request's. The record that was read, if one was.
    pub fn asked_cluster(&self, sent: &Sent, status: u16, object: Option<&Value>, body: &[u8]) -> Option<(SubjectId, Arc<Record>)> {
        let mut seen = self.seen();
        seen.trace.note(&format!("{} {} -> {status}", sent.by, sent.what), &[]);
        if let Some(name) = stopped(&sent.what) {
            seen.stopping.remove(&name);
        }
        let (method, path) = sent.what.split_once(' ').unwrap_or_default();
        let path = path.split('?').next().unwrap_or_default();
        if !(200..300).contains(&status) {
            return None;
        }
        let named = |collection: &str| {
            let rest = path.strip_prefix(collection)?;
            let in_body = || serde_json::from_slice::<Value>(body).ok()?.pointer("/metadata/name")?.as_str().map(str::to_owned);
            rest.strip_prefix('/').map(str::to_owned).or_else(in_body)
        };
        if let Some(name) = named(MAPS) {
            return seen.asked_maps(sent, method, &name);
        }
        if let Some(name) = named(LEASES).filter(|_| method != "GET") {
            seen.wrote_lease(&name, &sent.by);
        }
        if let Some(run) = object {
            seen.deleted(sent, run);
        }
        None
    }

    /// A reading of a record has come home.
    pub fn was_read(&self, by: &str, (subject, record): (SubjectId, Arc<Record>)) {
        let mut seen = self.seen();
        let moment = seen.next();
        seen.readings.entry((by.to_owned(), subject)).or_default().shown.push((moment, record));
    }

    /// GitHub has answered.
    pub fn asked_github(&self, sent: &Sent, status: u16) {
        let mut seen = self.seen();
        seen.trace.note(&format!("{} {} -> {status}", sent.by, sent.what), &[]);
        seen.audit(Some(sent));
    }

    /// Looks at what moved that nobody was seen to move: people did.
    pub fn look(&self) {
        self.seen().audit(None);
    }
}

impl Seen {
    /// Complains unless it holds.
    pub fn must(&mut self, name: &str, held: Result<(), Broken>) {
        if let Err(broken) = held {
            self.trace.note(&format!("!! {name}: {broken}"), &[]);
            if self.complaints.len() < COMPLAINTS {
                self.complaints.push(format!("{name}: {broken}"));
            }
        }
    }

    /// The next moment.
    fn next(&mut self) -> Moment {
        self.moment += 1;
        self.moment
    }

    /// Who held this subject's lease when a request was sent, and how long ago that had been written.
    fn holder(&self, sent: &Sent, subject: SubjectId) -> Option<(String, Duration)> {
        let lease = self.leases.get(self.lease_of.get(&subject)?)?.at(sent.moment)?.as_ref()?;
        Some((lease.holder.clone()?, sent.at - lease.written))
    }

    /// The record as the server had it when a request was sent.
    fn record(&self, sent: &Sent, subject: SubjectId) -> Option<Arc<Record>> {
        self.records_then.get(&subject)?.at(sent.moment).cloned()
    }

    fn wrote(&mut self, what: &'static str) {
        *self.writes.entry(what).or_default() += 1;
    }

    fn asked_maps(&mut self, sent: &Sent, method: &str, name: &str) -> Option<(SubjectId, Arc<Record>)> {
        let map = self.server.get(&format!("{MAPS}/{name}"));
        let text = |pointer: &str| map.as_ref().and_then(|map| map.pointer(pointer)).and_then(Value::as_str);
        if method != "GET" {
            self.wrote("records");
        }
        if text("/metadata/labels/app.kubernetes.io~1component") != Some("record") {
            return None;
        }
        let subject: SubjectId = text("/metadata/annotations/pawl~1about")?.parse().ok()?;
        let version = text("/metadata/resourceVersion")?;
        let record = match self.read.get(&subject) {
            Some((read, record)) if read == version => Arc::clone(record),
            _ => Arc::new(serde_json::from_str(text("/data/content")?).ok()?),
        };
        self.read.insert(subject, (version.to_owned(), Arc::clone(&record)));
        if method == "GET" {
            return Some((subject, record));
        }
        let moment = self.next();
        self.records_then.entry(subject).or_default().0.push((moment, Arc::clone(&record)));
        let before = self.records.insert(subject, Arc::clone(&record));
        self.changed(sent, subject, before.as_deref(), &record);
        None
    }

    fn changed(&mut self, sent: &Sent, subject: SubjectId, before: Option<&Record>, after: &Record) {
        let happened = self.truths.get(&subject).map(|truth| truth.happened.clone()).unwrap_or_default();
        self.must("S3", checks::s3(before, after, &happened));
        self.must("S7", checks::s7(before, after));
        let most = self.truths.get(&subject).map_or(0, |truth| truth.most);
        for part in after.parts.values() {
            self.must("S4", checks::s4(&part.labels, most));
        }
        let is_new = |seq: u64| before.is_none_or(|before| !before.inbox.iter().any(|entry| entry.seq == seq));
        for entry in after.inbox.iter().filter(|entry| is_new(entry.seq)) {
            *self.entered.entry((subject, entry.news.id.clone())).or_default() += 1;
        }
        if before.is_none_or(|before| before.generation != after.generation) {
            // Whatever raises the generation is a commit; a record that only begins to be has no claim yet.
            if before.is_some() {
                let holder = self.holder(sent, subject);
                let held = holder.as_ref().map(|(holder, since)| (holder.as_str(), *since));
                self.must("S6", checks::s6_sender(&sent.by, held, &format!("generation {}", after.generation)));
            }
            let moment = self.next();
            self.readings.entry((sent.by.clone(), subject)).or_default().commits.push(moment);
        }
        let labels: Vec<String> = after.parts.values().flat_map(|part| part.labels.iter().map(ToString::to_string)).collect();
        let state: Vec<&str> = after.parts.values().map(|part| part.state.as_str()).collect();
        let line = format!("  {subject} generation {} {state:?} {labels:?} inbox {}", after.generation, after.inbox.len());
        self.trace.note(&line, &[]);
    }

    fn wrote_lease(&mut self, name: &str, by: &str) {
        self.wrote("leases");
        // What stands there now is what its new holder will find.
        self.audit(None);
        let moment = self.next();
        let Some(lease) = self.server.get(&format!("{LEASES}/{name}")) else {
            self.leases.entry(name.to_owned()).or_default().0.push((moment, None));
            return;
        };
        let holder = lease.pointer("/spec/holderIdentity").and_then(Value::as_str).filter(|h| !h.is_empty()).map(str::to_owned);
        let now = Instant::now();
        let old = self.leases.get(name).and_then(|history| history.0.last()?.1.clone());
        let before = old.and_then(|old| Some((old.holder.clone()?, now - old.written)));
        self.must("S6", checks::s6(before.as_ref().map(|(holder, since)| (holder.as_str(), *since)), holder.as_deref(), by));
        if let Some(subject) = lease.pointer("/metadata/annotations/pawl~1subject").and_then(Value::as_str).and_then(|s| s.parse().ok()) {
            self.lease_of.insert(subject, name.to_owned());
            if let Some(new) = holder.as_deref().filter(|new| before.as_ref().is_none_or(|(old, _)| old != new)) {
                self.standing.claimed(subject, new);
            }
        }
        self.leases.entry(name.to_owned()).or_default().0.push((moment, Some(Lease { holder, written: now })));
    }

    /// Whoever a lease names as its holder, the dead included: what they left behind is given back in their place.
    #[must_use]
    pub fn holders(&self) -> Vec<String> {
        let shown = |lease: &Lease| Some(format!("{} since {:?}", lease.holder.as_deref()?, lease.written.elapsed()));
        self.leases.values().filter_map(|history| history.0.last()?.1.as_ref()).filter_map(shown).collect()
    }

    fn effect(&mut self, sent: &Sent, subject: SubjectId, effect: &Effect) {
        let deployment = Arc::clone(&self.deployment);
        let looked = self.looked(sent, subject, effect);
        self.must("S2", looked);
        self.must("S2", checks::s2_claim(sent.holds.get(&subject).map_or(&[], Vec::as_slice), effect));
        let holder = self.holder(sent, subject);
        let held = holder.as_ref().map(|(holder, since)| (holder.as_str(), *since));
        self.must("S6", checks::s6_sender(&sent.by, held, &format!("{effect:?}")));
        let record = self.record(sent, subject);
        self.must("S8", checks::s8(&deployment, record.as_deref(), effect));
    }

    /// Judges the readings of the record that came before this effect and after those of another kind, or after the commit.
    fn looked(&mut self, sent: &Sent, subject: SubjectId, effect: &Effect) -> Result<(), Broken> {
        let by = (sent.by.clone(), subject);
        let Some(given) = self.readings.get(&by) else { return Ok(()) };
        let is_stops = matches!(effect, Effect::Stopped(..));
        let (commits, shown) = given.by(sent.moment);
        let (from, next) = match self.batches.get(&by).filter(|batch| batch.commits == commits) {
            Some(batch) if batch.is_stops == is_stops => (batch.from, batch.next),
            Some(batch) => (batch.next, 0),
            None => (0, 0),
        };
        let shown: Vec<&Record> = shown.collect();
        let batch = Batch { commits, is_stops, from, next: next.max(shown.len()) };
        let held = checks::s2(&self.deployment, shown.get(from..).unwrap_or_default(), effect);
        self.batches.insert(by, batch);
        held
    }

    fn deleted(&mut self, sent: &Sent, run: &Value) {
        self.wrote("runs");
        let text = |pointer: &str| run.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (name, uid, phase) = (text("/metadata/name"), text("/metadata/uid"), text("/status/phase"));
        let owner = self.truths.iter().find(|(_, truth)| truth.runs.contains_key(&name)).map(|(subject, truth)| (*subject, truth.clone()));
        let Some((subject, truth)) = owner else { return self.must("S5", Err(format!("run {name} was deleted, and nobody knows it"))) };
        let is_finished = matches!(phase.as_str(), "Succeeded" | "Failed");
        let head = truth.pushes.last().map(|push| push.commit.as_str()).unwrap_or_default();
        self.must("S5", checks::s5(&truth.runs[&name], is_finished, &truth.pushes, head));
        self.effect(sent, subject, &Effect::Stopped(name, uid));
    }

    /// Judges the labels that have moved since the last time. What our account moved was moved by the request that was just answered.
    fn audit(&mut self, sent: Option<&Sent>) {
        let changes = self.world.label_changes_after(self.audited);
        self.audited += changes.len();
        let mut removed = Vec::new();
        for change in &changes {
            self.standing.moved(change.number, &change.label, change.change == Change::Added);
            let is_ours = change.actor == self.world.account();
            let way = if change.change == Change::Added { '+' } else { '-' };
            self.trace.note(&format!("  #{} {way}{} by {}", change.number, change.label, change.actor), &[]);
            if !is_ours {
                continue;
            }
            self.wrote("labels");
            let deployment = Arc::clone(&self.deployment);
            self.must("S1", checks::s1(&deployment, &change.label));
            let subject = self.truths.keys().find(|subject| subject.number == change.number).copied();
            let effect = match change.change {
                Change::Added => Effect::Set(change.label.clone()),
                Change::Removed => Effect::Removed(change.label.clone()),
            };
            match (sent, subject) {
                (Some(sent), Some(subject)) => {
                    if change.change == Change::Removed {
                        removed.push((sent, subject, change.label.clone()));
                    }
                    self.effect(sent, subject, &effect);
                }
                _ => self.must("S8", Err(format!("{effect:?} came from nowhere"))),
            }
        }
        // Judged when all of the request is done: what one request adds and removes is seen together.
        for (sent, subject, label) in removed {
            let record = self.record(sent, subject);
            let held = checks::g1(record.as_deref(), &label, |label| self.standing.lacks(subject.number, label));
            self.must("G1", held);
        }
    }
}

/// The run that this request would delete.
fn stopped(what: &str) -> Option<String> {
    let path = what.strip_prefix("DELETE ")?.strip_prefix(RUNS)?.strip_prefix('/')?;
    path.split('?').next().map(str::to_owned)
}
