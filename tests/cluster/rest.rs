//! Rest: asked for, never slept for. A pause between two questions is only manners.

use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Within this time everything is at rest again, whatever happened: a claim of a dead process ends after 15 s, GitHub is asked again
/// within one second.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Whatever else is waited for comes within this time: no trouble of these stories lasts longer than a minute.
pub const LONGEST: Duration = Duration::from_secs(150);
/// Between two questions.
pub const PAUSE: Duration = Duration::from_millis(50);

/// Asks until it is so.
pub async fn poll(what: &str, is_so: impl AsyncFn() -> bool) {
    poll_until(Instant::now() + LONGEST, what, is_so).await;
}

/// Asks until it is so, which must be before `end`.
pub async fn poll_until(end: Instant, what: &str, is_so: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(Instant::now() < end, "not in {} s: {what}", (end - begun).as_secs());
        sleep(PAUSE).await;
    }
}
