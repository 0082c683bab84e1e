//! `pawl policy`: what concerns one policy.

use super::{Exit, Output, block_on, swap};

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Go back to the component that ran before. Dry unless --confirm.
    Rollback(swap::Args),
    /// Let what the policy's source holds take over now, whatever was said of it before. Dry unless --confirm.
    Activate(swap::Args),
}

/// Does it.
pub fn run(command: &Command, output: Output) -> anyhow::Result<Exit> {
    match command {
        Command::Rollback(args) => block_on(swap::rollback(args, output)),
        Command::Activate(args) => block_on(swap::activate(args, output)),
    }
}
