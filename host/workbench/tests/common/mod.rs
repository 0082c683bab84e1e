//! What the workbench's tests share.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use pawl_sandbox::{LoadedPolicy, PolicyLimits, Sandbox, SandboxLimits};
use pawl_workbench::fixture::{self, Files, Fixture};
use pawl_workbench::suite::{self, Report};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

/// The default limits, but with so much time that only what is meant to run out of it does, however busy the machine is.
pub const AMPLE: PolicyLimits = PolicyLimits { fuel: 50_000_000, time_ms: 600_000, memory_bytes: 16 << 20 };
/// Longer than any run takes.
pub const LONG: Duration = Duration::from_secs(3_600);

pub fn load(component: &[u8]) -> LoadedPolicy {
    let sandbox = Sandbox::new(SandboxLimits { decisions: 8, ..SandboxLimits::default() }).unwrap();
    sandbox.load_within(component, AMPLE).unwrap()
}

/// The bundled policy.
pub fn bundled() -> &'static LoadedPolicy {
    static BUNDLED: LazyLock<LoadedPolicy> = LazyLock::new(|| load(pawl_artifacts::remediation()));
    &BUNDLED
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Files from their texts.
pub fn files(texts: &[(&str, &str)]) -> Files {
    texts.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
}

/// One fixture from its text.
pub fn one(text: &str) -> Fixture {
    fixture::read("story.yaml", &files(&[("story.yaml", text)])).unwrap_or_else(|error| panic!("{error}"))
}

/// What is wrong with a text.
pub fn wrong(text: &str) -> String {
    match fixture::read("story.yaml", &files(&[("story.yaml", text)])) {
        Ok(read) => panic!("it reads: {read:?}"),
        Err(error) => error.to_string(),
    }
}

/// What comes of one fixture told to the bundled policy.
pub fn told(text: &str) -> Report {
    suite::run(bundled(), &[one(text)], LONG)
}

/// Everything that is told of a report, as people read it.
pub fn shown(report: &Report) -> String {
    let failure = |told: &suite::Told| told.failure.as_ref().map(|failure| suite::failure_text(told, failure, "")).unwrap_or_default();
    report.fixtures.iter().map(|told| format!("{}\n{}", suite::line(told), failure(told))).collect()
}
