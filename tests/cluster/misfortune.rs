//! Misfortune: on both sides of the replicas a part of the requests is late, lost, doubled, refused or answered wrongly, by a seed.

use super::api::USER;
use super::house::House;
use pawl_apiserver::{Fault, Reply, Server, When};
use pawl_world::World;
use std::time::Duration;

/// Whatever is late is late by at most so much, but for a few.
const LATE_MS: u64 = 400;
/// So many lengths of delay are drawn, each for requests and for answers.
const DELAYS: usize = 4;
/// Later than a claim waits for one call.
const TOO_LATE: Duration = Duration::from_secs(4);

/// From now on, until [`be_fair`]. What a real cluster cannot be made to do is left out there.
pub fn be_bad(house: &House, seed: u64) {
    eprintln!("misfortune by seed {seed}");
    let mut rng = fastrand::Rng::with_seed(seed);
    if let Some(own) = &house.api.own {
        of_kubernetes(&own.server, &mut rng);
    }
    of_github(&house.world, &mut rng);
}

/// Everything is well again.
pub fn be_fair(house: &House) {
    if let Some(own) = &house.api.own {
        own.server.clear_faults();
    }
    house.world.clear_faults();
}

fn late(rng: &mut fastrand::Rng) -> Duration {
    Duration::from_millis(rng.u64(1..=LATE_MS))
}

/// Of a hundred requests of replicas a good thirty are late, and a good ten come to grief.
fn of_kubernetes(server: &Server, rng: &mut fastrand::Rng) {
    for resource in ["leases", "configmaps", "coderuns"] {
        let delays = (0..DELAYS).flat_map(|_| [(4, Fault::DelayBefore(late(rng))), (4, Fault::DelayAfter(late(rng)))]);
        let mut faults: Vec<(u8, Fault)> = delays.collect();
        faults.extend([
            (1, Fault::DelayBefore(TOO_LATE)),
            (2, Fault::CutBefore),
            (2, Fault::CutAfter),
            (2, Fault::AnswerBefore(Reply::internal_error())),
            (2, Fault::AnswerBefore(Reply::too_many_requests(1))),
            (2, Fault::AnswerAfter(Reply::unavailable())),
            (2, Fault::Twice),
        ]);
        for (percent, fault) in faults {
            server.fault(When::resource(resource).by(USER).sometimes(percent, rng.u64(..)), fault);
        }
    }
}

/// The same on GitHub's side, with its own ways to be unwell.
fn of_github(world: &World, rng: &mut fastrand::Rng) {
    use pawl_world::{Fault, Reply, When};
    let mut faults: Vec<(u8, Fault)> = (0..DELAYS).map(|_| (8, Fault::Delay(late(rng)))).collect();
    faults.extend([
        (2, Fault::CutBefore),
        (2, Fault::CutAfter),
        (2, Fault::AnswerBefore(Reply::bad_gateway())),
        (1, Fault::AnswerAfter(Reply::status(500, "Server Error"))),
        (1, Fault::AnswerBefore(Reply::secondary_limit(1))),
        (1, Fault::AnswerBefore(Reply::too_many(1))),
        (1, Fault::Truncate),
        (1, Fault::BreakOff),
    ]);
    for (percent, fault) in faults {
        world.fault(When::any().sometimes(percent, rng.u64(..)), fault);
    }
}
