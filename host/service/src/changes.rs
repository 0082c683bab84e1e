//! Runs that change wake their subjects: a run that starts, succeeds or goes is a hint that a turn would have something to do. What it
//! means is decided on facts that the turn reads.
//!
//! Whatever is missed here, and while the runs cannot be watched, the reconciler finds.

use crate::cluster::{self, OnCluster};
use crate::host::Host;
use crate::queue::Priority;
use crate::reconciler;
use crate::store::behind;
use pawl_cluster::Change;
use pawl_core::Timestamp;
use pawl_core::facts::SubjectState;
use pawl_core::record::Record;
use pawl_core::store::StoreError;
use pawl_core::subject::{Subject, SubjectId};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// What subjects are queued for.
const WHY: &str = "a run changed";
/// Records that are read at once.
const PAGE: usize = 200;
/// Most subjects that are woken when a run names a task only; those that were read longest ago come first.
const WOKEN: usize = 20;
/// Between two walks through the subjects of one repository.
const BETWEEN: Duration = Duration::from_secs(10);

/// Follows the changes of runs until the host drains. Without a policy that reads or stops runs there is nothing to follow.
pub async fn run(host: Arc<Host>) {
    if let Some(cluster) = host.cluster.as_ref().filter(|_| cluster::needs_runs(&host)) {
        host.draining().run_until_cancelled(follow(&host, cluster)).await;
    }
}

async fn follow(host: &Host, cluster: &OnCluster) {
    let mut changes = cluster.found().await.changes();
    let mut walks = Walks::default();
    loop {
        let heard = tokio::select! {
            biased;
            repository = walks.next() => walk(host, repository).await,
            change = changes.next() => hear(host, cluster, &change, &mut walks).await,
        };
        if let Err(error) = heard {
            tracing::warn!(%error, "a run changed, and its subjects cannot be found; the next look finds what it changed");
        }
    }
}

/// Wakes those who may be meant.
async fn hear(host: &Host, cluster: &OnCluster, change: &Change, walks: &mut Walks) -> Result<(), StoreError> {
    // A stop of our own that is confirmed: whoever waits for it need not wait longer, whatever the run names.
    for gone in change.runs.iter().filter(|run| run.phase.is_none()) {
        if let Some(subject) = cluster.stopped_for(&gone.uid) {
            wake(host, subject, Priority::Feedback);
        }
    }
    if change.pull_request.is_none() && change.task.is_none() {
        return Ok(());
    }
    for name in &change.repositories {
        let Some(repository) = host.store.repository_named(name).await?.map(|named| named.id) else { continue };
        let Some(number) = change.pull_request else {
            walks.ask(repository);
            continue;
        };
        let record = host.store.load(SubjectId { repository, number }).await?;
        if let Some(record) = record.filter(|record| record.ended.is_none()) {
            wake(host, record.subject, Priority::Feedback);
        }
    }
    Ok(())
}

fn wake(host: &Host, subject: Subject, priority: Priority) {
    tracing::debug!(%subject, WHY);
    host.queue.push(subject, priority, WHY, None);
}

/// Wakes what is open and unfinished in a repository.
async fn walk(host: &Host, repository: u64) -> Result<(), StoreError> {
    let mut open: Vec<(Option<Timestamp>, Subject)> = Vec::new();
    let mut after = None;
    loop {
        let page = host.store.page(after, PAGE).await?;
        let is_last = page.len() < PAGE;
        after = behind(&page);
        let meant = page.into_iter().flatten().filter(|record| record.subject.repository.id == repository && goes_on(host, record));
        open.extend(meant.map(|record| (record.looked_at, record.subject)));
        open.sort_by_key(|(looked_at, subject)| (*looked_at, subject.number));
        open.truncate(WOKEN);
        if is_last {
            break;
        }
    }
    for (_, subject) in open {
        wake(host, subject, Priority::Rest);
    }
    Ok(())
}

fn goes_on(host: &Host, record: &Record) -> bool {
    record.ended.is_none() && !record.state.is_some_and(SubjectState::is_over) && !reconciler::is_over(&host.policies(), record)
}

/// The walks that are to be done, each repository's at most once in a while.
#[derive(Debug, Default)]
struct Walks {
    asked: HashSet<u64>,
    last: HashMap<u64, Instant>,
}

impl Walks {
    /// Asks for a walk through this repository; asked for several times before it is done, it is done once.
    fn ask(&mut self, repository: u64) {
        self.last.retain(|_, last| last.elapsed() < BETWEEN);
        self.asked.insert(repository);
    }

    /// The next repository, waiting until it is time for one. Nothing is lost when the future is dropped.
    async fn next(&mut self) -> u64 {
        let at = |repository: &u64| self.last.get(repository).map(|last| *last + BETWEEN);
        let Some((at, repository)) = self.asked.iter().map(|repository| (at(repository), *repository)).min() else {
            return std::future::pending().await;
        };
        if let Some(at) = at {
            sleep_until(at).await;
        }
        self.asked.remove(&repository);
        self.last.insert(repository, Instant::now());
        repository
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    #[tokio::test(start_paused = true)]
    async fn a_repository_is_walked_at_once_and_then_at_most_every_ten_seconds_and_none_is_forgotten() {
        let begun = Instant::now();
        let mut walks = Walks::default();
        timeout(BETWEEN, walks.next()).await.expect_err("nobody has asked");
        let begun = begun + BETWEEN;
        walks.ask(1);
        walks.ask(1);
        assert_eq!((walks.next().await, begun.elapsed()), (1, Duration::ZERO));
        walks.ask(1);
        walks.ask(2);
        assert_eq!((walks.next().await, begun.elapsed()), (2, Duration::ZERO), "another repository need not wait");
        timeout(Duration::from_secs(3), walks.next()).await.expect_err("it is too early");
        assert_eq!(walks.next().await, 1);
        assert!(begun.elapsed() >= BETWEEN && begun.elapsed() < BETWEEN + Duration::from_secs(1));
    }
}
