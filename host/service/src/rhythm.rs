//! A rhythm: something that is done at once, and again and again with a pause between, until shutdown begins.

use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// When to begin, and when to end.
#[derive(Debug)]
pub struct Rhythm {
    stop: CancellationToken,
    pause: Duration,
    has_begun: bool,
}

impl Rhythm {
    /// Ends when `stop` is cancelled.
    #[must_use]
    pub fn new(stop: CancellationToken, pause: Duration) -> Self {
        Self { stop, pause, has_begun: false }
    }

    /// Waits for the next time; the first comes at once, each other after the pause. False when there is none any more: shutdown
    /// ends a pause as soon as it begins.
    pub async fn next(&mut self) -> bool {
        if std::mem::replace(&mut self.has_begun, true) {
            tokio::time::timeout(self.pause, self.stop.cancelled()).await.ok();
        }
        !self.stop.is_cancelled()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn it_begins_at_once_and_comes_again_after_each_pause() {
        let mut rhythm = Rhythm::new(CancellationToken::new(), Duration::from_secs(3600));
        let start = Instant::now();
        let mut times = Vec::new();
        for _ in 0..3 {
            assert!(rhythm.next().await);
            times.push(start.elapsed().as_secs());
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert_eq!(times, [0, 3601, 7202]);
    }

    #[tokio::test(start_paused = true)]
    async fn shutdown_ends_it_in_the_middle_of_a_pause_without_waiting_for_its_end() {
        let stop = CancellationToken::new();
        let mut rhythm = Rhythm::new(stop.clone(), Duration::from_secs(3600));
        assert!(rhythm.next().await);
        let start = Instant::now();
        let (goes_on, ()) = tokio::join!(rhythm.next(), async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            stop.cancel();
        });
        assert!(!goes_on && start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
        assert!(!rhythm.next().await, "and it stays ended");
    }
}
