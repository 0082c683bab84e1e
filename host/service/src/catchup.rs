//! Catching up: GitHub does not deliver again by itself what it could not deliver. As an App one can ask it to, and this does, at
//! the start and every hour.

use crate::host::Host;
use crate::rhythm::Rhythm;
use pawl_core::Timestamp;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// Between two times.
const EVERY: Duration = Duration::from_secs(3600);
/// GitHub keeps deliveries this long, in seconds; the first time goes back as far. What was asked for within a day is not asked for
/// again, so a restart asks nothing twice.
const KEPT_SECONDS: i64 = 3 * 24 * 3600;

/// Asks every hour until the host drains; with a plain token there is nothing to ask.
pub async fn run(host: Arc<Host>) {
    if !host.github.is_app() {
        return;
    }
    let mut since = first(host.now());
    let mut rhythm = Rhythm::new(host.draining(), EVERY);
    while rhythm.next().await {
        since = once(&host, since).await;
    }
}

/// Where the first time begins.
#[must_use]
pub fn first(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second() - KEPT_SECONDS).unwrap_or(now)
}

/// Asks for what failed since then. Where to begin the next time: after an error at the same place, so nothing is passed over.
pub async fn once(host: &Host, since: Timestamp) -> Timestamp {
    match host.github.redeliver_failed(since).await {
        Ok(report) => {
            let next = report.next_since;
            if report.failed > 0 {
                tracing::warn!(
                    failed = report.failed,
                    asked = report.asked.len(),
                    lost = report.lost,
                    "deliveries had failed and are asked for again"
                );
                host.journal.write("caught-up", json!({ "report": report }));
            }
            next
        }
        Err(error) => {
            tracing::warn!(%error, "failed deliveries cannot be asked for; the next hour tries again");
            host.journal.write("caught-up", json!({ "error": error.to_string() }));
            since
        }
    }
}
