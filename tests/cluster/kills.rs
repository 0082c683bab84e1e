//! `kill -9` of any replica at any moment: the others, or it itself when it is back, bring everything to the same end.

use super::cast::Cast;
use super::house::{House, PERSON};
use super::moment::Moment;
use super::pushes::{all_is_done, opened_from};
use super::witness::Witness;
use std::collections::BTreeSet;

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

/// What the dead held is theirs no longer as soon as somebody needs it.
async fn whatever_the_dead_held_is_free_again(house: &House, casts: &[Cast]) {
    let living: BTreeSet<String> = house.pods().into_iter().collect();
    for (subject, holder) in house.api.holders().await {
        let pod = holder.split('/').next().unwrap().to_owned();
        assert!(!living.contains(&pod), "K7: {holder} lives, has nothing to do, and holds {subject}");
        let cast = casts.iter().find(|cast| subject.ends_with(&format!("#{}", cast.pull.number()))).unwrap();
        cast.pull.label_by(PERSON, "somebody-looks");
    }
    house.pass(1).await;
    house.rest().await;
    assert_eq!(house.api.holders().await, [], "K7: nobody holds a claim at rest");
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
        whatever_the_dead_held_is_free_again(&house, &casts).await;
    }
    if let Some(own) = &house.api.own {
        Witness::default().one_at_a_time(&own.server);
    }
    house.api.end().await;
}
