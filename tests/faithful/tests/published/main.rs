//! The world and the host's adapter, held against what GitHub publishes of itself.
//!
//! The descriptions are large and not ours, so these tests are left out until `cargo xtask descriptions` has fetched them;
//! `cargo xtask test` does both.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod adapter;
mod client;
mod exceptions;
mod graphql;
mod hooks;
mod rest;
mod rest_story;
