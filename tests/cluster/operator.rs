//! Who runs the agents: when a run is deleted, it cleans up and lets go.

use super::api::{Api, CLEANUP};
use super::rest::PAUSE;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::task::JoinHandle;

/// Works until it is dropped.
pub struct Operator(JoinHandle<()>);

impl Operator {
    /// Begins to work.
    pub fn begin(api: Arc<Api>) -> Self {
        Self(tokio::spawn(async move {
            loop {
                for run in api.ask("GET", &api.runs(), &Value::Null).await.map(items).unwrap_or_default() {
                    let metadata = &run["metadata"];
                    let is_held = metadata["finalizers"].as_array().is_some_and(|all| all.iter().any(|one| one == CLEANUP));
                    if metadata["deletionTimestamp"].is_string() && is_held {
                        let path = format!("{}/{}", api.runs(), metadata["name"].as_str().unwrap());
                        // Somebody may have been faster; the next round looks again.
                        let _ = api.ask("PATCH", &path, &json!({ "metadata": { "finalizers": null } })).await;
                    }
                }
                tokio::time::sleep(PAUSE).await;
            }
        }))
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn items(list: Value) -> Vec<Value> {
    list["items"].as_array().cloned().unwrap_or_default()
}
