//! Creating, replacing and patching.

use crate::line::config;
use crate::table::{CONFIGS, RUNS, Row, a_run, get, merge, patch, post, put, row};
use serde_json::{Value, json};

const A: &str = "/api/v1/namespaces/{ns}/configmaps/a";
const RUN: &str = "/apis/pawl.test/v1/namespaces/{ns}/runs/a";
const STATUS: &str = "/apis/pawl.test/v1/namespaces/{ns}/runs/a/status";

fn versioned(mut object: Value, version: &str) -> Value {
    object["metadata"]["resourceVersion"] = version.into();
    object
}

pub fn rows() -> Vec<Row> {
    let mut rows = creating();
    rows.extend(replacing());
    rows.extend(patching());
    rows.extend(status());
    rows
}

fn creating() -> Vec<Row> {
    vec![
        row(
            "a duplicate is refused",
            [
                post(CONFIGS, config("a", "1")).says("/data/k", "1").says("/metadata/namespace", "{ns}"),
                post(CONFIGS, config("a", "2"))
                    .refuses(409, "AlreadyExists", "configmaps \"a\" already exists")
                    .says("/details/kind", "configmaps"),
                get(A).says("/data/k", "1"),
            ],
        ),
        row(
            "a name can be generated",
            [post(CONFIGS, json!({ "metadata": { "generateName": "a-" } })).says("/metadata/generateName", "a-").has("/metadata/name")],
        ),
        row(
            "an object needs a name",
            [post(CONFIGS, json!({ "metadata": {} })).refuses(
                422,
                "Invalid",
                "metadata.name: Required value: name or generateName is required",
            )],
        ),
        row(
            "an object is not created with a version",
            [post(CONFIGS, versioned(config("a", "1"), "1"))
                .gives(500)
                .says("/message", "resourceVersion should not be set on objects to be created")],
        ),
        row(
            "an object needs its namespace",
            [
                post("/api/v1/namespaces/{ns}-none/configmaps", config("a", "1")).refuses(
                    404,
                    "NotFound",
                    "namespaces \"{ns}-none\" not found",
                ),
                post(CONFIGS, json!({ "metadata": { "name": "a", "namespace": "other" } })).refuses(
                    400,
                    "BadRequest",
                    "the namespace of the provided object does not match the namespace sent on the request",
                ),
            ],
        ),
        row("what is no JSON is a bad request", [post(CONFIGS, json!("{")).gives(400).says("/reason", "BadRequest")]),
        row(
            "a custom object is checked and pruned by its schema",
            [
                post(RUNS, json!({ "apiVersion": "pawl.test/v1", "kind": "Run", "metadata": { "name": "b" }, "spec": {} })).refuses(
                    422,
                    "Invalid",
                    "spec.taskId: Required value",
                ),
                post(RUNS, json!({ "apiVersion": "pawl.test/v1", "kind": "Run", "metadata": { "name": "b" }, "spec": { "taskId": "x" } }))
                    .refuses(422, "Invalid", "spec.taskId in body must be of type integer: \"string\""),
                post(
                    RUNS,
                    json!({ "apiVersion": "pawl.test/v1", "kind": "Run", "metadata": { "name": "b" }, "spec": { "taskId": 1, "x": 2 } }),
                )
                .lacks("/spec/x")
                .says("/metadata/generation", 1),
            ],
        ),
    ]
}

fn replacing() -> Vec<Row> {
    vec![
        row(
            "PUT with a stale version is a conflict, and with the present one it is done",
            [
                post(CONFIGS, config("a", "1")).keeps_version(),
                put(A, versioned(config("a", "2"), "{rv}")).says("/data/k", "2").differs("/metadata/resourceVersion", "rv"),
                put(A, versioned(config("a", "3"), "{rv}"))
                    .refuses(409, "Conflict", "Operation cannot be fulfilled on configmaps \"a\": the object has been modified")
                    .says("/details/name", "a"),
                get(A).says("/data/k", "2"),
            ],
        ),
        row(
            "PUT of a ConfigMap without a version overwrites",
            [post(CONFIGS, config("a", "1")), put(A, config("a", "2")).says("/data/k", "2"), put(A, config("a", "3")).says("/data/k", "3")],
        ),
        row("PUT of a missing ConfigMap is not found", [put(A, config("a", "1")).refuses(404, "NotFound", "configmaps \"a\" not found")]),
        row(
            "PUT of a custom object needs a version",
            [
                post(RUNS, a_run(&[])),
                put(RUN, a_run(&[])).refuses(
                    422,
                    "Invalid",
                    "metadata.resourceVersion: Invalid value: 0x0: must be specified for an update",
                ),
            ],
        ),
        row(
            "PUT with somebody else's uid is a conflict, also where nothing is",
            [
                put(A, json!({ "metadata": { "name": "a", "uid": "x" } })).refuses(
                    409,
                    "Conflict",
                    "Precondition failed: UID in precondition: x",
                ),
                post(CONFIGS, config("a", "1")),
                put(A, json!({ "metadata": { "name": "a", "uid": "x" } })).refuses(
                    409,
                    "Conflict",
                    "Precondition failed: UID in precondition: x",
                ),
            ],
        ),
        row(
            "PUT under another name is a bad request",
            [
                post(CONFIGS, config("a", "1")),
                put(A, config("b", "1")).refuses(400, "BadRequest", "the name of the object (b) does not match the name on the URL (a)"),
            ],
        ),
        row(
            "PUT that changes nothing changes no version",
            [
                post(CONFIGS, config("a", "1")).keeps_version(),
                put(A, config("a", "1")).says("/metadata/resourceVersion", "{rv}"),
                put(A, versioned(config("a", "1"), "{rv}")).says("/metadata/resourceVersion", "{rv}"),
                merge(A, json!({ "data": { "k": "1" } })).says("/metadata/resourceVersion", "{rv}"),
            ],
        ),
    ]
}

