//! Claims of the dead: given back by whoever sees that their holder gives no sign, and by nobody else.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod at;

use at::{LEASES, Replica, seconds, server, subject};
use pawl_apiserver::{Fault, Reply, Server, When};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

fn lease(server: &Server) -> Value {
    let [lease] = server.list(LEASES).try_into().unwrap();
    lease
}

fn holder(server: &Server) -> Option<String> {
    lease(server)["spec"]["holderIdentity"].as_str().map(str::to_owned)
}

/// Calls about single Leases.
fn calls(server: &Server) -> Vec<&'static str> {
    server.requests().iter().filter(|seen| !matches!(seen.verb, "watch" | "list")).map(|seen| seen.verb).collect()
}

/// A replica that died with a claim in its hands, and one that lives and has seen so.
async fn orphaned(server: &Server) -> (Replica, pawl_cluster::Claim, Replica) {
    let (dead, living) = (Replica::new(server, "pod-a"), Replica::new(server, "pod-b"));
    let claim = dead.take(12, seconds(5)).await.unwrap();
    server.watched_by(2).await;
    sleep(seconds(7)).await;
    dead.cut();
    server.forget_requests();
    (dead, claim, living)
}

#[tokio::test(start_paused = true)]
async fn k7_what_a_dead_replica_held_is_given_back_after_its_lease_and_no_sooner() {
    let server = server();
    let (_dead, _claim, living) = orphaned(&server).await;
    let died = Instant::now();
    let freed = loop {
        let freed = living.claims.free_orphans().await;
        if !freed.subjects.is_empty() {
            break freed;
        }
        sleep(seconds(1)).await;
    };
    assert!((13..=16).contains(&died.elapsed().as_secs()), "its last renewal was up to two seconds before: {:?}", died.elapsed());
    assert_eq!((freed.subjects, freed.left), (vec![subject(12)], 0));
    assert_eq!(holder(&server), None);
    assert_eq!(lease(&server)["metadata"]["annotations"]["pawl/freed-by"], "pod-b/boot");
    assert_eq!(calls(&server), ["get", "update"], "while nobody is late nothing is asked");
    let again = living.take(12, seconds(5)).await.unwrap();
    assert_eq!(lease(&server)["metadata"]["annotations"].get("pawl/freed-by"), None, "that was about the holder before");
    again.release().await;
    assert_eq!(living.claims.free_orphans().await, pawl_cluster::Freed::default());
}

#[tokio::test(start_paused = true)]
async fn k7_a_holder_that_renews_keeps_its_claim_however_wrong_the_clocks_are() {
    let server = server();
    for skew in [-3 * 3600, 3 * 3600] {
        let (holding, looking) = (Replica::over(server.service(), "pod-a", 1, skew), Replica::new(&server, "pod-b"));
        let claim = holding.take(12, seconds(5)).await.unwrap();
        server.watched_by(2).await;
        for _ in 0..100 {
            sleep(seconds(1)).await;
            for replica in [&holding, &looking] {
                assert_eq!(replica.claims.free_orphans().await, pawl_cluster::Freed::default());
            }
        }
        assert!(!claim.lost().is_cancelled());
        claim.release().await;
        holding.claims.shutdown(seconds(5)).await;
        looking.claims.shutdown(seconds(5)).await;
        server.watched_by(0).await;
    }
}

#[tokio::test(start_paused = true)]
async fn k7_a_renewal_that_comes_in_between_saves_the_claim() {
    let server = server();
    let (dead, claim, living) = orphaned(&server).await;
    sleep(seconds(16)).await;
    let (admin, name) = (server.clone(), lease(&server)["metadata"]["name"].as_str().unwrap().to_owned());
    let renew = move || {
        let patch = json!({ "spec": { "renewTime": "2027-01-15T08:00:00.000000Z" } });
        assert_eq!(admin.call("PATCH", &format!("{LEASES}/{name}"), &patch).status, 200);
    };
    server.fault(When::on("update", "leases"), Fault::meanwhile(renew));
    let freed = living.claims.free_orphans().await;
    assert_eq!((freed.subjects, freed.left), (vec![], 0), "compare-and-swap: it is not what was read");
    assert_eq!(holder(&server).as_deref(), Some("pod-a/boot/op-1"));
    assert_eq!(living.claims.free_orphans().await.subjects, [], "and the wait begins anew");
    drop((dead, claim));
}

#[tokio::test(start_paused = true)]
async fn k7_a_watch_that_lags_frees_nothing_that_was_renewed_behind_its_back() {
    let server = server();
    let (a, b) = (Replica::new(&server, "pod-a"), Replica::new(&server, "pod-b"));
    let claim = a.take(12, seconds(5)).await.unwrap();
    server.watched_by(2).await;
    b.cut();
    server.cut_watches();
    sleep(seconds(40)).await;
    b.mend();
    assert_eq!(b.claims.free_orphans().await.subjects, [], "what is stored now tells that its holder lives");
    assert!(!claim.lost().is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn k7_of_replicas_that_see_the_same_orphan_one_gives_it_back() {
    let server = server();
    let (_dead, _claim, living) = orphaned(&server).await;
    let others = [Replica::new(&server, "pod-c"), Replica::new(&server, "pod-d")];
    server.watched_by(3).await;
    sleep(seconds(16)).await;
    let (a, b, c) = tokio::join!(living.claims.free_orphans(), others[0].claims.free_orphans(), others[1].claims.free_orphans());
    assert_eq!([&a, &b, &c].map(|freed| freed.left), [0, 0, 0]);
    assert_eq!([a, b, c].map(|freed| freed.subjects.len()).iter().sum::<usize>(), 1);
    assert_eq!(calls(&server).iter().filter(|verb| **verb == "update").count(), 3, "and the two others are refused");
}

#[tokio::test(start_paused = true)]
async fn k7_many_orphans_go_so_many_at_a_time_and_trouble_ends_the_attempt() {
    let server = server();
    let (dead, living) = (Replica::new(&server, "pod-a"), Replica::new(&server, "pod-b"));
    let mut held = Vec::new();
    for number in 1..=60 {
        held.push(dead.take(number, seconds(5)).await.unwrap());
    }
    server.watched_by(2).await;
    dead.cut();
    sleep(seconds(20)).await;
    server.fault(When::on("update", "leases").nth(3), Fault::AnswerBefore(Reply::internal_error()));
    let freed = living.claims.free_orphans().await;
    assert_eq!((freed.subjects.len(), freed.left), (2, 58));
    let freed = living.claims.free_orphans().await;
    assert_eq!((freed.subjects.len(), freed.left), (50, 8));
    let freed = living.claims.free_orphans().await;
    assert_eq!((freed.subjects.len(), freed.left), (8, 0));
}

#[tokio::test(start_paused = true)]
async fn k7_a_claim_that_was_lost_and_left_to_run_out_is_given_back_by_the_process_itself() {
    let server = server();
    let replica = Replica::new(&server, "pod-a");
    let claim = replica.take(12, seconds(5)).await.unwrap();
    server.watched_by(1).await;
    server.outage();
    claim.lost().cancelled().await;
    assert_eq!(replica.claims.free_orphans().await.subjects, [], "what was begun under it may not have ended yet");
    sleep(seconds(6)).await;
    server.lift();
    sleep(seconds(1)).await;
    assert_eq!(replica.claims.free_orphans().await.subjects, [subject(12)]);
    assert_eq!(holder(&server), None);
}
