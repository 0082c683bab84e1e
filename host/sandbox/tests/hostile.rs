//! What a policy can do that no policy should, and that it harms nobody but itself.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{AMPLE, hostile, hostile_within, sandbox, titled};
use pawl_core::plan::Ask;
use pawl_sandbox::{DecideError, LoadedPolicy, PolicyLimits, Sandbox, SandboxLimits};
use std::sync::atomic::{AtomicBool, Ordering};

/// The policy's misdeed ends in this error, and the same policy still answers afterwards.
fn ends_in(policy: &LoadedPolicy, misdeed: &str, word: &str) -> DecideError {
    let error = policy.decide(&titled(misdeed)).unwrap_err();
    assert_eq!(error.word(), word, "{misdeed}: {error}");
    assert!(error.to_string().starts_with(word), "{error}");
    let quiet = policy.decide(&titled("quiet")).unwrap().answer.unwrap();
    assert_eq!(quiet.reason, "quiet today", "after {misdeed}");
    error
}

#[test]
fn h2_an_endless_loop_runs_out_of_fuel() {
    let limits = PolicyLimits { fuel: 1_000_000, ..AMPLE };
    let error = ends_in(&hostile_within(limits), "loop for ever", "out-of-fuel");
    assert_eq!(error, DecideError::OutOfFuel { limit: 1_000_000 });
}

#[test]
fn h2_with_all_the_fuel_in_the_world_it_runs_out_of_time() {
    let limits = PolicyLimits { fuel: u64::MAX, time_ms: 20, ..AMPLE };
    let policy = sandbox().load_within(pawl_artifacts::hostile(), limits).unwrap();
    let error = policy.decide(&titled("loop for ever")).unwrap_err();
    assert_eq!(error, DecideError::OutOfTime { limit_ms: 20 });
    assert!(error.is_passing());
    // The clock starts anew for every decision, so this one fails by itself and not by what came before.
    assert_eq!(policy.decide(&titled("loop for ever")).unwrap_err(), error);
}

#[test]
fn h2_recursion_without_end_traps() {
    ends_in(&hostile(), "recurse for ever", "trap");
}

#[test]
fn h2_a_panic_traps() {
    ends_in(&hostile(), "trap", "trap");
}

#[test]
fn h2_growth_without_end_runs_out_of_memory() {
    let error = ends_in(&hostile(), "grow for ever", "out-of-memory");
    assert_eq!(error, DecideError::OutOfMemory { limit: 16 << 20 });
}

#[test]
fn h2_each_policy_has_its_own_memory_limit() {
    let within = |memory_bytes| hostile_within(PolicyLimits { memory_bytes, ..AMPLE });
    let plan = within(16 << 20).decide(&titled("take 4 MiB")).unwrap().answer.unwrap();
    assert_eq!(plan.reason, (4 << 20).to_string());
    ends_in(&within(4 << 20), "take 4 MiB", "out-of-memory");
}

#[test]
fn h2_an_answer_of_900_mb_is_not_copied() {
    ends_in(&hostile(), "answer one string 15000 times", "oversized-answer");
}

#[test]
fn h2_a_plan_beyond_the_contract_is_an_oversized_answer() {
    let error = ends_in(&hostile(), "answer 101 labels", "oversized-answer");
    assert!(error.to_string().contains("labels has 101, the limit is 100"), "{error}");
}

#[test]
fn h2_an_answer_that_cannot_be_read_is_a_trap() {
    ends_in(&hostile(), "answer invalid text", "trap");
}

#[test]
fn a_refusal_is_an_answer_and_no_error() {
    let refusal = hostile().decide(&titled("refuse")).unwrap().answer.unwrap_err();
    assert_eq!(refusal.reason, "these facts make no sense");
}

