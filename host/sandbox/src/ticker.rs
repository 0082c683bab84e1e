//! The clock of decisions: raises wasmtime's epoch once a millisecond while a decision is being taken.
//!
//! While nothing is decided the thread sleeps, so an idle host wakes up for nothing. It ends with the sandbox.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use wasmtime::EngineWeak;

/// Length of one tick.
pub(crate) const TICK: Duration = Duration::from_millis(1);

#[derive(Default)]
struct State {
    /// Decisions being taken.
    running: u32,
    /// Whether the thread waits for one, and nobody has woken it yet.
    asleep: bool,
    /// Whether the thread should end.
    ending: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    /// A panic elsewhere cannot leave the state half-changed, so poisoning means nothing here.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread that ticks.
pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// While this lives, the epoch is raised.
pub(crate) struct Running<'a>(&'a Shared);

impl Ticker {
    /// Starts the thread. It holds the engine weakly, so it keeps nothing alive.
    pub(crate) fn start(engine: EngineWeak) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("pawl-epoch".into()).spawn(move || tick(&of_thread, &engine))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Keeps the clock going until the guard is dropped.
    pub(crate) fn running(&self) -> Running<'_> {
        let mut state = self.shared.lock();
        state.running += 1;
        // It wakes some decisions later, and one call into the kernel is enough.
        if std::mem::take(&mut state.asleep) {
            self.shared.changed.notify_one();
        }
        Running(&self.shared)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.lock().running -= 1;
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.lock().ending = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // The thread cannot panic; if it had, there would be nothing left to end.
            let _ = thread.join();
        }
    }
}

fn tick(shared: &Shared, engine: &EngineWeak) {
    let mut state = shared.lock();
    while !state.ending {
        if state.running == 0 {
            state.asleep = true;
            state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.asleep = false;
            continue;
        }
        let (after, _) = shared.changed.wait_timeout(state, TICK).unwrap_or_else(PoisonError::into_inner);
        state = after;
        match engine.upgrade() {
            Some(engine) => engine.increment_epoch(),
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn the_thread_ends_with_the_ticker_whether_or_not_it_was_ever_needed() {
        let engine = wasmtime::Engine::default();
        for times in 0..3 {
            let ticker = Ticker::start(engine.weak()).unwrap();
            for _ in 0..times {
                drop(ticker.running());
            }
            let shared = Arc::downgrade(&ticker.shared);
            drop(ticker);
            assert!(shared.upgrade().is_none(), "the thread still holds its state");
        }
    }
}
