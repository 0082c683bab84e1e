//! Policies to try.
#![allow(dead_code, reason = "each test file uses some of it")]

use pawl_core::manifest::Value;
use pawl_workbench::play::Candidate;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Signals that agents send the bundled policy.
const SIGNALS: [&str; 6] = [
    "tess_feedback_received",
    "rex_remediation_started",
    "rex_remediation_completed",
    "tess_approval",
    "max_iterations_reached",
    "cleanup",
];

/// A component with these settings; signals are the bundled policy's.
pub fn candidate(component: &[u8], settings: &[(&str, Value)]) -> Arc<Candidate> {
    let settings: BTreeMap<String, Value> = settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Arc::new(Candidate::load(component, &settings, &SIGNALS.map(str::to_owned)).expect("the component passes every check"))
}

/// The bundled policy with a limit that random happenings reach.
pub fn bundled() -> Arc<Candidate> {
    candidate(pawl_artifacts::remediation(), &[("limit", Value::Number(2))])
}
