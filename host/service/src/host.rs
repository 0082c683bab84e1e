//! What every part of the service shares: configuration, policies, GitHub, the store, the queue, the journal.

use crate::claims::Claims;
use crate::cluster::OnCluster;
use crate::config::Config;
use crate::journal::Journal;
use crate::notify::Notifier;
use crate::policies::Policies;
use crate::queue::{Priority, Queue};
use crate::schema::Schemas;
use crate::shadow::Shadows;
use crate::skew::Skew;
use crate::store::Store;
use crate::swap::Swaps;
use crate::tasks::Tasks;
use crate::told::Told;
use crate::wall::Wall;
use pawl_core::Timestamp;
use pawl_core::label::Label;
use pawl_core::news::{Event, News};
use pawl_core::subject::SubjectId;
use pawl_github::GitHub;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Shared by all tasks of one process.
#[derive(Debug)]
pub struct Host {
    /// The configuration.
    pub config: Config,
    /// GitHub.
    pub github: GitHub,
    /// The store.
    pub store: Arc<dyn Store>,
    /// The claims.
    pub claims: Claims,
    /// The cluster with its runs, where there is one.
    pub cluster: Option<OnCluster>,
    /// Subjects that wait.
    pub queue: Queue,
    /// The journal.
    pub journal: Journal,
    /// Notices.
    pub notifier: Notifier,
    /// The time of day.
    pub wall: Wall,
    /// Counters since the start.
    pub counters: Counters,
    /// When this process started.
    pub started: Instant,
    /// Passes that the reconciler has ended; after the first, everything that was left unsettled is queued.
    pub passes: tokio::sync::watch::Sender<u64>,
    /// What is known of the labels of each repository.
    pub schemas: Schemas,
    /// What is known of this machine's clock.
    pub skew: Skew,
    /// Troubles that were told.
    pub told: Told,
    /// Tasks that ended before their time.
    pub tasks: Tasks,
    /// What is known of components that are to take over, or were not let.
    pub swaps: Swaps,
    /// What shadows would have done.
    pub shadows: Shadows,
    policies: RwLock<Arc<Policies>>,
    draining: CancellationToken,
    boot: String,
    operations: AtomicU64,
    looked: Mutex<HashMap<SubjectId, Instant>>,
}

/// Counters since the start of the process.
#[derive(Debug, Default)]
pub struct Counters {
    /// Deliveries accepted as news.
    pub accepted: AtomicU64,
    /// Deliveries told before.
    pub duplicate: AtomicU64,
    /// Deliveries that concern nothing here.
    pub ignored: AtomicU64,
    /// Deliveries refused: signature, size, form.
    pub refused: AtomicU64,
    /// Branch news that were given up: nobody wanted them, or there was no room.
    pub branch_news_given_up: AtomicU64,
    /// Turns ended.
    pub turns: AtomicU64,
    /// Label writes sent.
    pub label_writes: AtomicU64,
    /// Turns that did not settle.
    pub unsettled: AtomicU64,
    /// Claims of dead replicas that were given back.
    pub orphans_freed: AtomicU64,
    /// Subjects that began anew after their record was set aside.
    pub begun_anew: AtomicU64,
    /// Records of subjects that are over that were taken away.
    pub records_expired: AtomicU64,
}

