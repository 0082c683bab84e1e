//! Watches that end by themselves.

use crate::line::config;
use crate::table::{CONFIGS, Row, delete, merge, post, put, row, watch};
use serde_json::{Value, json};

const A: &str = "/api/v1/namespaces/{ns}/configmaps/a";

const BEGINNING: &str = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";

pub fn rows() -> Vec<Row> {
    let labelled = |of: &str| json!({ "metadata": { "name": "a", "labels": { "of": of } } });
    vec![
        row(
            "a watch begins behind its version, and ends cleanly at its time",
            [
                post(CONFIGS, config("a", "1")).keeps_version(),
                merge(A, json!({ "data": { "k": "2" } })),
                delete(A, Value::Null),
                watch(CONFIGS, "resourceVersion={rv}&fieldSelector=metadata.name%3Da").tells(&["MODIFIED a", "DELETED a"]),
            ],
        ),
        row(
            "what enters a selector is added, and what leaves it is deleted",
            [
                post(CONFIGS, labelled("x")).keeps_version(),
                put(A, labelled("y")),
                put(A, labelled("x")),
                watch(CONFIGS, "resourceVersion={rv}&labelSelector=of%3Dx").tells(&["DELETED a", "ADDED a"]),
                watch(CONFIGS, "resourceVersion={rv}&labelSelector=of%3Dy").tells(&["ADDED a", "DELETED a"]),
                watch(CONFIGS, "resourceVersion={rv}&labelSelector=of").tells(&["MODIFIED a", "MODIFIED a"]),
            ],
        ),
        row(
            "what changes nothing is no event",
            [
                post(CONFIGS, config("a", "1")).keeps_version(),
                put(A, config("a", "1")),
                watch(CONFIGS, "resourceVersion={rv}&fieldSelector=metadata.name%3Da").tells(&[]),
            ],
        ),
        row(
            "a watch without a version begins with what there is",
            [
                post(CONFIGS, labelled("x")),
                watch(CONFIGS, "labelSelector=of").tells(&["ADDED a"]),
                watch(CONFIGS, "labelSelector=of&resourceVersion=0").tells(&["ADDED a"]),
            ],
        ),
        row(
            "what there is ends with a bookmark, where that is asked for",
            [
                post(CONFIGS, labelled("x")),
                watch(CONFIGS, &format!("labelSelector=of&{BEGINNING}")).tells(&["ADDED a", "BOOKMARK"]),
                watch(CONFIGS, &format!("labelSelector=none&{BEGINNING}")).tells(&["BOOKMARK"]),
                watch(CONFIGS, "labelSelector=of&sendInitialEvents=true").gives(422).says("/reason", "Invalid"),
                watch(CONFIGS, "labelSelector=of&resourceVersionMatch=NotOlderThan").gives(422),
            ],
        ),
    ]
}
