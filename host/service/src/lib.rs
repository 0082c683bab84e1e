//! The service: the binary `pawl`.
//!
//! One event's path by file: [`http`] (verify) -> [`intake`] (durable) -> [`queue`] -> [`conductor`] -> [`shell`] (one turn, step by
//! step, as `pawl-core` says) -> [`journal`]. [`branches`] finds whose a push is, [`changes`] whose a run is, [`reconciler`] what got lost, [`catchup`] what never arrived.
//! [`anew`] begins again what could not be read, [`orphans`] gives back what dead replicas held, [`retention`] takes away what is over.
//! [`tasks`] begins anew what ended by a defect, [`schema`] keeps the labels of repositories, [`by_hand`] is what people do to what got stuck.
#![forbid(unsafe_code)]

pub mod anew;
pub mod branches;
pub mod budget;
pub mod by_hand;
pub mod cancellations;
pub mod candidate;
pub mod catchup;
pub mod changes;
pub mod circuits;
pub mod claims;
pub mod cleanup;
pub mod cli;
pub mod cluster;
pub mod conductor;
pub mod config;
pub mod explain;
pub mod host;
pub mod http;
pub mod intake;
pub mod journal;
pub mod kept;
pub mod metrics;
pub mod notes;
pub mod notify;
pub mod orders;
pub mod orphans;
pub mod parked;
pub mod policies;
pub mod queue;
pub mod reconciler;
pub mod retention;
pub mod rhythm;
pub mod schema;
pub mod secrets;
pub mod serve;
pub mod shadow;
pub mod shell;
pub mod signal;
pub mod skew;
pub mod state;
pub mod store;
pub mod swap;
pub mod tasks;
pub mod told;
pub mod wall;

pub use pawl_github::sensor;
