//! Claims at rest: nobody keeps one.

use super::house::House;
use std::collections::BTreeSet;

/// Who has nothing to do holds nothing.
pub async fn nobody_keeps_a_claim(house: &House) {
    none_is_kept(house, |_| true).await;
}

/// The same of those who live; what the dead held is another story.
pub async fn no_living_replica_keeps_a_claim(house: &House) {
    let living: BTreeSet<String> = house.pods().into_iter().collect();
    none_is_kept(house, |holder| holder.split('/').next().is_some_and(|pod| living.contains(pod))).await;
}

async fn none_is_kept(house: &House, is_meant: impl Fn(&str) -> bool) {
    let before = held(house, &is_meant).await;
    if before.is_empty() {
        return;
    }
    // A pass of a reconciler may have begun one more look just now. A holder names its operation: who is at rest again has given it back.
    house.rest().await;
    let kept: Vec<_> = held(house, &is_meant).await.intersection(&before).cloned().collect();
    assert!(kept.is_empty(), "K7, R4: whoever holds these has nothing to do: {kept:?}");
}

/// Subjects and their holders.
async fn held(house: &House, is_meant: impl Fn(&str) -> bool) -> BTreeSet<(String, String)> {
    house.api.holders().await.into_iter().filter(|(_, holder)| is_meant(holder)).collect()
}
