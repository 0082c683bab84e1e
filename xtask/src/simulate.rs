//! The simulation of replicas: the whole service on one clock, seed after seed.

use crate::step::{Failed, cargo, setup};

/// Storms of a plain run, and runs in which half of all calls fail.
const SEEDS: [(&str, &[&str]); 2] = [("2000", &[]), ("500", &["--liveness"])];

/// Builds and runs the simulation with these arguments; without any, as many seeds as before every merge.
///
/// # Errors
/// The step that fails; which seeds, and how, is printed.
pub fn simulate(arguments: &[String]) -> Result<(), Failed> {
    setup()?;
    let run = |arguments: &[&str]| {
        let whole: Vec<&str> =
            ["run", "--locked", "--package", "pawl-simulate", "--bin", "simulate", "--"].iter().chain(arguments).copied().collect();
        cargo(&whole)
    };
    if !arguments.is_empty() {
        return run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    }
    for (seeds, more) in SEEDS {
        run(&["--seeds", seeds].iter().chain(more).copied().collect::<Vec<_>>())?;
    }
    Ok(())
}
