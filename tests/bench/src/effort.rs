//! How much is measured: all of it, or a little to try it out.

use std::time::Duration;

/// Rounds and counts of one run.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Rounds in which baseline and subject take turns.
    pub rounds: usize,
    /// Decisions in each round.
    pub decisions: usize,
    /// How long each number of threads decides, in each round.
    pub thread_time: Duration,
    /// How long criterion measures one thing.
    pub micro_time: Duration,
    /// Deliveries in each round of acceptance at once.
    pub deliveries: usize,
    /// Deliveries in each round one after the other.
    pub single_deliveries: usize,
    /// Transitions without latency.
    pub transitions: usize,
    /// Transitions with latency.
    pub slow_transitions: usize,
    /// Starts of a process, of each kind.
    pub starts: usize,
    /// Active subjects at which memory is read, rising.
    pub subjects: &'static [usize],
}

impl Effort {
    /// For the document: some minutes.
    pub const FULL: Self = Self {
        rounds: 7,
        decisions: 4_000,
        thread_time: Duration::from_millis(500),
        micro_time: Duration::from_millis(1_200),
        deliveries: 3_000,
        single_deliveries: 150,
        transitions: 200,
        slow_transitions: 60,
        starts: 15,
        subjects: &[1, 100, 1_000, 10_000],
    };
    /// To try it out: some seconds.
    pub const QUICK: Self = Self {
        rounds: 3,
        decisions: 500,
        thread_time: Duration::from_millis(100),
        micro_time: Duration::from_millis(200),
        deliveries: 600,
        single_deliveries: 40,
        transitions: 20,
        slow_transitions: 5,
        starts: 3,
        subjects: &[1, 100, 300],
    };
}
