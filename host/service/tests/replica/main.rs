//! One replica on a cluster, in this process.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod house;
mod passes;
mod runs_wake;
