//! The queue: which subject gets the next worker. One entry per subject, highest priority first, oldest first within it, and the
//! longer an entry waits the more it counts, so nothing starves.

use pawl_core::subject::{Subject, SubjectId};
use pawl_core::turn::Outcome;
use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

/// Waiting this long counts as much as one step of priority.
const AGEING: Duration = Duration::from_secs(30);

/// How much a turn matters, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// A look, a repair, the rest.
    Rest,
    /// Reviews, comments, checks, commands and signals.
    Feedback,
    /// A push: something may have to be cancelled.
    Cancellation,
    /// A heeded label: a person wants to be heard.
    Override,
}

/// The queue. Every lock is held for a few lines without waiting.
#[derive(Debug)]
pub struct Queue {
    inner: Mutex<Inner>,
    changed: Notify,
    rested: Notify,
    limit: usize,
}

#[derive(Debug, Default)]
struct Inner {
    waiting: BTreeMap<SubjectId, Waiting>,
    running: BTreeMap<SubjectId, Instant>,
    failures: BTreeMap<SubjectId, Row>,
    closed: bool,
}

/// Failures in a row.
#[derive(Debug, Default, Clone, Copy)]
struct Row {
    count: u32,
    is_told: bool,
}

/// Another try that a turn needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Again<'a> {
    /// After so long, unless news comes first.
    pub wait: Duration,
    /// Why the turn did not settle.
    pub why: &'a str,
    /// Whether it counts as a failure. Waiting for a limit or for another turn does not.
    pub is_failure: bool,
    /// Whether it waits for an upstream that is left alone: then it goes on as soon as that is back.
    pub is_parked: bool,
}

#[derive(Debug)]
struct Waiting {
    subject: Subject,
    priority: Priority,
    since: Instant,
    not_before: Option<Instant>,
    is_parked: bool,
    why: String,
    delivery: Option<String>,
    tell: Vec<oneshot::Sender<Outcome>>,
}

/// A subject that a worker has taken.
#[derive(Debug)]
pub struct Job {
    /// The subject.
    pub subject: Subject,
    /// What it was queued for.
    pub why: String,
    /// The first delivery that it waits for; none when nothing was delivered.
    pub delivery: Option<String>,
    /// How much it matters.
    pub priority: Priority,
    /// Since when it waits for a turn.
    pub since: Instant,
    /// Who waits for the outcome.
    pub tell: Vec<oneshot::Sender<Outcome>>,
}

/// A subject that waits for another try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// The subject.
    pub subject: Subject,
    /// Failures in a row.
    pub failures: u32,
    /// When it is tried next.
    pub wait: Duration,
    /// Why the last turn did not settle.
    pub why: String,
}

