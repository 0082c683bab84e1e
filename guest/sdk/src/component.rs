//! The trait that a policy implements, and the way from there to a component.

use crate::bindings::exports::pawl::policy::{decider, facts, plan};
use crate::{Facts, Manifest, Plan, Refusal};
use std::marker::PhantomData;

/// A policy: who it is, and its decision.
///
/// Both functions are pure. There is no clock but [`Facts::now`], and nothing survives a decision but [`Plan::memory`].
///
/// ```
/// use pawl_sdk::prelude::*;
///
/// struct Quiet;
/// impl Policy for Quiet {
///     fn manifest() -> Manifest {
///         Manifest::named("quiet", "0.1.0", "Does nothing.").knowing("quiet", "Nothing to say.", false)
///     }
///     fn decide(_: &Facts) -> Result<Plan, Refusal> {
///         Ok(Plan::in_state("quiet", "it never says anything"))
///     }
/// }
/// assert_eq!(Quiet::decide(&sample::pull_request(&Quiet::manifest())).unwrap().state, "quiet");
/// ```
pub trait Policy {
    /// Who this policy is. Asked once, when the component is loaded.
    fn manifest() -> Manifest;

    /// What should be, on these facts.
    ///
    /// # Errors
    /// A [`Refusal`] when the facts make no sense: nothing is consumed or changed, and a person is told. Never panic
    /// instead: a panic loses its message.
    fn decide(facts: &Facts) -> Result<Plan, Refusal>;
}

/// A policy in the shape that the component's exports want. Made by [`export!`](crate::export); not for direct use.
#[derive(Debug)]
pub struct Exported<P>(PhantomData<P>);

impl<P: Policy> decider::Guest for Exported<P> {
    fn describe() -> decider::Manifest {
        P::manifest()
    }

    fn decide(facts: facts::Facts) -> Result<plan::Plan, plan::Refusal> {
        let answer = P::decide(&facts);
        // The instance ends with its answer: to give back a hundred small blocks one by one is work for nobody.
        std::mem::forget(facts);
        answer
    }
}

/// Exports a [`Policy`] as a component of world `pawl:policy/policy`. Elsewhere than on wasm32 it does nothing, so the
/// same crate is a plain library for `cargo test`.
///
/// ```
/// # use pawl_sdk::prelude::*;
/// # struct Mine;
/// # impl Policy for Mine {
/// #     fn manifest() -> Manifest { Manifest::named("mine", "0.1.0", "") }
/// #     fn decide(_: &Facts) -> Result<Plan, Refusal> { Ok(Plan::in_state("s", "")) }
/// # }
/// pawl_sdk::export!(Mine);
/// ```
#[macro_export]
macro_rules! export {
    ($policy:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type ExportedPolicy = $crate::Exported<$policy>;
    $crate::bindings::export_component!(ExportedPolicy with_types_in $crate::bindings);
        };
    };
}
