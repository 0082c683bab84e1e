//! One claim per subject, whatever happens to replicas, lines and the API server.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod at;

use at::{LEASES, Replica, seconds, server, subject};
use pawl_apiserver::{Fault, Reply, Rule, Server, When};
use pawl_cluster::{CLAIM_VERBS, ClusterError, Lost, Purpose};
use serde_json::Value;
use tokio::time::{Instant, timeout};

fn lease(server: &Server) -> Value {
    let [lease] = server.list(LEASES).try_into().unwrap();
    lease
}

fn holder(server: &Server) -> Option<String> {
    lease(server)["spec"]["holderIdentity"].as_str().map(str::to_owned)
}

/// Requests about claims, without the watch.
fn calls(server: &Server) -> Vec<&'static str> {
    server.requests().iter().filter(|seen| !matches!(seen.verb, "watch" | "list")).map(|seen| seen.verb).collect()
}

#[tokio::test(start_paused = true)]
async fn k7_a_free_subject_is_claimed_by_two_calls_and_given_back_by_one() {
    let server = server();
    let replica = Replica::new(&server, "pod-a");
    let claim = replica.take(12, seconds(5)).await.unwrap();
    assert_eq!(calls(&server), ["get", "create"]);
    assert_eq!(holder(&server).as_deref(), Some("pod-a/boot/op-1"));
    let lease = lease(&server);
    assert_eq!(lease["spec"]["leaseDurationSeconds"], 15);
    assert_eq!(lease["metadata"]["annotations"]["pawl/subject"], "4711#12");
    claim.release().await;
    assert_eq!(calls(&server), ["get", "create", "update"]);
    assert_eq!(holder(&server), None);
    let again = replica.take(12, seconds(5)).await.unwrap();
    assert_eq!(calls(&server)[3..], ["get", "update"], "the Lease stays for the next");
    assert_eq!(again.fence(), 2);
}

#[tokio::test(start_paused = true)]
async fn k7_who_waits_gets_the_claim_as_soon_as_it_is_given_back() {
    let server = server();
    let (a, b) = (Replica::new(&server, "pod-a"), Replica::new(&server, "pod-b"));
    let held = a.take(12, seconds(5)).await.unwrap();
    server.watched_by(2).await;
    let waiting = tokio::spawn(async move { (b.take(12, seconds(60)).await, Instant::now()) });
    tokio::time::sleep(seconds(30)).await;
    assert!(!waiting.is_finished(), "a holder that renews keeps its claim");
    held.release().await;
    let released = Instant::now();
    let (taken, when) = waiting.await.unwrap();
    assert!(taken.is_ok());
    assert!(when - released < seconds(1), "{:?}", when - released);
}

#[tokio::test(start_paused = true)]
async fn k7_when_patience_is_over_the_answer_names_the_holder() {
    let server = server();
    let (a, b) = (Replica::new(&server, "pod-a"), Replica::new(&server, "pod-b"));
    let _held = a.take(12, seconds(5)).await.unwrap();
    let start = Instant::now();
    let error = b.take(12, seconds(5)).await.unwrap_err();
    assert_eq!(error, ClusterError::Held { subject: "4711#12".into(), holder: "pod-a/boot/op-1".into() });
    assert_eq!(start.elapsed().as_secs(), 5);
    assert!(b.take(13, seconds(5)).await.is_ok(), "another subject is free");
}

#[tokio::test(start_paused = true)]
async fn k7_a_crashed_holder_is_replaced_within_twenty_seconds() {
    let server = server();
    let (a, b) = (Replica::new(&server, "pod-a"), Replica::new(&server, "pod-b"));
    let _dead = a.take(12, seconds(5)).await.unwrap();
    server.watched_by(2).await;
    tokio::time::sleep(seconds(7)).await;
    a.cut();
    let cut = Instant::now();
    // Turns come and go, each with its own patience; what was seen meanwhile is remembered for all of them.
    while b.take(12, seconds(5)).await.is_err() {}
    assert!(cut.elapsed() <= seconds(20), "{:?}", cut.elapsed());
    assert_eq!(holder(&server).as_deref().map(|holder| &holder[..5]), Some("pod-b"));
}

