//! The table of one policy: where it comes from, and what it may do.

use pawl_core::grant::Grant;
use pawl_core::label::Family;
use pawl_core::manifest::Value;
use serde::Deserialize;
use std::collections::BTreeMap;

/// One policy and what it may do.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyConfig {
    /// `builtin`, or the path of a component file.
    #[serde(default = "default_source")]
    pub source: String,
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
    /// The grant that these lines make.
    #[must_use]
    pub fn grant(&self) -> Grant {
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
