//! The reconciler: finds what got lost. Every pass it queues what is unsettled or overdue, and looks, without a claim and without a
//! trace, at open subjects that nobody has touched for long; only a difference queues a turn.
//!
//! What is unsettled is known from notes where records can be followed, and read from the records themselves where not.

use crate::host::Host;
use crate::notes::{Note, Notes};
use crate::policies::Policies;
use crate::queue::Priority;
use crate::rhythm::Rhythm;
use crate::{anew, circuits, schema, shell, skew};
use futures::{StreamExt, stream};
use pawl_cluster::Following;
use pawl_core::Timestamp;
use pawl_core::breaker::Circuit;
use pawl_core::record::Record;
use pawl_core::store::StoreError;
use pawl_core::subject::{Subject, SubjectId};
use pawl_core::turn::Trouble;
use pawl_github::Limit;
use std::collections::HashSet;
use std::future::ready;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Records that are read at once.
const PAGE: usize = 200;
/// What is told not to work.
const READING: &str = "reconciler";
/// Looks at once: a pass shall end before the next is due.
const AT_ONCE: usize = 8;
/// One part in so many of GitHub's limit is left to turns: looks end there.
const LEFT_TO_TURNS: i64 = 4;

/// What one pass found.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    /// Records gone through.
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
    let mut following = host.cluster.as_ref().and_then(|cluster| cluster.records()).map(pawl_cluster::Records::follow);
    let mut notes = Notes::default();
    while listen(&host, &mut notes, following.as_mut(), rhythm.next()).await {
        let pass = pass_by(&host, &mut notes).await;
        host.passes.send_modify(|passes| *passes += 1);
        if pass.queued + pass.differences + pass.anew > 0 {
            let Pass { records, queued, looks, differences, anew } = pass;
            tracing::info!(records, queued, looks, differences, anew, "reconciled");
        }
        schema::check(&host, Instant::now()).await;
        skew::check(&host);
    }
}

/// Takes in what happens to records, until `end` does.
async fn listen<T>(host: &Host, notes: &mut Notes, following: Option<&mut Following>, end: impl Future<Output = T>) -> T {
    let mut end = pin!(end);
    let Some(following) = following else { return end.await };
    loop {
        tokio::select! {
            biased;
            ended = &mut end => return ended,
            written = following.next() => notes.hear(host, written),
        }
    }
}

/// One pass over all records as they are stored.
pub async fn pass(host: &Host) -> Pass {
    read(host, &mut Notes::default()).await
}

/// One pass over all records as they are stored, which are noted.
async fn read(host: &Host, notes: &mut Notes) -> Pass {
    let policies = host.policies();
    let mut found = Found::default();
    match found.read(host, &policies).await {
        Ok(read) => {
            host.told.is_well(READING);
            notes.judge(&policies, read);
            found.look(host).await
        }
        Err(error) => {
            if host.told.is_news(READING, &error) {
                tracing::error!(%error, "the reconciler cannot read the store; every pass tries again");
            }
            found.pass
        }
    }
}

/// One pass over all records by their notes, or as they are stored where those cannot be believed.
pub async fn pass_by(host: &Host, notes: &mut Notes) -> Pass {
    let policies = host.policies();
    let Some(believed) = notes.believed(&policies) else { return read(host, notes).await };
    let mut found = Found::default();
    believed.for_each(|note| found.consider(host, &policies, note));
    found.look(host).await
}

/// What a pass has found so far.
#[derive(Default)]
struct Found {
    pass: Pass,
    /// Subjects that are looked after at all.
    looked_after: HashSet<SubjectId>,
    /// Subjects that nobody has touched for long, and when they were read last by this process and by any.
    stale: Vec<(Option<Instant>, Option<Timestamp>, Subject)>,
}

impl Found {
    /// Considers every record that is stored.
    async fn read(&mut self, host: &Host, policies: &Policies) -> Result<Vec<Note>, StoreError> {
        let (mut notes, mut after) = (Vec::new(), None::<SubjectId>);
        loop {
            let page = host.store.page(after, PAGE).await?;
            let is_last = page.len() < PAGE;
            after = crate::store::behind(&page);
            for record in page {
                match record {
                    Ok(record) => {
                        let note = Note::of(policies, &record);
                        self.consider(host, policies, &note);
                        notes.push(note);
                    }
                    Err(error) => tracing::error!(%error, "a record cannot be used"),
                }
            }
            if is_last {
                return Ok(notes);
            }
        }
    }

