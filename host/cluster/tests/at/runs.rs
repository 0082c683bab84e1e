//! Runs on a server: their definition, their objects, and what becomes of them.

use super::{NAMESPACE, server};
use pawl_apiserver::{Reply, Server, Service};
use pawl_cluster::{Cluster, RunSettings, Runs};
use pawl_core::plan::Stop;
use pawl_core::subject::{Repository, Subject, SubjectKind};
use serde_json::{Value, json};

/// Where the runs are, as a path.
pub const RUNS: &str = "/apis/agents.platform/v1/namespaces/agents/coderuns";
/// What the operator of the runs puts on each.
pub const CLEANUP: &str = "agents.platform/cleanup";

/// The definition of runs in a group.
pub fn definition(group: &str, kind: &str, scope: &str) -> Value {
    let any = json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
    let schema = json!({ "type": "object", "properties": { "spec": any, "status": any } });
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": { "name": format!("coderuns.{group}") },
        "spec": {
            "group": group, "scope": scope, "names": { "plural": "coderuns", "singular": "coderun", "kind": kind },
            "versions": [{
                "name": "v1", "served": true, "storage": true, "subresources": { "status": {} }, "schema": { "openAPIV3Schema": schema },
            }],
        },
    })
}

/// A server that serves runs.
pub fn with_runs() -> Server {
    let server = server();
    server.define(&definition("agents.platform", "CodeRun", "Namespaced"));
    server
}

pub fn cluster(service: Service) -> Cluster {
    Cluster::of(kube::Client::new(service, NAMESPACE), NAMESPACE)
}

/// The runs of this server, found by the default settings; what that took is forgotten.
pub async fn runs(server: &Server) -> Runs {
    let runs = Runs::discover(&cluster(server.service()), RunSettings::default()).await.unwrap();
    server.forget_requests();
    runs
}

/// acme/web#12.
pub fn subject() -> Subject {
    let repository = Repository { id: 4711, owner: "acme".to_owned(), name: "web".to_owned() };
    Subject { repository, number: 12, kind: SubjectKind::PullRequest }
}

/// A run of acme/web#12 that is at work.
pub fn object(name: &str, finalizers: &[&str]) -> Value {
    json!({
        "apiVersion": "agents.platform/v1", "kind": "CodeRun",
        "metadata": { "name": name, "finalizers": finalizers, "labels": { "agent": "tess", "pr-number": "12", "repository": "acme-web" } },
        "spec": { "taskId": 4, "repositoryUrl": "https://github.com/acme/web" },
    })
}

/// Creates a run in this phase, and answers the stop for it.
pub fn start(server: &Server, name: &str, phase: &str, finalizers: &[&str]) -> Stop {
    let made = server.create(RUNS, &object(name, finalizers));
    set_phase(server, name, phase);
    Stop { kind: "CodeRun".to_owned(), name: name.to_owned(), uid: made["metadata"]["uid"].as_str().unwrap().to_owned() }
}

pub fn set_phase(server: &Server, name: &str, phase: &str) {
    let told = server.call("PATCH", &format!("{RUNS}/{name}/status"), &json!({ "status": { "phase": phase } }));
    assert_eq!(told.status, 200, "{}", told.json);
}

/// What the operator does when it has cleaned up.
pub fn let_go(server: &Server, name: &str) {
    let told = server.call("PATCH", &format!("{RUNS}/{name}"), &json!({ "metadata": { "finalizers": null } }));
    assert_eq!(told.status, 200, "{}", told.json);
}

pub fn find(server: &Server, name: &str) -> Option<Value> {
    server.get(&format!("{RUNS}/{name}"))
}

/// A good answer with this body.
pub fn reply(body: &Value) -> Reply {
    Reply { status: 200, headers: Vec::new(), body: body.to_string(), is_json: true }
}
