//! Manifests: what a policy says about itself, and the values of its settings.

use crate::facts::Setting;
use crate::label::{Family, Label, LabelSpec};
use crate::news::Event;
use crate::plan::Severity;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A setting's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// On or off.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// Text.
    Text(String),
    /// A list of texts.
    Texts(Vec<String>),
}

impl Value {
    /// The type's name, for messages.
    #[must_use]
    pub fn type_word(&self) -> &'static str {
        match self {
            Self::Flag(_) => "true or false",
            Self::Number(_) => "a whole number",
            Self::Text(_) => "a text",
            Self::Texts(_) => "a list of texts",
        }
    }
}

/// A label family that a policy writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnedLabel {
    /// Which labels.
    pub family: Family,
    /// For a numbered family: created beforehand from 1 to this.
    pub create_up_to: u32,
    /// For a numbered family: the number setting that replaces `create_up_to`.
    pub create_up_to_setting: Option<String>,
    /// Six hexadecimal digits.
    pub colour: String,
    /// Description.
    pub description: String,
}

/// A label that a policy only reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeededLabel {
    /// Which labels.
    pub family: Family,
    /// Whether its coming or going interrupts outstanding effects.
    pub interrupts: bool,
    /// How much it restrains.
    pub severity: Severity,
    /// What it does, for machines.
    pub action: String,
    /// What it does, for people.
    pub message: String,
    /// Six hexadecimal digits.
    pub colour: String,
    /// Whether it is created beforehand.
    pub create: bool,
}

/// Facts that cost reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Needs {
    /// Reviews.
    pub reviews: bool,
    /// Comments.
    pub comments: bool,
    /// Review threads.
    pub threads: bool,
    /// Reactions.
    pub reactions: bool,
    /// Checks.
    pub checks: bool,
    /// Runs.
    pub runs: bool,
    /// Label history.
    pub label_history: bool,
}

impl Needs {
    /// What either needs.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            reviews: self.reviews | other.reviews,
            comments: self.comments | other.comments,
            threads: self.threads | other.threads,
            reactions: self.reactions | other.reactions,
            checks: self.checks | other.checks,
            runs: self.runs | other.runs,
            label_history: self.label_history | other.label_history,
        }
    }
}

/// Kinds of news that wake a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Wakes {
    /// Opened, reopened, closed.
    pub lifecycle: bool,
    /// Pushes.
    pub pushes: bool,
    /// Label events.
    pub labels: bool,
    /// Reviews.
    pub reviews: bool,
    /// Review threads.
    pub threads: bool,
    /// Comments.
    pub comments: bool,
    /// Commands.
    pub commands: bool,
    /// Checks.
    pub checks: bool,
    /// Runs.
    pub runs: bool,
    /// Signals.
    pub signals: bool,
}

impl Wakes {
    /// Whether news of this event is among them. That its own time has come wakes every policy.
    #[must_use]
    pub fn include(self, event: &Event) -> bool {
        match event {
            Event::Opened | Event::Reopened | Event::Closed { .. } => self.lifecycle,
            Event::Pushed { .. } => self.pushes,
            Event::Labelled { .. } | Event::Unlabelled { .. } => self.labels,
            Event::Reviewed(_) => self.reviews,
            Event::ThreadChanged { .. } => self.threads,
            Event::Commented(_) => self.comments,
            Event::Command { .. } => self.commands,
            Event::Checked(_) => self.checks,
            Event::RunChanged(_) => self.runs,
            Event::Signal { .. } => self.signals,
            Event::Elapsed => true,
        }
    }
}

/// What a policy wants to be allowed besides its labels.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Capabilities {
    /// Kinds of runs it stops.
    pub stops: Vec<String>,
    /// Dispatch targets it uses.
    pub dispatches: Vec<String>,
    /// Comments.
    pub comments: bool,
    /// Reactions.
    pub reactions: bool,
    /// Notices.
    pub notices: bool,
}

/// What a setting means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SettingKind {
    /// As it says.
    Plain,
    /// A regular expression that the host matches on comments and reviews.
    Pattern,
}

/// A setting that the operator may change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingSpec {
    /// Name.
    pub name: String,
    /// Plain or pattern.
    pub kind: SettingKind,
    /// Default, and by it the type.
    pub default: Value,
    /// One sentence.
    pub description: String,
}

/// A state that a policy knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateSpec {
    /// Name.
    pub name: String,
    /// One sentence for people.
    pub sentence: String,
    /// Whether a subject in it is finished.
    pub terminal: bool,
}

/// Who a policy is. See `wit/policy.wit` for each field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// One sentence.
    pub description: String,
    /// Labels it writes.
    pub owns: Vec<OwnedLabel>,
    /// Labels it reads.
    pub heeds: Vec<HeededLabel>,
    /// Facts it needs.
    pub needs: Needs,
    /// News it wakes on.
    pub wakes_on: Wakes,
    /// What else it wants.
    pub wants: Capabilities,
    /// Settings.
    pub settings: Vec<SettingSpec>,
    /// Version of the memory it writes.
    pub memory_version: u32,
    /// Versions of memory it reads.
    pub reads_memory: Vec<u32>,
    /// States it knows.
    pub states: Vec<StateSpec>,
    /// `/pawl` verbs it understands.
    pub commands: Vec<String>,
}

impl Manifest {
    /// Whether `label` is one that this policy writes.
    #[must_use]
    pub fn owns(&self, label: &Label) -> bool {
        self.owns.iter().any(|owned| owned.family.has(label))
    }

    /// Whether `label` is heeded and must interrupt outstanding effects.
    #[must_use]
    pub fn is_interrupted_by(&self, label: &Label) -> bool {
        self.heeds.iter().any(|heeded| heeded.interrupts && heeded.family.has(label))
    }

