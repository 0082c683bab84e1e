//! Play: one pull request, its GitHub and the host in memory, with a compiled policy that is asked for every decision.
//!
//! The turn is the real one, and so are record, inbox, dedupe and commit; what is modelled is GitHub, the cluster and the people. Time is
//! simulated and nothing here reads a clock, throws dice or starts a thread: the same happenings give the same run.

mod candidate;
mod cast;
mod happening;
mod hub;
mod judge;
mod menu;
mod rest;
mod shell;
mod told;
mod world;

pub use candidate::{Candidate, PlayError};
pub use cast::{Cast, Who};
pub use happening::{Happening, Wait};
pub use hub::{BRANCH, Hub, at};
pub(crate) use judge::list;
pub use judge::{Fault, Violation};
pub(crate) use menu::fitting;
pub use menu::{Group, menu};
pub use shell::Cut;
pub use told::Told;
pub use world::World;
