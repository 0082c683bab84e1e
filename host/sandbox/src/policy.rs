//! A loaded policy: who it is, and its decisions.

use crate::compiled::Origin;
use crate::contract::{DECIDE, DECIDER, Policy, plan, question};
use crate::convert::{facts_for, manifest_from, plan_from, refusal_from};
use crate::engine::Shared;
use crate::error::{DecideError, LoadError};
use crate::lanes::{Lane, Lanes};
use crate::limits::PolicyLimits;
use crate::meter::{Meter, meaning, store};
use pawl_core::facts::Facts;
use pawl_core::manifest::Manifest;
use pawl_core::plan::{Plan, Refusal, SENTENCE_BYTES};
use std::fmt;
use std::sync::Arc;
use wasmtime::Store;
use wasmtime::component::{Component, Instance, TypedFunc};

/// Least time for the one question at load, in milliseconds: nobody waits for it, and a machine that has just started is
/// busy. Its fuel is limited all the same.
const DESCRIBE_MS: u64 = 5_000;

/// A policy that passed every check. Can be asked from many threads at once; cheap to clone.
#[derive(Clone)]
pub struct LoadedPolicy {
    shared: Arc<Shared>,
    lanes: Arc<Lanes>,
    manifest: Arc<Manifest>,
    digest: Arc<str>,
    limits: PolicyLimits,
    origin: Origin,
}

/// A policy's answer and what it cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The world as it should be, within the contract's limits; or that the facts make no sense.
    pub answer: Result<Plan, Refusal>,
    /// Units of fuel used; the same for the same facts and component.
    pub fuel_used: u64,
    /// Bytes of linear memory at the end, in whole pages of 64 KiB; the same for the same facts and component.
    pub memory_bytes: usize,
}

impl LoadedPolicy {
    /// Asks a compiled component who it is, and checks what it says.
    pub(crate) fn introduced(
        shared: Arc<Shared>,
        component: &Component,
        lane: Lane,
        digest: String,
        limits: PolicyLimits,
    ) -> Result<Self, LoadError> {
        let differs = |how: String| LoadError::OtherTypes(how);
        let manifest = {
            let limits = PolicyLimits { time_ms: limits.time_ms.max(DESCRIBE_MS), ..limits };
            let _clock = shared.ticker.running();
            let mut store = store(&shared.engine, &limits);
            let failed = |error: &wasmtime::Error| LoadError::Describe(meaning(error, &limits, shared.limits.decisions));
            // What is neither limit nor trap, before the policy ran at all, is a difference in types.
            let instance = lane.pre.instance_pre().instantiate(&mut store);
            let policy = instance.and_then(|instance| {
                typed(&instance, &mut store, &lane)?;
                Policy::new(&mut store, &instance)
            });
            let policy = policy.map_err(|error| match failed(&error) {
                LoadError::Describe(DecideError::Trap(_)) if !error.is::<wasmtime::Trap>() => differs(format!("{error:#}")),
                other => other,
            })?;
            let described = policy.pawl_policy_decider().call_describe(&mut store);
            manifest_from(described.map_err(|error| failed(&error))?)
        };
        manifest.check().map_err(LoadError::Manifest)?;
        let lanes = Arc::new(Lanes::new(&shared.engine, component, lane));
        Ok(Self { shared, lanes, manifest: Arc::new(manifest), digest: digest.into(), limits, origin: Origin::Compiled })
    }

    pub(crate) fn with_origin(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// Who it is.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// SHA-256 of its component in hexadecimal: its identity (H7).
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Whether it had to be compiled.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The limits of each of its decisions.
    #[must_use]
    pub fn limits(&self) -> PolicyLimits {
        self.limits
    }

    /// Asks for a decision, in a fresh instance that ends with it. Blocks for microseconds, at most for its time limit.
    ///
    /// Of the patterns that comments and reviews matched, the policy is shown its own alone, by their bare names.
    ///
    /// # Errors
    /// See [`DecideError`]; none of them disturbs another decision.
    pub fn decide(&self, facts: &Facts) -> Result<Decision, DecideError> {
        let question = facts_for(&self.manifest.name, facts);
        let _clock = self.shared.ticker.running();
        let mut store = store(&self.shared.engine, &self.limits);
        let lane = self.lanes.own();
        let called = lane.pre.instance_pre().instantiate(&mut store).and_then(|instance| {
            let decide = typed(&instance, &mut store, lane)?;
            decide.call(&mut store, (&question,)).map(|(answer,)| answer)
        });
        let answer = called.map_err(|error| meaning(&error, &self.limits, self.shared.limits.decisions))?;
        let answer = match answer {
            Ok(plan) => {
                let plan = plan_from(plan);
                plan.check_limits().map_err(DecideError::OversizedAnswer)?;
                Ok(plan)
            }
            Err(refusal) if refusal.reason.len() > SENTENCE_BYTES => {
                let has = refusal.reason.len();
                return Err(DecideError::OversizedAnswer(format!("reason in bytes has {has}, the limit is {SENTENCE_BYTES}")));
            }
            Err(refusal) => Err(refusal_from(refusal)),
        };
        let left = store.get_fuel().expect("the engine counts fuel");
        Ok(Decision { answer, fuel_used: self.limits.fuel.saturating_sub(left), memory_bytes: store.data().grown_to() })
    }
}

/// The function that decides, with the types that this host asks and understands.
type Decide<'a> = TypedFunc<(&'a question::Facts<'a>,), (Result<plan::Plan, plan::Refusal>,)>;

/// Found by its place, which spares a decision the search by name, and looking at the function that only describes.
fn typed<'a>(instance: &Instance, store: &mut Store<Meter>, lane: &Lane) -> wasmtime::Result<Decide<'a>> {
    let place = lane.decide.as_ref().ok_or_else(|| wasmtime::Error::msg(format!("{DECIDER} has no function {DECIDE}")))?;
    instance.get_typed_func(store, place)
}

impl fmt::Debug for LoadedPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = (&self.manifest.name, &self.manifest.version);
        f.debug_struct("LoadedPolicy")
            .field("name", &name)
            .field("digest", &self.digest)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