#[tokio::test(start_paused = true)]
async fn k7_a_holder_that_is_cut_off_knows_it_before_anybody_else_can_begin() {
    let server = server();
    let (a, b) = (Replica::new(&server, "pod-a"), Replica::new(&server, "pod-b"));
    let claim = a.take(12, seconds(5)).await.unwrap();
    server.watched_by(2).await;
    tokio::time::sleep(seconds(33)).await;
    assert_eq!(claim.ensure(seconds(2)), Ok(()));
    a.cut();
    let other = tokio::spawn(async move {
        while b.take(12, seconds(5)).await.is_err() {}
        Instant::now()
    });
    timeout(seconds(11), claim.lost().cancelled()).await.expect("its deadline is ten seconds after its last renewal at most");
    let lost = Instant::now();
    assert_eq!((claim.remaining(), claim.ensure(seconds(0))), (seconds(0), Err(Lost)));
    let taken = other.await.unwrap();
    assert!(taken >= lost + seconds(4), "between the deadline and the end of the lease nobody holds it: {:?}", taken - lost);
}

#[tokio::test(start_paused = true)]
async fn k7_an_effect_that_might_outlast_the_claim_is_not_begun() {
    let server = server();
    let replica = Replica::new(&server, "pod-a");
    let claim = replica.take(12, seconds(5)).await.unwrap();
    assert_eq!(claim.ensure(seconds(9)), Ok(()));
    assert_eq!(claim.ensure(seconds(10)), Err(Lost));
    replica.cut();
    tokio::time::sleep(seconds(8)).await;
    assert_eq!((claim.ensure(seconds(1)), claim.ensure(seconds(3))), (Ok(()), Err(Lost)));
}

#[tokio::test(start_paused = true)]
async fn k7_a_claim_whose_answer_was_lost_is_recognised_and_counts_from_before_it_was_asked_for() {
    for verb in ["create", "update"] {
        let server = server();
        let replica = Replica::new(&server, "pod-a");
        if verb == "update" {
            replica.take(12, seconds(5)).await.unwrap().release().await;
        }
        server.fault(When::on(verb, "leases"), Fault::DelayAfter(seconds(60)));
        let start = Instant::now();
        let claim = replica.take(12, seconds(5)).await.unwrap();
        let waited = start.elapsed();
        assert!(waited >= seconds(3), "{verb}: it waited for the answer");
        assert!(claim.remaining() + waited <= seconds(10), "{verb}: {:?} left after {waited:?}", claim.remaining());
        let transitions = if verb == "create" { 1 } else { 2 };
        assert_eq!(lease(&server)["spec"]["leaseTransitions"], transitions, "{verb}: it is not taken twice");
    }
}

