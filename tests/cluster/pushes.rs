//! Pushes: however many, on however many subjects, in whatever weather, what they supersede is stopped, and nothing else.

use super::cast::Cast;
use super::claims::{nobody_has_a_claim_before, nobody_keeps_a_claim};
use super::house::House;
use super::kept::Kept;
use super::misfortune::{be_bad, be_fair};
use super::rest::{PATIENCE, PAUSE};
use tokio::time::{Instant, sleep};

/// Pull requests that are pushed to at once.
pub const SUBJECTS: u32 = 25;
/// Pushes to one of them.
pub const PUSHES: usize = 20;
/// How often they are.
const WAVES: u64 = 2;
/// What a wave of pushes may add to what the wave before it, which was just like it, has left with a replica: what a record keeps of more
/// pushes, and what the allocator makes of the order in which things come and go.
const MORE: Kept = Kept { memory_mb: 4.0, handles: 32, tasks: 32 };

/// Opens so many pull requests, starts their runs, and lets everything about that come to rest.
pub async fn opened(house: &House, subjects: u32) -> Vec<Cast> {
    let mut casts: Vec<Cast> = (1..=subjects).map(|number| Cast::open(house, number)).collect();
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

/// Everything is delivered, and every subject is seen as it should be before `end`, however bad the weather is all the while. To rest comes
/// nobody in it: somewhere something is always tried again.
pub async fn all_is_done_before(end: Instant, house: &House, casts: &[Cast]) {
    for cast in casts {
        loop {
            house.deliver().await;
            match cast.check(house).await {
                Ok(()) => break,
                Err(why) => assert!(Instant::now() < end, "not done in time: {why}"),
            }
            sleep(PAUSE).await;
        }
    }
}

/// Every subject is as it should be, and nothing was done that the Role does not allow.
pub async fn all_is_done(house: &House, casts: &[Cast]) {
    for cast in casts {
        cast.check(house).await.unwrap_or_else(|why| panic!("{why}"));
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
}

/// Runs, a push that supersedes them, and rest, in misfortune of this seed. Answers what each replica keeps then.
async fn wave(house: &House, casts: &mut [Cast], seed: u64) -> Vec<Kept> {
    house.be_generous();
    for cast in &mut *casts {
        cast.start_qa(&house.api).await;
    }
    house.pass(10).await;
    house.rest().await;
    be_bad(house, seed);
    for cast in &mut *casts {
        cast.push(&house.api).await;
    }
    house.pass(1).await;
    let end = Instant::now() + PATIENCE;
    all_is_done_before(end, house, casts).await;
    be_fair(house);
    house.rest_until(end).await;
    all_is_done(house, casts).await;
    nobody_has_a_claim_before(end, house).await;
    house.rest().await;
    Kept::by_each(house).await
}

#[tokio::test(flavor = "multi_thread")]
async fn q10_three_replicas_and_25_pushes_in_misfortune_leave_no_superseded_run_and_touch_no_other_and_no_memory_is_lost() {
    let house = House::start(3).await;
    let mut casts = opened(&house, SUBJECTS).await;
    let superseded = |casts: &[Cast]| casts.iter().map(Cast::superseded).sum::<usize>();
    let mut kept: Vec<Vec<Kept>> = Vec::new();
    for seed in 1..=WAVES {
        let before = superseded(&casts);
        kept.push(wave(&house, &mut casts, seed).await);
        assert!(superseded(&casts) >= before + 2 * casts.len(), "each had runs to stop");
    }
    for (wave, kept) in kept.iter().enumerate() {
        eprintln!("after wave {}: {kept:?}", wave + 1);
    }
    for (first, second) in kept[0].iter().zip(&kept[1]) {
        assert!(!second.exceeds(first, &MORE), "Q10: {first:?} became {second:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn q2_of_20_pushes_in_a_row_on_one_subject_every_one_supersedes_the_runs_of_the_one_before() {
    let house = House::start(3).await;
    let mut cast = Cast::open(&house, 1);
    house.pass(1).await;
    cast.start_qa(&house.api).await;
    house.pass(10).await;
    house.rest().await;
    be_bad(&house, 3);
    cast.push_often(&house, PUSHES).await;
    let casts = [cast];
    let end = Instant::now() + PATIENCE;
    all_is_done_before(end, &house, &casts).await;
    be_fair(&house);
    house.rest_until(end).await;
    all_is_done(&house, &casts).await;
    nobody_has_a_claim_before(end, &house).await;
}
