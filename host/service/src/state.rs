//! The state of everything, as JSON: what runs, what is retried, how many subjects are in which state, and why one is where it is.

use crate::host::Host;
use crate::{budget, circuits, skew, swap};
use pawl_core::record::Record;
use pawl_core::store::StoreError;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

/// Subjects that are listed one by one; all are counted.
const LISTED: usize = 200;

/// The whole.
///
/// # Errors
/// When the store cannot be read.
pub async fn state(host: &Host) -> Result<Value, StoreError> {
    let mut counts: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    let policies = host.policies();
    for member in &policies.deployment.members {
        let states = member.manifest.states.iter().map(|s| (s.name.as_str(), 0)).collect();
        counts.insert(&member.manifest.name, states);
    }
    let names = policies.names();
    let (mut subjects, mut unsettled, mut unreadable, mut after) = (Vec::new(), 0_u64, 0_u64, None);
    let mut total = 0_u64;
    loop {
        let page = host.store.page(after, 500).await?;
        let is_last = page.len() < 500;
        after = crate::store::behind(&page);
        for record in page {
            let Ok(record) = record else {
                unreadable += 1;
                continue;
            };
            total += 1;
            unsettled += u64::from(!record.is_settled(&names));
            for (policy, part) in &record.parts {
                if let Some(count) = counts.get_mut(policy.as_str()).and_then(|states| states.get_mut(part.state.as_str())) {
                    *count += 1;
                }
            }
            if subjects.len() < LISTED && record.ended.is_none() {
                subjects.push(brief(&record, &names));
            }
        }
        if is_last {
            break;
        }
    }
    let running: Vec<Value> =
        host.queue.running().into_iter().map(|(id, age)| json!({ "subject": id, "seconds": age.as_secs_f64() })).collect();
    let retrying: Vec<Value> = host
        .queue
        .retrying()
        .into_iter()
        .map(|r| json!({ "subject": r.subject.to_string(), "failures": r.failures, "next_in_seconds": r.wait.as_secs_f64(), "why": r.why }))
        .collect();
    let counters = &host.counters;
    let count = |c: &std::sync::atomic::AtomicU64| c.load(Ordering::Relaxed);
    Ok(json!({
        "generated_at": host.now().to_string(),
        "uptime_seconds": host.started.elapsed().as_secs(),
        "draining": host.is_draining(),
        "tasks": tokio::runtime::Handle::current().metrics().num_alive_tasks(),
        "running": running,
        "retrying": retrying,
        "waiting": host.queue.len(),
        "subjects": { "total": total, "unsettled": unsettled, "unreadable": unreadable, "set_aside": host.store.set_aside(), "listed": subjects },
        "states": counts,
        "branches_waiting": host.store.held_branches().await?,
        "branch_news_given_up": count(&counters.branch_news_given_up),
        "clock": skew::json(host),
        "deliveries": {
            "accepted": count(&counters.accepted), "duplicate": count(&counters.duplicate),
            "ignored": count(&counters.ignored), "refused": count(&counters.refused),
        },
        "turns": { "ended": count(&counters.turns), "unsettled": count(&counters.unsettled), "label_writes": count(&counters.label_writes) },
        "repairs": {
            "orphans_freed": count(&counters.orphans_freed), "begun_anew": count(&counters.begun_anew),
            "records_expired": count(&counters.records_expired), "to_begin_anew": host.store.bereft().await?,
        },
        "circuits": circuits::json(host),
        "defects": host.tasks.json(),
        "github": {
            "calls": { "reads": host.github.calls().reads, "writes": host.github.calls().writes },
            "budgets": budget::json(&host.github.budgets()),
        },
        "cluster": host.cluster.as_ref().map(|cluster| json!({
            "runs": cluster.missing().unwrap_or_else(|| "ok".into()),
            "claims_held": host.claims.leases().map_or(0, |leases| leases.held().len()),
            "claims_held_long": host.claims.leases().map_or(0, pawl_cluster::Claims::held_long),
            "refused": cluster.refusals(),
        })),
        "labels_drifted": host.schemas.json(),
        "policies": swap::json(host, &policies),
        "shadows": host.shadows.json(),
    }))
}

fn brief(record: &Record, names: &[&str]) -> Value {
    let states: BTreeMap<&str, &str> = record.parts.iter().map(|(name, part)| (name.as_str(), part.state.as_str())).collect();
    json!({ "subject": record.subject.to_string(), "id": record.subject.id(), "states": states, "settled": record.is_settled(names) })
}

/// One subject: where it is, why, and what is outstanding.
#[must_use]
pub fn subject(host: &Host, record: &Record) -> Value {
    let running = host.policies();
    let names = running.names();
    let policies: BTreeMap<&str, Value> = record
        .parts
        .iter()
        .map(|(name, part)| {
            let member = running.deployment.members.iter().find(|m| m.manifest.name == *name);
            let sentence = member.and_then(|m| m.manifest.states.iter().find(|s| s.name == part.state)).map(|s| s.sentence.as_str());
            let requests: Vec<Value> = part
                .requests
                .iter()
                .map(|r| json!({ "key": r.request.key, "ask": r.request.ask.word(), "attempts": r.attempts }))
                .collect();
            let value = json!({
                "state": part.state, "sentence": sentence, "reason": part.reason, "held": part.held, "labels": part.labels,
                "parked": part.parked, "outstanding": { "stops": part.stops, "requests": requests },
                "revisit_at": part.revisit_at.map(|t| t.to_string()), "digest": part.digest,
            });
            (name.as_str(), value)
        })
        .collect();
    let inbox: Vec<Value> = record
        .inbox
        .iter()
        .map(|e| json!({ "id": e.news.id, "event": e.news.event.word(), "at": e.news.at.to_string(), "delivery": e.delivery }))
        .collect();
    json!({
        "subject": record.subject.to_string(),
        "id": record.subject.id(),
        "settled": record.is_settled(&names),
        "ended": record.ended,
        "labels_outstanding": record.labels_outstanding,
        "policies": policies,
        "inbox": inbox,
        "history": record.history,
        "generation": record.generation,
        "looked_at": record.looked_at.map(|t| t.to_string()),
        "operation": record.operation,
    })
}
