//! The straight path: steps and their answers, quiet turns, the commit point, the fence.

use super::bench::{Bench, actor, at, counts, member, news, subject, trouble};
use crate::news::{ActorKind, Check, Comment, Event};
use crate::turn::{Answer, Ending, Outcome, Step, Turn};
use std::sync::Arc;

/// One answer of every kind.
fn every_answer(bench: &Bench) -> Vec<Answer> {
    let record = Box::new(bench.world.record.clone());
    let conflict = crate::record::Conflict { subject: subject().id(), has: 2, wants: 1 };
    vec![
        Answer::Claimed,
        Answer::Loaded(record.clone()),
        Answer::Observed { observation: Box::new(bench.world.observation()), permissions: Default::default(), now: at(0) },
        Answer::Gone { reason: "deleted".into(), now: at(0) },
        Answer::PushFound(None),
        Answer::Decided(crate::turn::Verdict::Failed("trap".into())),
        Answer::Committed(record.clone()),
        Answer::Conflict(conflict),
        Answer::Peeked(record),
        Answer::Stopped { stoppings: Vec::new(), now: at(0) },
        Answer::Wrote(Vec::new()),
        Answer::Requested(Ok(())),
        Answer::Released,
        Answer::Failed(trouble(true)),
    ]
}

fn fits(step: &Step, answer: &Answer) -> bool {
    let kinds: &[&str] = match step.word() {
        "claim" => &["claimed"],
        "load" => &["loaded"],
        "observe" => &["observed", "gone"],
        "find-push" => &["push-found"],
        "decide" => &["decided"],
        "commit" | "settle" => &["committed", "conflict"],
        "peek" => &["peeked"],
        "stop" => &["stopped"],
        "write" => &["wrote"],
        "request" => &["requested"],
        "release" => &["released"],
        _ => &[],
    };
    kinds.contains(&answer.word()) || (answer.word() == "failed" && step.word() != "done")
}

#[test]
fn an_answer_that_does_not_fit_is_a_typed_error_and_changes_nothing() {
    let mut bench = Bench::new(vec![(
        member("count"),
        Box::new(|_| {
            let mut plan = super::bench::plan(&["count-1"]);
            plan.requests.push(super::bench::comment("c"));
            crate::turn::Verdict::Plan(plan)
        }),
    )]);
    let mut turn = bench.turn();
    let mut words = Vec::new();
    loop {
        let step = turn.step();
        words.push(step.word());
        for wrong in every_answer(&bench).into_iter().filter(|a| !fits(&step, a)) {
            let word = wrong.word();
            let before = format!("{turn:?}");
            let illegal = turn.answer(wrong).unwrap_err();
            assert_eq!((illegal.step, illegal.answer), (step.word(), word));
            assert_eq!(illegal.to_string(), format!("the answer {word} does not fit the step {}", step.word()));
            assert_eq!(format!("{turn:?}"), before, "{word} to {}", step.word());
        }
        if matches!(step, Step::Done(_)) {
            break;
        }
        let answer = bench.carry_out(step);
        turn.answer(answer).unwrap();
    }
    let path =
        ["claim", "load", "observe", "find-push", "decide", "commit", "peek", "write", "peek", "request", "settle", "release", "done"];
    assert_eq!(words, path);
}

#[test]
fn asking_twice_for_the_step_gives_the_same_step() {
    let mut bench = Bench::counting();
    bench.world.signal("1");
    let mut turn = bench.turn();
    while !matches!(turn.step(), Step::Done(_)) {
        assert_eq!(turn.step(), turn.step());
        let answer = bench.carry_out(turn.step());
        turn.answer(answer).unwrap();
    }
}

#[test]
fn g7_a_turn_that_changes_nothing_writes_no_record() {
    let mut bench = Bench::counting();
    bench.world.signal("1");
    assert_eq!(bench.run().ending, Ending::Applied);
    let (commits, record) = (bench.world.commits, bench.world.record.clone());
    for _ in 0..3 {
        let Outcome { ending, reason, .. } = bench.run();
        assert_eq!((ending, reason.as_str()), (Ending::NoOp, "so it is written"));
    }
    assert_eq!(bench.world.commits, commits);
    assert_eq!(bench.world.record, record);
    assert!(record.is_settled(&["count"]));
}

