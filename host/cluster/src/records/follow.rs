//! Following records: one watch tells which are written and which go, so that whoever has heard of all of them need not list them again
//! and again. The same watch keeps true what is known of branches.
//!
//! What it tells is a hint to look. It may come twice and late, never out of order for one record; what a watch that broke has missed is
//! in the list with which the next one begins.

use super::branches::Known;
use super::maps::{Place, What, about, content, name};
use super::{Records, read};
use crate::pauses::Pauses;
use crate::watches::Troubles;
use futures::StreamExt;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::runtime::watcher::{self, Event};
use pawl_core::record::Record;
use pawl_core::subject::SubjectId;
use std::pin::pin;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// How long one watch lasts, in seconds, until another takes its place; a connection that died without a word is noticed soon after.
const WATCH_SECONDS: u32 = 60;
/// A list that brings nothing for so long is begun anew: a connection can die without a word.
const LISTING: Duration = Duration::from_secs(60);
/// A watch that brings nothing for so long is begun anew with a list, which shows whether there was nothing to bring.
const QUIET: Duration = Duration::from_secs(300);
/// Objects of one page of that list.
const PAGE: u32 = 500;
/// What is told and not yet taken. When so much waits, the watch waits too.
const WAITING: usize = 64;

/// What happened to records.
#[derive(Debug)]
pub enum Written {
    /// Every record there is follows. What is not told until [`Written::Everything`] is there no more.
    Anew,
    /// A record as it was written.
    Record(Box<Record>),
    /// A record was written that cannot be read; whoever loads it learns why.
    Unreadable(SubjectId),
    /// A record is there no more.
    Gone(SubjectId),
    /// Every record has been told of. From here on each change is.
    Everything,
    /// The watch broke. Until it has told everything anew, something may be missed.
    Broken,
}

/// Hears of records, until it is dropped.
#[derive(Debug)]
pub struct Following {
    told: Receiver<Written>,
    watching: JoinHandle<()>,
}

impl Records {
    /// Begins to follow the records. Needs the verbs `list` and `watch`. Without them, and while the server cannot be reached, nothing is
    /// told but that the watch broke; it is tried again with growing pauses. Must be called within a Tokio runtime, and once in a process.
    #[must_use]
    pub fn follow(&self) -> Following {
        let (tell, told) = channel(WAITING);
        Following { told, watching: tokio::spawn(watch(self.clone(), tell)) }
    }
}

impl Following {
    /// What happened next, waiting for it. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Written {
        match self.told.recv().await {
            Some(written) => written,
            // Whoever watches ends with the process.
            None => std::future::pending().await,
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

/// While it lives, what is known of branches comes from the watch.
struct Watched<'a>(&'a Known);

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Nobody listens any more.
struct Unheard;

/// Watches until nobody listens any more.
async fn watch(records: Records, tell: Sender<Written>) {
    let mut pauses = Pauses::new();
    let mut troubles = records.0.maps.troubles("records are not watched: they are listed until that works again");
    while let Ok(()) = once(&records, &tell, &mut troubles).await {
        if tell.send(Written::Broken).await.is_err() {
            return;
        }
        sleep(pauses.next().unwrap_or(QUIET)).await;
    }
}

/// One list and the watch after it, until it breaks or has been silent for too long.
async fn once(records: &Records, tell: &Sender<Written>, troubles: &mut Troubles) -> Result<(), Unheard> {
    let watched = Watched(&records.0.known);
    let config =
        watcher::Config::default().labels(&What::selector_of(&[What::Record, What::Branch])).timeout(WATCH_SECONDS).page_size(PAGE);
    let mut events = pin!(watcher::watcher(records.0.maps.api(), config));
    let mut is_listing = true;
    loop {
        let event = match timeout(if is_listing { LISTING } else { QUIET }, events.next()).await {
            Ok(Some(Ok(event))) => event,
            Ok(Some(Err(error))) => {
                troubles.meet(&error);
                return Ok(());
            }
            Err(_) if is_listing => {
                troubles.meet_silence(LISTING);
                return Ok(());
            }
            Err(_) => {
                troubles.heard_nothing();
                return Ok(());
            }
            Ok(None) => return Ok(()),
        };
        is_listing = matches!(event, Event::Init | Event::InitApply(_));
        troubles.heard(&event);
        let written = match event {
            Event::Init => {
                watched.0.begin();
                Some(Written::Anew)
            }
            Event::Apply(map) | Event::InitApply(map) => heard(watched.0, &map, false),
            Event::Delete(map) => heard(watched.0, &map, true),
            Event::InitDone => {
                watched.0.is_whole();
                Some(Written::Everything)
            }
        };
        if let Some(written) = written {
            tell.send(written).await.map_err(|_| Unheard)?;
        }
    }
}

/// What a ConfigMap tells. Branches are noted at once; what is none of ours tells nothing.
fn heard(known: &Known, map: &ConfigMap, is_gone: bool) -> Option<Written> {
    let about = about(map)?;
    let is_at = |place: &Place| place.name == name(map);
    if is_at(&Place::new(What::Branch, about.to_owned())) {
        known.hear(map, is_gone);
        return None;
    }
    let subject: SubjectId = about.parse().ok()?;
    if !is_at(&Place::record(subject)) {
        return None;
    }
    if is_gone {
        return Some(Written::Gone(subject));
    }
    match read(subject, Some(content(map))) {
        Ok(Ok(record)) => record.map(|record| Written::Record(Box::new(record))),
        Ok(Err(_)) | Err(_) => Some(Written::Unreadable(subject)),
    }
}
