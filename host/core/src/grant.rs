//! Grants: what a deployment allows a policy. Nothing is allowed that is not listed.

use crate::label::{Family, Label};
use crate::manifest::Manifest;
use crate::plan::{Ask, Plan};
use serde::{Deserialize, Serialize};

/// What the operator allows a policy to do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Grant {
    /// Label families it may write; `*` allows all that its manifest owns.
    pub labels: Vec<Family>,
    /// Kinds of runs it may stop.
    pub stops: Vec<String>,
    /// Dispatch targets it may use.
    pub dispatches: Vec<String>,
    /// May write comments.
    pub comments: bool,
    /// May set reactions.
    pub reactions: bool,
    /// May tell people.
    pub notices: bool,
}

/// Something that a policy wants and the deployment does not grant; the message ends with the line that would.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("policy {policy:?} wants to {what}, but this deployment grants {grants}; add {line} under [policy.{policy}]")]
pub struct Ungranted {
    /// The policy.
    pub policy: String,
    /// What it wants to do.
    pub what: String,
    /// What is granted instead.
    pub grants: String,
    /// The configuration line that would grant it.
    pub line: String,
}

impl Grant {
    /// Exactly what a manifest asks for: for a policy that is tried, or of which nothing is carried out.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Self {
        let wants = manifest.wants.clone();
        Self {
            labels: manifest.owns.iter().map(|owned| owned.family.clone()).collect(),
            stops: wants.stops,
            dispatches: wants.dispatches,
            comments: wants.comments,
            reactions: wants.reactions,
            notices: wants.notices,
        }
    }

    /// Checks all that a manifest asks for.
    ///
    /// # Errors
    /// The first thing that is not granted.
    pub fn covers(&self, manifest: &Manifest) -> Result<(), Ungranted> {
        for owned in &manifest.owns {
            if !self.labels.iter().any(|l| l.as_str() == "*" || l.as_str().eq_ignore_ascii_case(owned.family.as_str())) {
                return Err(self.no_label(&manifest.name, owned.family.as_str()));
            }
        }
        for kind in &manifest.wants.stops {
            self.stop(&manifest.name, kind)?;
        }
        for target in &manifest.wants.dispatches {
            self.dispatch(&manifest.name, target)?;
        }
        let wants = &manifest.wants;
        for (wanted, granted, word) in [
            (wants.comments, self.comments, "comments"),
            (wants.reactions, self.reactions, "reactions"),
            (wants.notices, self.notices, "notices"),
        ] {
            if wanted {
                flag(&manifest.name, word, granted)?;
            }
        }
        Ok(())
    }

    /// Checks all that a plan asks for.
    ///
    /// # Errors
    /// The first thing that is not granted, or a label that the policy does not own.
    pub fn allows(&self, manifest: &Manifest, plan: &Plan) -> Result<(), Beyond> {
        let policy = &manifest.name;
        for label in &plan.labels {
            if !manifest.owns(label) {
                return Err(Beyond::Foreign { policy: policy.clone(), label: label.clone() });
            }
            if !self.writes(label) {
                return Err(self.no_label(policy, label.as_str()).into());
            }
        }
        for stop in &plan.stops {
            self.stop(policy, &stop.kind)?;
        }
        for request in &plan.requests {
            match &request.ask {
                Ask::Dispatch { target, .. } => self.dispatch(policy, target)?,
                Ask::Comment { .. } => flag(policy, "comments", self.comments)?,
                Ask::Reaction { .. } => flag(policy, "reactions", self.reactions)?,
                Ask::Notice { .. } => flag(policy, "notices", self.notices)?,
            }
        }
        Ok(())
    }

    /// Whether `label` may be written.
    #[must_use]
    pub fn writes(&self, label: &Label) -> bool {
        self.labels.iter().any(|family| family.as_str() == "*" || family.has(label))
    }

    fn no_label(&self, policy: &str, label: &str) -> Ungranted {
        Ungranted {
            policy: policy.into(),
            what: format!("write the label {label}"),
            grants: if self.labels.is_empty() { "no labels".into() } else { format!("labels = {}", list(&self.labels)) },
            line: format!("labels = [\"{label}\"] (or labels = [\"*\"] for all that it owns)"),
        }
    }

    fn stop(&self, policy: &str, kind: &str) -> Result<(), Ungranted> {
        if self.stops.iter().any(|k| k == kind) {
            return Ok(());
        }
        Err(Ungranted {
            policy: policy.into(),
            what: format!("stop {kind}"),
            grants: if self.stops.is_empty() { "no stops".into() } else { format!("stops = {:?}", self.stops) },
            line: format!("stops = [\"{kind}\"]"),
        })
    }

    fn dispatch(&self, policy: &str, target: &str) -> Result<(), Ungranted> {
        if self.dispatches.iter().any(|t| t == target) {
            return Ok(());
        }
        Err(Ungranted {
            policy: policy.into(),
            what: format!("dispatch to {target}"),
            grants: if self.dispatches.is_empty() { "no dispatches".into() } else { format!("dispatches = {:?}", self.dispatches) },
            line: format!("dispatches = [\"{target}\"]"),
        })
    }
}

fn list(families: &[Family]) -> String {
    let names: Vec<_> = families.iter().map(|f| format!("{:?}", f.as_str())).collect();
    format!("[{}]", names.join(", "))
}

fn flag(policy: &str, word: &str, granted: bool) -> Result<(), Ungranted> {
    if granted {
        return Ok(());
    }
    Err(Ungranted { policy: policy.into(), what: format!("send {word}"), grants: format!("no {word}"), line: format!("{word} = true") })
}

/// Why a plan is beyond its policy's grant; the plan is refused as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Beyond {
    /// Not granted.
    #[error(transparent)]
    Ungranted(#[from] Ungranted),
    /// Not its own label.
    #[error("policy {policy:?} wants the label {label}, which its manifest does not own; a policy may only write labels it declares")]
    Foreign {
        /// The policy.
        policy: String,
        /// The label.
        label: Label,
    },
}

#[cfg(test)]
#[path = "grant_tests.rs"]
mod tests;
