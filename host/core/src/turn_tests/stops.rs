//! Stops: before the labels, waited for within bounds, and told about when they do not happen.

use super::bench::{Bench, at, member, plan, stopped, trouble};
use crate::facts::{Facts, LabelChange, Observation};
use crate::label::Label;
use crate::plan::Stop;
use crate::stop::{CONFIRM_SECONDS, StopEnd, StopState, Stopping};
use crate::turn::{Answer, Ending, Outcome, Step, Verdict};
use std::collections::BTreeMap;

fn job(name: &str) -> Stop {
    Stop { kind: "Job".into(), name: name.into(), uid: format!("uid of {name}") }
}

/// A policy that wants a label once these jobs are stopped; it names them until `ended` are gone, as facts would say.
fn stopping(jobs: &'static [&'static str]) -> Bench {
    let mut stops = member("count");
    stops.grant.stops = vec!["Job".into()];
    let script = move |facts: &Facts| {
        let mut plan = plan(&["count-1"]);
        plan.held = facts.labels.iter().any(|l| l.as_str() == "wait");
        plan.stops = jobs.iter().map(|name| job(name)).collect();
        Verdict::Plan(plan)
    };
    Bench::new(vec![(stops, Box::new(script))])
}

/// Runs a turn in which all stops come so far.
fn run(bench: &mut Bench, state: &StopState) -> Outcome {
    bench.run_with(&mut |step, world| match step {
        Step::Stop { stops, .. } => Some(stopped(stops.clone(), state, world.now)),
        _ => None,
    })
}

fn accepted(held_by: &[&str]) -> StopState {
    StopState::Accepted { held_by: held_by.iter().map(ToString::to_string).collect() }
}

#[test]
fn k6_stops_come_before_labels_and_one_that_cannot_be_asked_for_holds_them() {
    let mut bench = stopping(&["a", "b"]);
    let outcome = bench.run_with(&mut |step, world| match step {
        Step::Stop { stops, .. } => {
            let states = [StopState::Confirmed, StopState::Failed(trouble(false))];
            let stoppings = stops.iter().cloned().zip(states).map(|(stop, state)| Stopping { stop, state }).collect();
            Some(Answer::Stopped { stoppings, now: at(world.now) })
        }
        _ => None,
    });
    assert_eq!((outcome.ending, outcome.retry_after_seconds), (Ending::Unsettled, Some(30)));
    assert_eq!(outcome.reason, "runs could not be stopped, so the labels wait: Job b: the line is dead");
    assert!(bench.world.labels.is_empty() && bench.world.record.labels_outstanding);
    let [open] = bench.part("count").stops.as_slice() else { panic!("{:?}", bench.part("count").stops) };
    assert_eq!((&open.stop, open.attempts, open.error.as_deref()), (&job("b"), 1, Some("the line is dead")));
    let mut words = Vec::new();
    let outcome = bench.run_with(&mut |step, _| {
        words.push(step.word());
        None
    });
    let effects: Vec<&str> = words.into_iter().filter(|w| ["stop", "write"].contains(w)).collect();
    assert_eq!((effects, outcome.ending), (vec!["stop", "write"], Ending::Applied));
    assert!(bench.part("count").stops.is_empty());
}

#[test]
fn k6_labels_wait_for_confirmation_and_the_turn_gives_its_worker_back_meanwhile() {
    let mut bench = stopping(&["a"]);
    let outcome = run(&mut bench, &accepted(&[]));
    assert_eq!((outcome.ending, outcome.retry_after_seconds), (Ending::Unsettled, Some(2)));
    assert_eq!(outcome.reason, "the labels wait until these runs are gone: Job a");
    assert!(bench.world.labels.is_empty() && bench.part("count").stops[0].accepted);
    let since = bench.part("count").stops[0].since;
    assert_eq!(run(&mut bench, &StopState::Confirmed).ending, Ending::Applied);
    assert_eq!(bench.world.names(), ["count-1"]);
    let [past] = bench.world.record.stopped.as_slice() else { panic!("{:?}", bench.world.record.stopped) };
    assert_eq!((past.end, past.open.since, past.open.attempts), (StopEnd::Confirmed, since, 1));
}

#[test]
fn k6_after_ten_seconds_labels_go_on_without_a_run_that_was_accepted_and_does_not_go() {
    let mut bench = stopping(&["a"]);
    for _ in 0..CONFIRM_SECONDS {
        assert!(run(&mut bench, &accepted(&["example.io/keep"])).reason.starts_with("the labels wait"));
        assert!(bench.world.labels.is_empty(), "{} s", bench.world.now);
    }
    let outcome = run(&mut bench, &accepted(&["example.io/keep"]));
    assert_eq!(bench.world.names(), ["count-1"]);
    // K4: it is told about, and looked at again, but nothing is taken away by force.
    assert_eq!((outcome.ending, outcome.retry_after_seconds), (Ending::Unsettled, None));
    assert!(outcome.reason.contains("do not go: Job a (held by example.io/keep)"), "{}", outcome.reason);
    assert_eq!(bench.part("count").stops.len(), 1);
    let writes = bench.world.timeline.len();
    assert_eq!(run(&mut bench, &StopState::Confirmed).ending, Ending::Applied);
    assert!(bench.part("count").stops.is_empty());
    assert_eq!(bench.world.timeline.len(), writes, "the labels moved once");
}

