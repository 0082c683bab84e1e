//! Orphaned claims: a replica that was killed leaves its name in Leases. Whoever sees that gives them back, and queues what the dead one
//! may have left half done.

use crate::host::{Counters, Host};
use crate::queue::Priority;
use pawl_core::store::StoreError;
use pawl_core::subject::SubjectId;

/// Why a subject is queued, as logs and the journal say it.
const WHY: &str = "reconciler: whoever worked on it gives no sign of life";

/// What is told not to work.
const FREEING: &str = "orphans";

/// Gives back the claims of the dead, and queues their subjects if something of theirs is outstanding. How many were given back; nothing
/// is asked while there are none.
pub async fn free(host: &Host) -> usize {
    let Some(leases) = host.claims.leases() else { return 0 };
    let freed = leases.free_orphans().await;
    for id in &freed.subjects {
        Counters::count(&host.counters.orphans_freed);
        if let Err(error) = take_over(host, *id).await {
            // The reconciler's next pass sees it in the record.
            tracing::warn!(subject = %id, %error, "what its dead holder left cannot be read; the next pass tries again");
        }
    }
    let why = freed.trouble.as_ref().map(ToString::to_string);
    if freed.left == 0 {
        host.told.is_well(FREEING);
    } else if host.told.is_news(FREEING, &why.as_deref().unwrap_or_default()) {
        tracing::warn!(left = freed.left, why, "some claims of the dead are not given back yet; it is tried again every few seconds");
    }
    freed.subjects.len()
}

async fn take_over(host: &Host, id: SubjectId) -> Result<(), StoreError> {
    let policies = host.policies();
    let Some(record) = host.store.load(id).await? else { return Ok(()) };
    if !record.is_settled(&policies.names()) || record.revisit_at().is_some_and(|at| at <= host.now()) {
        host.queue.push(record.subject, Priority::Rest, WHY, None);
    }
    Ok(())
}
