//! The API server has its troubles: it restarts, is away, freezes, forgets, and asks to be left alone. Nothing is lost in any of them,
//! and no claim has two holders.
//!
//! Clocks that are set while a process runs are not told here. A process has the machine's time of day: to step it for one of them is to
//! step it for all, and namespaces of time hold only clocks that nobody sets. The simulation gives every replica a clock of its own, up to
//! an hour wrong and stepped while it runs (`tests/simulate`), and `tests/stories/clocks.rs` does for what people are told of it.

use super::api::{Api, Own, USER};
use super::cast::Cast;
use super::claims::nobody_keeps_a_claim;
use super::house::House;
use super::moment::Moment;
use super::pushes::{all_is_done, opened};
use super::rest::poll;
use super::witness::{LEASE, Witness};
use pawl_apiserver::{Fault, Outcome, Reply, Seen, When};
use pawl_core::Timestamp;
use std::sync::Mutex;
use std::time::Duration;

/// Pull requests of one story.
const SUBJECTS: u32 = 6;
/// Trouble begins with one of the first writes after the pushes: most of the work is under way then.
const WRITES: u32 = 25;
/// How long the server is away: four times as long as a claim lasts without its holder.
const OUTAGE: Duration = Duration::from_secs(60);
/// How long it hears and does not answer.
const FREEZE: Duration = Duration::from_secs(40);

/// Trouble that begins with any write.
fn any_write(seed: u64) -> impl Fn(&House, &Own) -> Moment {
    move |house, _| Moment::of(house, 1 + fastrand::Rng::with_seed(seed).u32(..WRITES))
}

/// Pushes, and trouble in the middle of what they cause. Answers how often a claim was taken over.
async fn through(begin: impl Fn(&House, &Own) -> Moment, trouble: impl AsyncFn(&House, &Own, &[Cast], &Mutex<Witness>)) -> usize {
    let house = House::start(3).await;
    let own = house.api.own.as_ref().expect("these stories have a server of their own");
    let casts = opened(&house, SUBJECTS).await;
    let witness = Mutex::default();
    let moment = begin(&house, own);
    // Without new runs: those are seen by themselves, and the trouble would begin before the story has told all of it.
    for cast in &casts {
        cast.push_alone();
    }
    house.pass(1).await;
    tokio::join!(house.deliver(), async {
        moment.come().await;
        trouble(&house, own, &casts, &witness).await;
    });
    house.rest().await;
    all_is_done(&house, &casts).await;
    let taken_over = witness.into_inner().unwrap().one_at_a_time(&own.server);
    nobody_keeps_a_claim(&house).await;
    taken_over
}

/// Until so much time has passed since a claim was last renewed: every claim of then is over.
async fn until_claims_are_over(own: &Own, away: Duration) {
    assert!(away > LEASE);
    let last = Witness::last_renewal(&own.server).expect("runs are stopped under a claim");
    poll("claims end", async || Timestamp::now().duration_since(last).unsigned_abs() > away).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn q5_an_api_server_that_restarts_is_found_again_and_nothing_is_lost() {
    if Api::is_own("a restart of the API server") {
        through(any_write(1), async |house, own, casts, _| {
            own.go().await;
            // Whoever tells something meanwhile is told to come again: what cannot be kept is still its sender's.
            casts[0].push_alone();
            tokio::join!(house.deliver(), async {
                poll("a delivery is not taken", async || house.sent_away() > 0).await;
                own.come_back().await;
            });
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k7_an_outage_that_is_longer_than_every_claim_ends_them_and_nothing_is_lost() {
    if Api::is_own("an outage of the API server") {
        let begin = |_: &House, own: &Own| {
            let server = own.server.clone();
            Moment::of_a_stop(own, move || server.outage())
        };
        let taken_over = through(begin, async |_, own, _, _| {
            until_claims_are_over(own, OUTAGE).await;
            own.server.lift();
        })
        .await;
        assert!(taken_over > 0, "K7: what was held when the outage began could not be given back, and somebody else got it");
    }
}

/// What stood still with the server, and was heard when it went on: writes to this resource, as they were answered. Those who asked had
/// given up long before, and asked for something else.
fn heard_late(own: &Own, verb: &str, resource: &str) -> Vec<Outcome> {
    let is_meant = |seen: &Seen| seen.stood_still && seen.verb == verb && seen.resource == resource && seen.user.as_deref() == Some(USER);
    own.server.requests().into_iter().filter(is_meant).map(|seen| seen.outcome).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn k7_k8_what_a_frozen_api_server_hears_late_gives_no_claim_two_holders() {
    if Api::is_own("a frozen API server") {
        let begin = |_: &House, own: &Own| {
            let server = own.server.clone();
            Moment::of_a_stop(own, move || server.freeze())
        };
        through(begin, async |_, own, _, _| {
            until_claims_are_over(own, FREEZE).await;
            own.server.lift();
            poll("stops and renewals are heard when their claims are long over", async || {
                !heard_late(own, "delete", "coderuns").is_empty() && !heard_late(own, "update", "leases").is_empty()
            })
            .await;
            for resource in ["leases", "configmaps"] {
                let late = heard_late(own, "update", resource);
                eprintln!("of {} writes to {resource} that were heard late: {late:?}", late.len());
                let is_known = |outcome: &Outcome| matches!(outcome, Outcome::Answered(200 | 404 | 409));
                assert!(late.iter().all(is_known), "K8: carried out in the version that was read, or refused: {late:?}");
            }
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k7_watches_that_end_and_a_history_that_is_forgotten_are_begun_anew() {
    if Api::is_own("a history that is forgotten") {
        through(any_write(4), async |house, own, _, witness| {
            for times in 1..=5 {
                witness.lock().unwrap().compact(&own.server);
                own.server.cut_watches();
                poll("a watch goes on from what is forgotten, and is told so (410)", async || own.server.expired() >= times).await;
                own.server.watched_by(house.count()).await;
            }
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k5_q4_an_api_server_that_asks_to_be_left_alone_is_and_gets_the_rest_later() {
    if Api::is_own("an overloaded API server") {
        through(any_write(5), async |_, own, _, _| {
            let moment = own.server.requests().len();
            let refused = || {
                let all = own.server.requests();
                all[moment..].iter().filter(|seen| seen.outcome == Outcome::Answered(429)).count()
            };
            own.server.fault(When::any().by(USER).sometimes(80, 5), Fault::AnswerBefore(Reply::too_many_requests(1)));
            poll("many are sent away", async || refused() > 50).await;
            own.server.clear_faults();
        })
        .await;
    }
}
