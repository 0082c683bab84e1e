//! Loading: every check that a component passes before its first decision.

use crate::compiled::{Folder, Key, Origin};
use crate::contract::{DECIDER, VERSION};
use crate::engine::Shared;
use crate::error::{LoadError, SandboxError};
use crate::lanes::Lane;
use crate::limits::{MEMORY_BYTES_LEAST, PolicyLimits, SandboxLimits};
use crate::policy::LoadedPolicy;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;
use wasmtime::component::Component;

/// How a core module begins: the magic, and version 1 in layer 0.
const CORE_MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// Where policies run. Cheap to clone; it ends with its last clone and the last policy it loaded.
#[derive(Clone)]
pub struct Sandbox {
    shared: Arc<Shared>,
    kept: Option<Folder>,
}

impl Sandbox {
    /// Prepares the pool and the clock of decisions.
    ///
    /// # Errors
    /// When this machine cannot run it; see [`SandboxError`].
    pub fn new(limits: SandboxLimits) -> Result<Self, SandboxError> {
        Ok(Self { shared: Arc::new(Shared::new(limits)?), kept: None })
    }

    /// Keeps compiled policies in this folder, which is made when it is missing, and uses what is kept there already. It must belong
    /// to this process's user, and nobody else may write it: what lies there is run as it is. A folder that is not so is left
    /// alone, and [`LoadedPolicy::origin`] says why. At most 16 policies are kept.
    #[must_use]
    pub fn keeping_compiled_in(self, folder: &Path) -> Self {
        Self { kept: Some(Folder::new(folder)), ..self }
    }

    /// Loads a policy with the default limits; see [`Self::load_within`].
    ///
    /// # Errors
    /// See [`LoadError`]; each is final for these bytes.
    pub fn load(&self, component: &[u8]) -> Result<LoadedPolicy, LoadError> {
        self.load_within(component, PolicyLimits::default())
    }

    /// Compiles a component, checks that it is a policy of this contract that imports nothing, and asks it once who it is,
    /// all of it within the limits. Takes tens of milliseconds, most of it compiling, or less than one when an earlier start has
    /// kept what it compiled; every check is made either way.
    ///
    /// # Errors
    /// See [`LoadError`]; each is final for these bytes and limits.
    pub fn load_within(&self, component: &[u8], limits: PolicyLimits) -> Result<LoadedPolicy, LoadError> {
        let shared = &self.shared;
        let (bytes, limit) = (component.len(), shared.limits.component_bytes);
        if bytes > limit {
            return Err(LoadError::TooLarge { bytes, limit });
        }
        let (least, most) = (MEMORY_BYTES_LEAST, shared.limits.memory_bytes);
        if !(least..=most).contains(&limits.memory_bytes) {
            return Err(LoadError::Limits { bytes: limits.memory_bytes, least, most });
        }
        if component.starts_with(CORE_MODULE) {
            return Err(LoadError::CoreModule);
        }
        let digest = hex::encode(Sha256::digest(component));
        let key = Key::new(&shared.engine, &digest);
        let found = self.kept.as_ref().and_then(|kept| kept.find(&shared.engine, &key));
        let is_found = found.is_some();
        let component = found
            .map_or_else(|| Component::from_binary(&shared.engine, component), Ok)
            .map_err(|error| LoadError::NoComponent(format!("{error:#}")))?;
        refuse_other_versions(shared, &component)?;
        refuse_imports(shared, &component)?;
        refuse_other_worlds(shared, &component)?;
        let other_types = |error| LoadError::OtherTypes(format!("{error:#}"));
        let lane = Lane::new(&shared.engine, &component).map_err(other_types)?;
        let policy = LoadedPolicy::introduced(Arc::clone(shared), &component, lane, digest, limits)?;
        // Only what passed every check is worth keeping.
        let origin = match &self.kept {
            _ if is_found => Origin::Kept,
            None => Origin::Compiled,
            Some(kept) => kept.keep(&component, &key).map_or_else(Origin::NotKept, |()| Origin::Compiled),
        };
        Ok(policy.with_origin(origin))
    }
}

/// A policy that could call anything could do more than answer (H1). Types alone are refused too: what nobody needs is
/// not worth an exception to a rule of one line.
fn refuse_imports(shared: &Shared, component: &Component) -> Result<(), LoadError> {
    let imports: Vec<String> = component.component_type().imports(&shared.engine).map(|(name, _)| name.to_owned()).collect();
    if imports.is_empty() { Ok(()) } else { Err(LoadError::Imports(imports)) }
}

/// Another version is told first (H8): whatever else such a policy does, its author wants to know that.
fn refuse_other_versions(shared: &Shared, component: &Component) -> Result<(), LoadError> {
    match exports(shared, component).iter().find_map(|export| version(export)) {
        Some(found) if found != VERSION => Err(LoadError::OtherVersion { found, spoken: VERSION }),
        _ => Ok(()),
    }
}

/// A component that exports no decision is something else.
fn refuse_other_worlds(shared: &Shared, component: &Component) -> Result<(), LoadError> {
    let exports = exports(shared, component);
    if exports.iter().any(|export| version(export).is_some()) { Ok(()) } else { Err(LoadError::OtherWorld(exports)) }
}

fn exports(shared: &Shared, component: &Component) -> Vec<String> {
    component.component_type().exports(&shared.engine).map(|(name, _)| name.to_owned()).collect()
}

/// The version of the contract, if this is the name of its decisions.
fn version(export: &str) -> Option<String> {
    match export.split_once('@') {
        Some((DECIDER, version)) => Some(version.to_owned()),
        None if export == DECIDER => Some("none".to_owned()),
        _ => None,
    }
}
