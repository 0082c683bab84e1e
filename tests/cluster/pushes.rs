//! Pushes: however many, on however many subjects, in whatever weather, what they supersede is stopped, and nothing else.

use super::api::USER;
use super::cast::Cast;
use super::claims::nobody_keeps_a_claim;
use super::house::House;
use pawl_apiserver::{Fault, Reply, Server, When};
use std::ops::Range;
use std::time::Duration;

/// Pull requests that are pushed to at once.
const SUBJECTS: u32 = 25;
/// Pushes to one of them.
const PUSHES: usize = 20;
/// A replica may keep so much more than before; what it needs for a subject is a small part of it.
const KEPT_MB: f64 = 64.0;

/// Every sort of failure and delay, on a part of the requests of replicas.
pub fn bad_weather(server: &Server, seed: u64) {
    let some = |resource: &str, percent, seed| When::resource(resource).by(USER).sometimes(percent, seed);
    for (n, resource) in (1..).zip(["leases", "configmaps", "coderuns"]) {
        let seed = seed * 1000 + n * 100;
        server.fault(some(resource, 30, seed), Fault::DelayBefore(Duration::from_millis(15)));
        server.fault(some(resource, 30, seed + 1), Fault::DelayAfter(Duration::from_millis(15)));
        server.fault(some(resource, 3, seed + 2), Fault::CutBefore);
        server.fault(some(resource, 3, seed + 3), Fault::CutAfter);
        server.fault(some(resource, 3, seed + 4), Fault::AnswerBefore(Reply::internal_error()));
        server.fault(some(resource, 2, seed + 5), Fault::AnswerBefore(Reply::too_many_requests(1)));
        server.fault(some(resource, 2, seed + 6), Fault::AnswerAfter(Reply::unavailable()));
        server.fault(some(resource, 2, seed + 7), Fault::Twice);
    }
}

/// The first so many pull requests.
pub async fn opened(house: &House, subjects: u32) -> Vec<Cast> {
    opened_from(house, 1..subjects + 1).await
}

/// Opens pull requests, starts their runs, and lets everything about that come to rest.
pub async fn opened_from(house: &House, numbers: Range<u32>) -> Vec<Cast> {
    let mut casts: Vec<Cast> = numbers.map(|number| Cast::open(house, number)).collect();
    house.pass(1).await;
    for cast in &mut casts {
        cast.start_qa(&house.api).await;
        cast.start_decoys(&house.api).await;
        cast.review();
    }
    // A run that names no commit is told by its age from one that was started for a push.
    house.pass(10).await;
    house.rest().await;
    casts
}

/// Every subject is as it should be, nobody holds a claim, and nothing was done that the Role does not allow.
pub async fn all_is_done(house: &House, casts: &[Cast]) {
    for cast in casts {
        cast.is_done(house).await;
    }
    if let Some(own) = &house.api.own {
        let refused = own.server.requests().into_iter().find(|seen| seen.outcome == pawl_apiserver::Outcome::Answered(403));
        assert_eq!(refused, None, "K10: what is done is allowed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k1_one_replica_stops_what_a_push_supersedes_and_then_moves_the_labels() {
    let house = House::start(1).await;
    let mut casts = opened(&house, 2).await;
    for cast in &mut casts {
        cast.push(&house.api).await;
    }
    house.pass(1).await;
    house.rest().await;
    all_is_done(&house, &casts).await;
    nobody_keeps_a_claim(&house).await;
    house.api.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn q10_three_replicas_and_25_pushes_in_bad_weather_leave_no_superseded_run_and_touch_no_other() {
    let house = House::start(3).await;
    let base = house.memories_mb();
    let mut casts = opened(&house, SUBJECTS).await;
    if let Some(own) = &house.api.own {
        bad_weather(&own.server, 1);
    }
    for cast in &mut casts {
        cast.push(&house.api).await;
    }
    house.pass(1).await;
    house.rest().await;
    if let Some(own) = &house.api.own {
        own.server.clear_faults();
    }
    house.rest().await;
    all_is_done(&house, &casts).await;
    nobody_keeps_a_claim(&house).await;
    let superseded: usize = casts.iter().map(Cast::superseded).sum();
    assert!(superseded >= 2 * casts.len(), "each had runs to stop: {superseded}");
    for (before, after) in base.into_iter().zip(house.memories_mb()) {
        assert!(after < before + KEPT_MB, "Q10: {before} MB became {after} MB");
    }
    house.api.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn q2_of_20_pushes_in_a_row_on_one_subject_every_one_supersedes_the_runs_of_the_one_before() {
    let house = House::start(3).await;
    let mut cast = Cast::open(&house, 1);
    house.pass(1).await;
    cast.start_qa(&house.api).await;
    house.pass(10).await;
    house.rest().await;
    if let Some(own) = &house.api.own {
        bad_weather(&own.server, 2);
    }
    for _ in 0..PUSHES {
        cast.push_again(&house.api).await;
        house.pass(1).await;
        house.deliver().await;
    }
    house.rest().await;
    if let Some(own) = &house.api.own {
        own.server.clear_faults();
    }
    house.rest().await;
    all_is_done(&house, &[cast]).await;
    nobody_keeps_a_claim(&house).await;
    house.api.end().await;
}
