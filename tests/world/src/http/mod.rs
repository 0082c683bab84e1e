//! HTTP on loopback: one door for REST and GraphQL, where every request is authenticated, counted, logged and, when a test
//! wants it so, mistreated.

pub(crate) mod answer;
pub(crate) mod ask;
pub(crate) mod faults;
mod gate;
pub(crate) mod limits;
mod line;
pub(crate) mod log;
mod serve;

pub use faults::{Fault, Reply, When};
pub use gate::Gate;
pub use log::{Outcome, Seen};
pub(crate) use serve::{Shared, serve};
