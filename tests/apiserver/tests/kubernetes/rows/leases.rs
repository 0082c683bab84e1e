//! Leases: the lock that everything else hangs on.

use crate::table::{LEASES, Row, merge, post, put, row};
use serde_json::{Value, json};

const A: &str = "/apis/coordination.k8s.io/v1/namespaces/{ns}/leases/a";

fn lease(holder: &str, version: Option<&str>) -> Value {
    let mut lease = json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": { "name": "a" },
        "spec": { "holderIdentity": holder, "leaseDurationSeconds": 15, "renewTime": "2026-11-20T12:00:00.000000Z" },
    });
    if let Some(version) = version {
        lease["metadata"]["resourceVersion"] = version.into();
    }
    lease
}

fn with(field: &str, value: Value) -> Value {
    let mut lease = lease("me", None);
    lease["spec"][field] = value;
    lease
}

pub fn rows() -> Vec<Row> {
    vec![
        row(
            "PUT of a Lease without a version is invalid",
            [
                post(LEASES, lease("me", None)),
                put(A, lease("you", None)).refuses(
                    422,
                    "Invalid",
                    "metadata.resourceVersion: Invalid value: 0x0: must be specified for an update",
                ),
            ],
        ),
        row(
            "PUT of a missing Lease without a version creates it",
            [put(A, lease("me", None)).gives(201).says("/spec/holderIdentity", "me")],
        ),
        row(
            "PUT of a missing Lease with a version is a conflict, and not missing",
            [put(A, lease("me", Some("1"))).gives(409).says("/reason", "Conflict")],
        ),
        row(
            "two who take the same version: one gets it",
            [
                post(LEASES, lease("", None)).keeps_version(),
                put(A, lease("me", Some("{rv}"))).says("/spec/holderIdentity", "me"),
                put(A, lease("you", Some("{rv}"))).refuses(
                    409,
                    "Conflict",
                    "Operation cannot be fulfilled on leases.coordination.k8s.io \"a\"",
                ),
            ],
        ),
        row(
            "a time has six decimals, or the request is bad",
            [
                post(LEASES, with("renewTime", json!("2026-11-20T12:00:00Z"))).refuses(
                    400,
                    "BadRequest",
                    "cannot parse \"Z\" as \".000000\"",
                ),
                post(LEASES, with("acquireTime", json!("2026-11-20T12:00:00.123Z"))).gives(400).says("/reason", "BadRequest"),
                post(LEASES, with("renewTime", json!("2026-11-20T14:00:00.000001+02:00")))
                    .says("/spec/renewTime", "2026-11-20T12:00:00.000001Z"),
                merge(A, json!({ "spec": { "renewTime": "2026-11-20T12:00:00Z" } })).gives(400),
            ],
        ),
        row(
            "a duration is a positive number",
            [
                post(LEASES, with("leaseDurationSeconds", json!(0))).refuses(
                    422,
                    "Invalid",
                    "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
                ),
                post(LEASES, with("leaseDurationSeconds", json!("15"))).gives(400),
                post(LEASES, with("leaseTransitions", json!(-1))).gives(422),
            ],
        ),
        row("what a Lease does not have is dropped", [post(LEASES, with("colour", json!("red"))).lacks("/spec/colour").lacks("/status")]),
    ]
}
