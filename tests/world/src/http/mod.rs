//! HTTP, on loopback or within the process: one door for REST and GraphQL, where every request is authenticated, counted, logged
//! and, when a test wants it so, mistreated.

pub(crate) mod answer;
pub(crate) mod ask;
mod door;
mod face;
pub(crate) mod faults;
mod gate;
pub(crate) mod limits;
mod line;
pub(crate) mod log;
mod said;
mod serve;
mod tape;

pub use face::Face;
pub use faults::{Fault, Met, Reply, When};
pub use gate::Gate;
pub use log::{Outcome, Seen};
pub use said::Said;
pub(crate) use serve::{Shared, serve};
pub use tape::Exchange;
