//! Exploring: a walk over the states of a compiled policy, breadth first, so that the first way found to anything is the shortest.
//!
//! What a world is like is told by a [`Key`]; of each key a few worlds are kept that differ in what the policy remembers. From every world
//! everything happens that its manifest lets one expect. After each happening the host is brought to rest and the policy judged.
//!
//! The walk is bounded, so what it does not find may be there all the same: what was cut is said. What it does find is so.

mod key;
mod said;
mod walk;

pub use key::Key;
pub(crate) use said::examples;
pub use said::text;
pub use walk::explore;

use crate::play::Violation;
use std::collections::{BTreeMap, BTreeSet};

/// How far to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Most happenings in a row.
    pub depth: usize,
    /// Most worlds from which everything is let happen.
    pub worlds: usize,
    /// Most worlds that are alike but for the policy's memory.
    pub alike: usize,
    /// Most worlds of one state from which everything is let happen, so that a state with many faces does not crowd out the others.
    pub per_state: usize,
    /// Most decisions; looked at between worlds.
    pub decisions: u64,
    /// Most units of fuel for all decisions together; looked at between worlds.
    pub fuel: u64,
    /// Threads; as many as this machine has cores when absent. The result is the same for any number.
    pub threads: Option<usize>,
}

impl Default for Options {
    fn default() -> Self {
        Self { depth: 8, worlds: 500, alike: 2, per_state: 25, decisions: 200_000, fuel: 100_000_000_000, threads: None }
    }
}

/// A transition between two states.
pub type Transition = (String, String);

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Explored {
    /// The policy's name and version.
    pub policy: String,
    /// Its states: name, sentence, whether it is an end; in the manifest's order.
    pub states: Vec<(String, String, bool)>,
    /// The state of the first decision.
    pub first: String,
    /// States that were reached.
    pub reached: BTreeSet<String>,
    /// Transitions, with all happenings that lead there.
    pub transitions: BTreeMap<Transition, BTreeSet<String>>,
    /// What went wrong, the shortest trace first.
    pub violations: Vec<Found>,
    /// Happenings whose further violations were left out, as the first ones are alike.
    pub left_out: usize,
    /// Keys that were found.
    pub keys: usize,
    /// Worlds from which everything was let happen.
    pub worlds: usize,
    /// Decisions that were taken.
    pub decisions: u64,
    /// Units of fuel that they used.
    pub fuel: u64,
    /// What was not followed, and by which limit; empty when everything was.
    pub cut: Vec<String>,
}

impl Explored {
    /// States of the manifest that no explored happening led to.
    pub fn unreachable(&self) -> impl Iterator<Item = &str> {
        self.states.iter().map(|(name, ..)| name.as_str()).filter(|name| !self.reached.contains(*name))
    }
}

/// A violation and the shortest way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What is wrong.
    pub violation: Violation,
    /// From the beginning: one line for each happening, with what came of it.
    pub trace: Vec<String>,
}