#[test]
fn q5_news_counts_once_when_the_turn_is_cut_before_its_commit() {
    let mut bench = Bench::counting();
    bench.world.signal("1");
    drop(bench.run_up_to(|step| matches!(step, Step::Commit(_))));
    assert_eq!(bench.world.record.generation, 0, "before the commit nothing has happened");
    bench.run();
    assert_eq!(bench.world.names(), ["count-1"]);
}

#[test]
fn q5_a_label_write_is_repaired_when_the_turn_is_cut_after_its_commit() {
    let mut bench = Bench::counting();
    bench.world.signal("1");
    drop(bench.run_up_to(|step| matches!(step, Step::Write { .. })));
    assert!(bench.world.record.labels_outstanding && !bench.world.record.is_settled(&["count"]));
    assert!(bench.world.labels.is_empty());
    bench.run();
    assert_eq!(bench.world.names(), ["count-1"], "written, and not counted again");
}

#[test]
fn k8_of_two_turns_that_read_one_generation_only_one_commits() {
    let mut bench = Bench::counting();
    bench.world.signal("1");
    let mut stale = bench.run_up_to(|step| matches!(step, Step::Commit(_)));
    bench.world.signal("2");
    bench.run();
    assert_eq!(bench.world.names(), ["count-2"]);
    let commits = bench.world.commits;
    while !matches!(stale.step(), Step::Done(_)) {
        assert!(!matches!(stale.step(), Step::Write { .. } | Step::Request { .. }), "a stale turn must write nothing");
        let answer = bench.carry_out(stale.step());
        stale.answer(answer).unwrap();
    }
    let Step::Done(outcome) = stale.step() else { unreachable!() };
    assert_eq!(outcome.ending, Ending::Busy);
    assert!(outcome.reason.contains("another turn committed in between"), "{}", outcome.reason);
    assert_eq!(bench.world.commits, commits);
}

#[test]
fn q2_news_that_arrives_during_a_turn_waits_for_the_next_one() {
    let mut bench = Bench::counting();
    bench.world.signal("1");
    bench.run_with(&mut |step, world| {
        if matches!(step, Step::Commit(_)) {
            world.signal("2");
        }
        None
    });
    assert_eq!(bench.world.names(), ["count-1"]);
    assert!(bench.world.record.has_unread(&["count"]));
    bench.run();
    assert_eq!(bench.world.names(), ["count-2"]);
}

#[test]
fn an_entry_leaves_the_inbox_only_when_every_policy_has_passed_it() {
    let refuses = |_: &crate::facts::Facts| crate::turn::Verdict::Failed("trap".into());
    let mut bench = Bench::new(vec![(member("count"), counts("count")), (member("other"), Box::new(refuses))]);
    bench.world.signal("1");
    bench.run();
    assert_eq!(bench.world.record.inbox.len(), 1);
    assert!(bench.part("count").has_passed(1) && !bench.part("other").has_passed(1));
    bench.scripts[1] = counts("other");
    bench.deployment.members[1].digest = "mended".into();
    bench.run();
    assert!(bench.world.record.inbox.is_empty());
    assert_eq!(bench.world.names(), ["count-1", "other-1"], "the mended policy was shown what it missed, the other one not again");
}

#[test]
fn a4_5_kept_news_stays_in_the_inbox_and_is_shown_again() {
    let mut bench = Bench::new(vec![(
        member("count"),
        Box::new(|facts| {
            let mut plan = super::bench::plan(&[]);
            plan.held = facts.labels.iter().any(|l| l.as_str() == "wait");
            if plan.held {
                plan.keeps = facts.news.iter().filter(|n| matches!(n.event, Event::Signal { .. })).map(|n| n.id.clone()).collect();
            } else if facts.news.iter().any(|n| n.id == "signal:1") {
                plan.state = "busy".into();
            }
            crate::turn::Verdict::Plan(plan)
        }),
    )]);
    bench.world.told_label("wait", crate::facts::LabelChange::Added);
    bench.world.signal("1");
    assert_eq!(bench.run().ending, Ending::Held);
    let inbox: Vec<&str> = bench.world.record.inbox.iter().map(|e| e.news.id.as_str()).collect();
    assert_eq!(inbox, ["signal:1"], "the label's own news is consumed");
    assert!(!bench.world.record.has_unread(&["count"]), "kept news does not make the subject unsettled");
    bench.world.told_label("wait", crate::facts::LabelChange::Removed);
    bench.run();
    assert_eq!(bench.part("count").state, "busy");
    assert!(bench.world.record.inbox.is_empty());
}

