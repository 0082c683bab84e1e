//! Effects: what interrupts them, what is acknowledged, what is given up.

use super::bench::{Bench, Script, actor, comment, counts, member, notice, plan, trouble};
use crate::facts::{Facts, LabelChange};
use crate::label::Family;
use crate::news::{ActorKind, Event};
use crate::plan::Request;
use crate::turn::effects::REQUEST_ATTEMPTS;
use crate::turn::{Answer, Ending, REDECISIONS, Step, Trouble, Verdict};

/// Asks for these once per signal, and for a stop; wishes `count-1`; waits while `wait` is set.
fn asks(requests: Vec<Request>) -> Script {
    Box::new(move |facts: &Facts| {
        let mut plan = plan(&["count-1"]);
        plan.held = facts.labels.iter().any(|l| l.as_str() == "wait");
        if facts.news.iter().any(|n| matches!(n.event, Event::Signal { .. })) {
            plan.requests.clone_from(&requests);
        }
        Verdict::Plan(plan)
    })
}

fn asking(requests: Vec<Request>) -> Bench {
    let mut bench = Bench::new(vec![(member("count"), asks(requests))]);
    bench.world.signal("1");
    bench
}

#[test]
fn a4_1_a_pause_between_commit_and_write_leads_back_to_the_facts_and_holds_the_write() {
    let mut bench = Bench::counting();
    bench.world.signal("1");
    let mut words = Vec::new();
    let mut paused = false;
    let outcome = bench.run_with(&mut |step, world| {
        words.push(step.word());
        if matches!(step, Step::Peek) && !std::mem::replace(&mut paused, true) {
            world.told_label("wait", LabelChange::Added);
        }
        None
    });
    let path = ["claim", "load", "observe", "find-push", "decide", "commit", "peek", "observe", "decide", "commit", "release"];
    assert_eq!(words, path);
    assert_eq!(outcome.ending, Ending::Held);
    assert_eq!(bench.world.names(), ["wait"]);
    bench.world.told_label("wait", LabelChange::Removed);
    assert_eq!(bench.run().ending, Ending::Applied);
    assert_eq!(bench.world.names(), ["count-1"], "what was held is written, and was not counted twice");
}

#[test]
fn a_label_that_nobody_heeds_interrupts_nothing() {
    let mut bench = Bench::counting();
    bench.world.signal("1");
    let mut looks = 0;
    bench.run_with(&mut |step, world| {
        looks += u32::from(matches!(step, Step::Observe { .. }));
        if matches!(step, Step::Peek) && world.labels.is_empty() {
            world.told_label("theirs", LabelChange::Added);
        }
        None
    });
    assert_eq!(looks, 1);
    assert_eq!(bench.world.names(), ["count-1", "theirs"]);
}

#[test]
fn a4_2_a_hold_of_the_deployment_holds_every_policy_though_none_heeds_it() {
    let mut bench = Bench::new(vec![(member("count"), counts("count")), (member("other"), counts("other"))]);
    bench.deployment.holds = vec![Family::new("stop-all")];
    bench.world.signal("1");
    bench.world.told_label("stop-all", LabelChange::Added);
    assert_eq!(bench.run().ending, Ending::Held);
    assert_eq!(bench.world.names(), ["stop-all"]);
    assert!(bench.world.record.is_settled(&["count", "other"]), "a held subject is not looked at in a loop");
    bench.world.told_label("stop-all", LabelChange::Removed);
    bench.run();
    assert_eq!(bench.world.names(), ["count-1", "other-1"]);
}

#[test]
fn the_labels_of_a_held_policy_are_left_as_they_are_while_others_go_on() {
    let mut bench = Bench::new(vec![(member("count"), counts("count")), (member("other"), counts("other"))]);
    bench.deployment.members[1].manifest.heeds.clear();
    bench.scripts[1] = {
        let mut counts = counts("other");
        Box::new(move |facts| match counts(facts) {
            Verdict::Plan(plan) => Verdict::Plan(crate::plan::Plan { held: false, ..plan }),
            verdict => verdict,
        })
    };
    bench.world.signal("1");
    bench.run();
    bench.world.told_label("wait", LabelChange::Added);
    bench.world.told_label("count-1", LabelChange::Removed);
    bench.world.told_label("count-9", LabelChange::Added);
    bench.world.signal("2");
    bench.run();
    assert_eq!(bench.world.names(), ["count-9", "other-2", "wait"]);
}

