//! Moments: the n-th write of replicas to the API server, so that "any moment" is drawn and not timed.

use super::api::{Own, USER};
use super::house::House;
use super::rest::{PATIENCE, PAUSE};
use pawl_apiserver::{Fault, When};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// After so long without the write that was meant nothing is under way any more, which is a moment as well.
const QUIET: Duration = Duration::from_secs(3);

/// Of so many writes in a row not every one comes to grief.
const TRIES: u32 = 50;

/// A moment that will come.
pub enum Moment {
    /// With a write.
    Write(Arc<Notify>),
    /// At a cluster that counts nothing for us.
    Later(Duration),
}

impl Moment {
    /// When replicas have written so many times from now on.
    pub fn of(house: &House, writes: u32) -> Self {
        let Some(own) = &house.api.own else { return Self::Later(PAUSE * writes / 10) };
        let come = Arc::new(Notify::new());
        let tell = Arc::clone(&come);
        // One that comes to grief is not told; then it is the next.
        own.server.fault(When::write().by(USER).nth(writes).times(TRIES), Fault::meanwhile(move || tell.notify_one()));
        Self::Write(come)
    }

    /// When a replica first asks for the end of a run, which it does under a claim; at that very moment `act` is done. Only at our own
    /// server.
    pub fn of_a_stop(own: &Own, act: impl Fn() + Send + Sync + 'static) -> Self {
        let come = Arc::new(Notify::new());
        let tell = Arc::clone(&come);
        own.server.fault(
            When::on("delete", "coderuns").by(USER),
            Fault::meanwhile(move || {
                act();
                tell.notify_one();
            }),
        );
        Self::Write(come)
    }

    /// Ends when it has come, which it must.
    pub async fn come(self) {
        assert!(self.comes_within(PATIENCE).await, "the moment that the story is about did not come");
    }

    /// Ends when it has come, or when nothing is under way any more. Whether it has come.
    pub async fn come_or_quiet(self) -> bool {
        self.comes_within(QUIET).await
    }

    async fn comes_within(self, time: Duration) -> bool {
        match self {
            Self::Write(come) => tokio::time::timeout(time, come.notified()).await.is_ok(),
            Self::Later(time) => {
                tokio::time::sleep(time).await;
                true
            }
        }
    }
}
