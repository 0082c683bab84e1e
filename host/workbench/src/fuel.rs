//! What a decision costs: fuel and memory, which are the same on every machine, and time, which is this machine's.

mod samples;

pub use samples::{Sample, samples};

use pawl_core::facts::Facts;
use pawl_sandbox::LoadedPolicy;
use std::time::{Duration, Instant};

/// Bytes of a page of linear memory.
const PAGE_BYTES: usize = 64 * 1024;

/// What one sample costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// The sample's name.
    pub name: String,
    /// What is in it.
    pub words: String,
    /// What came of it.
    pub spent: Result<Spent, String>,
}

/// What a decision used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// Units of fuel.
    pub fuel: u64,
    /// Pages of 64 KiB of linear memory at the end.
    pub pages: usize,
    /// Half of the decisions took less, on this machine.
    pub p50: Duration,
    /// Of a hundred decisions 99 took less, on this machine.
    pub p99: Duration,
    /// Whether it refused.
    pub is_refusal: bool,
}

/// Asks about one sample `rounds` times, once at least.
#[must_use]
pub fn cost(policy: &LoadedPolicy, sample: &Sample, rounds: usize) -> Cost {
    Cost { name: sample.name.clone(), words: sample.words.clone(), spent: spent(policy, &sample.facts, rounds.max(1)) }
}

fn spent(policy: &LoadedPolicy, facts: &Facts, rounds: usize) -> Result<Spent, String> {
    let first = policy.decide(facts).map_err(|error| error.to_string())?;
    let mut times = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let begun = Instant::now();
        let again = policy.decide(facts).map_err(|error| error.to_string())?;
        times.push(begun.elapsed());
        if again.fuel_used != first.fuel_used {
            return Err(format!("the same facts cost {} units of fuel, then {}", first.fuel_used, again.fuel_used));
        }
    }
    times.sort();
    let quantile = |hundredths: usize| times[(times.len() * hundredths / 100).min(times.len() - 1)];
    Ok(Spent {
        fuel: first.fuel_used,
        pages: first.memory_bytes.div_ceil(PAGE_BYTES),
        p50: quantile(50),
        p99: quantile(99),
        is_refusal: first.answer.is_err(),
    })
}
