//! The tasks that work without being asked, and the listeners. A task that ends by a defect is begun anew after a pause, for everything that
//! it knew it can read again; a listener that ends takes readiness with it. Both are told.

use crate::host::Host;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

/// Before a task that ended by a defect is begun anew: what it met may be met again at once.
const PAUSE: Duration = Duration::from_secs(10);

/// What has ended that should not have.
#[derive(Debug, Default)]
pub struct Tasks(Mutex<BTreeMap<&'static str, Ended>>);

/// How often something ended before its time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ended {
    /// Times since the start of the process.
    pub times: u64,
    /// Why it ended the last time.
    pub why: String,
    /// Whether nothing begins it anew.
    pub is_down: bool,
}

impl Tasks {
    fn all(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, Ended>> {
        // Whole after every line that holds it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A listener has ended before shutdown: nobody is answered there any more.
    pub fn is_down(&self, name: &'static str, why: &str) {
        self.note(name, why, true);
    }

    fn note(&self, name: &'static str, why: &str, is_down: bool) {
        let mut all = self.all();
        let ended = all.entry(name).or_default();
        *ended = Ended { times: ended.times + 1, why: why.to_owned(), is_down };
    }

    /// Everything that ended before its time, by name.
    #[must_use]
    pub fn ended(&self) -> Vec<(&'static str, Ended)> {
        self.all().iter().map(|(name, ended)| (*name, ended.clone())).collect()
    }

    /// Whether everything works that cannot be begun anew.
    #[must_use]
    pub fn are_well(&self) -> bool {
        self.all().values().all(|ended| !ended.is_down)
    }

    /// The same for the state of everything.
    #[must_use]
    pub fn json(&self) -> Value {
        self.ended().into_iter().map(|(name, ended)| (name, json!({ "times": ended.times, "why": ended.why }))).collect()
    }
}

/// Starts a task, and starts it again for as long as it ends by a panic and the host does not drain. One that returns has nothing to do
/// here.
pub fn keep<F>(host: &Arc<Host>, tasks: &mut JoinSet<()>, name: &'static str, run: impl Fn(Arc<Host>) -> F + Send + 'static)
where
    F: Future<Output = ()> + Send + 'static,
{
    let host = host.clone();
    tasks.spawn(async move {
        // A task of its own, so that a panic ends nothing else; ended with this one, so that nothing outlives shutdown.
        while let Err(error) = AbortOnDropHandle::new(tokio::spawn(run(host.clone()))).await {
            tracing::error!(task = name, %error, "defect: a task ended; it is begun anew in {} s; please report this", PAUSE.as_secs());
            host.tasks.note(name, &error.to_string(), false);
            if host.draining().run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_none() {
                return;
            }
        }
    });
}
