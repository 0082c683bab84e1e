//! One replica on a cluster, in this process, and sometimes another.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod cleanup;
mod house;
mod passes;
mod ready;
mod runs_wake;
mod swap;
