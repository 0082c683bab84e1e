//! What must hold at rest: when every fault is lifted, everything was told, and the replicas have looked again.

use crate::checks::{Broken, supersedes};
use crate::eye::Seen;
use crate::post::Accepted;
use crate::truth::Truth;
use pawl_core::record::Record;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Writes so far, by what was written.
pub type Writes = BTreeMap<&'static str, u64>;

/// The status labels.
const STATUS: [&str; 5] = ["needs-remediation", "remediation-in-progress", "ready-for-qa", "approved", "failed-remediation"];

/// R1: one status label, and it is the state. What a person holds stays as it was.
pub fn r1(truth: &Truth, labels: &[String]) -> Result<(), Broken> {
    let status: Vec<&str> = labels.iter().map(String::as_str).filter(|label| STATUS.contains(label)).collect();
    let wanted: Vec<&str> = truth.model.status().into_iter().collect();
    if !truth.holds.is_empty() || status == wanted { Ok(()) } else { Err(format!("status labels {status:?}, the state is {wanted:?}")) }
}

/// R2: the iteration label is the count, while there is one.
pub fn r2(truth: &Truth, labels: &[String]) -> Result<(), Broken> {
    let counters: Vec<&String> = labels.iter().filter(|l| l.strip_prefix("iteration-").is_some_and(|n| n.parse::<u32>().is_ok())).collect();
    let wanted = truth.model.counter();
    if !truth.holds.is_empty() || counters == wanted.iter().collect::<Vec<_>>() {
        return Ok(());
    }
    Err(format!("counting labels {counters:?}, the count is {wanted:?}"))
}

/// R3: no cancellation is lost. What the last push of the implementation agent superseded is gone, and nothing else is.
pub fn r3(truth: &Truth, running: &BTreeSet<String>) -> Result<(), Broken> {
    let Some(push) = truth.pushes.iter().rev().find(|push| push.is_agent) else { return Ok(()) };
    let head = truth.pushes.last().map(|push| push.commit.as_str()).unwrap_or_default();
    let may_stop = truth.holds.is_empty() && !truth.model.is_paused && !truth.model.is_over;
    for run in truth.runs.values().filter(|run| run.is_ours && run.is_qa && !run.has_finished) {
        if may_stop && supersedes(push, run, &truth.pushes, head) && running.contains(&run.name) {
            return Err(format!("{} goes on, and the push of {} has superseded it", run.name, push.commit));
        }
    }
    match truth.runs.values().find(|run| (!run.is_ours || !run.is_qa) && !running.contains(&run.name)) {
        Some(run) => Err(format!("{} is gone, and it was none of ours", run.name)),
        None => Ok(()),
    }
}

/// R4: no claim is held.
pub fn r4(holders: &[String], kept: usize) -> Result<(), Broken> {
    if holders.is_empty() && kept == 0 { Ok(()) } else { Err(format!("claims are still held: {holders:?}, {kept} by their processes")) }
}

/// R5: no effect is outstanding.
pub fn r5(record: &Record, deployed: &[&str]) -> Result<(), Broken> {
    if record.is_settled(deployed) {
        return Ok(());
    }
    let parts: Vec<_> = record.parts.iter().map(|(name, part)| (name, part.has_work(), part.cursor)).collect();
    Err(format!("labels outstanding: {}, inbox {}, {parts:?}", record.labels_outstanding, record.inbox.len()))
}

/// R6: one outcome per accepted delivery. What was answered as accepted had come into an inbox, each piece of news came into one once,
/// and all of it was read; what a policy keeps for later stays.
pub fn r6(seen: &Seen, accepted: &[Accepted]) -> Result<(), Broken> {
    let came: BTreeSet<&String> = seen.entered.keys().map(|(_, news)| news).collect();
    if let Some(delivery) = accepted.iter().find(|delivery| delivery.news.iter().any(|news| !came.contains(news))) {
        return Err(format!("{delivery:?} was accepted, and not all of it was kept"));
    }
    if let Some(((subject, news), times)) = seen.entered.iter().find(|(_, times)| **times != 1) {
        return Err(format!("{news} came into the inbox of {subject} {times} times"));
    }
    for (subject, record) in &seen.records {
        let is_kept = |seq: u64| record.parts.values().any(|part| seq <= part.cursor && part.kept.contains(&seq));
        if let Some(entry) = record.inbox.iter().find(|entry| !is_kept(entry.seq)) {
            return Err(format!("{} was never read in the inbox of {subject}", entry.news.id));
        }
    }
    Ok(())
}

/// R8: while half of all calls fail, everything is done all the same, only later. `is_settled` is whether every record is, and `broken` what of
/// the rest does not hold after so long.
pub fn r8(waited: Duration, is_settled: bool, broken: &[Broken]) -> Result<(), Broken> {
    let hours = waited.as_secs() / 3600;
    match broken.first() {
        Some(first) => Err(format!("after {hours} h this still does not hold: {first}, and {} others", broken.len() - 1)),
        None if !is_settled => Err(format!("after {hours} h the records have not settled")),
        None => Ok(()),
    }
}

/// R7: a second pass of the reconciler writes nothing.
pub fn r7(before: &Writes, after: &Writes) -> Result<(), Broken> {
    if before == after { Ok(()) } else { Err(format!("writes went from {before:?} to {after:?}")) }
}
