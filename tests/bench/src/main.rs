//! `pawl-bench`: measures what Pawl costs, each figure beside a baseline of the same run.
//!
//! `cargo xtask bench` builds it and the real `pawl` in release and runs it; nothing here decides pass or fail, it says what is.
#![forbid(unsafe_code)]

mod acceptance;
mod bare;
mod cluster;
mod decision;
mod document;
mod effort;
mod hostile;
mod house;
mod line;
mod machine;
mod memory;
mod micro;
mod misdeeds;
mod payload;
mod process;
mod report;
mod start;
mod stats;
mod transitions;

use anyhow::Context;
use effort::Effort;
use machine::Machine;
use micro::Micro;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

const USAGE: &str = "usage: pawl-bench --pawl <binary> --folder <folder> [--document <file>] [--quick] [--only <part>]...; `cargo xtask bench` gives what is needed
parts: decisions, misdeeds, acceptance, transitions, start, hostile, memory, cluster";

struct Options {
    pawl: PathBuf,
    folder: PathBuf,
    document: Option<PathBuf>,
    effort: Effort,
    only: Vec<String>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = if arguments == ["bare"] { bare::serve() } else { run(&arguments) };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn options(arguments: &[String]) -> anyhow::Result<Options> {
    let (mut pawl, mut folder, mut document, mut effort, mut only) = (None, None, None, Effort::FULL, Vec::new());
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if argument == "--quick" {
            effort = Effort::QUICK;
            continue;
        }
        let value = arguments.next().with_context(|| format!("{argument} needs a value\n{USAGE}"))?;
        match argument.as_str() {
            "--pawl" => pawl = Some(PathBuf::from(value)),
            "--folder" => folder = Some(PathBuf::from(value)),
            "--document" => document = Some(PathBuf::from(value)),
            "--only" => only.push(value.clone()),
            other => anyhow::bail!("{other} is not understood\n{USAGE}"),
        }
    }
    Ok(Options { pawl: pawl.context(USAGE)?, folder: folder.context(USAGE)?, document, effort, only })
}

fn run(arguments: &[String]) -> anyhow::Result<()> {
    let Options { pawl, folder, document, effort, only } = options(arguments)?;
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let machine = Machine::here().with_sync(&folder)?;
    eprintln!("bench: {machine}");
    let mut micro = Micro::new(&folder, effort.micro_time);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (pawl, folder, effort) = (pawl.as_path(), folder.as_path(), &effort);
    let wanted = |part: &str| only.is_empty() || only.iter().any(|o| o == part);
    let begun = Instant::now();
    let (mut sections, mut failed) = (Vec::new(), Vec::new());
    for part in ["decisions", "misdeeds", "acceptance", "transitions", "start", "hostile", "memory", "cluster"]
        .into_iter()
        .filter(|part| wanted(part))
    {
        eprintln!("bench: {part}, {} s after the beginning", begun.elapsed().as_secs());
        let measured = match part {
            "decisions" => decision::measure(effort, &mut micro),
            "misdeeds" => misdeeds::measure(effort),
            "acceptance" => runtime.block_on(acceptance::measure(effort, &mut micro, pawl, folder, machine.sync_ms)),
            "transitions" => runtime.block_on(transitions::measure(effort, pawl, folder)),
            "start" => runtime.block_on(start::measure(effort, pawl, folder)),
            "hostile" => runtime.block_on(hostile::measure(pawl, folder)),
            "memory" => runtime.block_on(memory::measure(effort, pawl, folder)),
            _ => runtime.block_on(cluster::measure(effort, pawl, folder)),
        };
        // What follows is worth measuring all the same; but no document is written with a part missing.
        match measured {
            Ok(section) => sections.push(section),
            Err(error) => failed.push(format!("{part} could not be measured: {error:#}")),
        }
    }
    print!("{}", document::table(&sections));
    anyhow::ensure!(failed.is_empty(), "{}", failed.join("\n"));
    anyhow::ensure!(!sections.is_empty(), "there is no such part\n{USAGE}");
    if let Some(path) = document {
        std::fs::write(&path, document::document(&machine, &sections)).with_context(|| format!("cannot write {}", path.display()))?;
        eprintln!("bench: wrote {}", path.display());
    }
    Ok(())
}
