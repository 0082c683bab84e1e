//! One policy's decision: the facts it is shown, and what becomes of its answer.

use super::words::{Member, Verdict};
use crate::Timestamp;
use crate::edits;
use crate::facts::{Facts, LabelEvent, Memory, Observation};
use crate::grant::Grant;
use crate::label::Label;
use crate::manifest::Manifest;
use crate::news::{Event, News, Permission, Phase};
use crate::plan::{Plan, RefusedNews, Stop};
use crate::record::{OpenRequest, PART_BYTES, PENDING_EDITS, Parked, Part, Past, Record, id_hash, json_bytes};
use crate::stop::OpenStop;
use std::collections::BTreeMap;

/// What was read for a turn.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub observation: Observation,
    pub permissions: BTreeMap<String, Permission>,
    pub edits: Vec<LabelEvent>,
    pub now: Timestamp,
}

/// The facts that one policy is shown.
pub(super) fn facts_for(member: &Member, part: &Part, record: &Record, seen: &Seen) -> Facts {
    let manifest = &member.manifest;
    let observation = &seen.observation;
    let viewer = observation.viewer.as_ref().or(record.viewer.as_ref());
    let concerns = |e: &&LabelEvent| manifest.owns(&e.label) || manifest.heeds.iter().any(|h| h.family.has(&e.label));
    let mut news: Vec<News> = record
        .unread(part)
        .filter(|entry| manifest.wakes_on.include(&entry.news.event))
        .map(|entry| with_permission(entry.news.clone(), &seen.permissions))
        .collect();
    if let Some(at) = part.revisit_at.filter(|at| *at <= seen.now) {
        news.push(News { id: format!("elapsed:{}", at.as_second()), at, arrived: at, actor: None, event: Event::Elapsed });
    }
    let timeline = observation.timeline.iter();
    Facts {
        subject: observation.subject.clone(),
        now: seen.now,
        title: observation.title.clone(),
        state: observation.state,
        head: observation.head.clone(),
        labels: observation.labels.clone(),
        edits: part.edits.iter().chain(&seen.edits).filter(concerns).cloned().collect(),
        reviews: if manifest.needs.reviews { observation.reviews.clone() } else { Vec::new() },
        comments: if manifest.needs.comments { observation.comments.clone() } else { Vec::new() },
        threads: if manifest.needs.threads { observation.threads.clone() } else { Vec::new() },
        reactions: if manifest.needs.reactions { observation.reactions.clone() } else { Vec::new() },
        checks: if manifest.needs.checks { observation.checks.clone() } else { Vec::new() },
        runs: if manifest.needs.runs { observation.runs.clone() } else { Vec::new() },
        shared_labels: if manifest.needs.runs { observation.shared_labels.clone() } else { Vec::new() },
        label_history: if manifest.needs.label_history { timeline.map(|event| edits::shown(event, viewer)).collect() } else { Vec::new() },
        settings: member.settings.clone(),
        memory: part.memory.clone().filter(|memory| !member.forgets || member.reads(Some(memory))),
        news,
    }
}

fn with_permission(mut news: News, permissions: &BTreeMap<String, Permission>) -> News {
    if let Some(actor) = &mut news.actor {
        actor.permission = actor.permission.or_else(|| permissions.get(&actor.login).copied());
    }
    news
}

/// What a parked policy was asked about, without the time: the same question would get the same answer.
pub(super) fn question(digest: &str, facts: &Facts) -> u64 {
    let timeless = Facts { now: Timestamp::UNIX_EPOCH, ..facts.clone() };
    let json = serde_json::to_string(&timeless).expect("facts are plain data with text keys, which JSON can always hold");
    id_hash(&format!("{digest}\n{json}"))
}

/// Why a policy cannot be asked about a subject that it, or another version of it, remembers in a way it does not read.
pub(super) fn unreadable(member: &Member, part: &Part) -> Option<String> {
    let memory = part.memory.as_ref().filter(|memory| !member.forgets && !member.reads(Some(memory)))?;
    let reads = member.manifest.reads_memory.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let (name, digest) = (&member.manifest.name, &member.digest);
    Some(format!(
        "policy {name:?} ({digest:.12}) reads memory of version {reads}, and this subject's is of version {}; run the version that wrote it, \
         or let it start from labels by forget_memory = true under [policy.{name}]",
        memory.version
    ))
}

/// A policy's part after its answer.
pub(super) struct Accepted {
    pub part: Part,
    pub past: Option<Past>,
    pub refused: Vec<RefusedNews>,
}

/// Turns an answer into the policy's new part. A plan beyond the grant, a refusal and a failure park the policy: its cursor
/// stays, so nothing is consumed, and what it was not shown is kept for it.
pub(super) fn accept(
    member: &Member,
    before: &Part,
    record: &Record,
    seen: &Seen,
    facts: &Facts,
    verdict: Verdict,
    operation: &str,
) -> Accepted {
    let policy = &member.manifest.name;
    let plan = match verdict {
        Verdict::Plan(plan) => check_answer(&member.manifest, &member.grant, facts, &plan).map(|()| plan),
        Verdict::Refusal(refusal) => Err(format!("policy {policy:?} refused: {}", refusal.reason)),
        Verdict::Failed(error) => Err(error),
    };
    match plan {
        Err(reason) => Accepted { part: park(before, member, record, seen, facts, reason), past: None, refused: Vec::new() },
        Ok(plan) => {
            let refused = plan.refused.clone();
            let part = commit_plan(member, before, record, seen, plan, operation);
            let bytes = json_bytes(&part);
            if bytes > PART_BYTES {
                let reason = format!("policy {policy:?} has {bytes} bytes of memory, wishes and open requests, the limit is {PART_BYTES}");
                return Accepted { part: park(before, member, record, seen, facts, reason), past: None, refused: Vec::new() };
            }
            let moved = before.state != part.state || sorted(&before.labels) != sorted(&part.labels);
            let past = moved.then(|| Past {
                at: seen.now,
                policy: policy.clone(),
                from: before.state.clone(),
                to: part.state.clone(),
                reason: part.reason.clone(),
                operation: operation.to_owned(),
            });
            Accepted { part, past, refused }
        }
    }
}

