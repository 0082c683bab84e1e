//! `pawl bench`: what a decision of a compiled policy costs.

use super::tried::Tried;
use super::{Exit, Output, read_input, say};
use anyhow::Context;
use pawl_core::facts::{Facts, Setting};
use pawl_workbench::fuel::{self, Cost, Sample};
use pawl_workbench::play::Candidate;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    tried: Tried,
    /// Ask about these facts instead of the samples, as for `pawl decide`; may be repeated.
    #[arg(long, value_name = "FILE")]
    facts: Vec<PathBuf>,
    /// Fail when a decision needs more units of fuel than this.
    #[arg(long, value_name = "UNITS")]
    max_fuel: Option<u64>,
    /// Decisions of each sample for the times.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rounds: u32,
}

/// Measures.
pub fn run(args: &Args, output: Output) -> anyhow::Result<Exit> {
    let candidate = args.tried.load()?;
    let samples = match args.facts.as_slice() {
        [] => fuel::samples(&candidate),
        files => files.iter().map(|file| sample(file, &candidate)).collect::<anyhow::Result<_>>()?,
    };
    let rounds = usize::try_from(args.rounds).unwrap_or(usize::MAX);
    let costs: Vec<Cost> = samples.iter().map(|sample| fuel::cost(candidate.policy(), sample, rounds)).collect();
    match output {
        Output::Json => say(as_json(&candidate, &costs, args.max_fuel)),
        Output::Table => show(&candidate, &costs),
    }
    let mut exit = Exit::Done;
    for cost in &costs {
        let complaint = match (&cost.spent, args.max_fuel) {
            (Err(error), _) => error.clone(),
            (Ok(spent), Some(most)) if spent.fuel > most => format!("{} units of fuel, more than the {most} of --max-fuel", spent.fuel),
            _ => continue,
        };
        eprintln!("error: {}: {complaint}", cost.name);
        exit = Exit::Failed;
    }
    Ok(exit)
}

fn sample(path: &Path, candidate: &Candidate) -> anyhow::Result<Sample> {
    let text = read_input(path)?;
    let mut facts: Facts = serde_json::from_slice(&text).with_context(|| format!("{} does not read as facts", path.display()))?;
    let mut told: BTreeMap<_, _> = candidate.member().settings.iter().map(|s| (s.name.clone(), s.value.clone())).collect();
    told.extend(facts.settings.drain(..).map(|Setting { name, value }| (name, value)));
    facts.settings = candidate.manifest().settle_settings(&told)?;
    Ok(Sample { name: path.display().to_string(), words: "facts of a file".into(), facts })
}

fn micros(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e6)
}

fn show(candidate: &Candidate, costs: &[Cost]) {
    let limits = candidate.policy().limits();
    say(format_args!(
        "{} {}, limit {} units of fuel; times are of this machine",
        candidate.manifest().name,
        candidate.manifest().version,
        limits.fuel
    ));
    say(format_args!("{:>12} {:>6} {:>10} {:>10}  facts", "fuel", "pages", "p50 us", "p99 us"));
    for cost in costs {
        match &cost.spent {
            Ok(spent) => say(format_args!(
                "{:>12} {:>6} {:>10} {:>10}  {}: {}{}",
                spent.fuel,
                spent.pages,
                micros(spent.p50),
                micros(spent.p99),
                cost.name,
                cost.words,
                if spent.is_refusal { " (refused)" } else { "" }
            )),
            Err(error) => say(format_args!("{:>12} {:>6} {:>10} {:>10}  {}: {error}", "-", "-", "-", "-", cost.name)),
        }
    }
}

fn as_json(candidate: &Candidate, costs: &[Cost], max_fuel: Option<u64>) -> serde_json::Value {
    let costs: Vec<_> = costs
        .iter()
        .map(|cost| match &cost.spent {
            Ok(spent) => json!({
                "facts": cost.name, "fuel": spent.fuel, "pages": spent.pages, "refused": spent.is_refusal,
                "this_machine": { "p50_us": spent.p50.as_secs_f64() * 1e6, "p99_us": spent.p99.as_secs_f64() * 1e6 },
            }),
            Err(error) => json!({ "facts": cost.name, "error": error }),
        })
        .collect();
    json!({ "policy": candidate.manifest().name, "digest": candidate.policy().digest(), "max_fuel": max_fuel, "decisions": costs })
}
