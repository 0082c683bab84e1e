//! The policy author's crate.
//!
//! A policy is a function from [`Facts`] to a [`Plan`]. It imports nothing and can do nothing but answer, so it can be
//! tested with `cargo test` alone: the [`laws`] say what every answer must obey, and a [`storm`] asks whether it ends in
//! the same labels when news comes twice, late, in the wrong order, or not at all.
//!
//! ```
//! use pawl_sdk::prelude::*;
//!
//! struct Welcome;
//!
//! impl Policy for Welcome {
//!     fn manifest() -> Manifest {
//!         Manifest::named("welcome", "0.1.0", "Marks what is open.")
//!             .owning("is-open", "0e8a16", "This is open")
//!             .knowing("open", "It is open.", false)
//!             .knowing("over", "It is merged or closed.", true)
//!     }
//!
//!     fn decide(facts: &Facts) -> Result<Plan, Refusal> {
//!         Ok(if facts.is_over() {
//!             Plan::in_state("over", "nothing is left to do")
//!         } else {
//!             Plan::in_state("open", "it is open").with_label("is-open")
//!         })
//!     }
//! }
//!
//! pawl_sdk::export!(Welcome); // makes the component when built for wasm32, and nothing elsewhere
//!
//! pawl_sdk::laws::check::<Welcome>(&sample::pull_request(&Welcome::manifest())).unwrap();
//! ```

// The generated bindings and the allocator are the only places with unsafe code.
#![deny(unsafe_code)]

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "an allocator hands out raw memory; nothing else in this crate does")]
mod allocator;
mod answer;
#[doc(hidden)]
#[allow(unsafe_code, missing_docs, clippy::all, reason = "generated from wit/, whose comments are its documentation")]
pub mod bindings;
pub mod bytes;
mod component;
mod introduce;
pub mod label;
pub mod laws;
pub mod limits;
mod question;
pub mod sample;
pub mod storm;
pub mod text;
pub mod who;

pub use component::{Exported, Policy};

/// Facts and news, as the host hands them in; generated from `wit/facts.wit`.
pub mod facts {
    pub use crate::bindings::exports::pawl::policy::facts::{
        Actor, ActorKind, Check, Command, Comment, Conclusion, Edit, Event, Facts, Head, LabelChange, Memory, News, Permission, Phase,
        Push, Reaction, Review, Run, Setting, Signal, Subject, SubjectKind, SubjectState, Thread, Timestamp, Value, Verdict,
    };
}

/// Plans, as a policy hands them back; generated from `wit/plan.wit`.
pub mod plan {
    pub use crate::bindings::exports::pawl::policy::plan::{
        Ask, Dispatch, Notice, Plan, ReactionRequest, Refusal, RefusedNews, Request, Severity, Stop,
    };
}

/// What a policy says about itself; generated from `wit/policy.wit`.
pub mod manifest {
    pub use crate::bindings::exports::pawl::policy::decider::{
        Capabilities, HeededLabel, Manifest, Needs, OwnedLabel, SettingKind, SettingSpec, StateSpec, Wakes,
    };
}

pub use facts::Facts;
pub use manifest::Manifest;
pub use plan::{Plan, Refusal};

/// What nearly every policy uses.
///
/// ```
/// use pawl_sdk::prelude::*;
/// assert!(Verdict::Approved != Verdict::Dismissed);
/// ```
pub mod prelude {
    pub use crate::Policy;
    pub use crate::facts::*;
    pub use crate::label::{self, Family};
    pub use crate::manifest::*;
    pub use crate::plan::*;
    pub use crate::{sample, text};
}
