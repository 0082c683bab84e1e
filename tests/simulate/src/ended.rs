//! How a seed ended: what a failure prints, so that anybody can see it again.

use crate::Mode;
use std::fmt;
use std::process::{Command, Stdio};

/// How a seed ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The seed.
    pub seed: u64,
    /// What was simulated.
    pub mode: Mode,
    /// The hash over all that happened.
    pub hash: u64,
    /// How many lines the trace had.
    pub lines: u64,
    /// Everything that did not hold, first things first.
    pub complaints: Vec<String>,
    /// What went wrong by plan.
    pub plan: Vec<String>,
    /// The end of the trace.
    pub trace: String,
}

impl Ended {
    /// The command that runs this seed alone, and shows more of it.
    #[must_use]
    pub fn again(&self) -> String {
        let mode = if self.mode == Mode::Storm { String::new() } else { format!(" --{}", self.mode.word()) };
        format!("cargo xtask simulate --seeds 1 --from {}{mode} --lines {}", self.seed, self.lines)
    }
}

impl fmt::Display for Ended {
    /// The seed, the commit, what did not hold, the plan of what went wrong, the end of the trace, and how to see it again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, mode, hash, lines, complaints, plan, trace } = self;
        writeln!(f, "seed {seed} of {} at commit {}: {} complaints, hash {hash:016x}", mode.word(), commit(), complaints.len())?;
        writeln!(f, "what went wrong by plan:\n{}", plan.join("\n"))?;
        writeln!(f, "the trace, its last {} of {lines} lines:\n{trace}", trace.lines().count())?;
        for complaint in complaints {
            writeln!(f, "{complaint}")?;
        }
        write!(f, "again: {}", self.again())
    }
}

/// The commit that runs, as `PAWL_COMMIT` says or git knows it, `-dirty` where files have changed since.
fn commit() -> String {
    let told = std::env::var("PAWL_COMMIT").ok().filter(|commit| !commit.is_empty());
    let of_git = || {
        let described = Command::new("git")
            .args(["-C", env!("CARGO_MANIFEST_DIR"), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"])
            .stdin(Stdio::null())
            .output()
            .ok()
            .filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&described.stdout).trim().to_owned())
    };
    told.or_else(of_git).unwrap_or_else(|| "unknown".to_owned())
}
