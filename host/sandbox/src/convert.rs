//! Between the words of `pawl-core` and the types generated from the contract: facts go in, manifests and plans come out.
//!
//! By hand and field by field, so that a field added to either side does not compile until it is thought about here.

mod facts;
mod manifest;
mod news;
mod plan;

pub(crate) use facts::facts_for;
pub(crate) use manifest::manifest_from;
pub(crate) use plan::{plan_from, refusal_from};