    /// The labels that must exist before first use, under the given settings.
    #[must_use]
    pub fn labels_to_create(&self, settings: &[Setting]) -> Vec<LabelSpec> {
        let number = |name: &str| {
            settings.iter().find(|s| s.name == name).and_then(|s| match s.value {
                Value::Number(n) => u32::try_from(n).ok(),
                _ => None,
            })
        };
        let mut specs = Vec::new();
        for owned in &self.owns {
            let last = match (&owned.create_up_to_setting, owned.family.is_numbered()) {
                (_, false) => 1,
                (Some(name), true) => number(name).unwrap_or(owned.create_up_to).min(CREATE_UP_TO),
                (None, true) => owned.create_up_to.min(CREATE_UP_TO),
            };
            for n in 1..=last {
                specs.push(LabelSpec { name: owned.family.label(n), colour: owned.colour.clone(), description: owned.description.clone() });
            }
        }
        for heeded in self.heeds.iter().filter(|h| h.create && !h.family.is_numbered()) {
            specs.push(LabelSpec { name: heeded.family.label(0), colour: heeded.colour.clone(), description: heeded.message.clone() });
        }
        specs
    }

    /// Every setting of the manifest: the configured value, else the default.
    ///
    /// # Errors
    /// A configured name that the manifest lacks, or a value of another type than the default.
    pub fn settle_settings(&self, configured: &BTreeMap<String, Value>) -> Result<Vec<Setting>, BadSetting> {
        for (name, value) in configured {
            let Some(spec) = self.settings.iter().find(|s| s.name == *name) else {
                return Err(BadSetting::Unknown {
                    policy: self.name.clone(),
                    name: name.clone(),
                    known: self.settings.iter().map(|s| s.name.as_str()).collect::<Vec<_>>().join(", "),
                });
            };
            if std::mem::discriminant(value) != std::mem::discriminant(&spec.default) {
                return Err(BadSetting::Type {
                    policy: self.name.clone(),
                    name: name.clone(),
                    want: spec.default.type_word(),
                    got: value.type_word(),
                });
            }
            if spec.kind == SettingKind::Pattern
                && let Value::Text(pattern) = value
                && let Err(error) = regex::Regex::new(pattern)
            {
                return Err(BadSetting::Pattern { policy: self.name.clone(), name: name.clone(), error: error.to_string() });
            }
        }
        let value = |spec: &SettingSpec| configured.get(&spec.name).unwrap_or(&spec.default).clone();
        Ok(self.settings.iter().map(|spec| Setting { name: spec.name.clone(), value: value(spec) }).collect())
    }

    /// The manifest's own limits and consistency.
    ///
    /// # Errors
    /// One sentence on the first thing that is wrong.
    pub fn check(&self) -> Result<(), String> {
        let kebab =
            |s: &str| !s.is_empty() && s.len() <= 40 && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !kebab(&self.name) {
            return Err(format!("name {:?} is not 1 to 40 of a-z, 0-9 and -", self.name));
        }
        for family in self.owns.iter().map(|o| &o.family).chain(self.heeds.iter().map(|h| &h.family)) {
            Label::checked(family.label(1).as_str()).map_err(|e| e.to_string())?;
        }
        for (i, owned) in self.owns.iter().enumerate() {
            let colour_is_hex = owned.colour.len() == 6 && owned.colour.bytes().all(|b| b.is_ascii_hexdigit());
            if !colour_is_hex {
                return Err(format!("label {}: colour {:?} is not six hexadecimal digits", owned.family, owned.colour));
            }
            if owned.description.chars().count() > 100 {
                return Err(format!("label {}: the description is longer than 100 characters", owned.family));
            }
            if self.owns[..i].iter().any(|earlier| earlier.family.overlaps(&owned.family)) {
                return Err(format!("label {} is owned twice", owned.family));
            }
            if self.heeds.iter().any(|h| h.family.overlaps(&owned.family)) {
                return Err(format!("label {} is both owned and heeded", owned.family));
            }
            if let Some(name) = &owned.create_up_to_setting
                && !self.settings.iter().any(|s| s.name == *name && matches!(s.default, Value::Number(_)))
            {
                return Err(format!("label {}: {name:?} is no number setting", owned.family));
            }
        }
        for spec in &self.settings {
            if let (SettingKind::Pattern, Value::Text(pattern)) = (spec.kind, &spec.default) {
                regex::Regex::new(pattern).map_err(|e| format!("setting {}: {e}", spec.name))?;
            }
        }
        if self.states.is_empty() {
            return Err("no states are declared".into());
        }
        if !self.reads_memory.contains(&self.memory_version) {
            return Err(format!("memory version {} is not among the versions it reads", self.memory_version));
        }
        Ok(())
    }
}

/// Most labels of one numbered family that are created beforehand.
pub const CREATE_UP_TO: u32 = 100;

/// Why the configured settings do not fit a manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSetting {
    /// No such setting.
    #[error("policy {policy:?} has no setting {name:?}; it has: {known}")]
    Unknown {
        /// The policy.
        policy: String,
        /// The configured name.
        name: String,
        /// The names there are.
        known: String,
    },
    /// Another type.
    #[error("setting {name:?} of policy {policy:?} must be {want}, not {got}")]
    Type {
        /// The policy.
        policy: String,
        /// The setting.
        name: String,
        /// What it must be.
        want: &'static str,
        /// What it is.
        got: &'static str,
    },
    /// No regular expression.
    #[error("setting {name:?} of policy {policy:?} is no regular expression: {error}")]
    Pattern {
        /// The policy.
        policy: String,
        /// The setting.
        name: String,
        /// What is wrong with it.
        error: String,
    },
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
mod tests;
