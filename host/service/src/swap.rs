//! Swapping policies while running (H6). The file of each policy is looked at every few seconds. What is new there is examined as at a
//! start, and more: against its neighbours, against what is remembered, and by the fixtures that it carries. Then it takes over: turns that
//! have begun end with what ran when they began. Otherwise what runs goes on, and why is said until something changes.
//!
//! An operator can lead back to what ran before, under the same checks; that holds for every replica and after a restart (see
//! [`crate::orders`]).

mod begin;
mod operator;
mod refused;

pub use begin::begin;
pub use operator::{activate, earlier, json, roll_back};

use crate::candidate::{Candidate, Examiner, component, file};
use crate::config::PolicyConfig;
use crate::host::Host;
use crate::kept::{Kept, Was, digest};
use crate::orders::Order;
use crate::policies::Policies;
use crate::rhythm::Rhythm;
use anyhow::{Context, bail};
use pawl_core::store::StoreError;
use pawl_core::turn::Member;
use refused::Refused;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// Between two looks at the files. Polling sees what notifications of file systems do not tell: mounts of ConfigMaps, and network shares.
const EVERY: Duration = Duration::from_secs(2);
/// Of so many looks one reads the files whatever their times say, and the orders of operators.
const WHOLE: u32 = 15;
/// Records that are read at once.
const PAGE: usize = 200;
/// All fixtures of a component must have been run within this time.
const FIXTURES: Duration = Duration::from_secs(10);

/// What is known of a file without reading it.
type Stamp = (Option<SystemTime>, u64);

/// What is known of one policy, or of its twin.
#[derive(Debug, Default)]
struct Known {
    stamp: Option<Stamp>,
    /// Whether the file looked other at the last look than at the one before.
    has_moved: bool,
    refused: Option<Refused>,
    /// The order that was read last.
    order: Option<Order>,
    activations: u64,
    refusals: u64,
}

impl Known {
    /// Whether this component was refused, and is left alone at this look.
    fn rests(&mut self, digest: &str) -> bool {
        self.refused(digest).is_some_and(Refused::rests)
    }

    /// What is known of this component, if it was refused.
    fn refused(&mut self, digest: &str) -> Option<&mut Refused> {
        self.refused.as_mut().filter(|refused| refused.digest == digest)
    }
}

/// What is known of components that are to take over, or were not let.
#[derive(Debug)]
pub struct Swaps {
    examiner: Examiner,
    kept: Kept,
    known: Mutex<BTreeMap<String, Known>>,
    /// One at a time: each is examined against what runs then.
    alone: tokio::sync::Mutex<()>,
}

/// Who lets a component take over.
#[derive(Debug, Clone, Copy)]
pub enum Asked<'a> {
    /// The file has changed.
    File,
    /// An operator says so, and whether what cannot be read is to be forgotten.
    Operator {
        /// Who.
        by: &'a str,
        /// Whether subjects whose memory cannot be read start from labels.
        forgets: bool,
    },
    /// An operator has told another replica, or this one before it was started again.
    Order,
}

