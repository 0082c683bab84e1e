//! Idleness: what replicas ask of the API server while nothing happens.

use super::house::{House, REPLICAS, user};
use std::collections::BTreeMap;
use std::time::Duration;

/// Calls in a minute of one replica.
pub struct Idle {
    /// All together.
    pub calls: f64,
    /// By verb and resource, the most frequent first.
    pub each: String,
}

/// Lets nothing happen for so long.
///
/// # Errors
/// When something does happen.
pub async fn watch(house: &House, time: Duration) -> anyhow::Result<Idle> {
    house.rest().await?;
    house.server.forget_requests();
    tokio::time::sleep(time).await;
    let per_minute = |count: usize| count as f64 / REPLICAS as f64 * 60.0 / time.as_secs_f64();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for seen in house.server.requests() {
        anyhow::ensure!(!seen.is_write(), "nothing happened, and {} wrote: {} {}", user(0), seen.verb, seen.path);
        *counts.entry(format!("{} {}", seen.verb, seen.resource)).or_default() += 1;
    }
    let mut counts: Vec<(usize, String)> = counts.into_iter().map(|(name, count)| (count, name)).collect();
    counts.sort_by(|a, b| b.cmp(a));
    let calls = per_minute(counts.iter().map(|(count, _)| count).sum());
    let each = counts.iter().map(|(count, name)| format!("{name} {:.1}", per_minute(*count)));
    Ok(Idle { calls, each: each.collect::<Vec<_>>().join(", ") })
}
