//! Catching up: GitHub does not deliver again by itself what it could not deliver. As an App one can ask it to, and this does, at
//! the start and every hour.

use crate::host::Host;
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
    let now = Timestamp::now();
    let mut since = Timestamp::from_second(now.as_second() - KEPT_SECONDS).unwrap_or(now);
    let mut next = tokio::time::Instant::now();
    while !host.is_draining() {
        if tokio::time::Instant::now() >= next {
            match host.github.redeliver_failed(since).await {
                Ok(report) => {
                    since = report.next_since;
                    if report.failed > 0 {
                        tracing::warn!(
                            failed = report.failed,
                            asked = report.asked.len(),
                            lost = report.lost,
                            "deliveries had failed and are asked for again"
                        );
                        host.journal.write("caught-up", json!({ "report": report }));
                    }
                }
                Err(error) => tracing::warn!(%error, "failed deliveries cannot be asked for; the next hour tries again"),
            }
            next = tokio::time::Instant::now() + EVERY;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
