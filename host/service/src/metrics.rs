//! What policies and their shadows do, for Prometheus. Each policy is told by the digest of its component (H7).

use crate::host::Host;
use std::fmt::Write;

/// The text that is scraped.
#[must_use]
pub fn text(host: &Host) -> String {
    let mut text = String::new();
    let policies = host.policies();
    head(&mut text, "pawl_policy_info", "gauge", "A policy that runs: 1, with its digest, version and mode.");
    for member in &policies.deployment.members {
        let mode = if member.is_shadow { "shadow" } else { "enforce" };
        let labels =
            [("policy", member.manifest.name.as_str()), ("digest", &member.digest), ("version", &member.manifest.version), ("mode", mode)];
        line(&mut text, "pawl_policy_info", &labels, 1);
    }
    head(&mut text, "pawl_policy_activations_total", "counter", "Components that took over since the start.");
    let counts = host.swaps.counts();
    for (policy, activations, _) in &counts {
        line(&mut text, "pawl_policy_activations_total", &[("policy", policy)], *activations);
    }
    head(&mut text, "pawl_policy_refusals_total", "counter", "Components that were not taken over since the start.");
    for (policy, _, refusals) in &counts {
        line(&mut text, "pawl_policy_refusals_total", &[("policy", policy)], *refusals);
    }
    head(
        &mut text,
        "pawl_policy_refused",
        "gauge",
        "1 while the newest component of a policy is not taken over; /readyz?verbose says why.",
    );
    let refused = host.swaps.refused();
    for (policy, ..) in &counts {
        line(&mut text, "pawl_policy_refused", &[("policy", policy)], u64::from(refused.iter().any(|(name, _)| name == policy)));
    }
    for (n, (name, help)) in [
        ("pawl_shadow_asked_total", "Decisions that a shadow was asked about since the start."),
        ("pawl_shadow_differences_total", "Decisions in which a shadow would have done something else."),
        ("pawl_shadow_left_out_total", "Decisions that a shadow was not asked about because it could not keep up."),
    ]
    .into_iter()
    .enumerate()
    {
        head(&mut text, name, "counter", help);
        for (policy, digest, counts) in host.shadows.counts() {
            line(&mut text, name, &[("policy", &policy), ("digest", &digest)], counts[n]);
        }
    }
    text
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a text does not fail.
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
}

fn line(text: &mut String, name: &str, labels: &[(&str, &str)], value: u64) {
    let escaped = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let labels: Vec<String> = labels.iter().map(|(key, value)| format!("{key}=\"{}\"", escaped(value))).collect();
    let _ = writeln!(text, "{name}{{{}}} {value}", labels.join(","));
}
