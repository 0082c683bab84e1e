//! A place where requests wait until the test lets them on: order without sleeping.

use std::sync::Arc;
use tokio::sync::watch;

/// Requests that meet a closed gate wait at it.
#[derive(Debug, Clone)]
pub struct Gate {
    open: Arc<watch::Sender<bool>>,
    arrived: Arc<watch::Sender<u32>>,
}

impl Default for Gate {
    fn default() -> Self {
        Self::closed()
    }
}

impl Gate {
    /// A closed gate.
    #[must_use]
    pub fn closed() -> Self {
        Self { open: Arc::new(watch::Sender::new(false)), arrived: Arc::new(watch::Sender::new(0)) }
    }

    /// Lets on everything that waits, and everything that comes later.
    pub fn open(&self) {
        self.open.send_replace(true);
    }

    /// Ends when at least `requests` requests have arrived at the gate since it was made.
    pub async fn reached_by(&self, requests: u32) {
        let mut arrived = self.arrived.subscribe();
        // The sender lives as long as this gate, so this cannot fail.
        let _ = arrived.wait_for(|count| *count >= requests).await;
    }

    pub(crate) async fn pass(&self) {
        self.arrived.send_modify(|count| *count += 1);
        let mut open = self.open.subscribe();
        let _ = open.wait_for(|open| *open).await;
    }
}
