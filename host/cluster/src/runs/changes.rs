//! Changes: which runs appeared, moved on or went, told as it happens by one watch on all of them.
//!
//! A change is a hint that somebody should look and never a fact: whoever hears of it reads the runs again. So changes may be told
//! twice, several may be told as one, and those that a broken watch missed are told when the runs have been listed again.

mod known;
mod line;
mod sight;

use super::Runs;
use crate::watches::Troubles;
use futures::StreamExt;
use known::Known;
use kube::Api;
use kube::api::ApiResource;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event};
use line::Line;
use pawl_core::news::Phase;
use sight::Sight;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long one watch lasts, in seconds, until another takes its place.
const WATCH_SECONDS: u32 = 240;
/// A list of runs that brings nothing for so long is begun anew: a connection can die without a word. Longer than any pause between
/// tries.
const LISTING: Duration = Duration::from_secs(120);
/// A watch that brings nothing for so long is begun anew with a list, which shows whether there was nothing to bring.
const QUIET: Duration = Duration::from_secs(900);
/// Objects of one page. All of a page is in memory at once, whatever is written in it.
const PAGE: u32 = 50;
/// Between two lists, when the watch ends without saying why.
const AGAIN: Duration = Duration::from_secs(5);

/// Something happened to runs that name the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What they call their repository, as `owner/name` in lower case. Several where that is not clear, none where they do not say it.
    pub repositories: Vec<String>,
    /// The pull request that they name.
    pub pull_request: Option<u32>,
    /// The task that they name.
    pub task: Option<String>,
    /// These runs, at most 50; more are told as another change.
    pub runs: Vec<ChangedRun>,
}

/// A run to which something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedRun {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// How far it is by now; `None` when it is gone.
    pub phase: Option<Phase>,
}

/// The changes of runs since they were asked for. Dropping it ends the watch.
#[derive(Debug)]
pub struct Changes {
    line: Arc<Line>,
    watching: JoinHandle<()>,
}

impl Runs {
    /// Begins to watch the runs. What is there when the watch begins is not told, only what happens to it later: that a run appears,
    /// that its phase or what it names changes, that it is being deleted, that it goes. Nothing else that is written into a run is.
    ///
    /// Needs the verbs `list` and `watch`. Without them, and while the server cannot be reached, nothing is told; it is tried again
    /// with growing pauses until [`Changes`] is dropped. Must be called within a Tokio runtime.
    #[must_use]
    pub fn changes(&self) -> Changes {
        let line = Arc::new(Line::default());
        let watching = tokio::spawn(watch(self.clone(), Arc::clone(&line)));
        Changes { line, watching }
    }

    fn watched(&self) -> Api<Sight> {
        let of = &self.0.resource;
        let resource = ApiResource {
            group: of.group.clone(),
            version: of.version.clone(),
            api_version: format!("{}/{}", of.group, of.version),
            kind: self.0.settings.kind.clone(),
            plural: of.plural.clone(),
        };
        Api::namespaced_with(self.0.cluster.client.clone(), &self.0.cluster.namespace, &resource)
    }
}

impl Changes {
    /// The next change, waiting for one. When changes come faster than they are taken, those that name the same are told as one; and
    /// when a thousand wait, the watch waits too. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Change {
        self.line.take().await
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

/// Watches until it is ended. What is known of the runs outlives each single watch, so that whatever happened in between is told.
async fn watch(runs: Runs, line: Arc<Line>) {
    let mut known = Known::new(runs.0.settings.clone(), known::RUNS);
    let mut troubles = runs.0.api.troubles("runs that change wake nobody; it is tried again");
    loop {
        follow(&runs, &mut known, &line, &mut troubles).await;
        tokio::time::sleep(AGAIN).await;
    }
}

/// One watch with the lists that it needs, until it has been silent for too long.
async fn follow(runs: &Runs, known: &mut Known, line: &Line, troubles: &mut Troubles) {
    let config = watcher::Config::default().timeout(WATCH_SECONDS).page_size(PAGE);
    let mut events = pin!(watcher::watcher(runs.watched(), config).default_backoff());
    let mut is_listing = true;
    loop {
        let event = match timeout(if is_listing { LISTING } else { QUIET }, events.next()).await {
            Ok(Some(event)) => event,
            Err(_) if is_listing => return troubles.meet_silence(LISTING),
            Err(_) => return troubles.heard_nothing(),
            Ok(None) => return,
        };
        match event {
            Ok(event) => {
                is_listing = matches!(event, Event::Init | Event::InitApply(_));
                troubles.heard(&event);
                for change in known.hear(event) {
                    line.put(change).await;
                }
            }
            // While the watcher pauses between tries nothing is silent for too long.
            Err(error) => troubles.meet(&error),
        }
    }
}
