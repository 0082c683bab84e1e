//! Whether the API server answers: one small read, for whoever has to know now.

use super::Records;
use super::tries::told;
use pawl_core::store::StoreError;
use std::time::Duration;

/// Longest wait for it: a probe of Kubernetes waits a little longer.
const PATIENCE: Duration = Duration::from_secs(2);
/// No record is called so, and none need be: that there is none is an answer too.
const NAME: &str = "pawl-answers";

impl Records {
    /// Asks the API server for one ConfigMap, once, and waits at most 2 s. It shows that the server answers this account, and lets it
    /// read ConfigMaps; not that it lets it write.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Refused`].
    pub async fn answers(&self) -> Result<(), StoreError> {
        self.0.maps.get(PATIENCE, NAME).await.map(drop).map_err(told)
    }
}
