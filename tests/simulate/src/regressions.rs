//! Regressions: seeds that failed once, each with its reason. They are run first, always.

use crate::Mode;

/// One per line: the mode, the seed, and why it is here.
const LIST: &str = include_str!("../regressions.txt");

/// The seeds of a mode that failed once.
///
/// # Panics
/// When the list does not read.
#[must_use]
pub fn of(mode: Mode) -> Vec<u64> {
    let lines = LIST.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let read = |line: &str| {
        let mut words = line.splitn(3, ' ');
        let (word, seed, reason) = (words.next()?, words.next()?.parse().ok()?, words.next()?);
        (!reason.is_empty()).then_some((Mode::of_word(word)?, seed))
    };
    lines
        .map(|line| read(line).unwrap_or_else(|| panic!("{line:?} is no mode, seed and reason")))
        .filter(|(of, _)| *of == mode)
        .map(|(_, seed)| seed)
        .collect()
}
