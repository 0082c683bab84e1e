//! What a person does to a subject that got stuck: has it tried again, or gives up what is outstanding. Each is one commit under the
//! claim, as a turn would make it, and stands in the journal with who did it and what it was.

use crate::host::Host;
use crate::queue::Priority;
use pawl_core::Timestamp;
use pawl_core::record::{Commit, GivenUp, NothingToDo, Record, Retry};
use pawl_core::store::StoreError;
use pawl_core::subject::SubjectId;
use pawl_core::turn::Outcome;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::oneshot;

/// How long a turn that is under way is waited for.
const CLAIM_PATIENCE: Duration = Duration::from_secs(5);

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// There is no record.
    #[error("nothing has been told about it yet; is the webhook set up for its repository?")]
    Unknown,
    /// There is nothing to do.
    #[error(transparent)]
    Nothing(#[from] NothingToDo),
    /// A turn works on it right now.
    #[error("a turn works on it right now; ask again in a moment")]
    Busy,
    /// The claim on it could not be taken.
    #[error("nothing was changed: {0}; ask again in a moment")]
    NoClaim(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A retry that is on its way.
#[derive(Debug)]
pub struct Retried {
    /// What was lifted, as it stands in answers.
    pub lifted: Value,
    /// The outcome of the turn.
    pub outcome: oneshot::Receiver<Outcome>,
}

/// What a retry would do, for whoever only asks.
///
/// # Errors
/// When there is nothing to try again, or no record.
pub async fn retry_of(host: &Host, id: SubjectId) -> Result<Value, NotDone> {
    let record = host.store.load(id).await?.ok_or(NotDone::Unknown)?;
    Ok(lifted(&record.retry(&host.policies().names(), "", host.now())?))
}

/// What a discard would give up, for whoever only asks.
///
/// # Errors
/// When nothing is outstanding, or there is no record.
pub async fn discard_of(host: &Host, id: SubjectId) -> Result<GivenUp, NotDone> {
    let record = host.store.load(id).await?.ok_or(NotDone::Unknown)?;
    Ok(record.discard(&host.policies().names(), "", host.now())?.1)
}

/// Lifts every parking of the subject, and takes its next turn at once.
///
/// # Errors
/// See [`NotDone`]; nothing was changed then.
pub async fn retry(host: &Host, id: SubjectId, by: &str) -> Result<Retried, NotDone> {
    let (record, lifted) = change(host, id, |record, names, operation, at| {
        let retry = record.retry(names, operation, at)?;
        let lifted = lifted(&retry);
        Ok((retry.commit, lifted))
    })
    .await?;
    write_down(host, "retried", &record, by, &lifted);
    let (tell, outcome) = oneshot::channel();
    // A person waits, so it goes before what only happened.
    host.queue.push(record.subject, Priority::Override, "retry", Some(tell));
    Ok(Retried { lifted, outcome })
}

/// Gives up what is outstanding for the subject; its labels stay as they are.
///
/// # Errors
/// See [`NotDone`]; nothing was changed then.
pub async fn discard(host: &Host, id: SubjectId, by: &str) -> Result<GivenUp, NotDone> {
    let (record, given_up) = change(host, id, Record::discard).await?;
    host.queue.give_up(id);
    write_down(host, "discarded", &record, by, &json!(given_up));
    Ok(given_up)
}

/// Reads the record under the claim, and commits what `of` makes of it.
async fn change<T>(
    host: &Host,
    id: SubjectId,
    of: impl FnOnce(&Record, &[&str], &str, Timestamp) -> Result<(Commit, T), NothingToDo>,
) -> Result<(Record, T), NotDone> {
    let operation = host.operation();
    let claim = host.claims.take(id, &operation, CLAIM_PATIENCE).await.map_err(|trouble| NotDone::NoClaim(trouble.message))?;
    let changed = committed(host, id, &operation, of).await;
    claim.release().await;
    changed
}

async fn committed<T>(
    host: &Host,
    id: SubjectId,
    operation: &str,
    of: impl FnOnce(&Record, &[&str], &str, Timestamp) -> Result<(Commit, T), NothingToDo>,
) -> Result<(Record, T), NotDone> {
    let record = host.store.load(id).await?.ok_or(NotDone::Unknown)?;
    let (commit, what) = of(&record, &host.policies().names(), operation, host.now())?;
    match host.store.commit(id, commit).await {
        Ok(record) => Ok((record, what)),
        Err(StoreError::Conflict(_)) => Err(NotDone::Busy),
        Err(error) => Err(error.into()),
    }
}

fn lifted(retry: &Retry) -> Value {
    json!({ "parked": retry.lifted, "unsettled": retry.is_unsettled })
}

fn write_down(host: &Host, kind: &str, record: &Record, by: &str, what: &Value) {
    let (id, shown) = (record.subject.id(), record.subject.to_string());
    tracing::warn!(subject = shown, by, "{kind} by hand: {what}");
    host.journal.write(kind, json!({ "subject": id, "shown": shown, "operation": record.operation, "by": by, "what": what }));
}
