//! What the server claims about Kubernetes, each claim by plain HTTP requests.
//!
//! The table of answers (`rows/`) is data. It runs against both faces always, and against a real cluster when `PAWL_TEST_KUBECONFIG`
//! names a kubeconfig.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod access;
mod cluster;
mod deletion;
mod discovery;
mod faults;
mod kubeconfig;
mod left_out;
mod lifting;
mod line;
mod pages;
mod rows;
mod swap;
mod table;
mod watches;
mod watching;