impl Counters {
    /// Adds one.
    pub fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// What a host is made of.
#[derive(Debug)]
pub struct Parts {
    /// See [`Host::config`].
    pub config: Config,
    /// The policies that run at first; see [`Host::policies`].
    pub policies: Policies,
    /// See [`Host::swaps`].
    pub swaps: Swaps,
    /// See [`Host::github`].
    pub github: GitHub,
    /// See [`Host::store`].
    pub store: Arc<dyn Store>,
    /// See [`Host::claims`].
    pub claims: Claims,
    /// See [`Host::cluster`].
    pub cluster: Option<OnCluster>,
    /// See [`Host::journal`].
    pub journal: Journal,
    /// See [`Host::notifier`].
    pub notifier: Notifier,
    /// See [`Host::wall`].
    pub wall: Wall,
    /// What this start of the process is called, apart from every other: see [`boot`].
    pub boot: String,
}

/// A name for a start of a process: ten letters and digits at random.
#[must_use]
pub fn boot() -> String {
    std::iter::repeat_with(fastrand::alphanumeric).take(10).collect::<String>().to_lowercase()
}

impl Host {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { config, policies, swaps, github, store, claims, cluster, journal, notifier, wall, boot } = parts;
        let queue = Queue::new(config.limits.queue_subjects);
        Self {
            config,
            github,
            store,
            claims,
            cluster,
            queue,
            journal,
            notifier,
            wall,
            counters: Counters::default(),
            started: Instant::now(),
            passes: tokio::sync::watch::Sender::new(0),
            schemas: Schemas::default(),
            skew: Skew::default(),
            told: Told::default(),
            tasks: Tasks::default(),
            swaps,
            shadows: Shadows::default(),
            policies: RwLock::new(Arc::new(policies)),
            draining: CancellationToken::new(),
            boot,
            operations: AtomicU64::new(0),
            looked: Mutex::default(),
        }
    }

    /// The policies that run now. Whoever begins something asks once, and uses these to its end.
    #[must_use]
    pub fn policies(&self) -> Arc<Policies> {
        Arc::clone(&self.policies.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on these run: whatever has begun ends with those that ran then.
    pub fn run(&self, policies: Policies) {
        *self.policies.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(policies);
    }

    /// The time of day, as GitHub tells it: what happened there and here is put in one order, however wrong this machine's clock is.
    /// Before GitHub's first answer this machine's clock stands in.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.github.now().unwrap_or_else(|| self.wall.now())
    }

    /// What arrives now has arrived at this time: after everything that GitHub has told, which orders what names no time of its own.
    #[must_use]
    pub fn arrival(&self) -> Timestamp {
        self.github.latest().unwrap_or_else(|| self.wall.now())
    }

    /// A new operation id, unique over processes: boot id and a number.
    #[must_use]
    pub fn operation(&self) -> String {
        format!("{}-{}", self.boot, self.operations.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Whether shutdown has begun.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }

    /// Cancelled when shutdown begins: whoever waits for something waits for this as well.
    #[must_use]
    pub fn draining(&self) -> CancellationToken {
        self.draining.clone()
    }

    /// Begins shutdown: nothing new is taken, running turns end.
    pub fn drain(&self) {
        self.draining.cancel();
        self.queue.close();
    }

    /// How much this piece of news matters.
    #[must_use]
    pub fn priority(&self, news: &News) -> Priority {
        match &news.event {
            Event::Labelled { label } | Event::Unlabelled { label } => {
                let is_heeded = self.policies().deployment.is_interrupted_by(&Label::new(label.as_str()));
                if is_heeded { Priority::Override } else { Priority::Rest }
            }
            Event::Pushed { .. } => Priority::Cancellation,
            Event::Reviewed(_) | Event::Commented(_) | Event::Command { .. } | Event::Checked(_) | Event::Signal { .. } => {
                Priority::Feedback
            }
            _ => Priority::Rest,
        }
    }

    /// Notes that a subject was just read.
    pub fn looked_at(&self, id: SubjectId) {
        self.looked.lock().unwrap_or_else(PoisonError::into_inner).insert(id, Instant::now());
    }

    /// When a subject was last read by this process.
    #[must_use]
    pub fn last_look(&self, id: SubjectId) -> Option<Instant> {
        self.looked.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied()
    }

    /// Drops what is remembered about subjects that are none of these.
    pub fn remember_only(&self, looked_after: &HashSet<SubjectId>) {
        self.looked.lock().unwrap_or_else(PoisonError::into_inner).retain(|id, _| looked_after.contains(id));
    }

    /// Drops what is remembered about a subject that is over.
    pub fn forget(&self, id: SubjectId) {
        self.looked.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}
