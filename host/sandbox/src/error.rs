//! What can go wrong, by what happens next.

use crate::contract::VERSION;
use pawl_core::text::plain;

/// Most characters of one text that a component causes and an error repeats.
const TEXT_CHARS: usize = 600;
/// Most names of a component that an error lists.
const NAMES: usize = 12;
/// Most characters of one of them.
const NAME_CHARS: usize = 120;

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
        "this is no component that can run here: {}; this host runs policies of pawl:policy {VERSION}: build it anew by `pawl policy build`",
        plain(.0, TEXT_CHARS)
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
        list(.0)
    )]
    Imports(Vec<String>),
    /// It was built for another version of the contract (H8).
    #[error(
        "this policy speaks version {named} of the contract pawl:policy, this host speaks {spoken}; rebuild it with the pawl-sdk of this host, \
         or run it on a pawl that speaks {named}",
        named = plain(.found, NAME_CHARS)
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
        list(.0)
    )]
    OtherWorld(Vec<String>),
    /// It has the right names with other types.
    #[error(
        "this policy's contract differs from this host's under the same version: {}; rebuild it with this host's wit files",
        plain(.0, TEXT_CHARS)
    )]
    OtherTypes(String),
    /// It could not say who it is.
    #[error("the policy failed when asked who it is: {0}")]
    Describe(DecideError),
    /// What it says of itself is wrong.
    #[error("the policy's manifest is wrong: {}; correct it and rebuild the policy", plain(.0, TEXT_CHARS))]
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
    #[error("oversized-answer: {}; correct the policy to answer less", plain(.0, TEXT_CHARS))]
    OversizedAnswer(String),
    /// It crashed, or its answer cannot be read.
    #[error("trap: {}; correct the policy, replaying the same facts shows it again", plain(.0, TEXT_CHARS))]
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

/// The first of these names: a component may have as many as its file has room for, and each as long.
fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "nothing".into();
    }
    let shown: Vec<String> = names.iter().take(NAMES).map(|name| plain(name, NAME_CHARS)).collect();
    let more = if names.len() > NAMES { format!(" and {} more", names.len() - NAMES) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h1_however_much_a_component_says_an_error_about_it_is_short_and_plain() {
        let long = format!("\u{1b}[2J{}", "a".repeat(1_000_000));
        let many = vec![long.clone(); 1_000];
        let asked = DecideError::Trap(long.clone());
        for error in [
            LoadError::NoComponent(long.clone()),
            LoadError::Imports(many.clone()),
            LoadError::OtherVersion { found: long.clone(), spoken: VERSION },
            LoadError::OtherWorld(many),
            LoadError::OtherTypes(long.clone()),
            LoadError::Describe(asked),
            LoadError::Manifest(long.clone()),
            LoadError::Describe(DecideError::OversizedAnswer(long)),
        ] {
            let told = error.to_string();
            assert!(told.chars().count() < 2_200 && !told.chars().any(char::is_control), "{told}");
        }
        let told = LoadError::Imports((0..14).map(|n| format!("wasi:io/{n}")).collect()).to_string();
        assert!(told.contains("wasi:io/0, wasi:io/1,") && told.contains("wasi:io/11 and 2 more; this host"), "{told}");
        assert!(LoadError::OtherWorld(vec![]).to_string().contains("it exports nothing, not"));
    }
}
