//! What all watches have in common: how their troubles are told. Once each, and one that is a missing permission with the rule that grants it.

use crate::calls::{Asked, judged, refused};
use crate::error::ClusterError;
use crate::refusals::Refusals;
use kube::runtime::watcher::{self, Event};
use std::time::Duration;
use tokio::time::Instant;

/// Trouble that comes again within so long is still the same: longer than any pause between tries and any wait for a list together.
const SAME: Duration = Duration::from_secs(300);

/// The troubles of one watch.
#[derive(Debug)]
pub(crate) struct Troubles {
    refusals: Refusals,
    resource: String,
    /// What is done without the watch, as the sentence that follows the error.
    instead: &'static str,
    met: Option<Instant>,
}

impl Troubles {
    /// None yet, of a watch on this resource.
    pub(crate) fn new(refusals: Refusals, resource: &str, instead: &'static str) -> Self {
        Self { refusals, resource: resource.to_owned(), instead, met: None }
    }

    fn asked(&self, verb: &'static str) -> Asked<'_> {
        Asked { verb, resource: &self.resource }
    }

    /// The watch failed. What the server has forgotten is no trouble: a list follows.
    pub(crate) fn meet(&mut self, error: &watcher::Error) {
        let (verb, error) = match error {
            watcher::Error::WatchError(status) if status.code == 410 => return,
            watcher::Error::WatchError(status) => ("watch", refused(self.asked("watch"), status.code, &status.message, None)),
            watcher::Error::InitialListFailed(error) => ("list", judged(self.asked("list"), error)),
            watcher::Error::WatchStartFailed(error) | watcher::Error::WatchFailed(error) => ("watch", judged(self.asked("watch"), error)),
            watcher::Error::NoResourceVersion => ("watch", ClusterError::Unavailable(format!("watch {}: {error}", self.resource))),
        };
        if !self.refusals.hear(self.asked(verb), Some(&error), Some(self.instead)) {
            self.tell(&error);
        }
    }

    /// A list brought nothing for so long.
    pub(crate) fn meet_silence(&mut self, patience: Duration) {
        let seconds = patience.as_secs();
        self.tell(&ClusterError::Unavailable(format!("no answer to list {} within {seconds} s", self.resource)));
    }

    /// The watch brought this, so it is allowed to.
    pub(crate) fn heard<K>(&self, event: &Event<K>) {
        match event {
            Event::Init | Event::InitApply(_) => {}
            Event::InitDone => drop(self.refusals.hear(self.asked("list"), None, None)),
            Event::Apply(_) | Event::Delete(_) => self.heard_nothing(),
        }
    }

    /// Nothing was wrong with the watch for long.
    pub(crate) fn heard_nothing(&self) {
        self.refusals.hear(self.asked("watch"), None, None);
    }

    /// Once per trouble, not once per try.
    fn tell(&mut self, error: &ClusterError) {
        let now = Instant::now();
        if self.met.replace(now).is_none_or(|met| now - met > SAME) {
            tracing::warn!("{error}; {}", self.instead);
        }
    }
}
