//! Regressions: seeds that failed once, each with its reason. They are run first, always.

use crate::{Ended, Mode};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// One per line: the mode, the seed, and why it is here.
const LIST: &str = include_str!("../regressions.txt");
/// Where the list is kept.
pub const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/regressions.txt");
/// Longest reason, in characters.
const REASON: usize = 140;

/// The seeds of a mode that failed once.
///
/// # Panics
/// When the list does not read.
#[must_use]
pub fn of(mode: Mode) -> Vec<u64> {
    read(LIST).into_iter().filter(|(of, _)| *of == mode).map(|(_, seed)| seed).collect()
}

fn read(list: &str) -> Vec<(Mode, u64)> {
    let lines = list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let read = |line: &str| {
        let mut words = line.splitn(3, ' ');
        let (word, seed, reason) = (words.next()?, words.next()?.parse().ok()?, words.next()?);
        reason.strip_prefix("# ").filter(|why| !why.is_empty())?;
        Some((Mode::of_word(word)?, seed))
    };
    lines.map(|line| read(line).unwrap_or_else(|| panic!("{line:?} is no mode, seed and # reason"))).collect()
}

/// A failed seed joins the list in this file, with its first complaint as the reason, unless it is there already; whether it joined.
///
/// # Errors
/// The file cannot be read or written.
///
/// # Panics
/// When the list does not read.
pub fn join(file: &Path, failed: &Ended) -> io::Result<bool> {
    let list = fs::read_to_string(file)?;
    if read(&list).contains(&(failed.mode, failed.seed)) {
        return Ok(false);
    }
    let first = failed.complaints.first().map_or("it failed", String::as_str);
    let why: String = first.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(REASON).collect();
    let end = if list.is_empty() || list.ends_with('\n') { "" } else { "\n" };
    writeln!(OpenOptions::new().append(true).open(file)?, "{end}{} {} # {why}", failed.mode.word(), failed.seed)?;
    Ok(true)
}
