//! The conductor: workers that take subjects from the queue and run turns. A turn that fails or panics waits and comes again; it
//! never blocks others.

use crate::host::{Counters, Host};
use crate::notify::Notice;
use crate::queue::{Job, Priority};
use crate::shell::run_turn;
use pawl_core::plan::Severity;
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
/// After so many turns in a row that did not settle, a person is told.
const TELL_AFTER: u32 = 5;

/// Runs workers until the queue is closed and each has ended its turn.
pub async fn run(host: Arc<Host>) {
    let mut workers = JoinSet::new();
    for _ in 0..host.config.limits.workers {
        workers.spawn(work(host.clone()));
    }
    while let Some(ended) = workers.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "defect: a worker ended; please report this");
        }
    }
}

async fn work(host: Arc<Host>) {
    while let Some(job) = host.queue.take().await {
        let operation = host.operation();
        let turn = {
            let (host, subject, operation) = (host.clone(), job.subject.clone(), operation.clone());
            let urgency = if job.priority >= Priority::Cancellation { Urgency::Urgent } else { Urgency::Normal };
            // A task of its own, so a panic ends the turn and not the worker; ended with the worker, so nothing outlives shutdown.
            AbortOnDropHandle::new(tokio::spawn(async move {
                tokio::time::timeout(Duration::from_secs(TURN_SECONDS), run_turn(&host, &subject, &operation, urgency)).await
            }))
        };
        let outcome = match turn.await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => unsettled(format!("the turn took longer than {TURN_SECONDS} s; it starts over")),
            Err(error) => {
                tracing::error!(subject = %job.subject, operation, %error, "defect: a turn ended; please report this");
                unsettled("the turn ended by a defect of pawl; it starts over".into())
            }
        };
        ended(&host, job, &operation, outcome).await;
    }
}

async fn ended(host: &Host, job: Job, operation: &str, outcome: Outcome) {
    Counters::count(&host.counters.turns);
    let subject = &job.subject;
    let id = subject.id();
    let word = outcome.ending.word();
    let why = job.why.as_str();
    match outcome.ending {
        Ending::NoOp => tracing::debug!(%subject, why, operation, "{word}: {}", outcome.reason),
        Ending::Unsettled => tracing::warn!(%subject, why, operation, "{word}: {}", outcome.reason),
        _ => tracing::info!(%subject, why, operation, "{word}: {}", outcome.reason),
    }
    if outcome.ending != Ending::NoOp {
        let (before, after) = (&outcome.labels_before, &outcome.labels_after);
        host.journal.write(
            "ended",
            json!({ "subject": id, "shown": subject.to_string(), "operation": operation, "why": job.why, "ending": word, "reason": outcome.reason,
                "labels_before": before, "labels_after": after, "refused": outcome.refused }),
        );
    }
    if outcome.ending == Ending::Ended {
        host.forget(id);
    }
    let again = match outcome.ending {
        Ending::Unsettled => {
            Counters::count(&host.counters.unsettled);
            Some(wait(host, host.queue.failures(id), outcome.retry_after_seconds))
        }
        Ending::Busy => Some(wait(host, 0, None)),
        _ => None,
    };
    if outcome.ending == Ending::Unsettled && host.queue.failures(id) + 1 == TELL_AFTER {
        tell_stuck(host, subject, operation, &outcome.reason).await;
    }
    host.queue.done(subject, job.priority, again.map(|wait| (wait, outcome.reason.as_str())));
    for tell in job.tell {
        // Who asked may have gone.
        tell.send(outcome.clone()).ok();
    }
}

/// It goes on being tried; but a person should know.
async fn tell_stuck(host: &Host, subject: &Subject, operation: &str, reason: &str) {
    let message = format!("{subject} did not settle {TELL_AFTER} times in a row: {reason}; it is tried again until it does");
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

/// Full jitter over a doubling wait, but never less than the other side asked for.
fn wait(host: &Host, failures: u32, retry_after_seconds: Option<u64>) -> Duration {
    let limits = &host.config.limits;
    let ceiling = limits.retry_base_ms.saturating_mul(1 << failures.min(20)).min(limits.retry_max_ms);
    let jittered = Duration::from_millis(fastrand::u64(ceiling / 10..=ceiling));
    jittered.max(Duration::from_secs(retry_after_seconds.unwrap_or(0)))
}

fn unsettled(reason: String) -> Outcome {
    Outcome {
        ending: Ending::Unsettled,
        reason,
        labels_before: Vec::new(),
        labels_after: Vec::new(),
        refused: Vec::new(),
        retry_after_seconds: None,
    }
}
