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
    /// Free claims that are taken.
    pub claims: usize,
    /// How often each replica takes a claim that the others want as well.
    pub contended: usize,
    /// Replicas that are killed, one after the other.
    pub crashes: usize,
    /// Claims that each of them holds then; no more than it has workers.
    pub claims_of_the_dead: usize,
    /// Subjects of the replicas, rising.
    pub cluster_subjects: &'static [usize],
    /// Rounds of pushes at few subjects.
    pub pushes: usize,
    /// How long nothing happens, while calls are counted.
    pub idle_time: Duration,
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
        claims: 300,
        contended: 100,
        crashes: 3,
        claims_of_the_dead: 8,
        cluster_subjects: &[1, 20, 100, 1_000],
        pushes: 5,
        idle_time: Duration::from_secs(120),
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
        claims: 50,
        contended: 10,
        crashes: 1,
        claims_of_the_dead: 4,
        cluster_subjects: &[1, 20, 100],
        pushes: 1,
        idle_time: Duration::from_secs(30),
    };
}
