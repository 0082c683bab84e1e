//! `pawl policy`: what a policy's author does, from the first file to the component, offline apart from what cargo may have to fetch; and
//! which component a running pawl uses.

mod build;
mod compile;
mod inspect;
mod new;
mod test;
mod watch;

use super::tried::component;
use super::{Exit, Output, block_on, swap};
use anyhow::Context;
use pawl_sandbox::{LoadedPolicy, Sandbox, SandboxLimits};

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

/// Loads a component with every check that the host makes.
fn load(component: &[u8], source: &str) -> anyhow::Result<LoadedPolicy> {
    let sandbox = Sandbox::new(SandboxLimits::default()).context("cannot set up the sandbox")?;
    sandbox.load(component).with_context(|| format!("{source} cannot be loaded"))
}
