//! `pawl policy`: what a policy's author does, from the first file to the component, offline apart from what cargo may have to fetch; and
//! which component a running pawl uses.

mod build;
mod compile;
mod inspect;
mod new;
mod test;
mod watch;

use super::{Exit, Output, block_on, swap};
use crate::candidate;
use anyhow::Context;
use pawl_sandbox::{LoadedPolicy, PolicyLimits, Sandbox, SandboxLimits};

/// Longest that one decision may take here, in milliseconds, as when a policy is served.
const DECISION_MS: u64 = 100;

/// Commands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Write a new policy: a crate with fixtures that passes its own tests at once.
    New(new::Args),
    /// Compile a policy's crate to a component that carries its fixtures.
    Build(build::Args),
    /// Who a policy is, what it may do, and the configuration that allows it.
    Inspect(inspect::Args),
    /// Tell a policy its fixtures and judge what comes of them.
    Test(test::Args),
    /// Have a running pawl go back to the component that ran before. Dry unless --confirm.
    Rollback(swap::Args),
    /// Have a running pawl take over what the policy's source holds, whatever was said of it before. Dry unless --confirm.
    Activate(swap::Args),
}

/// Runs one of them.
pub fn run(command: &Command, output: Output) -> anyhow::Result<Exit> {
    match command {
        Command::New(args) => new::run(args, output),
        Command::Build(args) => build::run(args, output),
        Command::Inspect(args) => inspect::run(args, output),
        Command::Test(args) => test::run(args, output),
        Command::Rollback(args) => block_on(swap::rollback(args, output)),
        Command::Activate(args) => block_on(swap::activate(args, output)),
    }
}

/// The bytes of a component: a file, or `builtin:<name>`.
fn component(source: &str) -> anyhow::Result<Vec<u8>> {
    match source.strip_prefix("builtin:") {
        Some(name) => candidate::component(candidate::BUILTIN, name),
        None => candidate::component(source, ""),
    }
}

/// Loads a component with every check that the host makes.
fn load(component: &[u8], source: &str) -> anyhow::Result<LoadedPolicy> {
    let sandbox = Sandbox::new(SandboxLimits::default()).context("cannot set up the sandbox")?;
    let limits = PolicyLimits { time_ms: DECISION_MS, ..PolicyLimits::default() };
    sandbox.load_within(component, limits).with_context(|| format!("{source} cannot be loaded"))
}
