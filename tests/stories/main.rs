//! Stories over HTTP: pawl as it is served, beside a stateful GitHub on loopback. Each reads as a conversation, and ends with "and
//! nothing else happened".
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod anew;
mod bad_input;
mod by_hand;
mod cleanup;
mod clocks;
mod faults;
mod hostile;
mod house;
mod labels;
mod names;
mod notices;
mod outages;
mod passes;
mod path;
mod patience;
mod retention;
mod sensor;
mod sources;
mod stuck;
mod swap;
