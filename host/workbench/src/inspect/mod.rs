//! Looking into a policy: who it says it is, what it may do, and what it would take to let it.

mod against;

pub use against::{Change, against};

use crate::embed;
use pawl_core::label::LabelSpec;
use pawl_core::manifest::{Capabilities, Manifest, Needs, Value, Wakes};
use pawl_sandbox::{CONTRACT_VERSION, LoadedPolicy};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What there is to know about a component without asking it for a decision.
#[derive(Debug, Clone, Serialize)]
pub struct Inspection {
    /// SHA-256 of the component in hexadecimal: its identity.
    pub digest: String,
    /// Its size in bytes.
    pub bytes: usize,
    /// The version of the contract that it speaks.
    pub contract: &'static str,
    /// What it imports: nothing, or it would not have been loaded.
    pub imports: Vec<String>,
    /// How many fixtures it carries.
    pub fixtures: usize,
    /// Why the fixtures that it carries cannot be read.
    pub bad_fixtures: Option<String>,
    /// Who it says it is.
    pub manifest: Manifest,
    /// The labels that a repository needs before first use, with the default settings.
    pub labels: Vec<LabelSpec>,
    /// The lines of a configuration that allow all that it wants.
    pub grant: String,
}

impl Inspection {
    /// Of a loaded policy and its bytes. `source` is where a configuration would find it: `builtin` or a file.
    #[must_use]
    pub fn of(policy: &LoadedPolicy, component: &[u8], source: &str) -> Self {
        let manifest = policy.manifest().clone();
        let (fixtures, bad_fixtures) = match embed::fixtures(component) {
            Ok(fixtures) => (fixtures.len(), None),
            Err(error) => (0, Some(error.to_string())),
        };
        let settings = manifest.settle_settings(&BTreeMap::new()).unwrap_or_default();
        Self {
            digest: policy.digest().to_owned(),
            bytes: component.len(),
            contract: CONTRACT_VERSION,
            imports: Vec::new(),
            fixtures,
            bad_fixtures,
            labels: manifest.labels_to_create(&settings),
            grant: grant(&manifest, source),
            manifest,
        }
    }

    /// All of it for people.
    #[must_use]
    pub fn table(&self) -> String {
        let manifest = &self.manifest;
        let mut text = String::new();
        let mut line = |word: &str, what: &str| {
            let _ = writeln!(text, "{:<10} {}", word, plain(what));
        };
        line("policy", &format!("{} {}", manifest.name, manifest.version));
        line("", &manifest.description);
        line("digest", &self.digest);
        line("size", &format!("{} bytes", self.bytes));
        line("contract", &format!("pawl:policy@{}", self.contract));
        line("imports", "nothing");
        line("fixtures", &self.bad_fixtures.clone().unwrap_or_else(|| self.fixtures.to_string()));
        for (n, owned) in manifest.owns.iter().enumerate() {
            line(if n == 0 { "owns" } else { "" }, &format!("{:<28} #{} {}", owned.family.as_str(), owned.colour, owned.description));
        }
        for (n, heeded) in manifest.heeds.iter().enumerate() {
            let interrupts = if heeded.interrupts { ", interrupts" } else { "" };
            let severity = format!("{:?}", heeded.severity).to_lowercase();
            let said = format!("{:<28} {severity}{interrupts}: {}", heeded.family.as_str(), heeded.message);
            line(if n == 0 { "heeds" } else { "" }, &said);
        }
        line("needs", &or_nothing(&needs(manifest.needs)));
        line("wakes on", &or_nothing(&wakes(manifest.wakes_on)));
        line("wants", &or_nothing(&wants(&manifest.wants)));
        for (n, spec) in manifest.settings.iter().enumerate() {
            line(if n == 0 { "settings" } else { "" }, &format!("{} = {}: {}", spec.name, value(&spec.default), spec.description));
        }
        for (n, state) in manifest.states.iter().enumerate() {
            let end = if state.terminal { " (finished)" } else { "" };
            line(if n == 0 { "states" } else { "" }, &format!("{:<28} {}{end}", state.name, state.sentence));
        }
        let reads: Vec<String> = manifest.reads_memory.iter().map(ToString::to_string).collect();
        line("memory", &format!("writes version {}, reads {}", manifest.memory_version, reads.join(", ")));
        if !manifest.commands.is_empty() {
            let commands: Vec<String> = manifest.commands.iter().map(|verb| format!("/pawl {verb}")).collect();
            line("commands", &commands.join(", "));
        }
        line("labels", &format!("{} are created in a repository before first use", self.labels.len()));
        let _ = write!(text, "\nThe configuration that allows all that it wants:\n\n{}", self.grant);
        text
    }
}

/// The lines of a configuration that allow all that a policy wants.
fn grant(manifest: &Manifest, source: &str) -> String {
    let mut text = format!("[policy.{}]\n", manifest.name);
    if source != "builtin" {
        let _ = writeln!(text, "source = {}", quoted(source));
    }
    let owned: Vec<&str> = manifest.owns.iter().map(|owned| owned.family.as_str()).collect();
    let mut list = |word: &str, values: &[&str]| {
        if !values.is_empty() {
            let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
            let _ = writeln!(text, "{word} = [{}]", values.join(", "));
        }
    };
    let wants = &manifest.wants;
    list("labels", &owned);
    list("stops", &wants.stops.iter().map(String::as_str).collect::<Vec<_>>());
    list("dispatches", &wants.dispatches.iter().map(String::as_str).collect::<Vec<_>>());
    for (wanted, word) in [(wants.comments, "comments"), (wants.reactions, "reactions"), (wants.notices, "notices")] {
        if wanted {
            let _ = writeln!(text, "{word} = true");
        }
    }
    text
}

/// A text as TOML has it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn named(flags: &[(bool, &'static str)]) -> Vec<&'static str> {
    flags.iter().filter(|(set, _)| *set).map(|(_, word)| *word).collect()
}

fn needs(needs: Needs) -> Vec<&'static str> {
    named(&[
        (needs.reviews, "reviews"),
        (needs.comments, "comments"),
        (needs.threads, "threads"),
        (needs.reactions, "reactions"),
        (needs.checks, "checks"),
        (needs.runs, "runs"),
        (needs.label_history, "label-history"),
    ])
}

fn wakes(wakes: Wakes) -> Vec<&'static str> {
    named(&[
        (wakes.lifecycle, "lifecycle"),
        (wakes.pushes, "pushes"),
        (wakes.labels, "labels"),
        (wakes.reviews, "reviews"),
        (wakes.threads, "threads"),
        (wakes.comments, "comments"),
        (wakes.commands, "commands"),
        (wakes.checks, "checks"),
        (wakes.runs, "runs"),
        (wakes.signals, "signals"),
    ])
}

/// What it wants besides labels, each in words.
fn wants(wants: &Capabilities) -> Vec<String> {
    let mut words: Vec<String> = wants.stops.iter().map(|kind| format!("to stop {kind}")).collect();
    words.extend(wants.dispatches.iter().map(|target| format!("to dispatch to {target}")));
    let flags = [(wants.comments, "to comment"), (wants.reactions, "to react"), (wants.notices, "to tell people")];
    words.extend(named(&flags).into_iter().map(str::to_owned));
    words
}

fn value(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn or_nothing(words: &[impl AsRef<str>]) -> String {
    if words.is_empty() { "nothing".into() } else { words.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ") }
}

/// A policy's own words must not steer a terminal.
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim_end().to_owned()
}