#[tokio::test(start_paused = true)]
async fn k7_of_two_that_begin_at_once_one_wins() {
    let server = server();
    let (a, b) = (Replica::new(&server, "pod-a"), Replica::new(&server, "pod-b"));
    let (one, other) = tokio::join!(a.take(12, seconds(2)), b.take(12, seconds(2)));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    assert_eq!(server.list(LEASES).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_is_refused_for_a_while_is_tried_again_and_the_claim_stays() {
    let server = server();
    let replica = Replica::new(&server, "pod-a");
    let claim = replica.take(12, seconds(5)).await.unwrap();
    server.fault(When::on("update", "leases").times(3), Fault::AnswerBefore(Reply::too_many_requests(1)));
    server.fault(When::on("update", "leases").nth(5), Fault::AnswerAfter(Reply::internal_error()));
    tokio::time::sleep(seconds(60)).await;
    assert!(!claim.lost().is_cancelled());
    assert!(claim.remaining() > seconds(3));
    assert_eq!(server.faults_left(), 0);
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_note_on_a_lease_does_not_cost_the_claim() {
    let server = server();
    let replica = Replica::new(&server, "pod-a");
    let claim = replica.take(12, seconds(5)).await.unwrap();
    let name = lease(&server)["metadata"]["name"].as_str().unwrap().to_owned();
    server.call("PATCH", &format!("{LEASES}/{name}"), &serde_json::json!({ "metadata": { "annotations": { "note": "hello" } } }));
    tokio::time::sleep(seconds(20)).await;
    assert!(!claim.lost().is_cancelled());
    claim.release().await;
    assert_eq!(lease(&server)["metadata"]["annotations"]["note"], "hello");
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_somebody_took_by_force_is_lost() {
    let server = server();
    let replica = Replica::new(&server, "pod-a");
    let claim = replica.take(12, seconds(5)).await.unwrap();
    let name = lease(&server)["metadata"]["name"].as_str().unwrap().to_owned();
    server.call("PATCH", &format!("{LEASES}/{name}"), &serde_json::json!({ "spec": { "holderIdentity": "somebody" } }));
    timeout(seconds(7), claim.lost().cancelled()).await.expect("the next renewal tells");
    claim.release().await;
    assert_eq!(holder(&server).as_deref(), Some("somebody"), "what is not ours is not given back");
}

#[tokio::test(start_paused = true)]
async fn k10_a_missing_permission_is_told_at_once_with_the_rule() {
    let server = server();
    let token = server.account("pawl", vec![Rule::allow("coordination.k8s.io", &["leases"], &["get", "list", "watch"])]);
    let replica = Replica::over(server.service_of(&token), "pod-a", 1, 0);
    let start = Instant::now();
    let error = replica.take(12, seconds(5)).await.unwrap_err();
    assert!(start.elapsed() < seconds(1));
    let text = error.to_string();
    assert!(text.contains(r#"{apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"]}"#), "{text}");
}

#[tokio::test(start_paused = true)]
async fn k10_claims_use_exactly_the_verbs_of_their_table() {
    let server = server();
    let [(group, resource, verbs)] = CLAIM_VERBS else { panic!("{CLAIM_VERBS:?}") };
    let token = server.account("pawl", vec![Rule::allow(group, &[resource], verbs)]);
    let replica = Replica::over(server.service_of(&token), "pod-a", 1, 0);
    server.watched_by(1).await;
    replica.take(12, seconds(5)).await.unwrap().release().await;
    tokio::time::sleep(seconds(2)).await;
    tokio::time::sleep(seconds(25 * 3600)).await;
    assert_eq!(replica.claims.sweep().await.unwrap().deleted, 1);
    let used: Vec<String> =
        server.verbs_used("pawl").into_iter().map(|(group, resource, verb)| format!("{verb} {resource}.{group}")).collect();
    assert_eq!(used, verbs.iter().map(|verb| format!("{verb} {resource}.{group}")).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_costs_patience_and_one_request_more() {
    let server = server();
    let replica = Replica::new(&server, "pod-a");
    server.freeze();
    let start = Instant::now();
    let error = replica.take(12, seconds(5)).await.unwrap_err();
    assert!(matches!(error, ClusterError::Unavailable(_)), "{error}");
    assert!(start.elapsed() <= seconds(5 + 3), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_claim_survives_a_freeze_that_is_shorter_than_its_deadline_and_not_one_that_is_longer() {
    let server = server();
    let replica = Replica::new(&server, "pod-a");
    let claim = replica.take(12, seconds(5)).await.unwrap();
    server.freeze();
    tokio::time::sleep(seconds(6)).await;
    server.lift();
    tokio::time::sleep(seconds(30)).await;
    assert!(!claim.lost().is_cancelled());
    server.freeze();
    timeout(seconds(11), claim.lost().cancelled()).await.expect("its deadline ends it");
    server.lift();
    tokio::time::sleep(seconds(30)).await;
    assert!(claim.lost().is_cancelled(), "what is lost stays lost");
}

#[tokio::test(start_paused = true)]
async fn k7_shutdown_gives_everything_back_and_leaves_no_task_behind() {
    let server = server();
    let replica = Replica::new(&server, "pod-a");
    let claims = [replica.take(1, seconds(5)).await.unwrap(), replica.take(2, seconds(5)).await.unwrap()];
    assert_eq!(replica.claims.held().len(), 2);
    drop(claims);
    assert_eq!(replica.claims.shutdown(seconds(10)).await, 0);
    assert!(server.list(LEASES).iter().all(|lease| lease["spec"].get("holderIdentity").is_none_or(Value::is_null)));
    let error = replica.take(3, seconds(5)).await.unwrap_err();
    assert!(error.to_string().contains("shutting down"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_release_whose_answer_is_lost_is_sent_until_it_is_known() {
    let server = server();
    let replica = Replica::new(&server, "pod-a");
    let claim = replica.take(12, seconds(5)).await.unwrap();
    server.fault(When::on("update", "leases"), Fault::DelayAfter(seconds(60)));
    claim.release().await;
    assert_eq!((holder(&server), replica.claims.held().len()), (None, 0));
}

#[tokio::test(start_paused = true)]
async fn k7_a_claim_held_for_over_a_minute_is_counted_once() {
    let server = server();
    let replica = Replica::new(&server, "pod-a");
    let _long = replica.take(1, seconds(5)).await.unwrap();
    replica.take(2, seconds(5)).await.unwrap().release().await;
    tokio::time::sleep(seconds(59)).await;
    assert_eq!(replica.claims.held_long(), 0);
    tokio::time::sleep(seconds(8)).await;
    assert_eq!(replica.claims.held_long(), 1);
    tokio::time::sleep(seconds(600)).await;
    assert_eq!(replica.claims.held_long(), 1);
}

#[tokio::test(start_paused = true)]
async fn k7_a_lease_tells_subject_operation_correlation_and_since_when() {
    let server = server();
    let replica = Replica::new(&server, "pod-a");
    let of_delivery = Purpose { operation: "op-7", correlation: "delivery-1" };
    let claim = replica.claims.take(subject(12), of_delivery, seconds(5)).await.unwrap();
    let told = |name: &str| lease(&server)["metadata"]["annotations"][name].as_str().unwrap().to_owned();
    assert_eq!([told("pawl/subject"), told("pawl/operation"), told("pawl/correlation")], ["4711#12", "op-7", "delivery-1"]);
    told("pawl/acquired-at").parse::<jiff::Timestamp>().unwrap();
    claim.release().await;
    replica.claims.take(subject(12), "op-8", seconds(5)).await.unwrap().release().await;
    assert_eq!([told("pawl/operation"), told("pawl/correlation")], ["op-8", "op-8"], "without a delivery it is found by its operation");
}

#[tokio::test(start_paused = true)]
async fn k7_who_is_refused_after_a_write_that_was_never_answered_leaves_no_claim_behind() {
    let server = server();
    let replica = Replica::new(&server, "pod-a");
    server.fault(When::on("create", "leases"), Fault::DelayAfter(seconds(60)));
    server.fault(When::on("get", "leases").nth(2), Fault::AnswerBefore(Reply::status(403, "Forbidden", "no")));
    let error = replica.take(12, seconds(5)).await.unwrap_err();
    assert!(matches!(error, ClusterError::Refused { code: 403, .. }), "{error}");
    assert_eq!(holder(&server), None);
}

#[tokio::test(start_paused = true)]
async fn k7_leases_idle_for_a_day_are_swept_and_held_ones_are_not() {
    let server = server();
    let replica = Replica::new(&server, "pod-a");
    replica.take(1, seconds(5)).await.unwrap().release().await;
    let _held = replica.take(2, seconds(5)).await.unwrap();
    tokio::time::sleep(seconds(23 * 3600)).await;
    assert_eq!(replica.claims.sweep().await.unwrap().deleted, 0);
    tokio::time::sleep(seconds(2 * 3600)).await;
    let swept = replica.claims.sweep().await.unwrap();
    assert_eq!((swept.seen, swept.deleted, swept.left), (2, 1, 0));
    assert_eq!(lease(&server)["metadata"]["annotations"]["pawl/subject"], subject(2).to_string());
    assert!(replica.take(1, seconds(5)).await.is_ok());
}
