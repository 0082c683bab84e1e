//! `kill -9` of any replica at any moment: the others, or it itself when it is back, bring everything to the same end.

use super::api::{Api, USER};
use super::cast::Cast;
use super::claims::nobody_has_a_claim_before;
use super::house::{House, PERSON};
use super::kept::Kept;
use super::misfortune::{be_bad, be_fair};
use super::moment::Moment;
use super::pushes::{PUSHES, SUBJECTS, all_is_done, all_is_done_before, opened};
use super::rest::{PATIENCE, poll};
use super::witness::Witness;
use pawl_apiserver::{Fault, When};
use serde_json::json;
use tokio::time::Instant;

/// How many rounds each of the two stories has.
const ROUNDS: &str = "PAWL_CLUSTER_ROUNDS";
/// How many without being told: twenty in all. Most of a round is waiting for the claims of the dead to end, so two stories take half as
/// long as one.
const TEN: u64 = 10;
/// A round has more writes of replicas than this: after one of them a replica is killed, in the middle of the work.
const WRITES: u32 = 800;
/// After as many more it is started again, while the others still bring its work to an end.
const WRITES_WITHOUT: u32 = 200;

fn rounds() -> u64 {
    std::env::var(ROUNDS).ok().map_or(TEN, |text| text.parse().unwrap_or_else(|_| panic!("{ROUNDS} is no number: {text}")))
}

/// What nine rounds may add to the most that the first has left with any replica: records that remember more pushes, and what the allocator
/// makes of the order in which things come and go.
const MORE: Kept = Kept { memory_mb: 8.0, handles: 32, tasks: 32 };

/// What the kills of all rounds met.
#[derive(Debug, Default)]
struct Met {
    /// Kills after which a claim named the dead.
    at_work: usize,
    /// Claims that named them.
    claims: usize,
    /// Replicas that came back while there was work, as opposed to when all was quiet.
    back_at_work: usize,
}

/// Kills a replica at some moment of the round, and starts it again at some later one.
async fn kill_one(house: &House, rng: &mut fastrand::Rng, met: &mut Met) {
    let victim = rng.usize(..house.count());
    Moment::of(house, 1 + rng.u32(..WRITES)).come().await;
    let its = format!("{}/", house.pod(victim).expect("all live between rounds"));
    house.kill(victim).await;
    let left = house.api.holders().await.iter().filter(|(_, holder)| holder.starts_with(&its)).count();
    let is_back_at_work = Moment::of(house, 1 + rng.u32(..WRITES_WITHOUT)).come_or_quiet().await;
    house.revive(victim).await;
    eprintln!("replica {victim} was killed and left {left} claims");
    met.at_work += usize::from(left > 0);
    met.claims += left;
    met.back_at_work += usize::from(is_back_at_work);
}

/// Pushes to all of them once, and to one again and again, while a replica dies and comes back. From then on there is a minute until
/// everything is done in whatever weather, and, once that is fair, nobody holds a claim any more, not even the dead.
async fn round(house: &House, seed: u64, casts: &mut [Cast], many: &mut Cast, met: &mut Met) {
    let mut rng = fastrand::Rng::with_seed(seed);
    house.be_generous();
    for cast in casts.iter_mut().chain([&mut *many]) {
        cast.start_qa(&house.api).await;
    }
    house.pass(10).await;
    be_bad(house, seed);
    let pushes = async {
        for cast in &mut *casts {
            cast.push(&house.api).await;
        }
        house.pass(1).await;
        house.deliver().await;
    };
    tokio::join!(pushes, many.push_often(house, PUSHES), kill_one(house, &mut rng, met));
    let begun = Instant::now();
    let end = begun + PATIENCE;
    let many = std::slice::from_ref(many);
    for casts in [&*casts, many] {
        all_is_done_before(end, house, casts).await;
    }
    let done = begun.elapsed().as_secs_f64();
    be_fair(house);
    house.rest_until(end).await;
    for casts in [&*casts, many] {
        all_is_done(house, casts).await;
    }
    nobody_has_a_claim_before(end, house).await;
    let writes = house.api.own.as_ref().map(|own| own.server.requests().iter().filter(|seen| seen.is_write()).count());
    let over = begun.elapsed().as_secs_f64();
    eprintln!("round {seed} was done {done:.1} s and over {over:.1} s after the last push; writes: {writes:?}");
}

/// Rounds by these seeds, after which replicas were killed at work and others went on with it.
async fn rounds_from(first: u64) {
    let house = House::start(3).await;
    let mut casts = opened(&house, SUBJECTS + 1).await;
    let mut many = casts.pop().expect("there is one more");
    let (mut met, mut witness) = (Met::default(), Witness::default());
    let mut kept: Vec<Vec<Kept>> = Vec::new();
    for seed in first..first + rounds() {
        round(&house, seed, &mut casts, &mut many, &mut met).await;
        house.rest().await;
        kept.push(Kept::by_each(&house).await);
        eprintln!("kept: {:?}", kept.last());
        if let Some(own) = &house.api.own {
            witness.compact(&own.server);
            own.server.forget_requests();
        }
    }
    // Who was killed began anew, and whoever went on had its work too. None of that piles up.
    if let [first, .., last] = &kept[..] {
        let most = Kept::most(first);
        for last in last {
            assert!(!last.exceeds(&most, &MORE), "Q5: after the first round {first:?}, at the end {last:?}");
        }
    }
    let Some(own) = &house.api.own else { return };
    let taken_over = witness.one_at_a_time(&own.server);
    eprintln!("{met:?}, and {taken_over} claims went on without their holders giving them back");
    assert!(met.at_work > 0 && taken_over > 0, "replicas were killed at work, and others went on with it: {met:?}, {taken_over}");
}

#[tokio::test(flavor = "multi_thread")]
async fn q5_whichever_replica_is_killed_at_whatever_moment_every_round_ends_as_if_nothing_had_happened() {
    rounds_from(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn q5_whichever_replica_is_killed_at_other_moments_every_round_ends_as_if_nothing_had_happened() {
    rounds_from(TEN).await;
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
    let dead = house.replica_of(holder);
    house.kill(dead).await;
    server.clear_faults();
    server.forget_requests();
    poll("R4: nobody holds a claim at rest", async || house.api.holders().await.is_empty()).await;
    house.rest().await;
    let updates = server.requests().iter().filter(|seen| (seen.verb, seen.resource.as_str()) == ("update", "leases")).count();
    assert_eq!(updates, 1, "nothing was left to do, so nobody took it");
    assert_eq!(Witness::default().one_at_a_time(server), 1, "and not before its holder was gone for so long");
}
