//! Whoever watches the claims of others hears of them again, whatever the server leaves unanswered.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod at;

use at::{Replica, seconds, server, subject};
use pawl_apiserver::{Fault, Gate, Server, When};
use tokio::time::{sleep, timeout};

/// A replica that died with a claim in its hands, which nobody but the watch of another will ever tell of.
async fn orphan(server: &Server) -> (Replica, pawl_cluster::Claim) {
    let dead = Replica::new(server, "pod-a");
    let claim = dead.take(12, seconds(5)).await.unwrap();
    dead.cut();
    (dead, claim)
}

/// Ends when `living` has seen that the holder is dead; not within half an hour when it hears of nothing.
async fn frees(living: &Replica) {
    let freed = async {
        while living.claims.free_orphans().await.subjects != [subject(12)] {
            sleep(seconds(1)).await;
        }
    };
    timeout(seconds(1_800), freed).await.expect("it hears of the claims of others again");
}

#[tokio::test(start_paused = true)]
async fn k7_a_list_of_claims_that_is_never_answered_is_asked_for_anew() {
    let server = server();
    let gate = Gate::closed();
    server.fault(When::on("list", "leases"), Fault::HoldBefore(gate.clone()));
    let living = Replica::new(&server, "pod-b");
    gate.reached_by(1).await;
    let _dead = orphan(&server).await;
    frees(&living).await;
}

#[tokio::test(start_paused = true)]
async fn k7_a_watch_of_claims_that_is_asked_for_and_never_answered_is_begun_anew() {
    let server = server();
    let gate = Gate::closed();
    server.fault(When::on("watch", "leases"), Fault::HoldBefore(gate.clone()));
    let living = Replica::new(&server, "pod-b");
    gate.reached_by(1).await;
    let _dead = orphan(&server).await;
    frees(&living).await;
}

#[tokio::test(start_paused = true)]
async fn k7_a_frozen_server_is_asked_again_and_again_and_heard_when_it_answers() {
    let server = server();
    server.freeze();
    let living = Replica::new(&server, "pod-b");
    sleep(seconds(600)).await;
    server.lift();
    let _dead = orphan(&server).await;
    frees(&living).await;
}

#[tokio::test(start_paused = true)]
async fn k7_where_nothing_happens_claims_are_listed_every_three_minutes_and_no_more_often() {
    let server = server();
    let living = Replica::new(&server, "pod-b");
    server.watched_by(1).await;
    server.forget_requests();
    sleep(seconds(3_600)).await;
    assert!((19..=20).contains(&server.count("list", "leases")), "{}", server.count("list", "leases"));
    drop(living);
}