#[test]
fn h2_the_misdeeds_of_one_policy_do_not_disturb_another() {
    let sandbox = sandbox();
    let limits = PolicyLimits { fuel: 500_000, ..AMPLE };
    let bad = sandbox.load_within(pawl_artifacts::hostile(), limits).unwrap();
    let good = sandbox.load_within(pawl_artifacts::hostile(), AMPLE).unwrap();
    let calm = good.decide(&titled("quiet")).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for misdeed in ["loop for ever", "grow for ever", "trap", "recurse for ever", "answer one string 15000 times"].repeat(20) {
                assert!(bad.decide(&titled(misdeed)).is_err(), "{misdeed}");
            }
        });
        scope.spawn(|| {
            for _ in 0..1000 {
                assert_eq!(good.decide(&titled("quiet")).unwrap(), calm);
            }
        });
    });
}

#[test]
fn h2_a_fresh_instance_remembers_nothing_of_the_last() {
    let policy = hostile();
    let alone = policy.decide(&titled("say what you see")).unwrap();
    for misdeed in ["take 4 MiB", "grow for ever", "trap", "quiet"] {
        let _ = policy.decide(&titled(misdeed));
        assert_eq!(policy.decide(&titled("say what you see")).unwrap(), alone, "after {misdeed}");
    }
}

#[test]
fn h2_fuel_is_exactly_reproducible() {
    let policy = hostile();
    let used = policy.decide(&titled("take 4 MiB")).unwrap().fuel_used;
    for _ in 0..20 {
        assert_eq!(policy.decide(&titled("take 4 MiB")).unwrap().fuel_used, used);
    }
    // Another engine, another compilation: the same fuel. It is looked at where functions begin and loops turn, so the last
    // few instructions are free; half of it is not enough.
    let within = |fuel| hostile_within(PolicyLimits { fuel, ..AMPLE }).decide(&titled("take 4 MiB"));
    assert_eq!(within(used).unwrap().fuel_used, used);
    assert_eq!(within(used / 2).unwrap_err(), DecideError::OutOfFuel { limit: used / 2 });
}

#[test]
fn more_decisions_at_once_than_there_is_room_for_are_told_to_come_again() {
    let sandbox = Sandbox::new(SandboxLimits { decisions: 1, ..SandboxLimits::default() }).unwrap();
    let policy = sandbox.load_within(pawl_artifacts::hostile(), PolicyLimits { fuel: 5_000_000, ..AMPLE }).unwrap();
    // Two threads and one place: sooner or later they meet, and whoever comes second is told so.
    let met = AtomicBool::new(false);
    let ask = || {
        for _ in 0..10_000 {
            if met.load(Ordering::Relaxed) {
                return;
            }
            let error = policy.decide(&titled("loop for ever")).unwrap_err();
            if error == (DecideError::Busy { limit: 1 }) {
                met.store(true, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(ask);
        scope.spawn(ask);
    });
    assert!(met.into_inner(), "nobody was told to come again");
    assert!(policy.decide(&titled("quiet")).is_ok(), "the place is free again");
    assert!(DecideError::Busy { limit: 1 }.is_passing());
}

#[test]
fn the_same_facts_give_the_same_plan_whatever_they_are() {
    let policy = hostile();
    let mut seed = 1_u64;
    let mut random = move |below: usize| {
        // Multiplication by Knuth's constant; the upper bits are good enough to vary facts.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    for round in 0..200 {
        let mut facts = titled("say what you see");
        facts.labels = (0..random(30)).map(|_| pawl_core::label::Label::new("é".repeat(1 + random(40)))).collect();
        facts.memory = Some(pawl_core::facts::Memory { version: 1, bytes: (0..random(2000)).map(|n| (n % 251) as u8).collect() });
        let one = policy.decide(&facts).unwrap();
        assert_eq!(policy.decide(&facts).unwrap(), one, "round {round}");
        let plan = one.answer.unwrap();
        assert_eq!(plan.memory, facts.memory.map(|memory| memory.bytes));
        let Ask::Comment { body } = &plan.requests[0].ask else { panic!("{plan:?}") };
        assert!(facts.labels.iter().all(|label| body.contains(label.as_str())));
    }
}
