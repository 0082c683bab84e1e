//! `simulate --seeds N --from S [--liveness | --runs | --crowd] [--planted FAULT] [--lines N]`: runs seeds on all cores, and says which did not
//! hold.
#![forbid(unsafe_code)]

use pawl_core::planted::Fault;
use pawl_simulate::{Ended, Mode, SHOWN, planted, regressions, run_showing, seeds};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

/// Seeds that are told in full, and that join the list of regressions; of all others it is said why they failed.
const TOLD: usize = 3;

fn main() -> ExitCode {
    let (mut seeds, mut from, mut mode, mut lines) = (100_u64, 0_u64, Mode::Storm, SHOWN);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|text| text.parse::<u64>().ok());
        let is_understood = match argument.as_str() {
            "--seeds" => number().map(|n| seeds = n).is_some(),
            "--from" => number().map(|n| from = n).is_some(),
            "--lines" => number().map(|n| lines = usize::try_from(n).unwrap_or(usize::MAX)).is_some(),
            "--liveness" | "--runs" | "--crowd" => {
                mode = Mode::of_word(argument.trim_start_matches('-')).unwrap_or_default();
                true
            }
            "--planted" => match arguments.next().and_then(|word| planted::of_word(&word)) {
                Some(fault) => return hunt(fault),
                None => false,
            },
            _ => false,
        };
        if !is_understood {
            eprintln!(
                "simulate: {argument:?} is not understood; --seeds N, --from S, --lines N, --liveness, --runs, --crowd and --planted FAULT are"
            );
            return ExitCode::from(2);
        }
    }
    let failed = if seeds == 1 {
        let ended = run_showing(from, mode, lines);
        println!("{ended}");
        if ended.complaints.is_empty() { Vec::new() } else { vec![ended] }
    } else {
        let failed = several(from, seeds, mode, lines);
        failed.iter().take(TOLD).for_each(|ended| println!("---\n{ended}"));
        for ended in &failed {
            println!("{} {}: {}", ended.mode.word(), ended.seed, ended.complaints.first().map_or("", String::as_str));
        }
        failed
    };
    failed.iter().take(TOLD).for_each(remember);
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plants a fault, and runs seeds until a check complains.
fn hunt(fault: Fault) -> ExitCode {
    let begun = Instant::now();
    let Some(ended) = planted::found(fault) else {
        println!("{}: {} seeds, and no check complained", fault.word(), planted::SEEDS);
        return ExitCode::FAILURE;
    };
    println!("plan:\n{}\ntrace:\n{}\n{}", ended.plan.join("\n"), ended.trace, ended.complaints.join("\n"));
    println!("{}: found by seed {} in {:.1} s", fault.word(), ended.seed, begun.elapsed().as_secs_f64());
    ExitCode::SUCCESS
}

/// Runs those that failed once, and then these; those that fail, in order.
fn several(from: u64, seeds: u64, mode: Mode, lines: usize) -> Vec<Ended> {
    let begun = Instant::now();
    let (first, last) = (regressions::of(mode), from.saturating_add(seeds));
    let whole: Vec<u64> = first.iter().copied().chain(from..last).collect();
    let failed: Vec<Ended> = seeds::all(&whole, |seed| Some(run_showing(seed, mode, lines)).filter(|ended| !ended.complaints.is_empty()))
        .into_iter()
        .flatten()
        .collect();
    let (word, again, seconds) = (mode.word(), first.len(), begun.elapsed().as_secs_f64());
    println!(
        "{word}: seeds {from} to {}, after {again} that failed once, in {seconds:.1} s: {} failed",
        last.saturating_sub(1),
        failed.len()
    );
    failed
}

/// From now on it is run first.
fn remember(failed: &Ended) {
    match regressions::join(Path::new(regressions::FILE), failed) {
        Ok(true) => println!("seed {} has joined tests/simulate/regressions.txt", failed.seed),
        Ok(false) => {}
        Err(error) => eprintln!("simulate: {} could not be written: {error}", regressions::FILE),
    }
}
