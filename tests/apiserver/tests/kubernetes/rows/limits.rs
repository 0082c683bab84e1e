//! Names, labels and sizes.

use crate::line::config;
use crate::table::{CONFIGS, LEASES, Row, get, merge, post, row};
use serde_json::{Value, json};

fn labelled(value: &str) -> Value {
    json!({ "metadata": { "name": "a", "labels": { "of": value } } })
}

fn holding(bytes: usize) -> Value {
    config("a", &"x".repeat(bytes))
}

pub fn rows() -> Vec<Row> {
    let label = "a valid label must be an empty string or consist of alphanumeric characters";
    vec![
        row(
            "a label value with a slash is invalid on an object and a bad request in a selector",
            [
                post(CONFIGS, labelled("acme/shop")).refuses(422, "Invalid", label),
                post(LEASES, labelled("acme/shop")).refuses(422, "Invalid", label),
                get(format!("{CONFIGS}?labelSelector=of%3Dacme%2Fshop")).gives(400).says("/reason", "BadRequest"),
            ],
        ),
        row(
            "a label value has at most 63 bytes",
            [
                post(CONFIGS, labelled(&"x".repeat(64))).refuses(422, "Invalid", "must be no more than 63 bytes"),
                post(CONFIGS, labelled(&"x".repeat(63))),
                merge(format!("{CONFIGS}/a"), labelled(&"x".repeat(64))).gives(422),
                get(format!("{CONFIGS}?labelSelector=of%3D{}", "x".repeat(64))).gives(400),
            ],
        ),
        row(
            "a ConfigMap holds at most a mebibyte",
            [
                post(CONFIGS, holding(1024 * 1024 + 1)).refuses(422, "Invalid", "Too long: may not be more than 1048576 bytes"),
                post(CONFIGS, holding(1024 * 1024)),
            ],
        ),
        row(
            "a body over three mebibytes is too large",
            [post(CONFIGS, holding(3 * 1024 * 1024)).gives(413).says("/reason", "RequestEntityTooLarge")],
        ),
        row(
            "a name is a subdomain of at most 253 bytes",
            [
                post(CONFIGS, config("Upper", "1")).refuses(422, "Invalid", "a lowercase RFC 1123 subdomain must consist of"),
                post(CONFIGS, config("under_score", "1")).gives(422),
                post(CONFIGS, config(&"x".repeat(254), "1")).refuses(422, "Invalid", "must be no more than 253 bytes"),
                post(CONFIGS, config(&"x".repeat(253), "1")),
            ],
        ),
        row(
            "annotations hold at most 256 kibibytes",
            [post(CONFIGS, json!({ "metadata": { "name": "a", "annotations": { "k": "x".repeat(256 * 1024) } } }))
                .refuses(422, "Invalid", "Too long")],
        ),
        row(
            "values of a ConfigMap and of labels are texts",
            [
                post(CONFIGS, json!({ "metadata": { "name": "a" }, "data": { "k": 1 } })).gives(400).says("/reason", "BadRequest"),
                post(CONFIGS, json!({ "metadata": { "name": "a", "labels": { "k": 1 } } })).gives(400),
            ],
        ),
    ]
}
