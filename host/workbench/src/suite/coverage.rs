//! Coverage: which of the manifest's states a run reached, and which transitions it saw.

use pawl_core::manifest::Manifest;
use serde::Serialize;
use std::collections::BTreeMap;

/// From one state to another, or to the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Transition {
    /// The state before; absent for the first answer of a fixture.
    pub from: Option<String>,
    /// The state after.
    pub to: String,
    /// How often it was seen.
    pub times: usize,
}

/// What a run reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// The manifest's states that some step ended in, in the manifest's order.
    pub reached: Vec<String>,
    /// Those that none did.
    pub unreached: Vec<String>,
    /// Transitions that were seen, a state that stays left out.
    pub transitions: Vec<Transition>,
    #[serde(skip)]
    known: Vec<String>,
    #[serde(skip)]
    seen: BTreeMap<(Option<String>, String), usize>,
}

impl Coverage {
    pub(super) fn of(manifest: &Manifest) -> Self {
        let known: Vec<String> = manifest.states.iter().map(|state| state.name.clone()).collect();
        Self { unreached: known.clone(), known, ..Self::default() }
    }

    pub(super) fn reached(&mut self, from: Option<&str>, to: &str) {
        *self.seen.entry((from.map(str::to_owned), to.to_owned())).or_default() += 1;
    }

    pub(super) fn counted(mut self) -> Self {
        let is_reached = |name: &String| self.seen.keys().any(|(_, to)| to == name);
        (self.reached, self.unreached) = std::mem::take(&mut self.known).into_iter().partition(is_reached);
        let moves = std::mem::take(&mut self.seen).into_iter().filter(|((from, to), _)| from.as_ref() != Some(to));
        self.transitions = moves.map(|((from, to), times)| Transition { from, to, times }).collect();
        self
    }

    /// How many of a hundred states were reached, rounded down.
    #[must_use]
    pub fn percent(&self) -> usize {
        let all = self.reached.len() + self.unreached.len();
        (self.reached.len() * 100).checked_div(all).unwrap_or(100)
    }
}
