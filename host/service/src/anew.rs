//! Beginning anew: a record that could not be read was set aside, and its subject has none. It is queued without waiting for news of it, so
//! that its state is built again from what GitHub says. A record tells owner and name of its repository; without one GitHub is asked by ids.

use crate::circuits;
use crate::host::{Counters, Host};
use crate::queue::Priority;
use pawl_core::breaker::Circuit;
use pawl_core::store::StoreError;
use pawl_core::subject::SubjectId;
use pawl_github::GitHubError;
use serde_json::json;

/// Subjects that are seen to in one pass; the next goes on.
const AT_ONCE: usize = 100;
/// What is told not to work.
const READING: &str = "anew";
/// Why a subject is queued, as logs and the journal say it.
const WHY: &str = "reconciler: its record was set aside";

/// Queues subjects whose record was set aside and that have none yet. How many were queued; each is until it has a record, and then never
/// again.
pub async fn begin(host: &Host) -> usize {
    let bereft = match host.store.bereft().await {
        Ok(bereft) => bereft,
        Err(error) => {
            if host.told.is_news(READING, &error) {
                tracing::warn!(%error, "what was set aside cannot be read; every pass tries again");
            }
            return 0;
        }
    };
    host.told.is_well(READING);
    let mut queued = 0;
    for id in bereft.into_iter().filter(|id| !host.queue.has(*id)).take(AT_ONCE) {
        match one(host, id).await {
            Ok(is_queued) => queued += usize::from(is_queued),
            Err(NotYet::Store(error)) => tracing::warn!(subject = %id, %error, "cannot begin anew; the next pass tries again"),
            Err(NotYet::GitHub(error)) => {
                tracing::warn!(subject = %id, %error, "its record was set aside, and GitHub cannot be asked about it; the next pass tries again");
                if error.is_transient() {
                    break;
                }
            }
        }
    }
    queued
}

enum NotYet {
    Store(StoreError),
    GitHub(GitHubError),
}

impl From<StoreError> for NotYet {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Sees to one subject; whether it was queued.
async fn one(host: &Host, id: SubjectId) -> Result<bool, NotYet> {
    if let Some(record) = host.store.load(id).await? {
        host.store.begun_anew(id).await?;
        Counters::count(&host.counters.begun_anew);
        tracing::info!(subject = %record.subject, "its record had been set aside; it has begun anew");
        host.journal.write("begun-anew", json!({ "subject": id, "shown": record.subject.to_string(), "generation": record.generation }));
        return Ok(false);
    }
    // An upstream that is left alone is not asked: the probe belongs to what waits for it.
    if circuits::all(host).iter().any(|(_, circuit)| !matches!(circuit, Circuit::Closed { .. })) {
        return Ok(false);
    }
    match host.github.subject_by_id(id).await {
        Ok(subject) => {
            tracing::warn!(%subject, "its record was set aside; its state is built again from what GitHub says");
            host.queue.push(subject, Priority::Rest, WHY, None);
            Ok(true)
        }
        Err(GitHubError::Gone { .. }) => {
            host.store.begun_anew(id).await?;
            tracing::info!(subject = %id, "its record was set aside, and it is no more on GitHub: there is nothing to begin anew");
            host.journal.write("begun-anew", json!({ "subject": id, "gone": true }));
            Ok(false)
        }
        Err(error) => Err(NotYet::GitHub(error)),
    }
}
