//! The remediation policy: leads a pull request through rounds of QA and remediation, with labels as its face.
//!
//! A decision is a fold. Everything that matters becomes an `event` in a total order, whether it was told by news or is
//! read from facts; the `ledger` keeps the last of them and what all before them adds up to; the `case` holds the table
//! of transitions. So the same thing told twice counts once, news in any order ends in the same labels, and a lost webhook
//! is found in the facts.

#![forbid(unsafe_code)]

mod case;
mod cleanup;
mod commit;
mod decide;
mod edits;
mod event;
mod guard;
mod hearing;
mod ledger;
mod manifest;
mod memory;
mod overrides;
#[cfg(feature = "planted")]
mod planted;
mod runs;
mod settings;
mod sight;
mod state;
mod why;

pub use guard::{Comparison, Guard, UnknownGuard};
pub use overrides::{OVERRIDES, Override, OverrideStatus, override_status};

use pawl_sdk::prelude::*;

/// The policy.
#[derive(Debug, Clone, Copy)]
pub struct Remediation;

impl Policy for Remediation {
    fn manifest() -> Manifest {
        #[cfg(feature = "planted")]
        return planted::manifest();
        #[cfg(not(feature = "planted"))]
        manifest::manifest()
    }

    fn decide(facts: &Facts) -> Result<Plan, Refusal> {
        #[cfg(feature = "planted")]
        return planted::decide(facts);
        #[cfg(not(feature = "planted"))]
        decide::decide(facts)
    }
}

pawl_sdk::export!(Remediation);
