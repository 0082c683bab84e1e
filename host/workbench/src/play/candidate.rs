//! The policy that is tried, deployed as it asks to be: it is granted exactly what its manifest wants.

use super::cast::Cast;
use pawl_core::facts::Facts;
use pawl_core::grant::Grant;
use pawl_core::manifest::{BadSetting, Manifest, Value};
use pawl_core::turn::{Deployment, Member, Verdict};
use pawl_sandbox::{DecideError, LoadError, LoadedPolicy, PolicyLimits, Sandbox, SandboxError, SandboxLimits};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Wall-clock time is no part of a play: a slow machine must not change how it ends. Fuel bounds a decision all the same.
const PATIENCE_MS: u64 = 60_000;

/// Why a policy cannot be played with.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The sandbox cannot start.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The component is refused.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A setting does not fit the manifest.
    #[error(transparent)]
    Setting(#[from] BadSetting),
}

/// A policy and how it is deployed. Can be asked from several threads at once.
#[derive(Debug, Clone)]
pub struct Candidate {
    policy: LoadedPolicy,
    deployment: Arc<Deployment>,
    cast: Cast,
}

/// An answer and what it cost.
pub(crate) struct Asked {
    pub verdict: Verdict,
    pub fuel: u64,
}

impl Candidate {
    /// Loads a component with these settings, others at their defaults. `signals` are names of signals that agents send it, besides
    /// those that its settings name: no manifest lists them.
    ///
    /// # Errors
    /// See [`PlayError`].
    pub fn load(component: &[u8], settings: &BTreeMap<String, Value>, signals: &[String]) -> Result<Self, PlayError> {
        let sandbox = Sandbox::new(SandboxLimits::default())?;
        let limits = PolicyLimits { time_ms: PATIENCE_MS, ..PolicyLimits::default() };
        let policy = sandbox.load_within(component, limits)?;
        let manifest = policy.manifest().clone();
        let settings = manifest.settle_settings(settings)?;
        let grant = Grant::of(&manifest);
        let cast = Cast::of(&manifest, &settings, signals);
        let member = Member { manifest, digest: policy.digest().to_owned(), grant, settings, is_shadow: false, forgets: false };
        let deployment = Arc::new(Deployment { members: vec![member], holds: Vec::new() });
        Ok(Self { policy, deployment, cast })
    }

    /// How it is deployed.
    #[must_use]
    pub fn member(&self) -> &Member {
        &self.deployment.members[0]
    }

    /// Who it is.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.member().manifest
    }

    /// The policy itself.
    #[must_use]
    pub fn policy(&self) -> &LoadedPolicy {
        &self.policy
    }

    /// Who acts in plays with it.
    #[must_use]
    pub fn cast(&self) -> &Cast {
        &self.cast
    }

    pub(crate) fn deployment(&self) -> Arc<Deployment> {
        Arc::clone(&self.deployment)
    }

    pub(crate) fn ask(&self, facts: &Facts) -> Asked {
        let limit = self.policy.limits().fuel;
        match self.policy.decide(facts) {
            Ok(decision) => Asked { verdict: decision.answer.map_or_else(Verdict::Refusal, Verdict::Plan), fuel: decision.fuel_used },
            Err(error) => {
                let fuel = if matches!(error, DecideError::OutOfFuel { .. }) { limit } else { 0 };
                Asked { verdict: Verdict::Failed(error.to_string()), fuel }
            }
        }
    }
}
