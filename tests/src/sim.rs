//! The simulation: GitHub and the store in memory, and a shell that carries out steps one by one.

pub mod bundled;
pub mod hub;
pub mod people;
pub mod shell;
pub mod store;
pub mod storm;
pub mod story;
