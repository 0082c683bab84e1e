//! H10: the host knows no policy. No word of a bundled policy occurs in what the host ships, but for configuration defaults.

use super::tree::{Source, sources};
use pawl_core::manifest::{Manifest, Value};
use pawl_tests::sim::bundled::bundled;
use std::collections::BTreeSet;

/// Signals that agents send: the bundled policy understands them, and no manifest lists them.
const SIGNALS: [&str; 8] = [
    "tess_feedback_received",
    "tess_additional_feedback",
    "rex_remediation_started",
    "rex_remediation_completed",
    "tess_approval",
    "max_iterations_reached",
    "quality_completed",
    "cleo_quality_completed",
];

/// Agents by their short names.
const AGENTS: [&str; 3] = ["rex", "cleo", "tess"];

/// Words of the bundled policy that are GitHub's or the host's own as well, each with the reason.
const SHARED: [(&str, &str); 5] = [
    ("approved", "GitHub's verdict of a review"),
    ("closed", "GitHub's state of a subject"),
    ("merged", "GitHub's state of a subject"),
    ("none", "a word of every programming language"),
    ("initial", "an English word that means nothing to the host"),
];

/// Files whose lines are configuration defaults.
const DEFAULTS: [&str; 2] = ["defaults.rs", "defaults.toml"];

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Text(text) => vec![text.clone()],
        Value::Texts(texts) => texts.clone(),
        Value::Flag(_) | Value::Number(_) => Vec::new(),
    }
}

fn words(manifest: &Manifest) -> BTreeSet<String> {
    let families = manifest.owns.iter().map(|o| &o.family).chain(manifest.heeds.iter().map(|h| &h.family));
    let labels = families.map(|f| f.as_str().trim_end_matches("-{n}").to_owned() + if f.is_numbered() { "-" } else { "" });
    let states = manifest.states.iter().map(|s| s.name.clone());
    let actions = manifest.heeds.iter().map(|h| h.action.clone());
    let defaults = manifest.settings.iter().flat_map(|s| texts(&s.default));
    let known = SIGNALS.iter().chain(&AGENTS).map(ToString::to_string);
    let all = labels.chain(states).chain(actions).chain(defaults).chain(known).chain([manifest.name.clone()]);
    all.map(|w| w.to_lowercase()).filter(|w| !w.is_empty() && !SHARED.iter().any(|(shared, _)| shared == w)).collect()
}

/// Whether `line` holds `word` as a whole word; a word that ends in `-` begins a family.
fn holds(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    line.match_indices(word).any(|(i, _)| {
        let before = line[..i].chars().next_back().is_none_or(|c| !is_part(c));
        let after = line[i + word.len()..].chars().next();
        let ends =
            if word.ends_with('-') { after.is_some_and(|c| c == '{' || c.is_ascii_digit()) } else { after.is_none_or(|c| !is_part(c)) };
        before && ends
    })
}

fn is_shipped(source: &Source) -> bool {
    source.path.contains("/src/") && !source.is_test() && !DEFAULTS.iter().any(|name| source.path.ends_with(name))
}

#[test]
fn h10_no_word_of_a_bundled_policy_occurs_in_the_host() {
    let words = words(&bundled().member.manifest);
    assert!(words.len() > 20, "the manifest gave hardly any words: {words:?}");
    let mut found = Vec::new();
    for source in sources("host").iter().filter(|s| is_shipped(s)) {
        for (number, line) in source.product().lines().enumerate() {
            let line = line.to_lowercase();
            found.extend(words.iter().filter(|w| holds(&line, w)).map(|w| format!("{}:{}: {w}", source.path, number + 1)));
        }
    }
    assert!(found.is_empty(), "the host knows no policy:\n{}", found.join("\n"));
}

#[test]
fn h10_a_word_is_found_whole_and_in_its_family_only() {
    assert!(holds("let x = \"ready-for-qa\";", "ready-for-qa"));
    assert!(holds("/// `task-{n}`", "task-") && holds("task-7", "task-"));
    assert!(!holds("a task-based design", "task-"));
    assert!(!holds("fn contest()", "tess") && !holds("not-ready-for-qa", "ready-for-qa"));
}
