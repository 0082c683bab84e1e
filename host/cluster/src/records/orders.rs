//! Operators' orders about policies: one ConfigMap for each, read by every replica.

use super::Records;
use super::maps::{Place, What};
use super::swap::Next;
use pawl_core::store::StoreError;

fn place(policy: &str) -> Place {
    Place::new(What::Order, policy.to_owned())
}

impl Records {
    /// The order that stands about a policy.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Refused`].
    pub async fn order(&self, policy: &str) -> Result<Option<String>, StoreError> {
        self.tried(&place(policy), |stored, _| Ok(Next::Keep(stored.map(str::to_owned)))).await
    }

    /// Replaces the order about a policy, or takes it away; durable when this returns. The last word of several operators counts.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Refused`].
    pub async fn set_order(&self, policy: &str, order: Option<String>) -> Result<(), StoreError> {
        self.swap(&place(policy), |stored, _| {
            Ok(match &order {
                Some(order) if stored == Some(order.as_str()) => Next::Keep(()),
                Some(order) => Next::Write(order.clone(), ()),
                None if stored.is_some() => Next::Remove(()),
                None => Next::Keep(()),
            })
        })
        .await
    }
}
