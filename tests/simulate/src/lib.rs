//! Replicas simulated: the real service, several times, on one clock and from one seed.
//!
//! Each replica is the whole of it: intake, queue, conductor, reconciler, branches, records and claims on a cluster, the adapter of
//! GitHub, and the compiled policy. What is around them is GitHub ([`pawl_world`]) and an API server ([`pawl_apiserver`]) in this very
//! process, each at the end of a [`line`] that delays, loses, repeats, holds and cuts. Processes die and come again, stand still and go
//! on, and have clocks that are wrong. [`people`] and agents act meanwhile; a [`model`] as small as the requirement says what that comes
//! to.
//!
//! An [`eye`] sees every request. What must hold at every moment stands in [`checks`], what must hold at rest in [`rest`].
//!
//! The same seed gives the same [`trace`], request by request. [`bounds`] end a seed that would never end. What fails is printed with all that
//! is needed to see it again ([`ended`]), and is run first from then on ([`regressions`]).
#![forbid(unsafe_code)]

/// A seed is a hundred thousand small allocations on two threads; this is what makes them cheap.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub mod bounds;
pub mod checks;
pub mod crowd;
pub mod ended;
pub mod eye;
pub mod faces;
pub mod hands;
pub mod line;
pub mod mode;
pub mod model;
mod moments;
pub mod people;
pub mod planted;
pub mod post;
pub mod regressions;
pub mod replica;
pub mod rest;
pub mod seeds;
pub mod stage;
pub mod standing;
pub mod storm;
pub mod table;
pub mod trace;
pub mod truth;

pub use ended::Ended;
pub use mode::Mode;
pub use storm::Storm;

/// Lines of the trace that a failure shows.
pub const SHOWN: usize = 150;

/// Simulates one seed.
///
/// # Panics
/// When this machine gives no runtime, no temporary files, or cannot run policies.
#[must_use]
pub fn run(seed: u64, mode: Mode) -> Ended {
    run_showing(seed, mode, SHOWN)
}

/// The same, with so many lines of its trace.
///
/// # Panics
/// As [`run`].
#[must_use]
pub fn run_showing(seed: u64, mode: Mode, lines: usize) -> Ended {
    // Waiting costs nothing: when everybody waits, the clock jumps to the next moment at which somebody is due.
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime without sockets");
    runtime.block_on(async {
        let mut storm = Storm::begin(seed, mode);
        let eye = storm.eye().clone();
        bounds::within(&eye, Box::pin(storm.run())).await;
        let seen = eye.seen();
        let complaints = seen.complaints.clone();
        let trace = seen.trace.tail(lines);
        Ended { seed, mode, hash: seen.trace.hash(), lines: seen.trace.count(), complaints, plan: storm.plan.clone(), trace }
    })
}