impl Queue {
    /// A queue for at most `limit` subjects.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { inner: Mutex::default(), changed: Notify::new(), rested: Notify::new(), limit }
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is no room for another subject.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.inner().waiting.len() >= self.limit
    }

    /// Asks for a turn. A subject that waits already is not queued twice; one that runs gets another turn.
    pub fn push(&self, subject: Subject, priority: Priority, why: &str, tell: Option<oneshot::Sender<Outcome>>) {
        self.put(subject, priority, why, None, tell);
    }

    /// The same because of a delivery, by its id.
    pub fn deliver(&self, subject: Subject, priority: Priority, delivery: &str, tell: Option<oneshot::Sender<Outcome>>) {
        self.put(subject, priority, delivery, Some(delivery), tell);
    }

    fn put(&self, subject: Subject, priority: Priority, why: &str, delivery: Option<&str>, tell: Option<oneshot::Sender<Outcome>>) {
        let mut inner = self.inner();
        if inner.closed {
            return;
        }
        let waiting = inner.waiting.entry(subject.id()).or_insert_with(|| Waiting {
            subject: subject.clone(),
            priority,
            since: Instant::now(),
            not_before: None,
            is_parked: false,
            why: why.to_owned(),
            delivery: None,
            tell: Vec::new(),
        });
        waiting.subject = subject;
        waiting.delivery = waiting.delivery.take().or_else(|| delivery.map(str::to_owned));
        waiting.priority = waiting.priority.max(priority);
        // News is worth a try at once, even while an earlier failure is waited out; a look is not.
        if priority > Priority::Rest {
            waiting.not_before = None;
            waiting.is_parked = false;
        }
        waiting.tell.extend(tell);
        drop(inner);
        self.changed.notify_one();
    }

    /// Takes the next subject, waiting for one. Nothing once the queue is closed.
    pub async fn take(&self) -> Option<Job> {
        loop {
            let changed = self.changed.notified();
            let wake_at = {
                let mut inner = self.inner();
                if inner.closed {
                    return None;
                }
                match inner.next(Instant::now()) {
                    Ok(id) => return inner.start(id),
                    Err(wake_at) => wake_at,
                }
            };
            match wake_at {
                Some(at) => tokio::select! { biased; () = changed => {}, () = tokio::time::sleep_until(at) => {} },
                None => changed.await,
            }
        }
    }

    /// The job's turn has ended; `again` asks for another of the same priority after a wait. Without it the row of failures has ended too.
    pub fn done(&self, job: &Job, again: Option<Again<'_>>) {
        let Job { subject, delivery, priority, .. } = job;
        let mut inner = self.inner();
        inner.running.remove(&subject.id());
        match again {
            None => {
                inner.failures.remove(&subject.id());
            }
            Some(Again { wait, why, is_failure, is_parked }) => {
                if is_failure {
                    inner.failures.entry(subject.id()).or_default().count += 1;
                }
                if !inner.closed {
                    let at = Instant::now() + wait;
                    inner.waiting.entry(subject.id()).or_insert_with(|| Waiting {
                        subject: subject.clone(),
                        priority: *priority,
                        since: Instant::now(),
                        not_before: Some(at),
                        is_parked,
                        why: why.to_owned(),
                        delivery: delivery.clone(),
                        tell: Vec::new(),
                    });
                }
            }
        }
        drop(inner);
        // Another worker may have waited for this very subject.
        self.changed.notify_waiters();
        self.changed.notify_one();
        self.rested.notify_waiters();
    }

    /// Puts a subject back that was taken and not begun: an upstream is left alone for so long. It keeps its place in the order, so that
    /// not always the same subject meets the upstream first.
    pub fn park(&self, job: &Job, wait: Duration, why: &str) {
        let mut inner = self.inner();
        inner.running.remove(&job.subject.id());
        if !inner.closed {
            let waiting = inner.waiting.entry(job.subject.id()).or_insert_with(|| Waiting {
                subject: job.subject.clone(),
                priority: job.priority,
                since: job.since,
                not_before: None,
                is_parked: true,
                why: why.to_owned(),
                delivery: job.delivery.clone(),
                tell: Vec::new(),
            });
            waiting.priority = waiting.priority.max(job.priority);
            waiting.not_before = Some(Instant::now() + wait);
            waiting.is_parked = true;
        }
        drop(inner);
        self.changed.notify_one();
        self.rested.notify_waiters();
    }

    /// An upstream is back: whatever waited for one goes on, if it may.
    pub fn unpark(&self) {
        for waiting in self.inner().waiting.values_mut().filter(|waiting| waiting.is_parked) {
            waiting.is_parked = false;
            waiting.not_before = None;
        }
        self.changed.notify_waiters();
        self.changed.notify_one();
    }

    /// Forgets that a subject waits for another try, and its failures. One that waits because of news stays.
    pub fn give_up(&self, id: SubjectId) {
        let mut inner = self.inner();
        if inner.waiting.get(&id).is_some_and(|waiting| waiting.not_before.is_some()) {
            inner.waiting.remove(&id);
        }
        inner.failures.remove(&id);
        drop(inner);
        self.rested.notify_waiters();
    }

    /// Failures in a row of this subject.
    #[must_use]
    pub fn failures(&self, id: SubjectId) -> u32 {
        self.inner().failures.get(&id).map_or(0, |row| row.count)
    }

    /// Whether nobody was told of this row of failures yet; from now on somebody was.
    pub fn is_first_to_tell(&self, id: SubjectId) -> bool {
        !std::mem::replace(&mut self.inner().failures.entry(id).or_default().is_told, true)
    }

    /// Hands out nothing more; workers end after their present turn.
    pub fn close(&self) {
        self.inner().closed = true;
        self.changed.notify_waiters();
        self.changed.notify_one();
    }

    /// Subjects that run, and for how long.
    #[must_use]
    pub fn running(&self) -> Vec<(SubjectId, Duration)> {
        self.inner().running.iter().map(|(id, since)| (*id, since.elapsed())).collect()
    }

    /// Subjects that wait for another try.
    #[must_use]
    pub fn retrying(&self) -> Vec<Retry> {
        let inner = self.inner();
        let now = Instant::now();
        let retry = |w: &Waiting| {
            let at = w.not_before.filter(|at| *at > now)?;
            let failures = inner.failures.get(&w.subject.id()).map_or(0, |row| row.count);
            Some(Retry { subject: w.subject.clone(), failures, wait: at - now, why: w.why.clone() })
        };
        inner.waiting.values().filter_map(retry).collect()
    }

    /// Subjects that wait for a worker or another try.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner().waiting.len()
    }

    /// Whether this subject waits or runs.
    #[must_use]
    pub fn has(&self, id: SubjectId) -> bool {
        let inner = self.inner();
        inner.waiting.contains_key(&id) || inner.running.contains_key(&id)
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits until nothing waits and nothing runs: every turn has ended, retries included.
    pub async fn rest(&self) {
        loop {
            let rested = self.rested.notified();
            tokio::pin!(rested);
            rested.as_mut().enable();
            if self.is_idle() {
                return;
            }
            rested.await;
        }
    }

    /// Whether nothing waits and nothing runs.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let inner = self.inner();
        inner.waiting.is_empty() && inner.running.is_empty()
    }
}

impl Inner {
    /// The subject to take now, else when to look again.
    fn next(&self, now: Instant) -> Result<SubjectId, Option<Instant>> {
        let running: HashSet<&SubjectId> = self.running.keys().collect();
        let free = || self.waiting.iter().filter(|(id, _)| !running.contains(id));
        let is_due = |w: &Waiting| w.not_before.is_none_or(|at| at <= now);
        let rank = |w: &Waiting| {
            let waited = now.saturating_duration_since(w.since);
            (u128::from(w.priority as u8) * AGEING.as_millis() + waited.as_millis(), std::cmp::Reverse(w.since))
        };
        free()
            .filter(|(_, w)| is_due(w))
            .max_by_key(|(_, w)| rank(w))
            .map(|(id, _)| *id)
            .ok_or_else(|| free().filter_map(|(_, w)| w.not_before).min())
    }

    fn start(&mut self, id: SubjectId) -> Option<Job> {
        let waiting = self.waiting.remove(&id)?;
        self.running.insert(id, Instant::now());
        let Waiting { subject, why, delivery, priority, since, tell, .. } = waiting;
        Some(Job { subject, why, delivery, priority, since, tell })
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
