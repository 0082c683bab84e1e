//! The service's claims on an API server: the line within the process, the Lease for whoever is first, and the circuit.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use pawl_apiserver::{Server, Settings, Time};
use pawl_cluster::{Cluster, Identity, Pace};
use pawl_core::breaker::{Circuit, FAILURES};
use pawl_core::subject::SubjectId;
use pawl_service::claims::Claims;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(5);

fn server() -> Server {
    let server = Server::with(&Settings { time: Time::Simulated, ..Settings::default() });
    server.namespace("agents");
    server
}

fn replica(server: &Server, pod: &str) -> Claims {
    let cluster = Cluster::of(kube_client(server), "agents");
    let identity = Identity { pod: pod.into(), boot: "boot".into() };
    Claims::leased(pawl_cluster::Claims::new(&cluster, identity, Pace::default()).unwrap())
}

fn kube_client(server: &Server) -> kube::Client {
    kube::Client::new(server.service(), "agents")
}

fn subject(number: u32) -> SubjectId {
    SubjectId { repository: 7, number }
}

fn circuit(claims: &Claims) -> &'static str {
    claims.circuit().map_or("none", Circuit::word)
}

#[tokio::test(start_paused = true)]
async fn k7_replicas_exclude_each_other_and_a_claim_that_is_given_back_is_free_at_once() {
    let server = server();
    let (one, two) = (replica(&server, "one"), replica(&server, "two"));
    let held = one.take(subject(1), "one-1", PATIENCE).await.unwrap();
    let trouble = two.take(subject(1), "two-1", PATIENCE).await.unwrap_err();
    assert!(trouble.transient && trouble.message.contains("one/boot/one-1"), "{}", trouble.message);
    two.take(subject(2), "two-2", PATIENCE).await.unwrap().release().await;
    held.release().await;
    let begun = tokio::time::Instant::now();
    two.take(subject(1), "two-3", PATIENCE).await.unwrap().release().await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert!(one.leases().unwrap().held().is_empty() && two.leases().unwrap().held().is_empty());
}

#[tokio::test(start_paused = true)]
async fn k7_within_a_process_turns_stand_in_line_and_only_the_first_asks_the_server() {
    let server = server();
    let claims = replica(&server, "one");
    let held = claims.take(subject(1), "one-1", PATIENCE).await.unwrap();
    let before = server.count("get", "leases");
    let waiting = tokio::spawn({
        let claims = claims.clone();
        async move { claims.take(subject(1), "one-2", PATIENCE).await.map(drop) }
    });
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(server.count("get", "leases"), before, "whoever waits in line asks nobody");
    held.release().await;
    waiting.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn q4_an_api_server_that_is_down_is_left_alone_and_found_again_by_one_turn() {
    let server = server();
    let claims = replica(&server, "one");
    server.outage();
    for n in 0..FAILURES {
        assert_eq!(circuit(&claims), "closed", "after {n} failures");
        claims.take(subject(n), &format!("op-{n}"), PATIENCE).await.unwrap_err();
    }
    assert_eq!(circuit(&claims), "open");
    let asked = server.requests().len();
    let trouble = claims.take(subject(50), "op-50", PATIENCE).await.unwrap_err();
    assert!(trouble.transient && trouble.retry_after_seconds.is_some_and(|wait| wait > 20), "{trouble:?}");
    assert_eq!(
        server.count("get", "leases"),
        server.requests()[..asked].iter().filter(|seen| seen.verb == "get" && seen.resource == "leases").count()
    );
    tokio::time::sleep(Duration::from_secs(31)).await;
    // The probe fails, and the wait begins again.
    claims.take(subject(51), "op-51", PATIENCE).await.unwrap_err();
    assert_eq!(circuit(&claims), "open");
    server.lift();
    tokio::time::sleep(Duration::from_secs(31)).await;
    claims.take(subject(52), "op-52", PATIENCE).await.unwrap().release().await;
    assert_eq!(circuit(&claims), "closed");
}

#[tokio::test(start_paused = true)]
async fn q4_a_claim_that_somebody_holds_is_no_failure_of_the_server() {
    let server = server();
    let (one, two) = (replica(&server, "one"), replica(&server, "two"));
    let _held = one.take(subject(1), "one-1", PATIENCE).await.unwrap();
    for n in 0..FAILURES + 1 {
        two.take(subject(1), &format!("two-{n}"), Duration::from_millis(200)).await.unwrap_err();
    }
    assert_eq!(circuit(&two), "closed");
}
