//! `kill -9` of any replica at any moment: the others, or it itself when it is back, bring everything to the same end.

use super::api::{Api, USER};
use super::cast::Cast;
use super::claims::no_living_replica_keeps_a_claim;
use super::house::{House, PERSON};
use super::moment::Moment;
use super::pushes::{all_is_done, opened_from};
use super::rest::poll;
use super::witness::Witness;
use pawl_apiserver::{Fault, When};
use serde_json::json;

/// How many rounds there are.
const ROUNDS: &str = "PAWL_CLUSTER_ROUNDS";
/// How many without being told.
const TWENTY: u64 = 20;
/// Pull requests of one round.
const SUBJECTS: u32 = 5;
/// Writes of replicas in one round, about: one of them is the last thing the victim may have seen.
const WRITES: u32 = 120;

fn rounds() -> u64 {
    std::env::var(ROUNDS).ok().map_or(TWENTY, |text| text.parse().unwrap_or_else(|_| panic!("{ROUNDS} is no number: {text}")))
}

/// Kills a replica at some moment of the round, and starts it again at some later one.
async fn kill_one(house: &House, rng: &mut fastrand::Rng) {
    let victim = rng.usize(..house.count());
    Moment::of(house, 1 + rng.u32(..WRITES)).come().await;
    house.kill(victim).await;
    Moment::of(house, 1 + rng.u32(..WRITES)).come().await;
    house.revive(victim).await;
}

/// What the dead held is given back, although nothing happens any more that anybody could be told.
async fn whatever_the_dead_held_is_given_back(house: &House) {
    poll("R4: nobody holds a claim at rest", async || house.api.holders().await.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn q5_whichever_replica_is_killed_at_whatever_moment_every_round_ends_as_if_nothing_had_happened() {
    let house = House::start(3).await;
    for seed in 0..rounds() {
        let mut rng = fastrand::Rng::with_seed(seed);
        let first = 1 + u32::try_from(seed).unwrap() * SUBJECTS;
        let mut casts = opened_from(&house, first..first + SUBJECTS).await;
        for cast in &mut casts {
            cast.push(&house.api).await;
        }
        house.pass(1).await;
        tokio::join!(house.deliver(), kill_one(&house, &mut rng));
        house.rest().await;
        all_is_done(&house, &casts).await;
        no_living_replica_keeps_a_claim(&house).await;
    }
    whatever_the_dead_held_is_given_back(&house).await;
    house.rest().await;
    if let Some(own) = &house.api.own {
        Witness::default().one_at_a_time(&own.server);
    }
    house.api.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k7_r4_a_claim_that_the_dead_could_not_give_back_is_given_back_without_any_news() {
    if !Api::is_own("writes of Leases that are lost") {
        return;
    }
    let house = House::start(2).await;
    let server = &house.api.own.as_ref().unwrap().server;
    // Without runs: those tell of themselves, and here nobody is to be told of anything.
    let cast = Cast::open(&house, 1);
    house.pass(1).await;
    house.rest().await;
    // Without a Lease the next claim is made by a create, and given back by the first update.
    for lease in server.list(&house.api.leases()) {
        let path = format!("{}/{}", house.api.leases(), lease["metadata"]["name"].as_str().unwrap());
        assert_eq!(server.call("DELETE", &path, &json!({})).status, 200);
    }
    server.fault(When::on("update", "leases").by(USER).times(1_000), Fault::CutBefore);
    cast.pull.label_by(PERSON, "somebody-looks");
    house.pass(1).await;
    house.rest().await;
    let holders = house.api.holders().await;
    let [(_, holder)] = &holders[..] else { panic!("nobody could give it back: {holders:?}") };
    let dead = house.pods().iter().position(|pod| holder.starts_with(&format!("{pod}/"))).unwrap();
    house.kill(dead).await;
    server.clear_faults();
    server.forget_requests();
    whatever_the_dead_held_is_given_back(&house).await;
    house.rest().await;
    let updates = server.requests().iter().filter(|seen| (seen.verb, seen.resource.as_str()) == ("update", "leases")).count();
    assert_eq!(updates, 1, "nothing was left to do, so nobody took it");
    assert_eq!(Witness::default().one_at_a_time(server), 1, "and not before its holder was gone for so long");
    house.api.end().await;
}