fn patching() -> Vec<Row> {
    vec![
        row(
            "two merge patches without a version are both done, and the last wins",
            [
                post(CONFIGS, config("a", "1")).keeps_version(),
                merge(A, json!({ "data": { "k": "2" } })).says("/data/k", "2"),
                merge(A, json!({ "data": { "k": "3", "n": "4" } })).says("/data/k", "3"),
                merge(A, json!({ "data": { "k": null } })).lacks("/data/k").says("/data/n", "4"),
            ],
        ),
        row(
            "a merge patch with a stale version is a conflict",
            [
                post(CONFIGS, config("a", "1")).keeps_version(),
                merge(A, json!({ "data": { "k": "2" } })),
                merge(A, json!({ "metadata": { "resourceVersion": "{rv}" }, "data": { "k": "3" } })).refuses(409, "Conflict", "modified"),
            ],
        ),
        row("a patch creates nothing", [merge(A, json!({ "data": {} })).refuses(404, "NotFound", "configmaps \"a\" not found")]),
        row(
            "a patch of operations tests before it changes",
            [
                post(CONFIGS, config("a", "1")),
                patch(A, json!([{ "op": "test", "path": "/data/k", "value": "9" }, { "op": "remove", "path": "/data/k" }])).refuses(
                    422,
                    "Invalid",
                    "the server rejected our request due to an error in our request",
                ),
                patch(A, json!([{ "op": "test", "path": "/data/k", "value": "1" }, { "op": "replace", "path": "/data/k", "value": "2" }]))
                    .says("/data/k", "2"),
            ],
        ),
        row(
            "a collection takes new objects, and an object does not",
            [post(CONFIGS, config("a", "1")), post(A, json!({})).gives(405).says("/reason", "MethodNotAllowed")],
        ),
    ]
}

fn status() -> Vec<Row> {
    let with_status = |phase: &str| {
        let mut run = versioned(a_run(&[]), "{rv}");
        run["status"] = json!({ "phase": phase });
        run["spec"]["taskId"] = 9.into();
        run
    };
    vec![
        row(
            "the main resource ignores status, and status ignores the rest",
            [
                post(RUNS, with_status_at_birth()).lacks("/status").keeps_version(),
                put(RUN, with_status("Running")).lacks("/status").says("/spec/taskId", 9).says("/metadata/generation", 2).keeps_version(),
                merge(RUN, json!({ "status": { "phase": "Running" } })).lacks("/status").says("/metadata/resourceVersion", "{rv}"),
                merge(STATUS, json!({ "status": { "phase": "Running" }, "spec": { "taskId": 1 }, "metadata": { "labels": { "a": "b" } } }))
                    .says("/status/phase", "Running")
                    .says("/spec/taskId", 9)
                    .says("/metadata/generation", 2)
                    .lacks("/metadata/labels")
                    .keeps_version(),
                put(STATUS, with_status("Failed")).says("/status/phase", "Failed").keeps("new", "/metadata/resourceVersion"),
                put(STATUS, with_status("Succeeded")).refuses(409, "Conflict", "the object has been modified"),
                get(STATUS).says("/status/phase", "Failed"),
            ],
        ),
        row(
            "what has no status has no such subresource",
            [post(CONFIGS, config("a", "1")), get("/api/v1/namespaces/{ns}/configmaps/a/status").gives(404)],
        ),
    ]
}

fn with_status_at_birth() -> Value {
    let mut run = a_run(&[]);
    run["status"] = json!({ "phase": "Running" });
    run
}
