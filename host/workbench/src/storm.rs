//! Storms: the same happenings, told badly.
//!
//! GitHub promises neither order nor delivery of webhooks, senders repeat themselves, processes die, and several replicas take turns. A
//! storm plays a random list of happenings twice: *calm*, each told at once and settled, and with misfortunes in between. Both must end with
//! the same owned labels in the same state, and the laws of [`crate::play`] must hold all the way.
//!
//! Some differences are nobody's fault, so no storm makes them; see [`run`] for each and its reason.

mod run;
mod schedule;
mod shrink;

use run::Played;
pub use run::{End, Wreck};
pub use schedule::{Act, Misfortune, Schedule};

use crate::play::{Candidate, menu};
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What to play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The first schedule's seed; the next ones follow.
    pub seed: u64,
    /// How many schedules.
    pub schedules: u64,
    /// Most happenings of a schedule, from 4.
    pub happenings: usize,
    /// Threads; as many as this machine has cores when absent. The result is the same for any number.
    pub threads: Option<usize>,
}

impl Default for Options {
    /// A thousand schedules from seed 1, of at most 16 happenings each.
    fn default() -> Self {
        Self { seed: 1, schedules: 1_000, happenings: 16, threads: None }
    }
}

/// How the storms went.
#[derive(Debug, Clone)]
pub struct Report {
    /// Schedules that were played.
    pub schedules: u64,
    /// Those that ended like the calm.
    pub converged: u64,
    /// Decisions that were taken for it.
    pub decisions: u64,
    /// States in which the calm runs ended.
    pub ends: Vec<String>,
    /// The one with the lowest seed that did not, made as small as it goes.
    pub wreck: Option<Wrecked>,
}

/// A schedule that did not end like the calm.
#[derive(Debug, Clone)]
pub struct Wrecked {
    /// The seed that leads to it again.
    pub seed: u64,
    /// Happenings before it was made smaller.
    pub happenings: usize,
    /// What is left of it.
    pub schedule: Schedule,
    /// What goes wrong in what is left.
    pub wreck: Wreck,
}

/// Plays all schedules. Seeds after the first that fails may be left out, so what is counted is what comes before it: the same for any
/// number of threads. `progress` is told how many are done, from any thread.
#[must_use]
pub fn storm(candidate: &Arc<Candidate>, options: Options, progress: &(dyn Fn(u64) + Sync)) -> Report {
    let menu = menu(candidate);
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let threads = options.threads.unwrap_or(cores).max(1);
    let (next, done, failed) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let results: Mutex<Vec<(u64, Played)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                // What is begun is finished, and all before a failure is begun by then: the lowest seed that fails is always found.
                while !failed.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= options.schedules {
                        return;
                    }
                    let schedule = Schedule::drawn(options.seed.wrapping_add(number), options.happenings, &menu);
                    let result = run::play(candidate, &schedule);
                    failed.fetch_or(result.is_err(), Ordering::Relaxed);
                    results.lock().unwrap_or_else(PoisonError::into_inner).push((number, result));
                    progress(done.fetch_add(1, Ordering::Relaxed) + 1);
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(number, _)| *number);
    let mut report = Report { schedules: options.schedules, converged: 0, decisions: 0, ends: Vec::new(), wreck: None };
    for (number, result) in results {
        match result {
            Ok((end, decisions)) => {
                report.converged += 1;
                report.decisions += decisions;
                if !report.ends.contains(&end.state) {
                    report.ends.push(end.state);
                }
            }
            Err(wreck) => {
                let seed = options.seed.wrapping_add(number);
                let drawn = Schedule::drawn(seed, options.happenings, &menu);
                let happenings = drawn.acts.len();
                let (schedule, wreck) = shrink::shrink(candidate, drawn, wreck);
                report.wreck = Some(Wrecked { seed, happenings, schedule, wreck });
                break;
            }
        }
    }
    report.ends.sort();
    report
}
