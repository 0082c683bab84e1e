//! `pawl storm`: the same happenings, told badly, must end the same.

use super::tried::{Progress, Tried};
use super::{Exit, Output, say};
use pawl_workbench::storm::{self, Options, Report};
use serde_json::json;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    tried: Tried,
    /// The first schedule's seed; the next ones follow.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many schedules.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    schedules: u64,
    /// Most happenings of a schedule.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u8).range(4..=100))]
    happenings: u8,
    /// Threads; as many as there are cores unless given. The result is the same.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=64))]
    threads: Option<u8>,
}

/// Plays the schedules.
pub fn run(args: &Args, output: Output) -> anyhow::Result<Exit> {
    let candidate = args.tried.load()?;
    let options = Options {
        seed: args.seed,
        schedules: args.schedules,
        happenings: usize::from(args.happenings),
        threads: args.threads.map(usize::from),
    };
    let progress = Progress::of(args.schedules);
    let report = storm::storm(&candidate, options, &|done| progress.at(done));
    progress.end();
    match output {
        Output::Json => say(as_json(&report)),
        Output::Table => say(as_text(&report).trim_end()),
    }
    Ok(if report.wreck.is_none() { Exit::Done } else { Exit::Failed })
}

fn as_text(report: &Report) -> String {
    let Some(wrecked) = &report.wreck else {
        return format!(
            "converged {}/{}\n{} decisions; ends: {}",
            report.converged,
            report.schedules,
            report.decisions,
            report.ends.join(", ")
        );
    };
    let when = if wrecked.wreck.is_calm { ", though everything was told at once and in order" } else { "" };
    format!(
        "seed {} fails{when}, after {} that converged\n{}\n\nthe schedule, {} of {} happenings left:\n  {}\n\nwhat was done:\n  {}",
        wrecked.seed,
        report.converged,
        wrecked.wreck.violation,
        wrecked.schedule.acts.len(),
        wrecked.happenings,
        wrecked.schedule.lines().join("\n  "),
        wrecked.wreck.lines.join("\n  ")
    )
}

fn as_json(report: &Report) -> serde_json::Value {
    let wreck = report.wreck.as_ref().map(|wrecked| {
        json!({
            "seed": wrecked.seed, "fault": wrecked.wreck.violation.fault.word(), "how": wrecked.wreck.violation.how,
            "calm": wrecked.wreck.is_calm, "schedule": wrecked.schedule.lines(), "done": wrecked.wreck.lines,
        })
    });
    json!({ "schedules": report.schedules, "converged": report.converged, "decisions": report.decisions, "ends": report.ends, "wreck": wreck })
}
