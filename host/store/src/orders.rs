//! Operators' orders about policies: a few words each, by the policy's name.

use crate::Store;
use pawl_core::store::StoreError;
use redb::TableDefinition;

/// The order by the policy's name, as whoever gave it wrote it.
pub(crate) const ORDERS: TableDefinition<'_, &str, &str> = TableDefinition::new("orders");

impl Store {
    /// The order that stands about a policy.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn order(&self, policy: &str) -> Result<Option<String>, StoreError> {
        Ok(self.read_one(|tx| Ok(tx.open_table(ORDERS)?.get(policy)?.map(|order| order.value().to_owned())))?)
    }

    /// Replaces the order about a policy, or takes it away; durable when this returns.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn set_order(&self, policy: &str, order: Option<String>) -> Result<(), StoreError> {
        let policy = policy.to_owned();
        self.write(move |tx| {
            let mut orders = tx.open_table(ORDERS)?;
            match order {
                Some(order) => orders.insert(policy.as_str(), order.as_str())?,
                None => orders.remove(policy.as_str())?,
            };
            Ok(())
        })
        .await
    }
}
