//! Misfortune as a test orders it: of single requests, of watches, of the network, of the whole server.

use crate::faults::{Fault, Network, When};
use crate::server::Server;
use crate::shared::Weather;
use serde_json::Value;
use std::ops::RangeInclusive;
use std::time::Duration;

impl Server {
    /// Forgets the history: watches and pages from before now are too old. Open watches go on.
    pub fn compact(&self) {
        let mut store = self.shared.store();
        let now = store.revision;
        store.compact(now);
    }

    /// As [`Server::compact`], and answers what [`Server::past`] had of this resource at that very moment.
    #[must_use]
    pub fn compact_knowing(&self, resource: &str) -> Vec<Value> {
        let mut store = self.shared.store();
        let past = store.past(resource);
        let now = store.revision;
        store.compact(now);
        past
    }

    /// Sends a bookmark on every open watch that wants some.
    pub fn send_bookmarks(&self) {
        self.shared.bookmarks.send_modify(|count| *count += 1);
    }

    /// Cuts every open watch.
    pub fn cut_watches(&self) {
        self.shared.cuts.send_modify(|count| *count += 1);
    }

    /// Ends when at least so many watches are open. Watches that have ended do not count.
    pub async fn watched_by(&self, watches: usize) {
        let mut open = self.shared.open.subscribe();
        open.wait_for(|open| *open >= watches).await;
    }

    /// Refuses everything, and cuts every watch, until [`Server::lift`].
    pub fn outage(&self) {
        self.shared.weather.send_replace(Weather::Outage);
    }

    /// Answers nothing, until [`Server::lift`]: connections stand, and requests and events wait.
    pub fn freeze(&self) {
        self.shared.weather.send_replace(Weather::Frozen);
    }

    /// Ends an outage or a freeze.
    pub fn lift(&self) {
        self.shared.weather.send_replace(Weather::Fair);
    }

    /// From now on every request and every reply is on its way for a time within `range`, by tokio's clock, drawn from a seed.
    pub fn slow(&self, range: RangeInclusive<Duration>, seed: u64) {
        self.shared.faults().network = Some(Network { range, drawn: fastrand::Rng::with_seed(seed) });
    }

    /// Sets a fault. Several may meet one request; each counts for itself.
    pub fn fault(&self, when: When, fault: Fault) {
        self.shared.faults().add(when, fault);
    }

    /// How many faults still wait for their request.
    #[must_use]
    pub fn faults_left(&self) -> usize {
        self.shared.faults().left()
    }

    /// Takes all faults back; the network is fast again.
    pub fn clear_faults(&self) {
        self.shared.faults().clear();
    }
}
