//! `pawl explore`: walks a compiled policy over its states.

use super::tried::{Progress, Tried};
use super::{Exit, Output, say};
use anyhow::Context;
use pawl_workbench::diagram;
use pawl_workbench::explore::{self, Explored, Options};
use pawl_workbench::play::Candidate;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    tried: Tried,
    #[command(flatten)]
    limits: Limits,
    /// Write the states and transitions to this file in Mermaid's language.
    #[arg(long, value_name = "FILE")]
    mermaid: Option<PathBuf>,
    /// Write them to this file in Graphviz' language.
    #[arg(long, value_name = "FILE")]
    dot: Option<PathBuf>,
}

/// How far to go.
#[derive(Debug, clap::Args)]
pub struct Limits {
    /// Most happenings in a row.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=50))]
    depth: u8,
    /// Most worlds from which everything is let happen.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    worlds: u32,
    /// Most worlds that are alike but for the policy's memory.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=100))]
    alike: u8,
    /// Most worlds of one state from which everything is let happen.
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    per_state: u32,
    /// Most decisions.
    #[arg(long, default_value_t = 200_000)]
    decisions: u64,
    /// Most units of fuel for all decisions together.
    #[arg(long, default_value_t = 100_000_000_000)]
    fuel: u64,
    /// Threads; as many as there are cores unless given. The result is the same.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=64))]
    threads: Option<u8>,
}

impl Limits {
    /// Explores a policy so far.
    pub fn explore(&self, candidate: &Arc<Candidate>) -> Explored {
        let options = Options {
            depth: usize::from(self.depth),
            worlds: usize::try_from(self.worlds).unwrap_or(usize::MAX),
            alike: usize::from(self.alike),
            per_state: usize::try_from(self.per_state).unwrap_or(usize::MAX),
            decisions: self.decisions,
            fuel: self.fuel,
            threads: self.threads.map(usize::from),
        };
        let progress = Progress::of(u64::from(self.worlds));
        let found = explore::explore(candidate, options, &|worlds| progress.at(worlds as u64));
        progress.end();
        found
    }
}

/// Explores.
pub fn run(args: &Args, output: Output) -> anyhow::Result<Exit> {
    let candidate = args.tried.load()?;
    let found = args.limits.explore(&candidate);
    for (path, diagram) in [(&args.mermaid, diagram::mermaid(&found)), (&args.dot, diagram::dot(&found))] {
        if let Some(path) = path {
            std::fs::write(path, diagram).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    match output {
        Output::Json => say(as_json(&found)),
        Output::Table => say(explore::text(&found).trim_end()),
    }
    Ok(if found.violations.is_empty() { Exit::Done } else { Exit::Failed })
}

fn as_json(found: &Explored) -> serde_json::Value {
    let states: Vec<_> = found
        .states
        .iter()
        .map(|(name, sentence, terminal)| {
            json!({ "name": name, "sentence": sentence, "terminal": terminal, "reached": found.reached.contains(name) })
        })
        .collect();
    let transitions: Vec<_> =
        found.transitions.iter().map(|((from, to), happenings)| json!({ "from": from, "to": to, "happenings": happenings })).collect();
    let violations: Vec<_> = found
        .violations
        .iter()
        .map(|one| json!({ "fault": one.violation.fault.word(), "how": one.violation.how, "trace": one.trace }))
        .collect();
    json!({
        "policy": found.policy, "first": found.first, "states": states, "transitions": transitions, "violations": violations,
        "violations_left_out": found.left_out, "worlds": found.worlds, "keys": found.keys, "decisions": found.decisions,
        "fuel": found.fuel, "cut": found.cut,
    })
}