#[test]
fn a_subject_that_is_gone_ends_until_news_proves_that_it_is_there() {
    let mut bench = Bench::counting();
    bench.world.signal("1");
    let outcome = bench.run_with(&mut |step, _| matches!(step, Step::Observe { .. }).then(|| gone("deleted on GitHub")));
    assert_eq!((outcome.ending, outcome.reason.as_str()), (Ending::Ended, "deleted on GitHub"));
    assert!(bench.world.record.inbox.is_empty() && bench.world.record.is_settled(&["count"]));
    assert_eq!(bench.run().ending, Ending::Ended);
    bench.world.signal("2");
    assert_eq!(bench.run().ending, Ending::Applied);
    assert_eq!(bench.world.names(), ["count-1"]);
}

fn gone(reason: &str) -> Answer {
    Answer::Gone { reason: reason.into(), now: at(1) }
}

#[test]
fn a4_1_unreadable_facts_change_nothing() {
    let mut bench = Bench::counting();
    bench.world.signal("1");
    let before = bench.world.record.clone();
    let outcome = bench.run_with(&mut |step, _| matches!(step, Step::Observe { .. }).then(|| Answer::Failed(trouble(true))));
    assert_eq!((outcome.ending, outcome.retry_after_seconds), (Ending::Unsettled, Some(30)));
    assert_eq!(outcome.reason, "observe failed: the line is dead");
    assert_eq!(bench.world.record, before);
    assert!(bench.world.labels.is_empty());
}

#[test]
fn a_claim_that_somebody_else_holds_ends_the_turn_as_busy() {
    let mut bench = Bench::counting();
    let outcome = bench.run_with(&mut |step, _| matches!(step, Step::Claim).then(|| Answer::Failed(trouble(true))));
    assert_eq!(outcome.ending, Ending::Busy);
}

#[test]
fn a_claim_that_cannot_be_given_back_does_not_change_how_the_turn_ended() {
    let mut bench = Bench::counting();
    bench.world.signal("1");
    let outcome = bench.run_with(&mut |step, _| matches!(step, Step::Release).then(|| Answer::Failed(trouble(true))));
    assert_eq!(outcome.ending, Ending::Applied);
}

#[test]
fn the_pusher_of_the_head_is_known_from_news_else_looked_up_once() {
    let pushers = |facts: &crate::facts::Facts| facts.head.as_ref().unwrap().pushed_by.as_ref().map(|a| a.login.clone());
    let told = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let heard = told.clone();
    let mut bench = Bench::new(vec![(
        member("count"),
        Box::new(move |facts| {
            heard.borrow_mut().push(pushers(facts));
            crate::turn::Verdict::Plan(super::bench::plan(&[]))
        }),
    )]);
    bench.world.finds_pushes = true;
    bench.run();
    bench.world.commit = "c2".into();
    let event = Event::Pushed { commit: "c2".into(), branch: "topic".into() };
    bench.world.tell(crate::news::News { actor: Some(actor("carol", ActorKind::Human)), ..news("push:topic:c2", 1, event) });
    let mut looked_up = 0;
    for _ in 0..2 {
        bench.run_with(&mut |step, _| {
            looked_up += u32::from(matches!(step, Step::FindPush { .. }));
            None
        });
    }
    assert_eq!(looked_up, 0);
    assert_eq!(*told.borrow(), [Some("bob".into()), Some("carol".into()), Some("carol".into())]);
}

#[test]
fn permissions_are_read_for_people_who_command_and_shown_with_the_news() {
    let mut bench = Bench::new(vec![(
        member("count"),
        Box::new(|facts| {
            let mut plan = super::bench::plan(&[]);
            plan.reason = format!("{:?}", facts.news.iter().map(|n| n.actor.as_ref().unwrap().permission).collect::<Vec<_>>());
            crate::turn::Verdict::Plan(plan)
        }),
    )]);
    for (id, login, kind) in [("command:1:0", "alice", ActorKind::Human), ("command:2:0", "agent[bot]", ActorKind::Bot)] {
        let event = Event::Command { verb: "go".into(), args: String::new(), comment: None };
        bench.world.tell(crate::news::News { actor: Some(actor(login, kind)), ..news(id, 0, event) });
    }
    bench.run_with(&mut |step, world| match step {
        Step::Observe { permissions_of, .. } => {
            assert_eq!(permissions_of, &["alice"]);
            let permissions = [("alice".into(), crate::news::Permission::Write)].into();
            Some(Answer::Observed { observation: Box::new(world.observation()), permissions, now: at(1) })
        }
        _ => None,
    });
    assert_eq!(bench.part("count").reason, "[Some(Write), None]");
}

