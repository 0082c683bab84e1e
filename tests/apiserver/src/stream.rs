//! How a watch flows: from the history of the store to the client, without polling and without losing anything.

use crate::board as watch;
use crate::shared::{Shared, Weather, cut};
use crate::store::Store;
use crate::verbs::Watching;
use bytes::Bytes;
use serde_json::Value;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tokio::time::Instant;

/// Events that wait for a client that does not read.
pub(crate) const WAITING: usize = 64;

/// An open watch. As long as it lives, the store forgets nothing that it has not seen.
pub(crate) struct Stream {
    shared: Arc<Shared>,
    watching: Box<Watching>,
    reader: u64,
    /// Events until the connection is cut.
    events_left: Option<usize>,
    revision: watch::Receiver<u64>,
    weather: watch::Receiver<Weather>,
    cuts: watch::Receiver<u64>,
    bookmarks: watch::Receiver<u64>,
}

/// Why a stream is over.
enum Over {
    /// The client has gone, or the time is up.
    Cleanly,
    Cut,
}

impl Stream {
    /// Opens a watch in the transaction that answers it, so that nothing lies between.
    pub(crate) fn open(shared: &Arc<Shared>, store: &mut Store, watching: Box<Watching>, events_left: Option<usize>) -> Self {
        let reader = shared.reader();
        if let Some(from) = watching.from {
            store.reads(reader, from);
        }
        shared.open.send_modify(|open| *open += 1);
        if watching.is_expired {
            shared.expired.fetch_add(1, Ordering::Relaxed);
        }
        Self {
            watching,
            reader,
            events_left,
            revision: shared.revision.subscribe(),
            weather: shared.weather.subscribe(),
            cuts: shared.cuts.subscribe(),
            bookmarks: shared.bookmarks.subscribe(),
            shared: Arc::clone(shared),
        }
    }

    /// Sends until something ends it.
    pub(crate) async fn flow(mut self, sender: Sender<io::Result<Bytes>>) {
        if let Err(Over::Cut) = self.send_all(&sender).await {
            // Who has gone does not hear it.
            let _ = sender.send(Err(cut())).await;
        }
    }

    async fn send_all(&mut self, sender: &Sender<io::Result<Bytes>>) -> Result<(), Over> {
        let end = self.watching.lasts.map(|lasts| Instant::now() + lasts);
        let first = std::mem::take(&mut self.watching.first);
        self.send(sender, first).await?;
        while let Some(from) = self.watching.from {
            let (events, seen) = self.due(from);
            self.send(sender, events).await?;
            self.watching.from = Some(seen);
            self.shared.store().reads(self.reader, seen);
            if !self.watching.is_served(&self.shared.store()) {
                break;
            }
            tokio::select! {
                biased;
                () = sender.closed() => break,
                () = self.cuts.changed() => return Err(Over::Cut),
                () = outage(&mut self.weather) => return Err(Over::Cut),
                () = self.revision.changed() => {}
                () = self.bookmarks.changed() => self.bookmark(sender).await?,
                () = until(end) => {
                    // A real server sends it two seconds before the end, and not where a watch is shorter than that.
                    if self.watching.lasts.is_some_and(|lasts| lasts > Duration::from_secs(2)) {
                        self.bookmark(sender).await?;
                    }
                    break;
                }
            }
        }
        Ok(())
    }

    /// What has happened since, and up to when it was looked.
    fn due(&mut self, from: u64) -> (Vec<Value>, u64) {
        self.revision.mark_unchanged();
        let store = self.shared.store();
        (store.after(from).filter_map(|change| self.watching.event(change)).collect(), store.revision.max(from))
    }

    async fn bookmark(&mut self, sender: &Sender<io::Result<Bytes>>) -> Result<(), Over> {
        match self.watching.from {
            Some(seen) if self.watching.bookmarks => self.send(sender, vec![self.watching.bookmark(seen, false)]).await,
            _ => Ok(()),
        }
    }

    async fn send(&mut self, sender: &Sender<io::Result<Bytes>>, events: Vec<Value>) -> Result<(), Over> {
        for event in events {
            if self.events_left == Some(0) {
                return Err(Over::Cut);
            }
            self.events_left = self.events_left.map(|left| left - 1);
            self.shared.fair().await.map_err(|_| Over::Cut)?;
            let mut line = serde_json::to_vec(&event).expect("names are texts");
            line.push(b'\n');
            sender.send(Ok(line.into())).await.map_err(|_| Over::Cleanly)?;
        }
        if self.events_left == Some(0) { Err(Over::Cut) } else { Ok(()) }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.shared.store().reads_no_more(self.reader);
        self.shared.open.send_modify(|open| *open -= 1);
    }
}

/// Waits until nothing gets through any more.
async fn outage(weather: &mut watch::Receiver<Weather>) {
    drop(weather.wait_for(|weather| matches!(weather, Weather::Outage | Weather::Over)).await);
}

/// Waits for the end, or for ever.
async fn until(end: Option<Instant>) {
    match end {
        Some(end) => tokio::time::sleep_until(end).await,
        None => std::future::pending().await,
    }
}
