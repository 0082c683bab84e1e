//! The table of one policy: where it comes from, and what it may do.

use pawl_core::grant::Grant;
use pawl_core::label::Family;
use pawl_core::manifest::{Manifest, Value};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Whether a policy's answers are carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// They are.
    #[default]
    Enforce,
    /// Nothing of them is: it is asked, it keeps its own part of each record, and people see what it would do.
    Shadow,
}

impl Mode {
    /// As configuration and answers spell it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Shadow => "shadow",
        }
    }
}

/// Another version of a policy, asked beside it about the same, its answers compared and discarded.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwinConfig {
    /// As [`PolicyConfig::source`].
    pub source: String,
    /// Its settings; without them those of the policy itself.
    #[serde(default)]
    pub settings: Option<BTreeMap<String, Value>>,
}

/// One policy and what it may do.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyConfig {
    /// `builtin`, the path of a component file, or of a folder in which it is called `<name>.wasm`. A file is watched, and taken over
    /// when it changes.
    #[serde(default = "default_source")]
    pub source: String,
    /// Whether its answers are carried out.
    #[serde(default)]
    pub mode: Mode,
    /// Another version of it that is asked beside it.
    #[serde(default)]
    pub shadow: Option<TwinConfig>,
    /// Subjects whose memory it cannot read start from their labels; else it is not taken over while there are any.
    #[serde(default)]
    pub forget_memory: bool,
    /// Labels it may write; `*` for all that its manifest owns.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Kinds of runs it may stop.
    #[serde(default)]
    pub stops: Vec<String>,
    /// Dispatch targets it may use.
    #[serde(default)]
    pub dispatches: Vec<String>,
    /// May write comments.
    #[serde(default)]
    pub comments: bool,
    /// May set reactions.
    #[serde(default)]
    pub reactions: bool,
    /// May tell people.
    #[serde(default)]
    pub notices: bool,
    /// Its settings.
    #[serde(default)]
    pub settings: BTreeMap<String, Value>,
}

impl PolicyConfig {
    /// The grant that these lines make: to a shadow everything, for nothing of it is carried out.
    #[must_use]
    pub fn grant(&self, manifest: &Manifest) -> Grant {
        if self.mode == Mode::Shadow {
            return Grant::of(manifest);
        }
        Grant {
            labels: self.labels.iter().map(|l| Family::new(l.as_str())).collect(),
            stops: self.stops.clone(),
            dispatches: self.dispatches.clone(),
            comments: self.comments,
            reactions: self.reactions,
            notices: self.notices,
        }
    }
}

fn default_source() -> String {
    "builtin".into()
}
