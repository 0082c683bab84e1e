//! Branch news: finds the pull requests of pushes and checks that name none. What cannot be found at once is tried again after
//! the configured waits, then kept for a day for a pull request that is opened later.

use crate::host::Host;
use crate::queue::Priority;
use crate::rhythm::Rhythm;
use pawl_core::Timestamp;
use pawl_core::branch::{HELD_HOURS, HeldBranch};
use pawl_core::facts::Observation;
use pawl_core::store::{Append, StoreError};
use serde_json::json;
use std::time::Duration;

/// Branches that are looked up in one pass.
const PER_PASS: usize = 50;
/// Pause between two passes.
const PASS: Duration = Duration::from_millis(250);

/// `ms` milliseconds after `at`.
#[must_use]
pub fn after_ms(at: Timestamp, ms: u64) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond().saturating_add_unsigned(ms)).unwrap_or(at)
}

/// Looks up branches until the host drains.
pub async fn run(host: std::sync::Arc<Host>) {
    let mut rhythm = Rhythm::new(host.draining(), PASS);
    while rhythm.next().await {
        match host.store.due_branches(host.now(), PER_PASS).await {
            Ok(due) => {
                for held in due {
                    if host.is_draining() {
                        return;
                    }
                    if let Err(error) = resolve(&host, &held).await {
                        tracing::warn!(branch = held.branch, %error, "branch news cannot be passed on; they are kept");
                    }
                }
            }
            Err(error) => tracing::error!(%error, "branch news cannot be read"),
        }
    }
}

async fn resolve(host: &Host, held: &HeldBranch) -> Result<(), StoreError> {
    let now = host.now();
    let age_hours = (now.as_second() - held.since.as_second()) / 3600;
    if age_hours >= HELD_HOURS {
        let reason = format!("no pull request of its commit appeared within {HELD_HOURS} h");
        host.journal
            .write("branch", json!({ "delivery": held.delivery, "repository": held.repository, "branch": held.branch, "reason": reason }));
        return host.store.let_go(held).await;
    }
    match host.github.pulls_of(&held.repository, held.branch.as_deref(), &held.commit).await {
        Ok(subjects) if !subjects.is_empty() => {
            let append =
                |s: &pawl_core::subject::Subject| Append { subject: s.clone(), delivery: held.delivery.clone(), news: held.news.clone() };
            host.store.append(subjects.iter().map(append).collect()).await?;
            host.store.let_go(held).await?;
            for subject in subjects {
                let priority = held.news.iter().map(|n| host.priority(n)).max().unwrap_or(Priority::Rest);
                host.queue.push(subject, priority, &held.delivery, None);
            }
            Ok(())
        }
        answer => {
            let tries = &host.config.limits.branch_tries_ms;
            let is_unanswered = answer.is_err();
            if let Err(error) = answer {
                tracing::warn!(repository = %held.repository, branch = held.branch, %error, "cannot ask for the pull requests of a branch");
            }
            // An unreachable GitHub must not use up the tries.
            let attempts = if is_unanswered { held.attempts.max(1) } else { held.attempts + 1 };
            let next_at = match tries.get(attempts as usize) {
                Some(wait) => after_ms(now, *wait),
                None if is_unanswered => after_ms(now, tries[2]),
                None => Timestamp::from_second(held.since.as_second() + HELD_HOURS * 3600).unwrap_or(now),
            };
            host.store.hold(HeldBranch { attempts, next_at, ..held.clone() }).await
        }
    }
}

/// A pull request was read whose head some kept branch news are about: they are its news.
pub async fn join(host: &Host, observation: &Observation) -> Result<(), StoreError> {
    let Some(head) = &observation.head else { return Ok(()) };
    let subject = &observation.subject;
    let Some(held) = host.store.held_branch(subject.repository.id, &head.branch).await? else { return Ok(()) };
    if held.commit != head.commit {
        return Ok(());
    }
    host.store.append(vec![Append { subject: subject.clone(), delivery: held.delivery.clone(), news: held.news.clone() }]).await?;
    host.store.let_go(&held).await?;
    host.queue.push(subject.clone(), Priority::Cancellation, &held.delivery, None);
    Ok(())
}
