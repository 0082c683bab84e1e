//! `pawl replay`: asks policies again what a journal says was decided.

use super::tried::{Progress, component};
use super::{Exit, Output, say};
use anyhow::{Context, bail};
use pawl_sandbox::{LoadedPolicy, PolicyLimits, Sandbox, SandboxLimits};
use pawl_workbench::replay::{self, Corpus, Decided, Replayed};
use serde_json::json;
use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;

/// A slow machine must not change an answer.
const PATIENCE_MS: u64 = 60_000;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "exit codes: 0 all answers are the same, 1 failed, 2 answers changed (stdout says how many; a wrong command line says nothing there)"
)]
pub struct Args {
    /// A journal's folder, one of its files, or an exported corpus.
    decisions: PathBuf,
    /// The old policy; without it the journalled answers are the old ones.
    #[arg(long, value_name = "COMPONENT")]
    old: Option<String>,
    /// The new policy: a component file, or `builtin:<name>` for a bundled policy.
    #[arg(long, value_name = "COMPONENT", required_unless_present = "export")]
    new: Option<String>,
    /// The policy whose decisions are replayed; as the new one calls itself unless given.
    #[arg(long, value_name = "NAME")]
    policy: Option<String>,
    /// Write the decisions to this file as a corpus: one on each line, without what only their host can use.
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// Most changes that are shown.
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

/// Replays.
pub fn run(args: &Args, output: Output) -> anyhow::Result<Exit> {
    let mut corpus = replay::read(&args.decisions)?;
    for trouble in &corpus.troubles {
        eprintln!("{}: {}", trouble.place, trouble.what);
    }
    let sandbox = Sandbox::new(SandboxLimits::default())?;
    let load = |source: &String| -> anyhow::Result<LoadedPolicy> {
        let limits = PolicyLimits { time_ms: PATIENCE_MS, ..PolicyLimits::default() };
        sandbox.load_within(&component(source)?, limits).with_context(|| format!("{source} cannot be loaded"))
    };
    let new = args.new.as_ref().map(load).transpose()?;
    let name = args.policy.clone().or_else(|| new.as_ref().map(|new| new.manifest().name.clone()));
    if let Some(name) = &name {
        let had = corpus.decided.len();
        corpus.decided.retain(|one| one.policy == *name);
        if corpus.decided.is_empty() {
            bail!("{} holds {had} decisions, none of policy {name:?}; name another by --policy", args.decisions.display());
        }
    }
    if let Some(path) = &args.export {
        let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        replay::export(&corpus.decided, &mut BufWriter::new(file)).with_context(|| format!("cannot write {}", path.display()))?;
        eprintln!("{} decisions written to {}", corpus.decided.len(), path.display());
    }
    let Some(new) = new else { return Ok(Exit::Done) };
    let old = args.old.as_ref().map(load).transpose()?;
    let progress = Progress::of(corpus.decided.len() as u64);
    let replayed = replay::replay(&corpus.decided, old.as_ref(), &new, &|done| progress.at(done as u64));
    progress.end();
    match output {
        Output::Json => say(as_json(&corpus, &replayed, args.limit)),
        Output::Table => show(&corpus, &replayed, args.limit),
    }
    Ok(if replayed.changed.is_empty() { Exit::Done } else { Exit::CHANGED })
}

fn show(corpus: &Corpus, replayed: &Replayed, limit: usize) {
    say(format_args!("decisions {}  same {}  changed {}", replayed.decisions, replayed.same, replayed.changed.len()));
    if replayed.reworded > 0 {
        say(format_args!("of the same, {} give their reason in other words", replayed.reworded));
    }
    if !replayed.memory_compared {
        say("memories were not compared: the two policies write different versions of it");
    }
    if replayed.unreadable > 0 {
        say(format_args!("{} decisions have a memory that the new policy does not read; a host would not swap it in", replayed.unreadable));
    }
    for (count, what) in [
        (corpus.broken, "lines that cannot be read"),
        (corpus.unchained, "breaks of the journal's chain"),
        (corpus.omitted, "decisions too large for the journal"),
    ] {
        if count > 0 {
            say(format_args!("{what} {count}"));
        }
    }
    for (one, changes) in replayed.changed.iter().take(limit) {
        say(format_args!("\n{}  {}  {}", one.shown, time(one), news(one)));
        for change in changes {
            say(format_args!("  {change}"));
        }
    }
    let more = replayed.changed.len().saturating_sub(limit);
    if more > 0 {
        say(format_args!("\n{more} more changed; --limit shows more of them"));
    }
}

/// Without fractions of a second.
fn time(one: &Decided) -> String {
    let told = if one.at.is_empty() { one.facts.now.to_string() } else { one.at.clone() };
    let text = told.split('.').next().unwrap_or(&told).trim_end_matches('Z');
    format!("{text}Z")
}

/// What it was asked because of.
fn news(one: &Decided) -> String {
    let words: Vec<&str> = one.facts.news.iter().map(|news| news.event.word()).collect();
    let edits = one.facts.edits.len();
    match (words.is_empty(), edits) {
        (true, 0) => "no news".into(),
        (true, edits) => format!("{edits} hand edits"),
        (false, 0) => words.join(", "),
        (false, edits) => format!("{}, {edits} hand edits", words.join(", ")),
    }
}

fn as_json(corpus: &Corpus, replayed: &Replayed, limit: usize) -> serde_json::Value {
    let changes: Vec<_> = replayed
        .changed
        .iter()
        .take(limit)
        .map(|(one, changes)| json!({ "subject": one.shown, "at": time(one), "news": news(one), "changes": changes }))
        .collect();
    json!({
        "decisions": replayed.decisions, "same": replayed.same, "changed": replayed.changed.len(), "reworded": replayed.reworded,
        "memory_compared": replayed.memory_compared, "unreadable_memory": replayed.unreadable, "broken_lines": corpus.broken,
        "broken_chain": corpus.unchained, "omitted": corpus.omitted, "troubles": corpus.troubles.iter().map(|t| json!({ "at": t.place, "what": t.what })).collect::<Vec<_>>(),
        "changes": changes,
    })
}
