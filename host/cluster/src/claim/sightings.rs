//! What was seen of every lease, and since when: by one watch for all of them, and by every reading.

use super::law::{Sighting, Verdict};
use super::lease::{SELECTOR, sighted};
use super::{Claims, Shared};
use crate::pauses::Pauses;
use crate::watches::Troubles;
use futures::StreamExt;
use k8s_openapi::api::coordination::v1::Lease;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event};
use std::collections::{HashMap, HashSet};
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

/// A watch that says nothing for so long, in seconds, is begun anew: a connection can die without a word.
const WATCH_SECONDS: u32 = 60;
/// A list that brings nothing for so long is begun anew, with the pause between tries when one failed before.
const LISTING: Duration = Duration::from_secs(30);
/// A watch that brings nothing for so long is begun anew with a list, which shows whether there was nothing to bring: the server may have
/// taken the request for the next watch and never answered it.
const QUIET: Duration = Duration::from_secs(180);

/// What was seen last of every lease.
#[derive(Debug, Default)]
pub(crate) struct Sightings {
    seen: Mutex<HashMap<String, Sighting>>,
    changed: Notify,
}

impl Sightings {
    fn seen(&self) -> std::sync::MutexGuard<'_, HashMap<String, Sighting>> {
        // Whole after every line that holds it.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a lease, and says what is known of it.
    pub(crate) fn note(&self, lease: &Lease, usual: Duration, now: Instant) -> Sighting {
        let name = lease.metadata.name.clone().unwrap_or_default();
        let fresh = sighted(lease, usual, now);
        let mut seen = self.seen();
        let (sighting, is_new) = match seen.remove(&name) {
            Some(before) => {
                let version = before.version.clone();
                let now = before.again(fresh);
                let is_new = now.version != version;
                (now, is_new)
            }
            None => (fresh, true),
        };
        seen.insert(name, sighting.clone());
        drop(seen);
        if is_new {
            self.changed.notify_waiters();
        }
        sighting
    }

    /// Leases that are held by somebody who has given no sign for a whole lease, but for these holders; those that are seen longest
    /// without one come first.
    pub(crate) fn late(&self, but: &[String], now: Instant) -> Vec<String> {
        let seen = self.seen();
        let is_late = |sighting: &Sighting| match &sighting.holder {
            Some(holder) => !but.contains(holder) && sighting.judge("", now) == Verdict::Free,
            None => false,
        };
        let mut late: Vec<_> = seen.iter().filter(|(_, sighting)| is_late(sighting)).map(|(name, s)| (s.since, name.clone())).collect();
        late.sort();
        late.into_iter().map(|(_, name)| name).collect()
    }

    fn forget(&self, lease: &Lease) {
        self.forget_named(lease.metadata.name.as_deref().unwrap_or_default());
    }

    /// There is no such lease any more.
    pub(crate) fn forget_named(&self, name: &str) {
        self.seen().remove(name);
        self.changed.notify_waiters();
    }

    /// Forgets every lease that is not among `names`.
    fn keep_only(&self, names: &HashSet<String>) {
        self.seen().retain(|name, _| names.contains(name));
        self.changed.notify_waiters();
    }

    /// Ends when another version of this lease is seen than `version`; never, when none is named.
    pub(crate) async fn no_longer(&self, name: &str, version: Option<&str>) {
        let Some(version) = version else { return std::future::pending().await };
        loop {
            // Made before looking, so that no change in between is missed.
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            if self.seen().get(name).is_none_or(|sighting| sighting.version != version) {
                return;
            }
            changed.await;
        }
    }
}

/// Watches our leases until shutdown. When it cannot, takers judge by their own readings alone, which is slower and as safe.
pub(crate) async fn watch(claims: Claims) {
    let shared = &claims.0;
    let mut troubles =
        shared.leases.troubles("the claims of other replicas are not watched: they are read one by one until that works again");
    let watching = async {
        loop {
            follow(shared, &mut troubles).await;
        }
    };
    let _: Option<()> = shared.stop.run_until_cancelled(watching).await;
}

/// One watch with the lists that it needs, until it has been silent for too long: nothing but an open watch ends by itself when the server
/// no longer answers.
async fn follow(shared: &Shared, troubles: &mut Troubles) {
    let config = watcher::Config::default().labels(SELECTOR).timeout(WATCH_SECONDS);
    let mut events = pin!(watcher::watcher(shared.leases.api(), config).backoff(Pauses::new()));
    let (mut listed, mut is_listing, mut has_failed) = (HashSet::new(), true, false);
    loop {
        // The watcher pauses after an error.
        let patience = if is_listing { LISTING } else { QUIET } + if has_failed { Pauses::LONGEST } else { Duration::ZERO };
        let event = match timeout(patience, events.next()).await {
            Ok(Some(event)) => event,
            Err(_) if is_listing => return troubles.meet_silence(patience),
            Err(_) => return troubles.heard_nothing(),
            Ok(None) => return,
        };
        has_failed = event.is_err();
        let event = match event {
            Ok(event) => event,
            Err(error) => {
                troubles.meet(&error);
                continue;
            }
        };
        troubles.heard(&event);
        is_listing = matches!(event, Event::Init | Event::InitApply(_));
        let now = Instant::now();
        let note = |lease: &Lease| drop(shared.sightings.note(lease, shared.pace.lease, now));
        match event {
            Event::Apply(lease) => note(&lease),
            Event::Delete(lease) => shared.sightings.forget(&lease),
            Event::Init => listed.clear(),
            Event::InitApply(lease) => {
                note(&lease);
                listed.extend(lease.metadata.name);
            }
            Event::InitDone => shared.sightings.keep_only(&listed),
        }
    }
}
