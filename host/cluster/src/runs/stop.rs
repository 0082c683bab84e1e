//! Stopping runs: each is deleted as the very object that was read, and followed until it is gone.

use super::Runs;
use super::api::Failed;
use super::facts::is_uid;
use super::patience::Pause;
use super::settings::{clipped, is_name};
use super::verdict::{Verdict, judge};
use crate::error::ClusterError;
use futures::future::join_all;
use pawl_core::plan::Stop;
use pawl_core::stop::{StopState, Stopping};
use pawl_core::turn::Trouble;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

/// Most calls at once. What waits for its confirmation takes no place.
const AT_ONCE: usize = 16;
/// How often a stop is asked for.
const ATTEMPTS: u32 = 3;
/// First and longest pause between attempts.
const AGAIN: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(2));
/// First and longest pause between looks at a run that is going.
const LOOK: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// One stop on its way.
struct Stopper<'a> {
    runs: &'a Runs,
    stop: &'a Stop,
    places: &'a Semaphore,
    end: Instant,
}

impl Runs {
    /// Stops these runs, all at the same time, and waits up to `patience` for each to be gone. One that fails stops no other. The
    /// answer has one entry for each stop, in the order of the stops.
    ///
    /// `patience` is for the confirmation. Asking has limits of its own: three attempts and a last look, each call at most 5 s, with
    /// pauses of at most 2 s, or as the server asks if that is within `patience`.
    ///
    /// What is deleted is the object with this uid in the version that was read, in the foreground, so that its pods get their grace
    /// period. One that has finished meanwhile is not deleted. A finalizer is never removed: what it holds is reported.
    pub async fn stop(&self, stops: &[Stop], patience: Duration) -> Vec<Stopping> {
        let places = Semaphore::new(AT_ONCE);
        let end = Instant::now() + patience;
        let one = |stop| {
            let stopper = Stopper { runs: self, stop, places: &places, end };
            async move { Stopping { stop: stop.clone(), state: stopper.carry_out().await } }
        };
        join_all(stops.iter().map(one)).await
    }
}

