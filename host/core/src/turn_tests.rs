//! Stories of turns, told over a bench in memory.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "turn_tests/bench.rs"]
mod bench;
#[path = "turn_tests/by_hand.rs"]
mod by_hand;
#[path = "turn_tests/edits.rs"]
mod edits;
#[path = "turn_tests/effects.rs"]
mod effects;
#[path = "turn_tests/parking.rs"]
mod parking;
#[path = "turn_tests/path.rs"]
mod path;
#[path = "turn_tests/shadow.rs"]
mod shadow;
#[path = "turn_tests/stops.rs"]
mod stops;
