//! `pawl policy test`: tells fixtures to a policy, as the host would run it.

use super::compile::Crate;
use super::watch::Watched;
use crate::cli::{Exit, Output, say};
use anyhow::{Context, bail};
use pawl_builder::gather;
use pawl_sandbox::LoadedPolicy;
use pawl_workbench::suite::{self, Report};
use pawl_workbench::{embed, fixture};
use std::path::PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder of a policy's crate, a component that carries fixtures, or a folder of fixtures (with --policy).
    #[arg(default_value = ".")]
    path: PathBuf,
    /// The component to test, or `builtin:<name>`; a crate is then not compiled.
    #[arg(long, value_name = "FILE")]
    policy: Option<String>,
    /// Only fixtures whose name or sentence holds this text.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Fail unless fixtures reach at least this many of a hundred states.
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    min_coverage: Option<u8>,
    /// Write the report as JUnit XML as well.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Run again whenever a file changes, until ctrl-c.
    #[arg(long)]
    watch: bool,
}

/// Runs them once, or again and again.
pub fn run(args: &Args, output: Output) -> anyhow::Result<Exit> {
    if !args.watch {
        return once(args, output);
    }
    loop {
        let watched = Watched::look(&args.path);
        match once(args, output) {
            Ok(_) => {}
            Err(error) => eprintln!("error: {error:#}"),
        }
        eprintln!("waiting for a change in {} (ctrl-c ends)", args.path.display());
        watched.wait();
    }
}

/// What is tested, and by what.
struct Subject {
    policy: LoadedPolicy,
    files: fixture::Files,
    /// What stands before a fixture's file when it is told.
    folder: String,
}

fn subject(args: &Args) -> anyhow::Result<Subject> {
    let path = &args.path;
    let shown = path.display();
    if path.is_dir() {
        let is_crate = path.join("Cargo.toml").is_file();
        let fixtures = if is_crate { path.join("fixtures") } else { path.clone() };
        let (bytes, source) = match (&args.policy, is_crate) {
            (Some(policy), _) => (super::component(policy)?, policy.clone()),
            (None, true) => {
                let one = Crate::at(path)?;
                (one.compile()?, one.package)
            }
            (None, false) => bail!("{shown} holds no crate; name the component to test its fixtures with: --policy policy.wasm"),
        };
        let files = gather(&fixtures)?;
        let shown = fixtures.to_string_lossy();
        let folder = format!("{}/", shown.strip_prefix("./").unwrap_or(&shown));
        return Ok(Subject { policy: super::load(&bytes, &source)?, files, folder });
    }
    let source = path.to_string_lossy();
    let bytes = super::component(&source)?;
    let files = embed::files(&bytes)?;
    let (bytes, by) = match &args.policy {
        Some(policy) => (super::component(policy)?, policy.clone()),
        None => (bytes, source.clone().into_owned()),
    };
    Ok(Subject { policy: super::load(&bytes, &by)?, files, folder: format!("{source}:") })
}

fn once(args: &Args, output: Output) -> anyhow::Result<Exit> {
    let Subject { policy, files, folder } = subject(args)?;
    let all = fixture::all(&files).map_err(|error| anyhow::anyhow!("{folder}{error}"))?;
    if all.is_empty() {
        bail!("there are no fixtures in {}; write one: docs/fixtures.md says how", folder.trim_end_matches([':', '/']));
    }
    let wanted = args.filter.as_ref().map(|text| text.to_lowercase());
    let holds = |text: &str| wanted.as_ref().is_none_or(|wanted| text.to_lowercase().contains(wanted));
    let chosen: Vec<_> = all.iter().filter(|one| holds(&one.name) || one.about.as_deref().is_some_and(holds)).cloned().collect();
    if chosen.is_empty() {
        let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
        bail!("no fixture holds {:?}; there are: {}", args.filter.as_deref().unwrap_or_default(), names.join(", "));
    }
    let report = suite::run(&policy, &chosen, suite::RUN_LIMIT);
    if let Some(file) = &args.junit {
        std::fs::write(file, suite::junit(&report, &folder)).with_context(|| format!("cannot write {}", file.display()))?;
    }
    let is_covered = args.min_coverage.is_none_or(|least| report.coverage.percent() >= usize::from(least));
    print(&report, &folder, wanted.is_none() || args.min_coverage.is_some(), output)?;
    if !is_covered {
        let least = args.min_coverage.unwrap_or_default();
        eprintln!(
            "error: the fixtures reach {} % of the states, at least {least} % are wanted (--min-coverage)",
            report.coverage.percent()
        );
    }
    Ok(if report.passed() && is_covered { Exit::Done } else { Exit::Failed })
}

fn print(report: &Report, folder: &str, with_coverage: bool, output: Output) -> anyhow::Result<()> {
    if output == Output::Json {
        let mut json = serde_json::to_value(report)?;
        json["passed"] = report.passed().into();
        json["coverage"]["percent"] = report.coverage.percent().into();
        say(json);
        return Ok(());
    }
    say(format_args!("{} {} ({})", report.policy, report.version, report.digest.chars().take(12).collect::<String>()));
    for told in &report.fixtures {
        say(suite::line(told));
        if let Some(failure) = &told.failure {
            say(suite::failure_text(told, failure, folder).trim_end());
        }
    }
    // What some of the fixtures reach says nothing of all.
    if with_coverage {
        say("");
        say(suite::coverage_table(&report.coverage).trim_end());
    }
    say("");
    say(suite::totals(report));
    Ok(())
}
