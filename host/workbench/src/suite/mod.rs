//! Running fixtures against a compiled policy: what came of each, and which states and transitions they reached.
//!
//! Nothing here reads a file or calls anybody: the policy is asked in its sandbox, and between steps the world changes as the host would
//! have changed it. A host may therefore run a new policy's own fixtures before it lets it decide (H6).

mod coverage;
mod judge;
mod junit;
mod table;
mod world;

pub use coverage::{Coverage, Transition};
pub use judge::Difference;
pub use junit::junit;
pub use table::{coverage as coverage_table, failure as failure_text, line, totals};

use crate::fixture::Fixture;
use pawl_sandbox::LoadedPolicy;
use serde::Serialize;
use std::time::{Duration, Instant};
use world::World;

/// How long a whole run may take by default. A decision takes well under a millisecond, so this is for a machine that is very busy.
pub const RUN_LIMIT: Duration = Duration::from_secs(60);

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The policy's name.
    pub policy: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its component in hexadecimal.
    pub digest: String,
    /// Each fixture, in the order they were given.
    pub fixtures: Vec<Told>,
    /// What they reached.
    pub coverage: Coverage,
}

impl Report {
    /// Whether everything came as expected. A run without fixtures has shown nothing wrong.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.fixtures.iter().all(|told| told.failure.is_none())
    }

    /// How many fixtures failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.fixtures.iter().filter(|told| told.failure.is_some()).count()
    }
}

/// What came of one fixture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The fixture's name.
    pub name: String,
    /// Its file, as it is called in its folder.
    pub file: String,
    /// What it tells.
    pub about: Option<String>,
    /// How many steps were told; the last of them failed, if there is a failure.
    pub steps: usize,
    /// The most fuel that one of its decisions used.
    pub fuel_used: u64,
    /// Why it failed.
    pub failure: Option<Failure>,
}

/// The step at which a fixture failed. What comes after it is not told: it would fail by this alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Which step, from 1; zero when it failed before the first.
    pub step: usize,
    /// What happens in it.
    pub about: Option<String>,
    /// The line it begins in.
    pub line: u64,
    /// What is wrong whatever was expected: a broken law, or an answer that the host would not accept.
    pub broken: Option<String>,
    /// What differs from what was expected.
    pub differences: Vec<Difference>,
    /// The policy's own reason for its answer.
    pub reason: Option<String>,
    /// Whether the machine may be to blame: it was too busy to ask, or to come to the end in time.
    pub may_pass: bool,
}

/// Why a step could not be told.
#[derive(Debug)]
struct Untold {
    what: String,
    /// As of [`Failure::may_pass`].
    may_pass: bool,
}

impl From<String> for Untold {
    fn from(what: String) -> Self {
        Self { what, may_pass: false }
    }
}

/// Tells every fixture to the policy, each from its own beginning, and judges what comes of it. It takes at most about `within`: what
/// could not be told by then has failed, and says so.
#[must_use]
pub fn run(policy: &LoadedPolicy, fixtures: &[Fixture], within: Duration) -> Report {
    let manifest = policy.manifest();
    let ends = Instant::now().checked_add(within);
    let mut coverage = Coverage::of(manifest);
    let fixtures = fixtures.iter().map(|fixture| tell(policy, fixture, ends, within, &mut coverage)).collect();
    Report {
        policy: manifest.name.clone(),
        version: manifest.version.clone(),
        digest: policy.digest().to_owned(),
        fixtures,
        coverage: coverage.counted(),
    }
}

fn tell(policy: &LoadedPolicy, fixture: &Fixture, ends: Option<Instant>, within: Duration, coverage: &mut Coverage) -> Told {
    let mut told = Told {
        name: fixture.name.clone(),
        file: fixture.file.clone(),
        about: fixture.about.clone(),
        steps: 0,
        fuel_used: 0,
        failure: None,
    };
    let broken = |step: usize, about: Option<String>, line: u64, untold: Untold| {
        let Untold { what, may_pass } = untold;
        Some(Failure { step, about, line, broken: Some(what), differences: Vec::new(), reason: None, may_pass })
    };
    let mut world = match World::new(policy, fixture) {
        Ok(world) => world,
        Err(error) => {
            told.failure = broken(0, None, 1, error.into());
            return told;
        }
    };
    let mut from: Option<String> = None;
    for (n, step) in fixture.steps.iter().enumerate() {
        if ends.is_some_and(|ends| Instant::now() >= ends) {
            let what = format!("the fixtures took longer than {} s, so this one was not told to its end", within.as_secs_f64());
            told.failure = broken(n + 1, step.about.clone(), step.line, Untold { what, may_pass: true });
            return told;
        }
        told.steps = n + 1;
        let outcome = match world.step(n + 1, step) {
            Ok(outcome) => outcome,
            Err(untold) => {
                told.failure = broken(n + 1, step.about.clone(), step.line, untold);
                return told;
            }
        };
        told.fuel_used = told.fuel_used.max(outcome.fuel_used);
        if let Some(state) = &outcome.state {
            coverage.reached(from.as_deref(), state);
            from = Some(state.clone());
        }
        let differences = judge::differences(&step.expect, &outcome);
        if !differences.is_empty() || outcome.broken.is_some() {
            told.failure = Some(Failure {
                step: n + 1,
                about: step.about.clone(),
                line: step.line,
                broken: outcome.broken,
                differences,
                reason: Some(outcome.reason),
                may_pass: false,
            });
            return told;
        }
    }
    told
}
