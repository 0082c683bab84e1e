//! Pawl's words and pure logic.
//!
//! Everything here is a function of its arguments: no IO, no async, no clock, no randomness, no environment. Adapters turn
//! the outside into these words and carry out what these words say.
#![forbid(unsafe_code)]

pub mod branch;
pub mod breaker;
pub mod comment;
pub mod edits;
pub mod facts;
pub mod grant;
pub mod label;
pub mod manifest;
pub mod news;
pub mod plan;
pub mod planted;
pub mod record;
pub mod stop;
pub mod store;
pub mod subject;
pub mod text;
pub mod turn;

pub use jiff::Timestamp;
