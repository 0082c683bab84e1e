//! `simulate --seeds N --from S [--liveness | --clocks | --pushes | --runs] [--planted FAULT] [--lines N]`: runs seeds on all cores, and says which did not hold.
#![forbid(unsafe_code)]

use pawl_core::planted::Fault;
use pawl_simulate::{Ended, Mode, planted, regressions, run_showing};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

fn main() -> ExitCode {
    let (mut seeds, mut from, mut mode, mut lines) = (100_u64, 0_u64, Mode::Storm, 150_usize);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|text| text.parse::<u64>().ok());
        let is_understood = match argument.as_str() {
            "--seeds" => number().map(|n| seeds = n).is_some(),
            "--from" => number().map(|n| from = n).is_some(),
            "--lines" => number().map(|n| lines = usize::try_from(n).unwrap_or(usize::MAX)).is_some(),
            "--liveness" | "--clocks" | "--pushes" | "--runs" => {
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
                "simulate: {argument:?} is not understood; --seeds N, --from S, --lines N, --liveness, --clocks, --pushes, --runs and --planted FAULT are"
            );
            return ExitCode::from(2);
        }
    }
    if seeds == 1 {
        let ended = run_showing(from, mode, lines);
        println!("plan:\n{}\ntrace:\n{}\n{}", ended.plan.join("\n"), ended.trace, ended.complaints.join("\n"));
        println!("seed {from}: hash {:016x} over {} lines, {} complaints", ended.hash, ended.lines, ended.complaints.len());
        return if ended.complaints.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let begun = Instant::now();
    let failed = all(from, seeds, mode, lines);
    println!("{seeds} seeds from {from} in {:.1} s, {} failed", begun.elapsed().as_secs_f64(), failed.len());
    for ended in failed.iter().take(3) {
        println!("--- seed {}\n{}\nplan:\n{}\ntrace:\n{}", ended.seed, ended.complaints.join("\n"), ended.plan.join("\n"), ended.trace);
    }
    for ended in &failed {
        println!("{}: {}", ended.seed, ended.complaints.first().map_or("", String::as_str));
    }
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

/// Runs them, after those that failed once; those that failed, in order.
fn all(from: u64, seeds: u64, mode: Mode, lines: usize) -> Vec<Ended> {
    let first = regressions::of(mode);
    let seeds: Vec<u64> = first.into_iter().chain(from..from + seeds).collect();
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let ended = run_showing(*seed, mode, lines);
                    if !ended.complaints.is_empty()
                        && let Ok(mut failed) = failed.lock()
                    {
                        failed.push(ended);
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap_or_default();
    failed.sort_by_key(|ended: &Ended| ended.seed);
    failed
}
