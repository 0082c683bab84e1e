//! Tidiness is an ordinary test: the walls between the crates, the words that must not leak, the size of files, and the
//! requirement rows that every test suite must name.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "tidy/files.rs"]
mod files;
#[path = "tidy/fuzz.rs"]
mod fuzz;
#[path = "tidy/planted.rs"]
mod planted;
#[path = "tidy/purity.rs"]
mod purity;
#[path = "tidy/rows.rs"]
mod rows;
#[path = "tidy/tree.rs"]
mod tree;
#[path = "tidy/walls.rs"]
mod walls;
#[path = "tidy/words.rs"]
mod words;