#[test]
fn g2_somebody_who_keeps_moving_the_label_gets_three_decisions_and_then_the_turn_is_unsettled() {
    let mut bench = Bench::counting();
    bench.world.signal("1");
    let (mut decisions, mut writes) = (0, 0);
    let outcome = bench.run_with(&mut |step, world| {
        decisions += u32::from(matches!(step, Step::Decide { .. }));
        if let Step::Write { .. } = step {
            writes += 1;
            // The other side answers that the label is gone again already.
            return Some(Answer::Wrote(world.labels.clone()));
        }
        None
    });
    assert_eq!((decisions, writes), (1 + REDECISIONS, 1 + REDECISIONS));
    assert_eq!(outcome.ending, Ending::Unsettled);
    assert!(outcome.reason.ends_with("3 times in a row; the reconciler tries again"), "{}", outcome.reason);
    assert!(bench.world.record.labels_outstanding && !bench.world.record.is_settled(&["count"]));
    bench.run();
    assert_eq!(bench.world.names(), ["count-1"]);
}

#[test]
fn g1_an_interloper_who_adds_a_foreign_label_between_reading_and_writing_is_not_even_noticed() {
    let mut bench = Bench::counting();
    bench.world.signal("1");
    let outcome = bench.run_with(&mut |step, world| {
        if matches!(step, Step::Write { .. }) {
            world.label(&actor("alice", ActorKind::Human), "theirs", LabelChange::Added);
        }
        None
    });
    assert_eq!(outcome.ending, Ending::Applied);
    assert_eq!(bench.world.names(), ["count-1", "theirs"]);
}

#[test]
fn requests_are_acknowledged_once_and_stay_so() {
    let mut bench = asking(vec![comment("c"), notice("n")]);
    bench.run();
    bench.run();
    assert_eq!(bench.world.requested, ["c", "n"]);
    assert!(bench.part("count").requests.is_empty() && bench.part("count").has_done("c"));
}

#[test]
fn a_request_asked_for_again_with_the_same_key_is_the_same_request() {
    let mut bench = asking(vec![comment("c")]);
    bench.run();
    bench.world.signal("2");
    bench.run();
    assert_eq!(bench.world.requested, ["c"]);
}

#[test]
fn q5_requests_carried_out_before_a_pause_appears_do_not_go_out_again() {
    let mut bench = asking(vec![comment("a"), comment("b")]);
    bench.run_with(&mut |step, world| {
        if matches!(step, Step::Peek) && world.requested.len() == 1 && !world.names().contains(&"wait".into()) {
            world.told_label("wait", LabelChange::Added);
        }
        None
    });
    assert_eq!(bench.world.requested, ["a"], "the second one waits");
    bench.world.told_label("wait", LabelChange::Removed);
    bench.run();
    assert_eq!(bench.world.requested, ["a", "b"]);
}

#[test]
fn q5_requests_carried_out_before_the_line_dies_do_not_go_out_again() {
    let mut bench = asking(vec![comment("a"), comment("b")]);
    let outcome = bench
        .run_with(&mut |step, world| (matches!(step, Step::Peek) && world.requested.len() == 1).then(|| Answer::Failed(trouble(true))));
    assert_eq!(outcome.ending, Ending::Unsettled);
    assert!(!bench.world.record.is_settled(&["count"]));
    bench.run();
    assert_eq!(bench.world.requested, ["a", "b"]);
}

#[test]
fn notices_go_out_while_everything_else_is_held() {
    let mut bench = asking(vec![comment("c"), notice("n")]);
    bench.world.told_label("wait", LabelChange::Added);
    bench.run();
    assert_eq!(bench.world.requested, ["n"]);
    assert!(bench.world.record.is_settled(&["count"]));
}

/// Runs with every request failing like this, until the subject is settled; counts the tries.
fn tries_until_given_up(trouble: &Trouble) -> u32 {
    let mut bench = asking(vec![notice("n")]);
    let mut tries = 0;
    while !bench.world.record.is_settled(&["count"]) {
        bench.run_with(&mut |step, _| {
            let Step::Request { .. } = step else { return None };
            tries += 1;
            Some(Answer::Requested(Err(trouble.clone())))
        });
    }
    assert!(bench.part("count").requests.is_empty());
    tries
}

#[test]
fn a_request_is_given_up_after_so_many_tries_and_at_once_when_trying_cannot_help() {
    assert_eq!(tries_until_given_up(&trouble(true)), REQUEST_ATTEMPTS);
    assert_eq!(tries_until_given_up(&trouble(false)), 1);
}

#[test]
fn a4_4_a_notifier_that_fails_blocks_neither_labels_nor_other_requests() {
    let mut bench = asking(vec![notice("n"), notice("o")]);
    let outcome = bench.run_with(&mut |step, _| match step {
        Step::Request { request, .. } if request.key == "n" => Some(Answer::Requested(Err(trouble(true)))),
        _ => None,
    });
    assert_eq!((outcome.ending, outcome.retry_after_seconds), (Ending::Unsettled, Some(30)));
    assert_eq!(outcome.reason, "request n failed: the line is dead");
    assert_eq!(bench.world.names(), ["count-1"]);
    assert_eq!(bench.world.requested, ["o"]);
}