#[test]
fn k1_which_labels_are_shared_is_shown_to_a_policy_that_needs_runs_and_to_no_other() {
    for needs_runs in [true, false] {
        let mut policy = member("count");
        policy.manifest.needs.runs = needs_runs;
        let script = move |facts: &Facts| {
            let shown = facts.shared_labels.iter().map(ToString::to_string).collect::<Vec<_>>();
            assert_eq!(shown, if needs_runs { vec!["task-7"] } else { Vec::new() });
            Verdict::Plan(plan(&["count-1"]))
        };
        let mut bench = Bench::new(vec![(policy, Box::new(script))]);
        let outcome = bench.run_with(&mut |step, world| match step {
            Step::Observe { .. } => {
                let observation = Observation { shared_labels: vec![Label::new("task-7")], ..world.observation() };
                Some(Answer::Observed { observation: Box::new(observation), permissions: BTreeMap::new(), now: at(world.now) })
            }
            _ => None,
        });
        assert_eq!(outcome.ending, Ending::Applied);
    }
}

#[test]
fn k4_a_run_that_had_finished_leads_back_to_the_facts() {
    let mut bench = stopping(&["a"]);
    let mut observed = 0;
    let mut asked = 0;
    let outcome = bench.run_with(&mut |step, world| match step {
        Step::Observe { .. } => {
            observed += 1;
            None
        }
        Step::Stop { stops, .. } => {
            asked += 1;
            let state = if asked == 1 { StopState::Moot } else { StopState::Confirmed };
            Some(stopped(stops.clone(), &state, world.now))
        }
        _ => None,
    });
    assert_eq!((observed, outcome.ending), (2, Ending::Applied));
    let ends: Vec<StopEnd> = bench.world.record.stopped.iter().map(|past| past.end).collect();
    assert_eq!(ends, [StopEnd::Moot, StopEnd::Confirmed]);
}

#[test]
fn k6_a_stop_that_was_taken_stays_outstanding_though_the_policy_does_not_name_it_again() {
    let mut named = true;
    let mut stops = member("count");
    stops.grant.stops = vec!["Job".into()];
    let script = move |_: &Facts| {
        let mut plan = plan(&["count-1"]);
        if std::mem::take(&mut named) {
            plan.stops = vec![job("a")];
        }
        Verdict::Plan(plan)
    };
    let mut bench = Bench::new(vec![(stops, Box::new(script))]);
    run(&mut bench, &accepted(&[]));
    run(&mut bench, &accepted(&[]));
    assert!(bench.world.labels.is_empty());
    assert_eq!(bench.part("count").stops.len(), 1);
    run(&mut bench, &StopState::Confirmed);
    assert_eq!(bench.world.names(), ["count-1"]);
}

#[test]
fn a_stop_of_which_the_shell_says_nothing_counts_as_not_asked_for() {
    let mut bench = stopping(&["a"]);
    let outcome = bench.run_with(&mut |step, world| match step {
        Step::Stop { .. } => Some(stopped(Vec::new(), &StopState::Confirmed, world.now)),
        _ => None,
    });
    assert_eq!(outcome.ending, Ending::Unsettled);
    assert!(bench.world.labels.is_empty() && bench.part("count").stops.len() == 1);
}

#[test]
fn a_cluster_that_fails_as_a_whole_holds_the_labels_too() {
    let mut bench = stopping(&["a"]);
    let outcome = bench.run_with(&mut |step, _| matches!(step, Step::Stop { .. }).then(|| Answer::Failed(trouble(true))));
    assert_eq!(outcome.ending, Ending::Unsettled);
    assert!(bench.world.labels.is_empty());
    assert_eq!(bench.part("count").stops.len(), 1);
}

#[test]
fn a4_1_a_person_who_pauses_stops_the_cancellation() {
    let mut bench = stopping(&["a"]);
    let outcome = bench.run_with(&mut |step, world| {
        assert!(!matches!(step, Step::Stop { .. }), "the stop must wait");
        if matches!(step, Step::Peek) && world.labels.is_empty() {
            world.told_label("wait", LabelChange::Added);
        }
        None
    });
    assert_eq!(outcome.ending, Ending::Held);
    assert_eq!(bench.part("count").stops.len(), 1);
}

#[test]
fn q5_a_crash_after_the_stops_asks_for_them_again_and_keeps_when_they_began() {
    let mut bench = stopping(&["a"]);
    let turn = bench.run_up_to(|step| matches!(step, Step::Stop { .. }));
    drop(turn);
    let since = bench.part("count").stops[0].since;
    bench.world.now += 5;
    run(&mut bench, &accepted(&[]));
    assert_eq!(bench.part("count").stops[0].since, since);
}

/// The run is gone, so the policy does not name it again; that it went because of a stop was not written down.
#[test]
fn q5_k11_a_stop_that_was_begun_by_a_turn_that_died_is_not_forgotten_though_its_run_is_gone() {
    let mut named = true;
    let mut stops = member("count");
    stops.grant.stops = vec!["Job".into()];
    let script = move |_: &Facts| {
        let mut plan = plan(&["count-1"]);
        if std::mem::take(&mut named) {
            plan.stops = vec![job("a")];
        }
        Verdict::Plan(plan)
    };
    let mut bench = Bench::new(vec![(stops, Box::new(script))]);
    drop(bench.run_up_to(|step| matches!(step, Step::Stop { .. })));
    run(&mut bench, &accepted(&["cleanup"]));
    assert!(bench.world.labels.is_empty(), "labels do not overtake it");
    run(&mut bench, &StopState::Confirmed);
    assert_eq!(bench.world.names(), ["count-1"]);
    let [past] = bench.world.record.stopped.as_slice() else { panic!("{:?}", bench.world.record.stopped) };
    assert_eq!((&past.open.stop, past.end), (&job("a"), StopEnd::Confirmed));
}
