//! The sandbox: loads policies, WebAssembly components of the world in `wit/`, and asks them for decisions.
//!
//! A policy can do nothing but answer: a component that imports anything is refused at load. Each decision runs in a fresh
//! instance within limits of fuel, time, memory and answer size, so a policy that loops, grows, traps or answers too much
//! ends in its own error and disturbs nobody else.
//!
//! This is the only crate that sees wasmtime and the types generated from the contract; both end at its edge, where they
//! are converted by hand to and from the words of `pawl-core`. It knows nothing of GitHub, stores or configuration, and no
//! policy by name.
//!
//! Everything here is synchronous: a decision takes microseconds, and its limits bound it.
#![deny(unsafe_code)]

mod compiled;
mod contract;
mod convert;
mod engine;
mod error;
mod lanes;
mod limits;
mod load;
mod meter;
mod policy;
mod ticker;

pub use compiled::Origin;
pub use contract::VERSION as CONTRACT_VERSION;
pub use error::{DecideError, LoadError, SandboxError};
pub use limits::{ANSWER_BYTES, PolicyLimits, SandboxLimits};
pub use load::Sandbox;
pub use policy::{Decision, LoadedPolicy};
