//! What must hold at every moment. Each function judges one thing that just happened; nothing here remembers anything.

use crate::table::{self, Happened};
use crate::truth::{Push, Run};
use pawl_core::facts::LabelChange;
use pawl_core::label::Label;
use pawl_core::news::Event;
use pawl_core::record::{Entry, Part, Record};
use pawl_core::turn::Deployment;
use std::time::Duration;

/// How a check failed.
pub type Broken = String;

/// A lease that nobody has renewed for so long may be taken by another.
pub const LEASE: Duration = Duration::from_secs(15);
/// A run that was made so shortly before a push may have been made for it.
const LEAD_SECONDS: i64 = 5;
/// Something that a replica does outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// It sets a label.
    Set(String),
    /// It removes a label.
    Removed(String),
    /// It deletes the run of this name and uid.
    Stopped(String, String),
}

/// S1: foreign labels are untouched. Every label that our account moves is owned by a policy.
pub fn s1(deployment: &Deployment, label: &str) -> Result<(), Broken> {
    let label = Label::new(label);
    let is_owned = deployment.members.iter().any(|member| member.manifest.owns(&label) && member.grant.writes(&label));
    if is_owned { Ok(()) } else { Err(format!("the label {label} was moved, and nobody owns it")) }
}

/// S2: an override holds everything that is not yet sent. News of it is *durable* when it stands in the record, and *visible* to a turn
/// when an answer to its reading of the record showed it. A turn reads the record right before each batch of effects. So the effect is too
/// late when every reading that its replica was given of the record, from its commit or the batch before until it began to send, showed
/// the override's news in the inbox, unread and not taken back.
pub fn s2(deployment: &Deployment, readings: &[&Record], effect: &Effect) -> Result<(), Broken> {
    if readings.is_empty() || !readings.iter().all(|record| shows_override(deployment, record)) {
        return Ok(());
    }
    Err(format!("{effect:?} was sent though each of {} readings of the record before it showed an override", readings.len()))
}

/// S2 of a claim: what held everything when the claim was taken is in the facts that were read under it, and nothing is sent.
pub fn s2_claim(holds: &[&str], effect: &Effect) -> Result<(), Broken> {
    if holds.is_empty() { Ok(()) } else { Err(format!("{effect:?} was sent under a claim that was taken when {holds:?} stood there")) }
}

fn shows_override(deployment: &Deployment, record: &Record) -> bool {
    let cursor = record.parts.values().map(|part| part.cursor).max().unwrap_or(0);
    let mut shown = false;
    for entry in record.inbox.iter().filter(|entry| entry.seq > cursor) {
        let (label, is_set) = match &entry.news.event {
            Event::Labelled { label } => (label, true),
            Event::Unlabelled { label } => (label, false),
            _ => continue,
        };
        if deployment.is_interrupted_by(&Label::new(label.as_str())) {
            shown = is_set;
        }
    }
    shown
}

/// G1: labels are added first and removed then. When one of ours goes, whatever the record said would be written with it is there;
/// `lacks` says of a label that it is not, and has not been for long.
pub fn g1(record: Option<&Record>, removed: &str, lacks: impl Fn(&str) -> bool) -> Result<(), Broken> {
    let Some(record) = record else { return Ok(()) };
    let is_wished = |label: &Label| record.parts.values().any(|part| !part.waits() && part.labels.contains(label));
    let added = record.writes.iter().filter(|write| write.change == LabelChange::Added && is_wished(&write.label));
    match added.map(|write| write.label.to_string()).find(|label| lacks(label)) {
        Some(late) => Err(format!("{removed} was removed, and {late} was not yet there to take its place")),
        None => Ok(()),
    }
}

/// S3: only allowed transitions, and the generation never falls. The history goes on where it ended, a transition leads from the state
/// before, and steps that have happened lead there by the [`table`].
pub fn s3(before: Option<&Record>, after: &Record, happened: &Happened) -> Result<(), Broken> {
    if let Some(before) = before
        && after.generation < before.generation
    {
        return Err(format!("the generation fell from {} to {}", before.generation, after.generation));
    }
    // What is held is led on from the state beneath; a history that was cut off does not tell that of its first.
    let mut beneath = after.history.first().map(|past| past.from.as_str()).filter(|from| *from != table::HELD);
    for past in &after.history {
        if !beneath.is_none_or(|from| table::leads(from, &past.to, happened)) {
            return Err(format!("{} -> {} is no transition after {happened:?}", past.from, past.to));
        }
        beneath = Some(past.to.as_str()).filter(|to| *to != table::HELD).or(beneath);
    }
    for (one, next) in after.history.iter().zip(after.history.iter().skip(1)) {
        if one.to != next.from {
            return Err(format!("the history jumps from {} to {}", one.to, next.from));
        }
    }
    let state = after.parts.values().map(|part| part.state.as_str()).next();
    match (after.history.last(), state) {
        (Some(last), Some(state)) if last.to != state => Err(format!("the history ends with {}, the state is {state}", last.to)),
        _ => Ok(()),
    }
}

/// S4: each counted feedback counts once. The number never exceeds what feedback and people make it at `most`; that it is exactly the
/// model's is R2.
pub fn s4(labels: &[Label], most: u32) -> Result<(), Broken> {
    let counted = labels.iter().filter_map(|label| label.to_string().strip_prefix("iteration-")?.parse::<u32>().ok()).max().unwrap_or(0);
    if counted <= most { Ok(()) } else { Err(format!("iteration {counted}, and feedback and people make it {most} at most")) }
}

