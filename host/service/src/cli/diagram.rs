//! `pawl diagram`: the states and transitions of a compiled policy, as exploring finds them.

use super::explore::Limits;
use super::tried::Tried;
use super::{Exit, say};
use clap::ValueEnum;
use pawl_workbench::diagram;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    tried: Tried,
    #[command(flatten)]
    limits: Limits,
    /// The language.
    #[arg(long, value_enum, default_value_t = Language::Mermaid)]
    language: Language,
}

/// A language of diagrams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    /// Mermaid's `stateDiagram-v2`, which GitHub shows.
    Mermaid,
    /// Graphviz' DOT.
    Dot,
}

/// Prints the diagram. What exploring found wrong is not said here: `pawl explore` does.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let candidate = args.tried.load()?;
    let found = args.limits.explore(&candidate);
    let text = match args.language {
        Language::Mermaid => diagram::mermaid(&found),
        Language::Dot => diagram::dot(&found),
    };
    say(text.trim_end());
    for cut in &found.cut {
        eprintln!("cut {cut}");
    }
    Ok(Exit::Done)
}
