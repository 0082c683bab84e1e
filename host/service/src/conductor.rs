//! The conductor: workers that take subjects from the queue and run turns. A turn that fails or panics waits and comes again; it
//! never blocks others.

use crate::circuits;
use crate::config::Limits;
use crate::host::{Counters, Host};
use crate::notify::Notice;
use crate::queue::{Again, Job, Priority, Queue};
use crate::shell::{Ended, run_turn};
use pawl_cluster::Purpose;
use pawl_core::plan::Severity;
use pawl_core::planted::{self, Fault};
use pawl_core::subject::Subject;
use pawl_core::turn::{Ending, Outcome};
use pawl_github::Urgency;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

/// A turn that took longer than this has lost its way; it is ended and comes again.
const TURN_SECONDS: u64 = 120;
/// After a defect a subject waits so long.
const AFTER_A_DEFECT: Duration = Duration::from_secs(1);
/// So many turns in a row are tried with growing waits. Then a person is told, and the subject is parked: it is tried again at an even
/// pace, until it settles.
const ATTEMPTS: u32 = 5;
/// What GitHub refuses is tried again after so many of the longest waits: trying does not help, but somebody may.
const REFUSED_WAITS: u32 = 10;

/// Runs workers until the queue is closed and each has ended its turn.
pub async fn run(host: Arc<Host>) {
    let mut workers = JoinSet::new();
    for _ in 0..host.config.limits.workers {
        workers.spawn(work(host.clone()));
    }
    while let Some(ended) = workers.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "defect: a worker ended, and another takes its place; please report this");
            if !host.is_draining() {
                workers.spawn(work(host.clone()));
            }
        }
    }
}

async fn work(host: Arc<Host>) {
    while let Some(job) = host.queue.take().await {
        if let Some((upstream, wait)) = circuits::wait(&host) {
            if planted::is(Fault::BreakerDrops) {
                host.queue.done(&job, None);
                continue;
            }
            park(&host, job, upstream, wait);
            continue;
        }
        let operation = host.operation();
        let turn = {
            let (host, subject, operation, delivery) = (host.clone(), job.subject.clone(), operation.clone(), job.delivery.clone());
            let urgency = if job.priority >= Priority::Cancellation { Urgency::Urgent } else { Urgency::Normal };
            // A task of its own, so a panic ends the turn and not the worker; ended with the worker, so nothing outlives shutdown.
            AbortOnDropHandle::new(tokio::spawn(async move {
                let purpose = Purpose { operation: &operation, correlation: delivery.as_deref().unwrap_or(&operation) };
                tokio::time::timeout(Duration::from_secs(TURN_SECONDS), run_turn(&host, &subject, purpose, urgency)).await
            }))
        };
        let end = match turn.await {
            Ok(Ok(end)) => end,
            Ok(Err(_)) => unsettled(format!("the turn took longer than {TURN_SECONDS} s; it starts over")),
            Err(error) => {
                tracing::error!(subject = %job.subject, operation, %error, "defect: a turn ended; please report this");
                unsettled("the turn ended by a defect of pawl; it starts over".into())
            }
        };
        ended(&host, job, &operation, end).await;
    }
}

/// Nothing was begun and nothing is lost: it is queued again for when the upstream is tried again.
fn park(host: &Host, mut job: Job, upstream: &str, wait: Duration) {
    let why = circuits::why(upstream);
    tracing::debug!(subject = %job.subject, wait_seconds = wait.as_secs_f64(), "{why}");
    let tell = std::mem::take(&mut job.tell);
    host.queue.park(&job, wait, &why);
    let Ended { mut outcome, .. } = unsettled(why);
    outcome.retry_after_seconds = Some(wait.as_secs().max(1));
    for tell in tell {
        // Who asked may have gone.
        tell.send(outcome.clone()).ok();
    }
}

/// A job whose turn has ended. What becomes of its subject is said once; if a defect keeps that from being said, it is queued again, and
/// not running for ever.
struct Taken<'a> {
    queue: &'a Queue,
    job: Option<Job>,
}

