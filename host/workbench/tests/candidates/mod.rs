//! Policies to try.
#![allow(dead_code, reason = "each test file uses some of it")]

use pawl_core::manifest::Value;
use pawl_workbench::play::Candidate;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Signals that agents send the bundled policy to say what they did.
pub const SIGNALS: [&str; 5] =
    ["tess_feedback_received", "rex_remediation_started", "rex_remediation_completed", "tess_approval", "max_iterations_reached"];

/// A component with these settings, and with the signals that it hears.
pub fn candidate(component: &[u8], settings: &[(&str, Value)], signals: &[&str]) -> Arc<Candidate> {
    let settings: BTreeMap<String, Value> = settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let signals: Vec<String> = signals.iter().map(ToString::to_string).collect();
    Arc::new(Candidate::load(component, &settings, &signals).expect("the component passes every check"))
}

/// The bundled policy with a limit that random happenings reach.
pub fn bundled(signals: &[&str]) -> Arc<Candidate> {
    candidate(pawl_artifacts::remediation(), &[("limit", Value::Number(2))], signals)
}

/// The bundled policy with a mistake.
pub fn planted(fault: &str) -> Arc<Candidate> {
    let settings = [("limit", Value::Number(2)), ("planted-fault", Value::Text(fault.into()))];
    candidate(pawl_artifacts::planted(), &settings, &SIGNALS)
}
