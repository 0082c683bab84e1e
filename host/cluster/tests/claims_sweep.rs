//! Sweeping where deletions fail.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod at;

use at::{LEASES, Replica, server, subject};
use pawl_apiserver::{Fault, Reply, Server, When};
use serde_json::json;

/// So many Leases that nobody has touched for long.
fn idle(server: &Server, count: u32) {
    for number in 0..count {
        let labels = json!({ "app.kubernetes.io/managed-by": "pawl", "app.kubernetes.io/component": "claim" });
        let metadata =
            json!({ "name": format!("idle-{number}"), "labels": labels, "annotations": { "pawl/subject": subject(number).to_string() } });
        server.create(LEASES, &json!({ "metadata": metadata, "spec": { "renewTime": "2020-01-01T00:00:00.000000Z" } }));
    }
}

#[tokio::test(start_paused = true)]
async fn k7_a_sweep_ends_at_the_first_deletion_that_fails_for_all_and_says_why() {
    let server = server();
    idle(&server, 300);
    let replica = Replica::new(&server, "pod-a");
    for (reply, why) in [
        (Reply::internal_error(), "unavailable"),
        (Reply::too_many_requests(1), "overloaded"),
        (Reply::status(403, "Forbidden", "no"), "add to its Role"),
    ] {
        server.fault(When::on("delete", "leases").always(), Fault::AnswerBefore(reply));
        let error = replica.claims.sweep().await.unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
        assert_eq!(server.count("delete", "leases"), 1, "{why}");
        server.clear_faults();
        server.forget_requests();
    }
    let swept = replica.claims.sweep().await.unwrap();
    assert_eq!((swept.seen, swept.deleted, swept.left), (300, 200, 100));
}

#[tokio::test(start_paused = true)]
async fn k7_deletions_that_come_too_late_count_towards_what_one_sweep_tries() {
    let server = server();
    idle(&server, 300);
    let replica = Replica::new(&server, "pod-a");
    server.fault(When::on("delete", "leases").always(), Fault::AnswerBefore(Reply::status(409, "Conflict", "it has changed")));
    let swept = replica.claims.sweep().await.unwrap();
    assert_eq!((swept.seen, swept.deleted, swept.left), (300, 0, 300));
    assert_eq!(server.count("delete", "leases"), 200);
}

#[tokio::test(start_paused = true)]
async fn k7_what_another_replica_swept_meanwhile_is_no_trouble() {
    let server = server();
    idle(&server, 2);
    let replica = Replica::new(&server, "pod-a");
    let admin = server.clone();
    let sweep = move || drop(admin.call("DELETE", &format!("{LEASES}/idle-0"), &serde_json::Value::Null));
    server.fault(When::on("delete", "leases").named("idle-0"), Fault::meanwhile(sweep));
    let swept = replica.claims.sweep().await.unwrap();
    assert_eq!((swept.seen, swept.deleted, swept.left), (2, 1, 0));
}
