//! The policies of a start.

use super::{Swaps, cannot_read, instead, keep, unreadable};
use crate::candidate::component;
use crate::config::Config;
use crate::kept::digest;
use crate::orders::Order;
use crate::policies::Policies;
use anyhow::{Context, bail};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The policies of a start: what their sources hold, unless an operator has led back from it.
///
/// # Errors
/// As [`Policies::load`], and when a policy cannot read what is remembered.
pub async fn begin(config: &Config, swaps: &Swaps, store: &dyn crate::store::Store) -> anyhow::Result<Policies> {
    let mut orders = BTreeMap::new();
    for name in config.policy.keys() {
        // Before anything is decided it must be known what an operator has said.
        let order = store.order(name).await.with_context(|| format!("cannot read what operators have said about policy {name:?}"))?;
        if let Some(order) = order.as_deref().and_then(Order::read) {
            orders.insert(name.clone(), order);
        }
    }
    let read = Mutex::new(BTreeMap::new());
    let of = |name: &str, source: &str| {
        let mut bytes = component(source, name)?;
        if let Some(order) = orders.get(name).filter(|order| order.avoids(&digest(&bytes))) {
            match instead(&swaps.kept, name, order) {
                Some(other) => bytes = other,
                None => tracing::warn!(
                    policy = name,
                    "an operator has led back from this component, and what ran before is not kept here; it runs"
                ),
            }
        }
        read.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), bytes.clone());
        Ok(bytes)
    };
    let policies = Policies::examined(config, &swaps.examiner, of)?;
    for member in &policies.deployment.members {
        let name = &member.manifest.name;
        let unreadable = unreadable(store, member).await.context("cannot read the records")?;
        if unreadable > 0 && !member.forgets && !orders.get(name).is_some_and(|order| order.lets_forget(&member.digest)) {
            bail!("{}", cannot_read(member, unreadable));
        }
    }
    for (name, bytes) in read.into_inner().unwrap_or_else(PoisonError::into_inner) {
        if let Some(candidate) = policies.named(&name) {
            keep(swaps, candidate, &bytes, &pawl_core::Timestamp::now().to_string());
        }
    }
    for (name, order) in orders {
        swaps.with(&name, |known| known.order = Some(order));
    }
    Ok(policies)
}
