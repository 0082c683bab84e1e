//! Moments: the n-th write of replicas to the API server, so that "any moment" is drawn and not timed.

use super::api::{Own, USER};
use super::house::House;
use super::rest::PAUSE;
use pawl_apiserver::{Fault, When};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// After so long without the write that was meant nothing is under way any more, which is a moment as well.
const QUIET: Duration = Duration::from_secs(3);

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
        own.server.fault(When::write().by(USER).nth(writes), Fault::meanwhile(move || tell.notify_one()));
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

    /// Ends when it has come.
    pub async fn come(self) {
        match self {
            Self::Write(come) => drop(tokio::time::timeout(QUIET, come.notified()).await),
            Self::Later(time) => tokio::time::sleep(time).await,
        }
    }
}
