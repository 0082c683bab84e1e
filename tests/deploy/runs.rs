//! The definition of runs for tests: what it defines is what the configuration looks for.

use crate::render::{objects, rendered, root};
use crate::settings::{config, shared};
use pawl_apiserver::Server;
use serde_json::{Value, json};

pub const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

pub fn definition() -> Value {
    let [definition] = objects(&root().join("deploy/test/coderuns.yaml")).try_into().unwrap();
    definition
}

#[test]
fn k2_what_is_defined_for_tests_is_what_the_configuration_looks_for() {
    let definition = definition();
    for folder in ["base", "example"] {
        let objects = rendered(folder);
        let [candidate] = <[_; 1]>::try_from(shared(&objects).runs.candidates).unwrap();
        let spec = &definition["spec"];
        assert_eq!((&spec["group"], &spec["versions"][0]["name"]), (&json!(candidate.group), &json!(candidate.version)));
        assert_eq!((&spec["names"]["plural"], &spec["scope"]), (&json!(candidate.plural), &json!("Namespaced")));
        assert_eq!(definition["metadata"]["name"], format!("{}.{}", candidate.plural, candidate.group));
        let granted = &config(&objects).policy["remediation"].stops;
        assert_eq!(&json!(granted), &json!([spec["names"]["kind"]]), "{folder}: what may be stopped is of this kind");
    }
    for installed in ["base", "argo", "example"] {
        assert!(rendered(installed).iter().all(|object| object["kind"] != "CustomResourceDefinition"), "{installed} is for nobody's tests");
    }
}

/// Stories in one process bring a definition that says nothing of fields: what they write is theirs. In all else it is this one, which the
/// stories with processes install.
#[test]
fn k2_there_is_one_definition_of_runs_for_tests() {
    let without_fields = |mut definition: Value| {
        let any = json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
        for field in ["spec", "status"] {
            let told = &mut definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"][field];
            assert_eq!(told["x-kubernetes-preserve-unknown-fields"], true, "every maker of runs has fields of its own");
            *told = any.clone();
        }
        definition["spec"]["names"]["listKind"] = json!("CodeRunList");
        definition
    };
    assert_eq!(without_fields(definition()), without_fields(pawl_apiserver::agents::definition()));
}

/// K4: status apart from the rest, foreign fields kept, and a finalizer that is waited for.
#[test]
fn k4_a_defined_run_lives_and_goes_as_runs_do() {
    let server = Server::new();
    server.namespace("agents");
    assert_eq!(server.call("POST", DEFINITIONS, &definition()).status, 201);
    let runs = "/apis/agents.platform/v1/namespaces/agents/coderuns";
    let one = format!("{runs}/qa-12");
    let mut run = server.create(
        runs,
        &json!({
            "apiVersion": "agents.platform/v1", "kind": "CodeRun",
            "metadata": { "name": "qa-12", "finalizers": ["agents.platform/cleanup"], "labels": { "task-id": "7" } },
            "spec": { "taskId": 7, "githubApp": "5DLabs-Tess", "env": { "PR_NUMBER": "12" }, "anything": { "else": true } },
            "status": { "phase": "Succeeded" },
        }),
    );
    assert_eq!((&run["spec"]["anything"]["else"], run.get("status")), (&json!(true), None), "status is set by nobody on the way in");
    run["status"] = json!({ "phase": "Running" });
    assert_eq!(server.call("PUT", &format!("{one}/status"), &run).json["status"]["phase"], "Running");
    let going = server.call("DELETE", &one, &Value::Null);
    assert!(going.status == 200 && going.json["metadata"]["deletionTimestamp"].is_string(), "{going:?}");
    assert_eq!(server.call("PATCH", &one, &json!({ "metadata": { "finalizers": [] } })).status, 200);
    assert_eq!(server.call("GET", &one, &Value::Null).status, 404);
    let wrong =
        json!({ "apiVersion": "agents.platform/v1", "kind": "CodeRun", "metadata": { "name": "x" }, "spec": { "taskId": "seven" } });
    assert_eq!(server.call("POST", runs, &wrong).status, 422, "a task is a whole number");
}
