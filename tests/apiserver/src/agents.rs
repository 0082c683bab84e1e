//! The agents' platform, as far as a cluster shows it: runs are objects of a custom resource, and an operator cleans up behind those that
//! are deleted.

use crate::server::Server;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// What the operator puts on runs that it has to clean up behind.
pub const CLEANUP: &str = "agents.platform/cleanup";

/// Where runs are in a namespace.
#[must_use]
pub fn runs(namespace: &str) -> String {
    format!("/apis/agents.platform/v1/namespaces/{namespace}/coderuns")
}

/// The definition of runs.
#[must_use]
pub fn definition() -> Value {
    let any = json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
    let schema = json!({ "type": "object", "properties": { "spec": any, "status": any } });
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": { "name": "coderuns.agents.platform" },
        "spec": {
            "group": "agents.platform", "scope": "Namespaced", "names": { "plural": "coderuns", "singular": "coderun", "kind": "CodeRun" },
            "versions": [{
                "name": "v1", "served": true, "storage": true, "subresources": { "status": {} }, "schema": { "openAPIV3Schema": schema },
            }],
        },
    })
}

/// An operator that lets go of a run as soon as its deletion is asked for, until it is dropped.
#[derive(Debug)]
pub struct Operator(JoinHandle<()>);

impl Operator {
    /// Begins to work. Runs that are being deleted already are somebody else's. Must be called within a Tokio runtime.
    #[must_use]
    pub fn begin(server: &Server) -> Self {
        let mut runs = server.follow("coderuns.agents.platform");
        let server = server.clone();
        Self(tokio::spawn(async move {
            loop {
                let Some(run) = runs.next().await.new else { continue };
                if let Some(path) = held(&run) {
                    // Somebody else may have let go of it meanwhile: then there is nothing to do.
                    server.call("PATCH", &path, &json!({ "metadata": { "finalizers": null } }));
                }
            }
        }))
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Where a run is that only the operator still holds.
fn held(run: &Value) -> Option<String> {
    let metadata = &run["metadata"];
    let is_ours = metadata["finalizers"].as_array()?.iter().any(|one| one == CLEANUP) && metadata["deletionTimestamp"].is_string();
    let path = format!("{}/{}", runs(metadata["namespace"].as_str()?), metadata["name"].as_str()?);
    is_ours.then_some(path)
}
