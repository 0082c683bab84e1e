//! The reconciler: finds what got lost. Every pass it queues what is unsettled or overdue, and looks, without a claim and without a
//! trace, at open subjects that nobody has touched for long; only a difference queues a turn.

use crate::host::Host;
use crate::queue::Priority;
use crate::rhythm::Rhythm;
use crate::{anew, circuits, schema, shell, skew};
use pawl_core::breaker::Circuit;
use pawl_core::record::Record;
use pawl_core::subject::SubjectId;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Records that are read at once.
const PAGE: usize = 200;

/// What one pass found.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    /// Records read.
    pub records: usize,
    /// Unsettled or overdue subjects that were queued.
    pub queued: usize,
    /// Subjects that were looked at.
    pub looks: usize,
    /// Looks that found a difference.
    pub differences: usize,
    /// Subjects that were queued because their record was set aside.
    pub anew: usize,
}

/// Runs passes until the host drains. The first comes at once: a restart begins with what was left.
pub async fn run(host: Arc<Host>) {
    let period = Duration::from_secs(host.config.limits.reconcile_seconds);
    let mut rhythm = Rhythm::new(host.draining(), period);
    while rhythm.next().await {
        let pass = pass(&host).await;
        host.passes.send_modify(|passes| *passes += 1);
        if pass.queued + pass.differences + pass.anew > 0 {
            let Pass { records, queued, looks, differences, anew } = pass;
            tracing::info!(records, queued, looks, differences, anew, "reconciled");
        }
        schema::check(&host, Instant::now()).await;
        skew::check(&host);
    }
}

/// One pass over all records.
pub async fn pass(host: &Host) -> Pass {
    let mut pass = Pass::default();
    let mut stale: Vec<(Option<Instant>, Record)> = Vec::new();
    let names = host.policies.names();
    let mut looked_after: HashSet<SubjectId> = HashSet::new();
    let mut after: Option<SubjectId> = None;
    loop {
        let page = match host.store.page(after, PAGE).await {
            Ok(page) => page,
            Err(error) => {
                tracing::error!(%error, "the reconciler cannot read the store");
                return pass;
            }
        };
        let is_last = page.len() < PAGE;
        after = crate::store::behind(&page);
        for record in page {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    tracing::error!(%error, "a record cannot be used");
                    continue;
                }
            };
            pass.records += 1;
            if record.ended.is_some() {
                continue;
            }
            looked_after.insert(record.subject.id());
            host.schemas.hear_of(&record.subject.repository);
            let is_overdue = record.revisit_at().is_some_and(|at| at <= host.now());
            if !record.is_settled(&names) || is_overdue {
                host.queue.push(record.subject, Priority::Rest, "reconciler", None);
                pass.queued += 1;
            } else if !is_over(host, &record) && is_long_unseen(host, &record) {
                stale.push((host.last_look(record.subject.id()), record));
            }
        }
        if is_last {
            break;
        }
    }
    host.remember_only(&looked_after);
    pass.anew = anew::begin(host).await;
    stale.sort_by_key(|(seen, record)| (*seen, record.looked_at));
    for (_, record) in stale.into_iter().take(host.config.limits.looks_per_pass) {
        // An upstream that is left alone is not looked at: the probe belongs to what waits for it.
        if host.is_draining() || circuits::all(host).iter().any(|(_, circuit)| !matches!(circuit, Circuit::Closed { .. })) {
            break;
        }
        pass.looks += 1;
        match shell::look(host, &record.subject).await {
            Ok(true) => {
                pass.differences += 1;
                host.queue.push(record.subject, Priority::Rest, "reconciler: a look found a difference", None);
            }
            Ok(false) => {}
            Err(trouble) => {
                tracing::warn!(subject = %record.subject, "a look failed: {}", trouble.message);
                if trouble.transient {
                    break;
                }
            }
        }
    }
    pass
}

/// Whether every policy calls the subject finished: then only news can change that.
pub(crate) fn is_over(host: &Host, record: &Record) -> bool {
    let is_terminal = |m: &pawl_core::turn::Member| {
        let part = record.parts.get(&m.manifest.name);
        part.is_some_and(|p| m.manifest.states.iter().any(|s| s.terminal && s.name == p.state))
    };
    host.policies.deployment.members.iter().all(is_terminal)
}

fn is_long_unseen(host: &Host, record: &Record) -> bool {
    let period = Duration::from_secs(host.config.limits.look_minutes * 60);
    match host.last_look(record.subject.id()) {
        Some(at) => at.elapsed() >= period,
        // Not read by this process yet: the record says when it was read last.
        None => record.looked_at.is_none_or(|at| host.now().as_second() - at.as_second() >= period.as_secs().cast_signed()),
    }
}