impl Swaps {
    /// Nothing has been swapped yet. What ran is kept in the folder `kept`.
    #[must_use]
    pub fn new(examiner: Examiner, kept: &Path) -> Self {
        Self { examiner, kept: Kept::in_folder(kept), known: Mutex::default(), alone: tokio::sync::Mutex::default() }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Known>> {
        // Whole after every line that holds it.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<R>(&self, name: &str, act: impl FnOnce(&mut Known) -> R) -> R {
        act(self.known().entry(name.to_owned()).or_default())
    }

    /// Each policy or twin whose newest component was not taken over, with the reason.
    #[must_use]
    pub fn refused(&self) -> Vec<(String, String)> {
        let told = |refused: &Refused| format!("{} ({:.12}): {}", refused.source, refused.digest, refused.reason);
        self.known().iter().filter_map(|(name, known)| Some((name.clone(), told(known.refused.as_ref()?)))).collect()
    }

    /// For each policy: how often a component took over, and how often one was not let.
    #[must_use]
    pub fn counts(&self) -> Vec<(String, u64, u64)> {
        self.known().iter().map(|(name, known)| (name.clone(), known.activations, known.refusals)).collect()
    }
}

/// Looks at the files until the host drains. What this binary carries does not change, so without files there is nothing to look at.
pub async fn run(host: Arc<Host>) {
    let has_files = |(name, policy): (&String, &PolicyConfig)| {
        file(&policy.source, name).is_some() || policy.shadow.as_ref().is_some_and(|twin| file(&twin.source, name).is_some())
    };
    if !host.config.policy.iter().any(has_files) {
        return;
    }
    let mut rhythm = Rhythm::new(host.draining(), EVERY);
    let mut looks = 0_u32;
    while rhythm.next().await {
        looks += 1;
        look(&host, looks.is_multiple_of(WHOLE)).await;
    }
}

/// One look at every file; a whole one reads each, and asks for the orders of operators.
pub async fn look(host: &Host, is_whole: bool) {
    for (name, policy) in &host.config.policy {
        if is_whole && file(&policy.source, name).is_some() {
            operator::heed(host, name, policy).await;
        }
        if has_changed(host, name, &policy.source, name, is_whole) {
            take_over(host, name, policy).await;
        }
        if let Some(twin) = &policy.shadow
            && has_changed(host, &twin_name(name), &twin.source, name, is_whole)
        {
            take_over_twin(host, name, policy).await;
        }
    }
}

/// Whether the file should be read: it looks as it did at the last look, and other than at the one before. Whoever writes it may not have
/// done before.
fn has_changed(host: &Host, key: &str, source: &str, name: &str, is_whole: bool) -> bool {
    let Some(path) = file(source, name) else { return false };
    let stamp = std::fs::metadata(path).ok().map(|file| (file.modified().ok(), file.len()));
    host.swaps.with(key, |known| {
        let before = std::mem::replace(&mut known.stamp, stamp);
        let had_moved = std::mem::replace(&mut known.has_moved, before != stamp);
        before == stamp && (is_whole || had_moved)
    })
}

/// What a twin is called among policies.
fn twin_name(name: &str) -> String {
    format!("{name} (shadow)")
}

async fn take_over(host: &Host, name: &str, policy: &PolicyConfig) {
    match component(&policy.source, name) {
        Ok(bytes) => {
            let new = digest(&bytes);
            let is_known = host.swaps.with(name, |known| {
                let is_refused = known.rests(&new);
                is_refused || known.order.as_ref().is_some_and(|order| order.avoids(&new))
            });
            let runs = host.policies().named(name).is_some_and(|candidate| candidate.member.digest == new);
            if runs {
                host.swaps.with(name, |known| {
                    // Unless it should not run, and what should cannot.
                    if !known.order.as_ref().is_some_and(|order| order.avoids(&new)) {
                        known.refused = None;
                    }
                });
            } else if !is_known {
                // Why not is told where it is found.
                offer(host, name, &bytes, &policy.source, Asked::File).await.ok();
            }
        }
        Err(error) => refuse(host, name, "none", &policy.source, &error),
    }
}

async fn take_over_twin(host: &Host, name: &str, policy: &PolicyConfig) {
    let Some(twin) = &policy.shadow else { return };
    let key = twin_name(name);
    let bytes = match component(&twin.source, name) {
        Ok(bytes) => bytes,
        Err(error) => return refuse(host, &key, "none", &twin.source, &error),
    };
    let new = digest(&bytes);
    let runs = host.policies().twin(name).is_some_and(|candidate| candidate.member.digest == new);
    if runs {
        return host.swaps.with(&key, |known| known.refused = None);
    }
    if host.swaps.with(&key, |known| known.rests(&new)) {
        return;
    }
    let _alone = host.swaps.alone.lock().await;
    let examined = examined(host, {
        let (name, policy, twin) = (name.to_owned(), policy.clone(), twin.clone());
        move |examiner| examiner.examine_twin(&name, &policy, &twin, &bytes)
    });
    match examined.await {
        Ok(candidate) => {
            host.run(host.policies().with_twin(candidate));
            host.swaps.with(&key, |known| (known.refused, known.activations) = (None, known.activations + 1));
            tracing::info!(policy = name, digest = new, "another shadow is asked from now on");
            host.journal.write("policy", json!({ "policy": key, "did": "activated", "digest": new, "source": twin.source }));
        }
        Err(error) => refuse(host, &key, &new, &twin.source, &error),
    }
}

/// Examines off the threads that answer deliveries: it takes tens of milliseconds, or what a bad component takes of its limits.
async fn examined(host: &Host, examine: impl FnOnce(&Examiner) -> anyhow::Result<Candidate> + Send + 'static) -> anyhow::Result<Candidate> {
    let examiner = host.swaps.examiner.clone();
    tokio::task::spawn_blocking(move || examine(&examiner)).await.context("examining it ended by a defect; please report this")?
}

/// Lets a component take over if it passes every check.
///
/// # Errors
/// The first check that it does not pass; what runs goes on.
pub async fn offer(host: &Host, name: &str, bytes: &[u8], source: &str, asked: Asked<'_>) -> anyhow::Result<Member> {
    let new = digest(bytes);
    let _alone = host.swaps.alone.lock().await;
    match offered(host, name, bytes, source, asked).await {
        Ok((policies, candidate)) => {
            let member = candidate.member.clone();
            let before = host.policies().named(name).map(|candidate| candidate.member.digest.clone());
            host.run(policies);
            host.schemas.doubt_all();
            keep(&host.swaps, &candidate, bytes, &host.now().to_string());
            host.swaps.with(name, |known| (known.refused, known.activations) = (None, known.activations + 1));
            tracing::info!(
                policy = name,
                version = member.manifest.version,
                digest = new,
                before,
                source,
                "another component decides from now on"
            );
            host.journal.write(
                "policy",
                json!({ "policy": name, "did": "activated", "digest": new, "before": before, "source": source, "asked": asked.word() }),
            );
            Ok(member)
        }
        Err(error) => {
            refuse(host, name, &new, source, &error);
            Err(error)
        }
    }
}

async fn offered(host: &Host, name: &str, bytes: &[u8], source: &str, asked: Asked<'_>) -> anyhow::Result<(Policies, Candidate)> {
    let mut policy = host.config.policy.get(name).with_context(|| format!("no policy {name:?} is configured"))?.clone();
    let new = digest(bytes);
    policy.forget_memory |= match asked {
        Asked::Operator { forgets, .. } => forgets,
        Asked::File | Asked::Order => host.swaps.with(name, |known| known.order.as_ref().is_some_and(|order| order.lets_forget(&new))),
    };
    let (bytes, source, called) = (bytes.to_vec(), source.to_owned(), name.to_owned());
    let candidate = examined(host, move |examiner| {
        let candidate = examiner.examine(&called, &policy, &source, &bytes)?;
        candidate.passes_own_fixtures(&bytes, FIXTURES)?;
        Ok(candidate)
    });
    let candidate = candidate.await?;
    let unreadable = unreadable(host.store.as_ref(), &candidate.member).await.context("cannot read what is remembered")?;
    if unreadable > 0 && !candidate.member.forgets {
        bail!("{}", cannot_read(&candidate.member, unreadable));
    }
    Ok((host.policies().with(&host.config, candidate.clone())?, candidate))
}

impl Asked<'_> {
    fn word(self) -> String {
        match self {
            Self::File => "the file changed".into(),
            Self::Operator { by, .. } => format!("by {by}"),
            Self::Order => "by an order".into(),
        }
    }
}

