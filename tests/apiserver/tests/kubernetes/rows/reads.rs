//! Reading: single objects, lists, selectors, paths that lead nowhere.

use crate::line::config;
use crate::table::{CONFIGS, LEASES, Row, get, post, row};
use serde_json::json;

pub fn rows() -> Vec<Row> {
    let labelled = |name: &str, of: &str| json!({ "metadata": { "name": name, "labels": { "of": of } } });
    vec![
        row(
            "what is missing is not found",
            [get(format!("{LEASES}/a"))
                .refuses(404, "NotFound", "leases.coordination.k8s.io \"a\" not found")
                .says("/details/group", "coordination.k8s.io")],
        ),
        row(
            "a list is selected by labels and by names, and its items do not repeat their kind",
            [
                post(CONFIGS, labelled("a", "x")),
                post(CONFIGS, labelled("b", "y")),
                post(CONFIGS, labelled("c", "y")),
                get(format!("{CONFIGS}?labelSelector=of%3Dy"))
                    .says("/kind", "ConfigMapList")
                    .says("/items/1/metadata/name", "c")
                    .lacks("/items/2")
                    .lacks("/items/0/kind"),
                get(format!("{CONFIGS}?labelSelector=of+in+%28x%2Cy%29%2Cof%21%3Dx")).says("/items/0/metadata/name", "b"),
                get(format!("{CONFIGS}?labelSelector=of&fieldSelector=metadata.name%3Dc"))
                    .says("/items/0/metadata/name", "c")
                    .lacks("/items/1"),
                get(format!("{CONFIGS}?labelSelector=of+like+x")).gives(400),
            ],
        ),
        row(
            "a list comes in pages",
            [
                post(CONFIGS, labelled("a", "x")),
                post(CONFIGS, labelled("b", "x")),
                get(format!("{CONFIGS}?labelSelector=of&limit=1")).says("/items/0/metadata/name", "a").keeps("next", "/metadata/continue"),
                get(format!("{CONFIGS}?labelSelector=of&limit=1&continue={{next}}"))
                    .says("/items/0/metadata/name", "b")
                    .lacks("/metadata/continue"),
            ],
        ),
        row(
            "unknown resources, groups and versions are a plain page that is not found",
            [
                get("/api/v1/namespaces/{ns}/nothings").gives(404).text("404 page not found\n").header("content-type", "text/plain"),
                get("/apis/nothing.test/v1/namespaces/{ns}/things/a").gives(404).text("404 page not found\n"),
                get("/apis/pawl.test/v9/namespaces/{ns}/runs").gives(404).text("404 page not found\n"),
            ],
        ),
        row(
            "an answer is JSON",
            [post(CONFIGS, config("a", "1"))
                .header("content-type", "application/json")
                .says("/kind", "ConfigMap")
                .says("/apiVersion", "v1")],
        ),
    ]
}