    /// Queues a subject, or remembers it for a look, if either is due.
    fn consider(&mut self, host: &Host, policies: &Policies, note: &Note) {
        self.pass.records += 1;
        if note.is_ended {
            return;
        }
        self.looked_after.insert(note.subject.id());
        host.schemas.hear_of(&note.subject.repository);
        let is_overdue = note.revisit_at.is_some_and(|at| at <= host.now());
        if !note.is_settled || is_overdue {
            host.queue.push(note.subject.clone(), Priority::Rest, "reconciler", None);
            self.pass.queued += 1;
        } else if !note.is_over && (is_long_unseen(host, note) || is_unseen_by(host, policies, note)) {
            self.stale.push((host.last_look(note.subject.id()), note.looked_at, note.subject.clone()));
        }
    }

    /// Looks at what was not touched for longest.
    async fn look(mut self, host: &Host) -> Pass {
        host.remember_only(&self.looked_after);
        self.pass.anew = anew::begin(host).await;
        self.stale.sort_by_key(|(seen, looked_at, _)| (*seen, *looked_at));
        let due: Vec<Subject> = self.stale.into_iter().take(host.config.limits.looks_per_pass).map(|(_, _, subject)| subject).collect();
        let begun = stream::iter(due).take_while(|_| ready(may_look(host)));
        let mut looks = pin!(begun.map(|subject| looked(host, subject)).buffer_unordered(AT_ONCE));
        while let Some((subject, found)) = looks.next().await {
            self.pass.looks += 1;
            match found {
                Ok(true) => {
                    self.pass.differences += 1;
                    host.queue.push(subject, Priority::Rest, "reconciler: a look found a difference", None);
                }
                Ok(false) => {}
                Err(trouble) => {
                    tracing::warn!(%subject, "a look failed: {}", trouble.message);
                    if trouble.transient {
                        break;
                    }
                }
            }
        }
        self.pass
    }
}

async fn looked(host: &Host, subject: Subject) -> (Subject, Result<bool, Trouble>) {
    let found = Box::pin(shell::look(host, &subject)).await;
    (subject, found)
}

/// Whether another look may begin. An upstream that is left alone is not looked at: the probe belongs to what waits for it. And looks
/// leave a part of GitHub's limit to turns.
fn may_look(host: &Host) -> bool {
    let is_open = |(_, circuit): &(_, Circuit)| !matches!(circuit, Circuit::Closed { .. });
    !host.is_draining() && !circuits::all(host).iter().any(is_open) && leaves_enough(host.github.limits().graphql, host.now())
}

/// Whether more is left of a limit than looks leave to turns. One that is full again by now was not told since.
fn leaves_enough(limit: Option<Limit>, now: Timestamp) -> bool {
    let Some(Limit { remaining, limit: Some(all), resets_at }) = limit else { return true };
    resets_at.is_some_and(|at| at <= now) || remaining.saturating_mul(LEFT_TO_TURNS) > all
}

/// Whether every policy calls the subject finished: then only news can change that.
pub(crate) fn is_over(policies: &Policies, record: &Record) -> bool {
    let is_terminal = |m: &pawl_core::turn::Member| {
        let part = record.parts.get(&m.manifest.name);
        part.is_some_and(|p| m.manifest.states.iter().any(|s| s.terminal && s.name == p.state))
    };
    policies.deployment.members.iter().all(is_terminal)
}

/// Whether other policies than these decided last, and these have not looked yet.
fn is_unseen_by(host: &Host, policies: &Policies, note: &Note) -> bool {
    !note.is_of_today && host.last_look(note.subject.id()).is_none_or(|at| at < policies.since)
}

fn is_long_unseen(host: &Host, note: &Note) -> bool {
    let period = Duration::from_secs(host.config.limits.look_minutes * 60);
    match host.last_look(note.subject.id()) {
        Some(at) => at.elapsed() >= period,
        // Not read by this process yet: the record says when it was read last.
        None => note.looked_at.is_none_or(|at| host.now().as_second() - at.as_second() >= period.as_secs().cast_signed()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn q6_looks_end_where_a_quarter_of_githubs_limit_is_left_and_go_on_when_it_is_full_again() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let left = |remaining| Some(Limit { remaining, limit: Some(5_000), resets_at: Some(at(100)) });
        assert!(leaves_enough(None, at(0)), "nothing was told yet");
        assert!(leaves_enough(left(1_251), at(0)) && !leaves_enough(left(1_250), at(0)));
        assert!(leaves_enough(left(0), at(100)));
    }
}