impl Stopper<'_> {
    async fn carry_out(&self) -> StopState {
        if let Err(message) = self.check() {
            return StopState::Failed(Trouble { message, transient: false, retry_after_seconds: None });
        }
        match self.ask().await {
            Ok(Asked::Settled(state)) => state,
            Ok(Asked::Going { held_by }) => self.confirm(held_by).await,
            Err(error) => self.failed(&error),
        }
    }

    /// Nothing that a plan says gets into a path or a precondition unseen.
    fn check(&self) -> Result<(), String> {
        let Stop { kind, name, uid } = self.stop;
        if kind != self.runs.kind() {
            let (kind, ours) = (clipped(kind), self.runs.kind());
            return Err(format!(
                "a run of kind {kind:?} cannot be stopped: this deployment knows {ours} only; set its kind and candidates"
            ));
        }
        if !is_name(name) {
            let name = clipped(name);
            return Err(format!("{name:?} is no name of an object: a stop takes kind, name and uid from the facts as they are"));
        }
        if !is_uid(uid) {
            let uid = clipped(uid);
            return Err(format!("{uid:?} is no uid of an object: a stop takes kind, name and uid from the facts as they are"));
        }
        Ok(())
    }

    /// Reads and, where it goes on, deletes, up to three times. After a deletion of which nothing certain was heard it is read again.
    async fn ask(&self) -> Result<Asked, ClusterError> {
        let mut pause = Pause::from(AGAIN.0, AGAIN.1);
        let mut last = None::<ClusterError>;
        for attempt in 0..=ATTEMPTS {
            if let Some(error) = last.take() {
                let wait = pause.next(error.retry_after());
                // Whoever is told to stay away for longer than anybody waits comes again with another turn.
                if wait > self.end.saturating_duration_since(Instant::now()).max(AGAIN.1) {
                    return Err(error);
                }
                sleep(wait).await;
            }
            let version = match self.look().await {
                Ok(Verdict::Gone) => return Ok(Asked::Settled(StopState::Confirmed)),
                Ok(Verdict::Finished) => return Ok(Asked::Settled(StopState::Moot)),
                Ok(Verdict::Dying { held_by }) => return Ok(Asked::Going { held_by }),
                Ok(Verdict::Unreadable) => {
                    last = Some(self.unreadable());
                    continue;
                }
                Ok(Verdict::Active { version, is_strange }) => {
                    if is_strange {
                        tracing::warn!(run = self.stop.name, "its phase has no word here; it is stopped as one that goes on");
                    }
                    version
                }
                Err(error) if error.is_transient() => {
                    last = Some(error);
                    continue;
                }
                Err(error) => return Err(error),
            };
            // The look after the last attempt only tells what became of it.
            if attempt == ATTEMPTS {
                break;
            }
            match self.delete(&version).await {
                Ok(()) => return Ok(Asked::Going { held_by: Vec::new() }),
                Err(Failed::NotThere) => return Ok(Asked::Settled(StopState::Confirmed)),
                Err(Failed::TooLarge) => last = Some(self.unreadable()),
                Err(Failed::Cluster(error)) if error.is_transient() => last = Some(error),
                Err(Failed::Cluster(error)) => return Err(error),
            }
        }
        Err(last.unwrap_or_else(|| self.unreadable()))
    }

    /// Looks until it is gone or patience is over.
    async fn confirm(&self, mut held_by: Vec<String>) -> StopState {
        let mut pause = Pause::from(LOOK.0, LOOK.1);
        loop {
            let mut asked = None;
            let mut goes_on = false;
            match self.look().await {
                Ok(Verdict::Gone) => return StopState::Confirmed,
                Ok(Verdict::Dying { held_by: seen }) => held_by = seen,
                // Something between us and the server answered, or it restarted with an older world.
                Ok(Verdict::Finished | Verdict::Active { .. }) => goes_on = true,
                Ok(Verdict::Unreadable) => {}
                // It was taken, and no more can be seen of it.
                Err(error) if !error.is_transient() => return StopState::Accepted { held_by },
                Err(error) => asked = error.retry_after(),
            }
            let now = Instant::now();
            if now >= self.end && goes_on {
                let error = ClusterError::Unavailable(format!("the deletion of {} was answered, and it goes on", self.stop.name));
                return self.failed(&error);
            }
            if now >= self.end {
                return StopState::Accepted { held_by };
            }
            sleep(pause.next(asked).min(self.end - now)).await;
        }
    }

    async fn look(&self) -> Result<Verdict, ClusterError> {
        let shared = &self.runs.0;
        let _place = self.places.acquire().await;
        match shared.api.get(&self.stop.name, &shared.wanted).await {
            Ok(object) => Ok(judge(&object, &self.stop.uid, &shared.settings)),
            Err(Failed::NotThere) => Ok(Verdict::Gone),
            Err(Failed::TooLarge) => Ok(Verdict::Unreadable),
            Err(Failed::Cluster(error)) => Err(error),
        }
    }

    async fn delete(&self, version: &str) -> Result<(), Failed> {
        let _place = self.places.acquire().await;
        self.runs.0.api.delete(&self.stop.name, &self.stop.uid, version).await
    }

    fn unreadable(&self) -> ClusterError {
        ClusterError::Unavailable(format!("the answer to get {} {} is no object", self.runs.0.api.resource, self.stop.name))
    }

    fn failed(&self, error: &ClusterError) -> StopState {
        StopState::Failed(Trouble {
            message: format!("stop {} {}: {error}", self.stop.kind, self.stop.name),
            transient: error.is_transient(),
            retry_after_seconds: error.retry_after().map(|wait| wait.as_secs()),
        })
    }
}

/// How asking ended.
enum Asked {
    /// There is nothing to wait for.
    Settled(StopState),
    /// It is on its way out.
    Going {
        /// What holds it, as far as that was seen.
        held_by: Vec<String>,
    },
}