impl Taken<'_> {
    fn done(mut self, again: Option<Again<'_>>) -> Option<Job> {
        let job = self.job.take()?;
        self.queue.done(&job, again);
        Some(job)
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if let Some(job) = self.job.take() {
            let why = "a worker ended by a defect of pawl; it starts over";
            self.queue.done(&job, Some(Again { wait: AFTER_A_DEFECT, why, is_failure: true, is_parked: false }));
        }
    }
}

async fn ended(host: &Host, job: Job, operation: &str, Ended { outcome, is_refused }: Ended) {
    Counters::count(&host.counters.turns);
    let (named, why) = (job.subject.clone(), job.why.clone());
    let taken = Taken { queue: &host.queue, job: Some(job) };
    let subject = &named;
    let id = subject.id();
    let word = outcome.ending.word();
    let why = why.as_str();
    match outcome.ending {
        Ending::NoOp => tracing::debug!(%subject, why, operation, "{word}: {}", outcome.reason),
        Ending::Unsettled => tracing::warn!(%subject, why, operation, "{word}: {}", outcome.reason),
        _ => tracing::info!(%subject, why, operation, "{word}: {}", outcome.reason),
    }
    if outcome.ending != Ending::NoOp {
        let (before, after) = (&outcome.labels_before, &outcome.labels_after);
        host.journal.write(
            "ended",
            json!({ "subject": id, "shown": subject.to_string(), "operation": operation, "why": why, "ending": word, "reason": outcome.reason,
                "labels_before": before, "labels_after": after, "refused": outcome.refused }),
        );
    }
    if outcome.ending == Ending::Ended {
        host.forget(id);
    }
    if outcome.ending == Ending::Unsettled {
        Counters::count(&host.counters.unsettled);
    }
    let failures = host.queue.failures(id);
    let again = again(&host.config.limits, &outcome, is_refused, failures).map(|again| match circuits::wait(host) {
        // It broke off because of the upstream, or would meet it the next time.
        Some((_, wait)) => Again { wait: again.wait.max(wait), is_parked: true, ..again },
        None => again,
    });
    let is_stuck = again.is_some_and(|again| again.is_failure && (is_refused || failures + 1 >= ATTEMPTS));
    if is_stuck && host.queue.is_first_to_tell(id) {
        tell_stuck(host, subject, operation, failures + 1, &outcome.reason).await;
    }
    for tell in taken.done(again).into_iter().flat_map(|job| job.tell) {
        // Who asked may have gone.
        tell.send(outcome.clone()).ok();
    }
}

/// It goes on being tried; but a person should know.
async fn tell_stuck(host: &Host, subject: &Subject, operation: &str, times: u32, reason: &str) {
    let message = format!("{subject} did not settle {times} times in a row: {reason}; it is tried again until it does");
    let fields = BTreeMap::new();
    let notice = Notice {
        subject,
        from: "pawl",
        operation,
        key: operation,
        topic: "unsettled",
        message: &message,
        severity: Severity::High,
        fields: &fields,
    };
    if let Err(trouble) = host.notifier.tell(&notice).await {
        tracing::warn!(%subject, operation, "a notice could not be sent: {}", trouble.message);
    }
}

/// Whether, when and why a subject needs another turn. Nobody waits for it: the worker is free at once, the subject is back in the queue.
///
/// What passes by itself (409, 5xx, a line that is dead) is tried again after a wait that doubles, with full jitter. What does not (400,
/// 401, 404, 422) is parked at once. A limit is waited out for as long as GitHub asks, and counts as no failure.
fn again<'a>(limits: &Limits, outcome: &'a Outcome, is_refused: bool, failures: u32) -> Option<Again<'a>> {
    let longest = Duration::from_millis(limits.retry_max_ms);
    let asked = outcome.retry_after_seconds.map(Duration::from_secs);
    let (wait, is_failure) = match (outcome.ending, asked) {
        (Ending::Busy, _) => (jittered(limits, 0), false),
        (Ending::Unsettled, Some(asked)) => (asked.max(jittered(limits, failures)), false),
        (Ending::Unsettled, None) if is_refused => (longest * REFUSED_WAITS, true),
        (Ending::Unsettled, None) if failures + 1 >= ATTEMPTS => (longest, true),
        (Ending::Unsettled, None) => (jittered(limits, failures), true),
        _ => return None,
    };
    Some(Again { wait, why: &outcome.reason, is_failure, is_parked: false })
}