/// S5: only a run is deleted that is certainly of this pull request, a QA agent's, not finished, and not made for the new head or after
/// the push. Judged by the run as it was when the server deleted it.
pub fn s5(run: &Run, is_finished: bool, pushes: &[Push], head: &str) -> Result<(), Broken> {
    let wrong = |why: &str| Err(format!("run {} was deleted, and {why}", run.name));
    if !run.is_ours {
        return wrong("it is another's");
    }
    if !run.is_qa {
        return wrong("it is no QA agent's");
    }
    if is_finished {
        return wrong("it had finished");
    }
    if pushes.iter().any(|push| supersedes(push, run, pushes, head)) { Ok(()) } else { wrong("no push had superseded it") }
}

/// Whether this push supersedes the run.
pub fn supersedes(push: &Push, run: &Run, pushes: &[Push], head: &str) -> bool {
    if !push.is_agent {
        return false;
    }
    match &run.commit {
        None => run.created_at < push.at - LEAD_SECONDS,
        Some(commit) if *commit == push.commit || commit == head => false,
        Some(commit) => pushes.iter().find(|known| known.commit == *commit).map_or(run.created_at, |known| known.at) < push.at,
    }
}

/// S6: one holder per subject. A lease passes to another only when nobody held it, or its holder has not renewed it for its length; and
/// nobody gives it back in its holder's place any sooner.
pub fn s6(before: Option<(&str, Duration)>, after: Option<&str>, by: &str) -> Result<(), Broken> {
    match (before, after) {
        (Some((old, since)), None) if !old.starts_with(by) && since < LEASE => {
            Err(format!("{by} gave back the lease of {old}, which had renewed it {} s before", since.as_secs_f64()))
        }
        (Some((old, since)), Some(new)) if old != new && since < LEASE => {
            Err(format!("{new} took the lease of {old}, which had renewed it {} s before", since.as_secs_f64()))
        }
        _ => Ok(()),
    }
}

/// S6 as the outside sees it: whoever begins to send an effect or a commit holds the subject's lease at that moment by what the server has,
/// and wrote it there no longer ago than it lasts. What the sender itself believes is asked nobody.
pub fn s6_sender(sender: &str, held: Option<(&str, Duration)>, what: &str) -> Result<(), Broken> {
    match held {
        Some((holder, since)) if holder.starts_with(sender) && since < LEASE => Ok(()),
        Some((holder, since)) if holder.starts_with(sender) => {
            Err(format!("{sender} sent {what}, and had renewed its lease {} s before", since.as_secs_f64()))
        }
        _ => Err(format!("{sender} sent {what}, and the lease was held by {}", held.map_or("nobody", |(holder, _)| holder))),
    }
}

/// S7: stale commits are refused. Each change of anything but the inbox raises the generation by exactly one.
pub fn s7(before: Option<&Record>, after: &Record) -> Result<(), Broken> {
    let Some(before) = before else {
        return if after.generation <= 1 { Ok(()) } else { Err(format!("a new record has generation {}", after.generation)) };
    };
    let raised = after.generation.saturating_sub(before.generation);
    // What an append changes: the inbox and what tells duplicates, the names, and that it is gone from GitHub.
    let appended = Record {
        inbox: after.inbox.clone(),
        seen: after.seen.clone(),
        next_seq: after.next_seq,
        subject: after.subject.clone(),
        ended: after.ended.clone(),
        ..before.clone()
    };
    match raised {
        0 if appended == *after => Ok(()),
        0 => Err("the record changed without a new generation".to_owned()),
        1 => Ok(()),
        raised => Err(format!("one change raised the generation by {raised}")),
    }
}

/// S8: no effect without a committed intent. What is sent is what the record said when it was sent.
pub fn s8(deployment: &Deployment, record: Option<&Record>, effect: &Effect) -> Result<(), Broken> {
    let Some(record) = record else { return Err(format!("{effect:?} was sent, and there is no record")) };
    let free: Vec<&Part> = record.parts.values().filter(|part| part.has_decided() && !part.waits()).collect();
    let wishes = |label: &str| free.iter().any(|part| part.labels.contains(&Label::new(label)));
    let is_meant = match effect {
        Effect::Set(label) => record.labels_outstanding && wishes(label),
        Effect::Removed(label) => record.labels_outstanding && !free.is_empty() && !wishes(label),
        Effect::Stopped(name, uid) => free.iter().any(|part| part.stops.iter().any(|o| o.stop.name == *name && o.stop.uid == *uid)),
    };
    if is_meant {
        return Ok(());
    }
    let members: Vec<&str> = deployment.members.iter().map(|member| member.manifest.name.as_str()).collect();
    let part = free.first().or(record.parts.values().collect::<Vec<_>>().first()).map(|part| (part.labels.clone(), part.held));
    Err(format!("{effect:?} was sent, and generation {} of the record of {members:?} wishes {part:?}", record.generation))
}

/// S8 for requests: what a policy asked for is in the record, and not acknowledged, when it is sent.
pub fn s8_request(record: Option<&Record>, policy: &str, key: &str) -> Result<(), Broken> {
    let Some(record) = record else { return Err(format!("{policy} tells {key:?}, and there is no record")) };
    let part = record.parts.get(policy);
    if part.is_some_and(|part| part.requests.iter().any(|open| open.request.key == key && part.may_send(open))) {
        return Ok(());
    }
    let open: Vec<&str> = part.iter().flat_map(|part| &part.requests).map(|open| open.request.key.as_str()).collect();
    Err(format!("{policy} tells {key:?}, and generation {} of the record has {open:?} outstanding", record.generation))
}

/// Q4: work waits in a queue until it is done. `is_queued` is what the replica says that has accepted this news.
pub fn q4(entry: &Entry, is_queued: bool) -> Result<(), Broken> {
    if is_queued { Ok(()) } else { Err(format!("{} was accepted and not yet read, and nobody has it in a queue", entry.news.id)) }
}
