//! Builds policies: finds a Rust toolchain for `wasm32-unknown-unknown`, compiles a guest crate with it and wraps the core
//! module as a component.
//!
//! Used by build scripts, which only look for a toolchain ([`find`]), and by `cargo xtask setup`, which may also install one
//! ([`install`]). It knows no policy and nothing of the host.
//!
//! Policies are built for `wasm32-unknown-unknown` and wrapped here because a guest with the standard library for `wasip2`
//! would import a dozen WASI interfaces that no policy uses, and the host refuses every import.
#![forbid(unsafe_code)]

mod command;
mod compile;
mod component;
mod fixtures;
mod install;
mod toolchain;

pub use compile::{BuildError, Guest, Reach, build, guest_target_dir};
pub use component::{NotAComponent, component};
pub use fixtures::{BadFixtures, Files, embed, gather};
pub use install::install;
pub use toolchain::{CHOICE_VARIABLE, NoToolchain, TARGET, Toolchain, find};