/// Anything up to a ceiling that doubles with each failure.
fn jittered(limits: &Limits, failures: u32) -> Duration {
    let ceiling = limits.retry_base_ms.saturating_mul(1 << failures.min(20)).min(limits.retry_max_ms);
    Duration::from_millis(fastrand::u64(0..=ceiling))
}

fn unsettled(reason: String) -> Ended {
    let outcome = Outcome {
        ending: Ending::Unsettled,
        reason,
        labels_before: Vec::new(),
        labels_after: Vec::new(),
        refused: Vec::new(),
        retry_after_seconds: None,
    };
    Ended { outcome, is_refused: false }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn ended(ending: Ending, retry_after_seconds: Option<u64>) -> Outcome {
        Outcome { ending, retry_after_seconds, ..unsettled("GitHub is away".into()).outcome }
    }

    #[tokio::test(start_paused = true)]
    async fn a_defect_after_a_turn_leaves_no_subject_running_for_ever() {
        let repository = pawl_core::subject::Repository { id: 1, owner: "acme".into(), name: "shop".into() };
        let subject = Subject { repository, number: 7, kind: pawl_core::subject::SubjectKind::PullRequest };
        let queue = Queue::new(10);
        queue.push(subject.clone(), Priority::Rest, "a test", None);
        let job = queue.take().await.unwrap();
        let panics = std::panic::AssertUnwindSafe(|| {
            let _taken = Taken { queue: &queue, job: Some(job) };
            panic!("a defect");
        });
        std::panic::catch_unwind(panics).unwrap_err();
        assert_eq!((queue.running().len(), queue.failures(subject.id())), (0, 1));
        let again = queue.take().await.unwrap();
        assert_eq!(again.subject, subject);
        let done = Taken { queue: &queue, job: Some(again) }.done(None);
        assert!(done.is_some() && queue.is_idle(), "said once, it is not said again");
    }

    /// So many draws that an even spread over a second is seen to reach both ends.
    const DRAWS: usize = 2_000;

    #[test]
    fn g3_waits_double_from_a_second_to_thirty_with_full_jitter() {
        let limits = Limits::default();
        let failed = ended(Ending::Unsettled, None);
        for (failures, ceiling_ms) in [(0, 1_000), (1, 2_000), (2, 4_000), (3, 8_000)] {
            let waits: Vec<_> = (0..DRAWS).map(|_| again(&limits, &failed, false, failures).unwrap().wait.as_millis()).collect();
            let (least, most) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
            assert!(*most <= ceiling_ms && *most > ceiling_ms * 9 / 10 && *least < ceiling_ms / 10, "{failures}: {least} to {most}");
        }
        let capped = (0..DRAWS).map(|_| jittered(&limits, 19).as_millis()).max().unwrap();
        assert!((27_000..=30_000).contains(&capped), "{capped}");
    }

    #[test]
    fn g3_after_five_attempts_and_at_once_when_refused_a_subject_is_parked_and_resumed() {
        let limits = Limits::default();
        let failed = ended(Ending::Unsettled, None);
        for failures in [4, 5, 100] {
            let parked = again(&limits, &failed, false, failures).unwrap();
            assert_eq!((parked.wait.as_secs(), parked.is_failure, parked.why), (30, true, "GitHub is away"));
        }
        assert_eq!(again(&limits, &failed, true, 0).unwrap().wait.as_secs(), 300);
    }

    #[test]
    fn g3_a_limit_is_waited_out_as_asked_and_counts_as_no_failure() {
        let limits = Limits::default();
        for failures in [0, 4, 9] {
            let limited = ended(Ending::Unsettled, Some(1_800));
            let limited = again(&limits, &limited, false, failures).unwrap();
            assert_eq!((limited.wait.as_secs(), limited.is_failure), (1_800, false));
            let busy = ended(Ending::Busy, None);
            let busy = again(&limits, &busy, false, failures).unwrap();
            assert!(busy.wait.as_secs() <= 1 && !busy.is_failure);
        }
        for settled in [Ending::NoOp, Ending::Applied, Ending::Held, Ending::Refused, Ending::Ended] {
            assert_eq!(again(&limits, &ended(settled, None), false, 3), None);
        }
    }
}
