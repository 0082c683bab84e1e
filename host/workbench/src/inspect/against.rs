//! Two versions of a policy beside each other: what the new one may do that the old one may not, and the other way round.

use super::{needs, value, wakes, wants};
use pawl_core::manifest::{HeededLabel, Manifest};
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
    let table = format!("[policy.{}]", new.name);
    let mut changes = Vec::new();
    if old.name != new.name {
        let to_do = format!("it is another policy: it needs a table {table} of its own, and remembers nothing of the old one");
        changes.push(Change { part: "name", what: format!("-{} +{}", old.name, new.name), to_do: Some(to_do) });
    }
    if old.version != new.version {
        changes.push(Change { part: "version", what: format!("-{} +{}", old.version, new.version), to_do: None });
    }
    changes.extend(compared("labels", &owned(old), &owned(new), |kind, name| match kind {
        Kind::Came => Some(format!("a new grant unless {table} has labels = [\"*\"]: add \"{name}\" to its labels")),
        Kind::Went => Some(format!("it no longer writes {name}: where that label stands, it stays; take it away by hand")),
        Kind::Changed => Some("`pawl labels sync` repairs the label in each repository".to_owned()),
    }));
    changes.extend(compared("heeds", &heeded(old), &heeded(new), |_, _| None));
    changes.extend(compared("needs", &words(needs(old.needs)), &words(needs(new.needs)), |kind, _| {
        (kind == Kind::Came).then(|| "it costs the host more reading; no grant is needed".to_owned())
    }));
    changes.extend(compared("wakes on", &words(wakes(old.wakes_on)), &words(wakes(new.wakes_on)), |_, _| None));
    changes.extend(compared("wants", &words(wants(&old.wants)), &words(wants(&new.wants)), |kind, name| {
        let line = (kind == Kind::Came).then(|| grant_of(name)).flatten()?;
        Some(format!("a new grant: add {line} under {table}"))
    }));
    changes.extend(compared("settings", &settings(old), &settings(new), |kind, name| {
        (kind == Kind::Went).then(|| format!("a configuration that sets {name} is refused: take it out of {table}"))
    }));
    changes.extend(compared("states", &states(old), &states(new), |_, _| None));
    changes.extend(memory(old, new));
    changes.extend(compared("commands", &words(old.commands.clone()), &words(new.commands.clone()), |_, _| None));
    changes
}

/// What an operator sees of a part: names, each with what may change of it.
type Part = BTreeMap<String, String>;

fn owned(manifest: &Manifest) -> Part {
    manifest.owns.iter().map(|o| (o.family.as_str().to_lowercase(), format!("#{} {:?}", o.colour, o.description))).collect()
}

fn heeded(manifest: &Manifest) -> Part {
    let shown = |interrupts: bool| if interrupts { "interrupts" } else { "does not interrupt" };
    let one = |h: &HeededLabel| (h.family.as_str().to_lowercase(), format!("{:?}, {}", h.severity, shown(h.interrupts)).to_lowercase());
    manifest.heeds.iter().map(one).collect()
}

fn settings(manifest: &Manifest) -> Part {
    manifest.settings.iter().map(|spec| (spec.name.clone(), value(&spec.default))).collect()
}

fn states(manifest: &Manifest) -> Part {
    let shown = |terminal: bool| if terminal { "finished" } else { "not finished" };
    manifest.states.iter().map(|state| (state.name.clone(), shown(state.terminal).to_owned())).collect()
}

fn words(words: Vec<impl Into<String>>) -> Part {
    words.into_iter().map(|word| (word.into(), String::new())).collect()
}

fn memory(old: &Manifest, new: &Manifest) -> Option<Change> {
    let (from, to) = (old.memory_version, new.memory_version);
    let reads = new.reads_memory.contains(&from);
    let lost = || format!("it cannot read what the old one remembers (version {from}): subjects would begin again from their labels");
    (from != to).then(|| Change { part: "memory", what: format!("version -{from} +{to}"), to_do: (!reads).then(lost) })
}

/// What became of a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Came,
    Went,
    Changed,
}

/// What went, came or changed in a part, by name.
fn compared(part: &'static str, old: &Part, new: &Part, to_do: impl Fn(Kind, &str) -> Option<String>) -> Vec<Change> {
    let mut changes = Vec::new();
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        changes.push(Change { part, what: format!("-{name}"), to_do: to_do(Kind::Went, name) });
    }
    for (name, to) in new {
        match old.get(name) {
            None => changes.push(Change { part, what: format!("+{name}"), to_do: to_do(Kind::Came, name) }),
            Some(from) if from != to => {
                changes.push(Change { part, what: format!("{name} from {from} to {to}"), to_do: to_do(Kind::Changed, name) });
            }
            Some(_) => {}
        }
    }
    changes
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
