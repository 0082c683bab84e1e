//! Planted faults: mistakes in the protocol, made on purpose. Each must be found, or the simulation proves nothing.

use crate::{Ended, Mode, run};
use pawl_core::planted::{Fault, with};

/// Within so many seeds, from 0 on, a fault must be found.
pub const SEEDS: u64 = 2_000;

/// By its word.
#[must_use]
pub fn of_word(word: &str) -> Option<Fault> {
    Fault::ALL.into_iter().find(|fault| fault.word() == word)
}

/// The stories in which this mistake can show.
#[must_use]
pub fn mode(fault: Fault) -> Mode {
    match fault {
        Fault::NoUidPrecondition => Mode::Runs,
        _ => Mode::Storm,
    }
}

/// The first seed of which a check that is there for this mistake complains when it is made; nothing when none does.
///
/// # Panics
/// As [`run`].
#[must_use]
pub fn found(fault: Fault) -> Option<Ended> {
    let _planted = with(fault);
    (0..SEEDS).map(|seed| run(seed, mode(fault))).find(|ended| complaint(fault, ended).is_some())
}

/// What a check that is there for this mistake complains of.
#[must_use]
pub fn complaint(fault: Fault, ended: &Ended) -> Option<&str> {
    let is_of = |complaint: &str, check: &str| complaint.strip_prefix(check).is_some_and(|rest| rest.starts_with([':', ' ']));
    ended.complaints.iter().map(String::as_str).find(|complaint| meant(fault).iter().any(|check| is_of(complaint, check)))
}

/// The checks that are there for this mistake: one of them must complain.
#[must_use]
pub fn meant(fault: Fault) -> &'static [&'static str] {
    match fault {
        Fault::NoResourceVersion | Fault::WallClock | Fault::NoDeadline => &["S6"],
        Fault::ReplaceInsteadOfDelta => &["S1"],
        Fault::RemoveFirst => &["G1"],
        Fault::IncrementOutsideCommit => &["S7"],
        Fault::NoUidPrecondition => &["S5", "S8"],
        Fault::EffectBeforeCommit => &["S8"],
        Fault::DedupeOff => &["R6", "S4"],
        Fault::OverrideReadBeforeClaim => &["S2"],
        Fault::NewerPushDropped => &["at rest: R1", "at rest: R2", "at rest: R3"],
        Fault::BreakerDrops => &["Q4"],
    }
}
