//! Claims at rest: nobody keeps one.

use super::house::House;
use super::rest::poll_until;
use std::collections::BTreeSet;
use tokio::time::Instant;

/// Who has nothing to do holds nothing.
pub async fn nobody_keeps_a_claim(house: &House) {
    let before = held(house).await;
    if before.is_empty() {
        return;
    }
    // A pass of a reconciler may have begun one more look just now. A holder names its operation: who is at rest again has given it back.
    house.rest().await;
    let kept: Vec<_> = held(house).await.intersection(&before).cloned().collect();
    assert!(kept.is_empty(), "K7, R4: whoever holds these has nothing to do: {kept:?}");
}

/// The same where writes of Leases were lost or came late: a claim may name somebody who is dead, or has given it up and does not know that
/// it was his. Before `end` it is given back all the same.
pub async fn nobody_has_a_claim_before(end: Instant, house: &House) {
    poll_until(end, "K7, R4: nobody has a claim, not even the dead", async || held(house).await.is_empty()).await;
}

/// Subjects and their holders.
async fn held(house: &House) -> BTreeSet<(String, String)> {
    house.api.holders().await.into_iter().collect()
}