/// Subjects of which a policy could not read what is remembered.
async fn unreadable(store: &dyn crate::store::Store, member: &Member) -> Result<u64, StoreError> {
    let (mut count, mut after) = (0, None);
    loop {
        let page = store.page(after, PAGE).await?;
        let is_last = page.len() < PAGE;
        after = crate::store::behind(&page);
        for record in page.into_iter().flatten().filter(|record| record.ended.is_none()) {
            let memory = record.parts.get(&member.manifest.name).and_then(|part| part.memory.as_ref());
            count += u64::from(!member.reads(memory));
        }
        if is_last {
            return Ok(count);
        }
    }
}

fn cannot_read(member: &Member, subjects: u64) -> String {
    let reads = member.manifest.reads_memory.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let name = &member.manifest.name;
    format!(
        "it reads memory of version {reads}, and that of {subjects} subjects is of another; let them start from their labels by \
         forget_memory = true under [policy.{name}], or now by `pawl policy activate {name} --forget-memory --confirm`"
    )
}

/// What runs goes on; why the new one does not take over is said once in the log, and shown until something changes.
fn refuse(host: &Host, name: &str, new: &str, source: &str, error: &anyhow::Error) {
    let at = host.now().to_string();
    let (reason, is_news) = host.swaps.with(name, |known| {
        let refused = Refused::new(new, source, error, at, known.refused.as_ref());
        let is_news = known.refused.as_ref().is_none_or(|before| (&before.digest, &before.reason) != (&refused.digest, &refused.reason));
        known.refusals += u64::from(is_news);
        (known.refused.insert(refused).reason.clone(), is_news)
    });
    if is_news {
        tracing::error!(policy = name, digest = new, source, "a component is not taken over, what runs goes on: {reason}");
        host.journal.write("policy", json!({ "policy": name, "did": "refused", "digest": new, "source": source, "reason": reason }));
    }
}

/// Without a way back the policy runs all the same.
fn keep(swaps: &Swaps, candidate: &Candidate, bytes: &[u8], since: &str) {
    let member = &candidate.member;
    let was = Was { digest: member.digest.clone(), version: member.manifest.version.clone(), since: since.to_owned() };
    if let Err(error) = swaps.kept.keep(&member.manifest.name, was, bytes) {
        tracing::warn!(policy = member.manifest.name, %error, "a component cannot be kept, so there will be no way back to it; make room in the data folder");
    }
}

fn instead(kept: &Kept, name: &str, order: &Order) -> Option<Vec<u8>> {
    order.component().or_else(|| kept.component(name, order.instead.as_deref()?))
}
