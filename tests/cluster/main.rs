//! Replicas as processes: the real command line, `pawl serve`, several times, at one API server and one GitHub.
//!
//! The API server is our own, on loopback. Where `PAWL_TEST_KUBECONFIG` names a kubeconfig, the stories that need no faults of it run at
//! that cluster instead, each in a namespace of its own; the others say that they did not run.
//!
//! `PAWL_CLUSTER_ROUNDS` says how many rounds of killing there are; without it each of two stories has ten.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod api;
mod cast;
mod claims;
mod house;
mod kept;
mod kills;
mod late;
mod misfortune;
mod moment;
mod odd_labels;
mod operator;
mod pushes;
mod replica;
mod rest;
mod rights;
mod shared_task;
#[cfg(unix)]
mod stale;
mod stuck;
mod weather;
mod witness;