#[test]
fn a4_5_whoever_gave_a_command_that_was_kept_is_asked_about_again() {
    let keeps = |facts: &crate::facts::Facts| {
        let mut plan = super::bench::plan(&[]);
        plan.keeps = facts.news.iter().map(|news| news.id.clone()).collect();
        plan.reason = format!("{:?}", facts.news.iter().map(|n| n.actor.as_ref().unwrap().permission).collect::<Vec<_>>());
        crate::turn::Verdict::Plan(plan)
    };
    let mut bench = Bench::new(vec![(member("count"), Box::new(keeps))]);
    let event = Event::Command { verb: "go".into(), args: String::new(), comment: None };
    bench.world.tell(crate::news::News { actor: Some(actor("alice", ActorKind::Human)), ..news("command:1:0", 0, event) });
    for _ in 0..2 {
        bench.run_with(&mut |step, world| match step {
            Step::Observe { permissions_of, .. } => {
                let permissions = permissions_of.iter().map(|login| (login.clone(), crate::news::Permission::Write)).collect();
                Some(Answer::Observed { observation: Box::new(world.observation()), permissions, now: at(1) })
            }
            _ => None,
        });
        assert_eq!(bench.part("count").reason, "[Some(Write)]");
        assert_eq!(bench.world.record.inbox.len(), 1, "it is kept");
    }
}

#[test]
fn a_turn_without_policies_consumes_news_and_touches_nothing() {
    let mut bench = Bench::new(Vec::new());
    bench.world.labels.push("theirs".into());
    bench.world.signal("1");
    bench.run();
    assert!(bench.world.record.inbox.is_empty());
    assert_eq!(bench.world.names(), ["theirs"]);
    let turn = Turn::new(Arc::new(bench.deployment.clone()), subject(), "x".into());
    assert_eq!(turn.record().generation, 0);
}

#[test]
fn the_time_of_a_turn_is_not_before_what_github_dates_in_its_facts() {
    let mut bench = Bench::counting();
    let mut turn = bench.run_up_to(|step| matches!(step, Step::Observe { .. }));
    let mut observation = bench.world.observation();
    observation.comments.push(Comment { id: 1, author: None, at: at(3600), matches: Vec::new() });
    let conclusion = crate::news::Conclusion::Success;
    // Whoever makes a check dates it.
    let forged = Check { id: 1, name: "unit".into(), app: "tests".into(), conclusion, commit: "c".into(), at: at(999_999) };
    observation.checks.push(forged);
    turn.answer(Answer::Observed { observation: Box::new(observation), permissions: Default::default(), now: at(0) }).unwrap();
    while !matches!(turn.step(), Step::Decide { .. }) {
        turn.answer(bench.carry_out(turn.step())).unwrap();
    }
    let Step::Decide { facts, .. } = turn.step() else { panic!() };
    assert_eq!(facts.now, at(3600));
}

#[test]
fn a2_5_facts_are_of_the_time_when_github_was_read_and_not_before_what_runs_say_of_themselves() {
    let bench = Bench::counting();
    let mut observation = bench.world.observation();
    assert_eq!(observation.read_at(at(10), at(40)), at(10), "whatever was done after it");
    let mut run = crate::news::Run {
        kind: "CodeRun".into(),
        name: "r".into(),
        uid: "u".into(),
        agent: None,
        same_repository: None,
        pull_request: None,
        task: None,
        branch: None,
        commit: None,
        created_at: at(20),
        finished_at: Some(at(30)),
        phase: crate::news::Phase::Succeeded,
    };
    observation.runs.push(run.clone());
    assert_eq!(observation.read_at(at(10), at(40)), at(30));
    run.finished_at = Some(at(999_999));
    observation.runs.push(run);
    assert_eq!(observation.read_at(at(10), at(40)), at(40), "what has not happened yet is forged");
}
