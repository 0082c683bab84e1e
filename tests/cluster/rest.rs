//! Rest: asked for, never slept for. A pause between two questions is only manners.

use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Whatever is waited for comes within this time: a claim of a dead process ends after 15 s, GitHub is asked again within one second.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Between two questions.
pub const PAUSE: Duration = Duration::from_millis(50);

/// Asks until it is so.
pub async fn poll(what: &str, is_so: impl AsyncFn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(Instant::now() < end, "not in {} s: {what}", PATIENCE.as_secs());
        sleep(PAUSE).await;
    }
}
