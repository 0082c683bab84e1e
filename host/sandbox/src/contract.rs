//! What wasmtime makes of the contract in `wit/`. Nothing outside this crate sees these types.

#[allow(missing_docs, reason = "generated code; the contract itself is documented")]
mod generated {
    wasmtime::component::bindgen!({ path: "../../wit", world: "policy" });
}

pub(crate) mod question;

pub(crate) use generated::exports::pawl::policy::{decider, facts, plan};
pub(crate) use generated::{Policy, PolicyPre};

/// The interface whose two functions a policy exports, without its version.
pub(crate) const DECIDER: &str = "pawl:policy/decider";

/// The function of that interface that decides.
pub(crate) const DECIDE: &str = "decide";

/// The version of the contract that this host speaks.
pub const VERSION: &str = "0.1.0";
