//! Retention: what is over goes in the end. The record of a subject that was merged, closed or deleted outlives every delivery that may come
//! again, and some time more for people who look; then it is taken away, under the claim and in exactly the version that was judged. So are
//! names of repositories of which no record is left. Branch news end by themselves, claims are swept.

use crate::host::{Counters, Host};
use crate::rhythm::Rhythm;
use pawl_core::Timestamp;
use pawl_core::store::StoreError;
use pawl_core::subject::SubjectId;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Between two passes.
const EVERY: Duration = Duration::from_secs(3600);
/// The first pass comes at some time within so long of the start, so that replicas do not all take away the same.
const FIRST: Duration = Duration::from_secs(600);
/// Records that are read at once.
const PAGE: usize = 200;
/// Records, and names, that go in one pass; the next goes on.
const AT_ONCE: usize = 200;
/// What a pass did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tidied {
    /// Records there were.
    pub records: usize,
    /// Records taken away.
    pub expired: usize,
    /// Records that should have gone and could not, or will with the next pass.
    pub left: usize,
    /// Names of repositories that were forgotten.
    pub names: usize,
}

/// Takes away in a steady rhythm, until the host drains.
pub async fn run(host: Arc<Host>) {
    let first = FIRST.mul_f64(fastrand::f64());
    if host.draining().run_until_cancelled(tokio::time::sleep(first)).await.is_none() {
        return;
    }
    let mut rhythm = Rhythm::new(host.draining(), EVERY);
    while rhythm.next().await {
        match pass(&host, host.now()).await {
            Ok(done) if done.expired + done.names > 0 => tracing::info!(?done, "what is over was taken away"),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "what is over cannot be taken away; the next hour tries again"),
        }
    }
}

/// One pass over all records and names, as of `now`.
///
/// # Errors
/// When the store cannot be read.
pub async fn pass(host: &Host, now: Timestamp) -> Result<Tidied, StoreError> {
    // Read first: whatever has a record by the time that those are read keeps its name.
    let names = host.store.names().await?;
    let mut tidied = Tidied::default();
    let (mut repositories, mut due, mut after) = (BTreeSet::new(), Vec::new(), None);
    let policies = host.policies();
    let deployed = policies.names();
    loop {
        let page = host.store.page(after, PAGE).await?;
        let is_last = page.len() < PAGE;
        after = crate::store::behind(&page);
        for record in page {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    repositories.extend(error.subject().map(|subject| subject.repository));
                    continue;
                }
            };
            tidied.records += 1;
            let is_due = host.config.retention.is_past(&record, &deployed, now);
            tidied.left += usize::from(is_due);
            if is_due && due.len() < AT_ONCE {
                due.push(record.subject.id());
            } else {
                repositories.insert(record.subject.repository.id);
            }
        }
        if is_last {
            break;
        }
    }
    for id in due {
        if host.is_draining() {
            return Ok(tidied);
        }
        if expire(host, id, now).await? {
            tidied.expired += 1;
            tidied.left -= 1;
        } else {
            repositories.insert(id.repository);
        }
    }
    let unused = names.into_iter().filter(|(_, id)| !repositories.contains(id)).take(AT_ONCE);
    for (name, id) in unused {
        tidied.names += usize::from(host.store.forget_name(&name, id).await?);
    }
    Ok(tidied)
}

/// Takes one record away, unless somebody works on its subject or something has changed.
async fn expire(host: &Host, id: SubjectId, now: Timestamp) -> Result<bool, StoreError> {
    let Ok(claim) = host.claims.take(id, &host.operation(), Duration::ZERO).await else { return Ok(false) };
    let expired = expire_claimed(host, id, now).await;
    claim.release().await;
    expired
}

async fn expire_claimed(host: &Host, id: SubjectId, now: Timestamp) -> Result<bool, StoreError> {
    let Some(record) = host.store.load(id).await? else { return Ok(false) };
    if !host.config.retention.is_past(&record, &host.policies().names(), now) || !host.store.remove(&record).await? {
        return Ok(false);
    }
    host.forget(id);
    Counters::count(&host.counters.records_expired);
    let (shown, over_since) = (record.subject.to_string(), record.looked_at.map(|at| at.to_string()));
    host.journal.write("expired", json!({ "subject": id, "shown": shown, "over_since": over_since, "generation": record.generation }));
    Ok(true)
}
