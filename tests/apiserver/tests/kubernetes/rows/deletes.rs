//! Deleting: with and without preconditions and finalizers.

use crate::line::config;
use crate::table::{CONFIGS, RUNS, Row, a_run, delete, get, merge, post, put, row, watch};
use serde_json::{Value, json};

const A: &str = "/api/v1/namespaces/{ns}/configmaps/a";
const RUN: &str = "/apis/pawl.test/v1/namespaces/{ns}/runs/a";
const HELD: &[&str] = &["pawl.test/hold"];

fn only_if(preconditions: Value) -> Value {
    json!({ "kind": "DeleteOptions", "apiVersion": "v1", "preconditions": preconditions })
}

pub fn rows() -> Vec<Row> {
    let mut rows = plain();
    rows.extend(held());
    rows
}

fn plain() -> Vec<Row> {
    vec![
        row(
            "a delete without finalizers is answered by a status with the uid, and then nothing is there",
            [
                post(CONFIGS, config("a", "1")).keeps("uid", "/metadata/uid"),
                delete(A, Value::Null).says("/kind", "Status").says("/status", "Success").says("/details/uid", "{uid}").says("/details/kind", "configmaps"),
                get(A).refuses(404, "NotFound", "configmaps \"a\" not found"),
                delete(A, Value::Null).refuses(404, "NotFound", "configmaps \"a\" not found"),
            ],
        ),
        row(
            "a delete with a wrong precondition is a conflict",
            [
                post(RUNS, a_run(&[])).keeps("uid", "/metadata/uid").keeps_version(),
                delete(RUN, only_if(json!({ "uid": "other" }))).refuses(409, "Conflict", "the UID in the precondition (other) does not match the UID in record ({uid})"),
                delete(RUN, only_if(json!({ "uid": "{uid}", "resourceVersion": "1" }))).refuses(
                    409,
                    "Conflict",
                    "the ResourceVersion in the precondition (1) does not match the ResourceVersion in record ({rv}). The object might have been modified",
                ),
                delete(RUN, only_if(json!({ "uid": "{uid}", "resourceVersion": "{rv}" }))).says("/status", "Success").says("/details/uid", "{uid}"),
            ],
        ),
        row(
            "a misspelt selector deletes everything",
            [
                post(CONFIGS, json!({ "metadata": { "name": "a", "labels": { "x": "1" } } })),
                post(CONFIGS, json!({ "metadata": { "name": "b", "labels": { "x": "2" } } })),
                delete(format!("{CONFIGS}?labelSelector=x%3D1"), Value::Null).says("/kind", "ConfigMapList").says("/items/0/metadata/name", "a").lacks("/items/1"),
                get(format!("{CONFIGS}?labelSelector=x")).says("/items/0/metadata/name", "b"),
                delete(format!("{CONFIGS}?labelselector=x%3D1"), Value::Null),
                get(format!("{CONFIGS}?labelSelector=x")).lacks("/items/0"),
            ],
        ),
    ]
}

fn held() -> Vec<Row> {
    vec![
        row(
            "a delete with a finalizer leaves the object, marked, until the last finalizer goes",
            [
                post(RUNS, a_run(HELD)).keeps("uid", "/metadata/uid").keeps("born", "/metadata/resourceVersion"),
                delete(RUN, Value::Null).says("/kind", "Run").says("/metadata/uid", "{uid}").says("/metadata/deletionGracePeriodSeconds", 0).has("/metadata/deletionTimestamp").keeps_version(),
                delete(RUN, Value::Null).says("/kind", "Run").says("/metadata/resourceVersion", "{rv}"),
                merge(RUN, json!({ "metadata": { "finalizers": ["pawl.test/hold", "pawl.test/more"] } })).refuses(
                    422,
                    "Invalid",
                    "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{\"pawl.test/more\"}",
                ),
                post(RUNS, a_run(&[])).refuses(409, "AlreadyExists", "object is being deleted: runs.pawl.test \"a\" already exists"),
                merge(RUN, json!({ "metadata": { "finalizers": null } })).says("/metadata/uid", "{uid}"),
                get(RUN).gives(404),
                watch(RUNS, "resourceVersion={born}").tells(&["MODIFIED a", "DELETED a"]),
            ],
        ),
        row(
            "a preconditioned delete of what is being deleted already is answered by the object",
            [
                post(RUNS, a_run(HELD)),
                delete(RUN, Value::Null).keeps("uid", "/metadata/uid").keeps_version(),
                delete(RUN, only_if(json!({ "uid": "{uid}", "resourceVersion": "{rv}" }))).says("/metadata/resourceVersion", "{rv}"),
                put(RUN, released()).says("/metadata/uid", "{uid}"),
                get(RUN).gives(404),
            ],
        ),
        row(
            "nothing comes into a namespace that goes",
            [
                post(RUNS, a_run(HELD)),
                delete("/api/v1/namespaces/{ns}", Value::Null).says("/status/phase", "Terminating"),
                post(CONFIGS, config("a", "1")).refuses(403, "Forbidden", "unable to create new content in namespace {ns} because it is being terminated"),
                merge(RUN, json!({ "metadata": { "finalizers": null } })),
            ],
        ),
    ]
}

fn released() -> Value {
    let mut run = a_run(&[]);
    run["metadata"]["resourceVersion"] = "{rv}".into();
    run["metadata"]["uid"] = "{uid}".into();
    run
}
