//! What the commands share that try a compiled policy: which one, with which settings, and how far a long one is.

use crate::candidate;
use anyhow::{Context, anyhow};
use pawl_core::manifest::Value;
use pawl_workbench::play::Candidate;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

/// Which policy, and how it is set up.
#[derive(Debug, clap::Args)]
pub struct Tried {
    /// The component file, or `builtin:<name>` for a bundled policy.
    policy: String,
    /// A setting of the policy, as name=value; may be repeated.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    settings: Vec<String>,
    /// A signal that agents send it; may be repeated. No manifest lists them; those that its settings name are known.
    #[arg(long = "signal", value_name = "NAME")]
    signals: Vec<String>,
}

impl Tried {
    /// Loads it.
    pub fn load(&self) -> anyhow::Result<Arc<Candidate>> {
        let bytes = component(&self.policy)?;
        let candidate = Candidate::load(&bytes, &settings(&self.settings)?, &self.signals);
        Ok(Arc::new(candidate.with_context(|| format!("{} cannot be tried", self.policy))?))
    }
}

/// The bytes of a component file, or of a bundled policy.
pub fn component(source: &str) -> anyhow::Result<Vec<u8>> {
    match source.strip_prefix("builtin:") {
        Some(name) => candidate::component(candidate::BUILTIN, name),
        None => candidate::at(Path::new(source)).map_err(|error| anyhow!("{error:#}; name a component file, or `builtin:<name>`")),
    }
}

/// Settings as name=value: the value is JSON where it reads as such, else text.
pub fn settings(told: &[String]) -> anyhow::Result<BTreeMap<String, Value>> {
    let one = |setting: &String| {
        let (name, value) = setting.split_once('=').with_context(|| format!("--set {setting:?} is not NAME=VALUE"))?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::Text(value.to_owned()));
        Ok((name.to_owned(), value))
    };
    told.iter().map(one).collect()
}

/// Cells of the progress bar.
const CELLS: u64 = 30;

/// Says on a terminal how far something is; elsewhere it says nothing.
pub struct Progress {
    of: u64,
    is_shown: bool,
}

impl Progress {
    /// Of so many.
    pub fn of(of: u64) -> Self {
        Self { of, is_shown: std::io::stderr().is_terminal() }
    }

    /// So many are done.
    pub fn at(&self, done: u64) {
        let percent = |done: u64| done.saturating_mul(100) / self.of.max(1);
        if !self.is_shown || percent(done) == percent(done.saturating_sub(1)) {
            return;
        }
        let full = usize::try_from(percent(done).min(100) * CELLS / 100).unwrap_or_default();
        let empty = usize::try_from(CELLS).unwrap_or_default().saturating_sub(full);
        // A terminal that is gone wants no progress.
        let _ = write!(std::io::stderr(), "\r[{}{}] {done} of {}", "#".repeat(full), " ".repeat(empty), self.of);
    }

    /// Takes the bar away.
    pub fn end(&self) {
        if self.is_shown {
            let _ = write!(std::io::stderr(), "\r\x1b[2K");
        }
    }
}
