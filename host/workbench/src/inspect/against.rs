//! Two versions of a policy beside each other: what the new one may do that the old one may not, and the other way round.

use super::{needs, value, wakes, wants};
use pawl_core::manifest::Manifest;
use serde::Serialize;
use std::collections::BTreeMap;

/// One difference between two manifests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Which part of the manifest.
    pub part: &'static str,
    /// What differs, with `+` before what came and `-` before what went.
    pub what: String,
    /// Why an operator has to do something before the new one can run, and what.
    pub to_do: Option<String>,
}

/// What differs from `old` to `new`, in the order of a manifest.
#[must_use]
pub fn against(old: &Manifest, new: &Manifest) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut note = |part: &'static str, what: String, to_do: Option<String>| changes.push(Change { part, what, to_do });
    let table = format!("[policy.{}]", new.name);
    if old.name != new.name {
        let to_do = format!("it is another policy: it needs a table {table} of its own, and remembers nothing of the old one");
        note("name", format!("-{} +{}", old.name, new.name), Some(to_do));
    }
    if old.version != new.version {
        note("version", format!("-{} +{}", old.version, new.version), None);
    }
    let owned = |manifest: &Manifest| -> BTreeMap<String, String> {
        let shown = |o: &pawl_core::manifest::OwnedLabel| (o.family.as_str().to_lowercase(), format!("#{} {:?}", o.colour, o.description));
        manifest.owns.iter().map(shown).collect()
    };
    for (sign, name, changed) in compared(&owned(old), &owned(new)) {
        let to_do = match sign {
            '+' => Some(format!("a new grant unless {table} has labels = [\"*\"]: add \"{name}\" to its labels")),
            '-' => Some(format!("it no longer writes {name}: where that label stands, it stays; take it away by hand")),
            _ => Some("`pawl labels sync` repairs the label in each repository".to_owned()),
        };
        note("labels", changed.map_or_else(|| format!("{sign}{name}"), |(from, to)| format!("{name} from {from} to {to}")), to_do);
    }
    let heeded = |manifest: &Manifest| -> BTreeMap<String, String> {
        let shown = |h: &pawl_core::manifest::HeededLabel| {
            (h.family.as_str().to_lowercase(), format!("{:?}, interrupts: {}", h.severity, h.interrupts))
        };
        manifest.heeds.iter().map(shown).collect()
    };
    for (sign, name, changed) in compared(&heeded(old), &heeded(new)) {
        note("heeds", changed.map_or_else(|| format!("{sign}{name}"), |(from, to)| format!("{name} from {from} to {to}")), None);
    }
    let set = |words: Vec<String>| -> BTreeMap<String, String> { words.into_iter().map(|word| (word, String::new())).collect() };
    let owned_words = |words: Vec<&'static str>| set(words.into_iter().map(str::to_owned).collect());
    for (sign, name, _) in compared(&owned_words(needs(old.needs)), &owned_words(needs(new.needs))) {
        let to_do = (sign == '+').then(|| "it costs the host more reading; no grant is needed".to_owned());
        note("needs", format!("{sign}{name}"), to_do);
    }
    for (sign, name, _) in compared(&owned_words(wakes(old.wakes_on)), &owned_words(wakes(new.wakes_on))) {
        note("wakes on", format!("{sign}{name}"), None);
    }
    for (sign, name, _) in compared(&set(wants(&old.wants)), &set(wants(&new.wants))) {
        let to_do = if sign == '+' { grant_of(&name) } else { None };
        note("wants", format!("{sign}{name}"), to_do.map(|line| format!("a new grant: add {line} under {table}")));
    }
    let settings = |manifest: &Manifest| -> BTreeMap<String, String> {
        manifest.settings.iter().map(|spec| (spec.name.clone(), value(&spec.default))).collect()
    };
    for (sign, name, changed) in compared(&settings(old), &settings(new)) {
        let to_do = (sign == '-').then(|| format!("a configuration that sets {name} is refused: take it out of {table}"));
        note("settings", changed.map_or_else(|| format!("{sign}{name}"), |(from, to)| format!("{name} from {from} to {to}")), to_do);
    }
    let states = |manifest: &Manifest| -> BTreeMap<String, String> {
        manifest
            .states
            .iter()
            .map(|state| (state.name.clone(), if state.terminal { "finished" } else { "not finished" }.to_owned()))
            .collect()
    };
    for (sign, name, changed) in compared(&states(old), &states(new)) {
        note("states", changed.map_or_else(|| format!("{sign}{name}"), |(from, to)| format!("{name} from {from} to {to}")), None);
    }
    if old.memory_version != new.memory_version {
        let reads = new.reads_memory.contains(&old.memory_version);
        let to_do = (!reads).then(|| {
            format!(
                "it cannot read what the old one remembers (version {}): subjects would begin again from their labels",
                old.memory_version
            )
        });
        note("memory", format!("version -{} +{}", old.memory_version, new.memory_version), to_do);
    } else if !new.reads_memory.contains(&old.memory_version) {
        note("memory", "reads less".into(), None);
    }
    let verbs = |manifest: &Manifest| set(manifest.commands.clone());
    for (sign, name, _) in compared(&verbs(old), &verbs(new)) {
        note("commands", format!("{sign}/pawl {name}"), None);
    }
    changes
}

/// What came (`+`), went (`-`) or changed (`~`), by name; of what changed, from what to what.
fn compared(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<(char, String, Option<(String, String)>)> {
    let mut found: Vec<(char, String, Option<(String, String)>)> =
        old.keys().filter(|name| !new.contains_key(*name)).map(|name| ('-', name.clone(), None)).collect();
    for (name, to) in new {
        match old.get(name) {
            None => found.push(('+', name.clone(), None)),
            Some(from) if from != to => found.push(('~', name.clone(), Some((from.clone(), to.clone())))),
            Some(_) => {}
        }
    }
    found
}

/// The line of a configuration that grants what is wanted in these words.
fn grant_of(wanted: &str) -> Option<String> {
    let line = match wanted {
        "to comment" => "comments = true".to_owned(),
        "to react" => "reactions = true".to_owned(),
        "to tell people" => "notices = true".to_owned(),
        other => match (other.strip_prefix("to stop "), other.strip_prefix("to dispatch to ")) {
            (Some(kind), _) => format!("stops = [\"{kind}\"]"),
            (_, Some(target)) => format!("dispatches = [\"{target}\"]"),
            _ => return None,
        },
    };
    Some(line)
}