/// Every check that a plan passes before anything is done with it: the contract's limits, the grant, a state that the manifest knows, and
/// only news kept that it was shown.
///
/// # Errors
/// One sentence on the first thing that is wrong; the plan is refused as a whole.
pub fn check_answer(manifest: &Manifest, grant: &Grant, facts: &Facts, plan: &Plan) -> Result<(), String> {
    let policy = &manifest.name;
    plan.check_limits().map_err(|e| format!("policy {policy:?} answered beyond the contract: {e}"))?;
    grant.allows(manifest, plan).map_err(|e| e.to_string())?;
    if !manifest.states.iter().any(|s| s.name == plan.state) {
        return Err(format!("policy {policy:?} named the state {:?}, which its manifest does not know", plan.state));
    }
    if let Some(unknown) = plan.keeps.iter().find(|id| !facts.news.iter().any(|n| n.id == **id)) {
        return Err(format!("policy {policy:?} wants to keep the news {unknown:?}, which it was not shown"));
    }
    Ok(())
}

fn park(before: &Part, member: &Member, record: &Record, seen: &Seen, facts: &Facts, reason: String) -> Part {
    let question = question(&member.digest, facts);
    let asked_up_to = record.next_seq - 1;
    let mut part = Part { held: false, ..before.clone() };
    part.edits.extend(seen.edits.iter().cloned());
    let surplus = part.edits.len().saturating_sub(PENDING_EDITS);
    part.edits.drain(..surplus);
    let since = before.parked.as_ref().filter(|p| p.question == question && p.reason == reason).map_or(seen.now, |p| p.at);
    part.parked = Some(Parked { reason, at: since, question, asked_up_to });
    part
}

/// The part of a parked policy that would be asked the same again: it has seen what came since.
pub(super) fn still_parked(mut part: Part, record: &Record) -> Part {
    if let Some(parked) = &mut part.parked {
        parked.asked_up_to = record.next_seq - 1;
    }
    part
}

fn commit_plan(member: &Member, before: &Part, record: &Record, seen: &Seen, plan: Plan, operation: &str) -> Part {
    let kept = record.unread(before).filter(|e| plan.keeps.contains(&e.news.id)).map(|e| e.seq).collect();
    // Nothing of a shadow is ever carried out, also not what it asked for before it was one.
    let mut requests = if member.is_shadow { Vec::new() } else { before.requests.clone() };
    for request in plan.requests.into_iter().filter(|_| !member.is_shadow) {
        if !before.has_done(&request.key) && !requests.iter().any(|open| open.request.key == request.key) {
            requests.push(OpenRequest { request, attempts: 0 });
        }
    }
    let asked_for = plan.revisit_after_seconds.and_then(|s| Timestamp::from_second(seen.now.as_second() + i64::from(s)).ok());
    // Asked again without news, a policy says the same number of seconds; the first word holds, else every look would write.
    let revisit_at = match (before.revisit_at, asked_for) {
        (Some(earlier), Some(later)) if earlier > seen.now && facts_are_quiet(record, before) => Some(earlier.min(later)),
        (_, asked_for) => asked_for,
    };
    Part {
        digest: member.digest.clone(),
        memory: plan.memory.map(|bytes| Memory { version: member.manifest.memory_version, bytes }),
        cursor: record.next_seq - 1,
        kept,
        edits: Vec::new(),
        labels: sorted(&plan.labels),
        stops: if member.is_shadow { Vec::new() } else { open_stops(before, seen, operation, plan.stops) },
        requests,
        done: before.done.clone(),
        state: plan.state,
        reason: plan.reason,
        held: plan.held,
        revisit_at,
        parked: None,
    }
}

/// What the plan asks for, with what is known of it already. A stop that the cluster has taken stays until it is confirmed, though the
/// policy, who decides as if it had happened, does not name it again. So does one whose run is going or gone: whoever began it may have
/// died before it could be written down, and labels must not overtake it, nor must it be forgotten.
fn open_stops(before: &Part, seen: &Seen, operation: &str, stops: Vec<Stop>) -> Vec<OpenStop> {
    let is_going = |stop: &Stop| {
        let run = seen.observation.runs.iter().find(|run| run.uid == stop.uid);
        run.is_none_or(|run| run.phase == Phase::Deleting)
    };
    let stays = |open: &&OpenStop| open.accepted || stops.contains(&open.stop) || is_going(&open.stop);
    let mut open: Vec<OpenStop> = before.stops.iter().filter(stays).cloned().collect();
    for stop in stops {
        if !open.iter().any(|known| known.stop == stop) {
            let run = seen.observation.runs.iter().find(|run| run.uid == stop.uid);
            open.push(OpenStop::new(stop, run, operation, seen.now));
        }
    }
    open.sort_by(|a, b| a.stop.cmp(&b.stop));
    open
}

fn facts_are_quiet(record: &Record, before: &Part) -> bool {
    record.unread(before).next().is_none()
}

fn sorted(labels: &[Label]) -> Vec<Label> {
    let mut labels = labels.to_vec();
    labels.sort();
    labels.dedup();
    labels
}
