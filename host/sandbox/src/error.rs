//! What can go wrong, by what happens next.

use crate::contract::VERSION;

/// The sandbox itself cannot start. Nothing can be decided on this machine until that changes.
#[derive(Debug, thiserror::Error)]
#[error("the WebAssembly sandbox cannot start: {0}; it needs about {1} GiB of address space (not memory), see `ulimit -v`")]
pub struct SandboxError(pub(crate) String, pub(crate) u32);

/// A component is refused. It will be refused again: a person has to change it, or its limits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The file is larger than [`crate::SandboxLimits::component_bytes`].
    #[error("the component has {bytes} bytes, the limit is {limit}; build it with the profile `guest`, or raise the limit")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// Limits that no instance could run in.
    #[error("a memory limit of {bytes} bytes is not from {least} to {most}; choose one within")]
    Limits {
        /// What was asked for.
        bytes: usize,
        /// The least.
        least: usize,
        /// The most.
        most: usize,
    },
    /// Not a component, or one that uses what this host does not run.
    #[error(
        "this is no component that can run here: {0}; this host runs policies of pawl:policy {VERSION}: build it anew by `pawl policy build`"
    )]
    NoComponent(String),
    /// A module that nobody wrapped (H8).
    #[error(
        "this is a core WebAssembly module, not a component; this host runs components of pawl:policy {VERSION}: make one of it by \
         `pawl policy build`, or with `wit-component` for the world pawl:policy/policy"
    )]
    CoreModule,
    /// It imports something, and so could do more than answer (H1).
    #[error(
        "a policy imports nothing, but this component imports {}; this host speaks pawl:policy {VERSION} and offers nothing else: build it for \
         wasm32-unknown-unknown and without WASI",
        .0.join(", ")
    )]
    Imports(Vec<String>),
    /// It was built for another version of the contract (H8).
    #[error(
        "this policy speaks version {found} of the contract pawl:policy, this host speaks {spoken}; rebuild it with the pawl-sdk of this host, \
         or run it on a pawl that speaks {found}"
    )]
    OtherVersion {
        /// The version it was built for.
        found: String,
        /// The version of this host.
        spoken: &'static str,
    },
    /// It is a component of something else.
    #[error(
        "this component is no policy: it exports {}, not pawl:policy/decider@{VERSION}, which this host speaks; build it for the world \
         pawl:policy/policy",
        list_or_nothing(.0)
    )]
    OtherWorld(Vec<String>),
    /// It has the right names with other types.
    #[error("this policy's contract differs from this host's under the same version: {0}; rebuild it with this host's wit files")]
    OtherTypes(String),
    /// It could not say who it is.
    #[error("the policy failed when asked who it is: {0}")]
    Describe(DecideError),
    /// What it says of itself is wrong.
    #[error("the policy's manifest is wrong: {0}; correct it and rebuild the policy")]
    Manifest(String),
}

impl LoadError {
    /// What went wrong when the policy was asked, if it came to that.
    #[must_use]
    pub fn asked(&self) -> Option<&DecideError> {
        if let Self::Describe(error) = self { Some(error) } else { None }
    }
}

/// A policy gave no answer, or none that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecideError {
    /// It used more fuel than allowed: it loops, or its work needs a higher limit.
    #[error("out-of-fuel: the decision needs more than {limit} units; correct the policy, or raise its fuel")]
    OutOfFuel {
        /// The limit in units.
        limit: u64,
    },
    /// It took longer than allowed.
    #[error("out-of-time: the decision took longer than {limit_ms} ms; correct the policy, or raise its time")]
    OutOfTime {
        /// The limit in milliseconds.
        limit_ms: u64,
    },
    /// It wanted more memory than allowed.
    #[error("out-of-memory: the decision needs more than {limit} bytes; correct the policy, or raise its memory")]
    OutOfMemory {
        /// The limit in bytes.
        limit: usize,
    },
    /// Its answer is larger than the contract allows.
    #[error("oversized-answer: {0}; correct the policy to answer less")]
    OversizedAnswer(String),
    /// It crashed, or its answer cannot be read.
    #[error("trap: {0}; correct the policy, replaying the same facts shows it again")]
    Trap(String),
    /// As many decisions as the sandbox has room for are being taken. No fault of the policy: ask again soon.
    #[error("busy: {limit} decisions are being taken already; ask again, or raise the number of decisions at once")]
    Busy {
        /// The limit.
        limit: u32,
    },
}

impl DecideError {
    /// One word, for metrics and records.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::OutOfFuel { .. } => "out-of-fuel",
            Self::OutOfTime { .. } => "out-of-time",
            Self::OutOfMemory { .. } => "out-of-memory",
            Self::OversizedAnswer(_) => "oversized-answer",
            Self::Trap(_) => "trap",
            Self::Busy { .. } => "busy",
        }
    }

    /// Whether asking again soon may help. All but [`Self::Busy`] and, on a crowded machine, [`Self::OutOfTime`] would
    /// happen again on the same facts.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::OutOfTime { .. })
    }
}

fn list_or_nothing(names: &[String]) -> String {
    if names.is_empty() { "nothing".into() } else { names.join(", ") }
}
