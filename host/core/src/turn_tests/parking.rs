//! Policies that refuse, fail, or want more than they may.

use super::bench::{Bench, Script, at, comment, counts, member, plan};
use crate::facts::{Facts, LabelChange};
use crate::plan::{COMMENT_BYTES, Plan, Refusal, Request};
use crate::turn::{Ending, Verdict};

fn says(verdict: Verdict) -> Script {
    Box::new(move |_: &Facts| verdict.clone())
}

/// A bench where `other` answers this and `count` counts one signal; after one turn.
fn beside(verdict: Verdict) -> Bench {
    let mut bench = Bench::new(vec![(member("count"), counts("count")), (member("other"), says(verdict))]);
    bench.world.signal("1");
    bench.run();
    bench
}

fn parked(bench: &Bench) -> &str {
    &bench.part("other").parked.as_ref().expect("the policy is parked").reason
}

fn with_labels(labels: &[&str]) -> Verdict {
    Verdict::Plan(plan(labels))
}

#[test]
fn h2_h3_a_policy_that_refuses_fails_or_goes_too_far_parks_and_the_others_commit() {
    let refusal = Verdict::Refusal(Refusal { reason: "two heads".into() });
    let comment_of = |bytes: usize| {
        let ask = crate::plan::Ask::Comment { body: "x".repeat(bytes) };
        Request { key: "c".into(), ask }
    };
    let with = |change: &dyn Fn(&mut Plan)| {
        let mut plan = plan(&[]);
        change(&mut plan);
        Verdict::Plan(plan)
    };
    let reaction = crate::plan::Ask::Reaction { comment: None, content: "eyes".into() };
    let cases = [
        (refusal, "policy \"other\" refused: two heads"),
        (Verdict::Failed("out of fuel after 50000000".into()), "out of fuel after 50000000"),
        (
            with_labels(&["count-1"]),
            "policy \"other\" wants the label count-1, which its manifest does not own; a policy may only write labels it declares",
        ),
        (
            with(&|p| p.requests = vec![Request { key: "r".into(), ask: reaction.clone() }]),
            "policy \"other\" wants to send reactions, but this deployment grants no reactions; add reactions = true under [policy.other]",
        ),
        (
            with(&|p| p.requests = vec![comment_of(COMMENT_BYTES + 1)]),
            "policy \"other\" answered beyond the contract: a comment in bytes has 16385, the limit is 16384",
        ),
        (with(&|p| p.state = "dancing".into()), "policy \"other\" named the state \"dancing\", which its manifest does not know"),
        (with(&|p| p.keeps = vec!["signal:9".into()]), "policy \"other\" wants to keep the news \"signal:9\", which it was not shown"),
    ];
    for (verdict, reason) in cases {
        let bench = beside(verdict);
        assert_eq!(parked(&bench), reason);
        assert_eq!(bench.world.names(), ["count-1"], "{reason}");
        let other = bench.part("other");
        assert_eq!((other.cursor, other.has_decided()), (0, false), "it consumed nothing: {reason}");
        assert_eq!(bench.world.record.inbox.len(), 1, "{reason}");
    }
}

#[test]
fn a_part_that_would_not_fit_in_the_record_parks_its_policy() {
    let comment_of = |key: String| Request { key, ask: crate::plan::Ask::Comment { body: "x".repeat(COMMENT_BYTES) } };
    let mut plan = plan(&[]);
    plan.requests = (0..4).map(|n| comment_of(n.to_string())).collect();
    let bench = beside(Verdict::Plan(plan));
    assert!(parked(&bench).ends_with("the limit is 49152"), "{}", parked(&bench));
    assert!(bench.world.requested.is_empty());
}

#[test]
fn h2_a_parked_policy_is_not_asked_the_same_again() {
    let mut bench = beside(Verdict::Failed("trap".into()));
    // The label that `count` wrote is a changed fact.
    bench.run();
    let asked = std::rc::Rc::new(std::cell::Cell::new(0));
    let count = asked.clone();
    bench.scripts[1] = Box::new(move |_| {
        count.set(count.get() + 1);
        Verdict::Failed("trap".into())
    });
    let before = bench.world.record.clone();
    bench.run();
    assert_eq!((asked.get(), &bench.world.record), (0, &before));
    assert!(before.is_settled(&["count", "other"]), "nobody loops over a parked policy");
    bench.world.signal("2");
    assert!(!bench.world.record.is_settled(&["count", "other"]), "new news may lift the parking");
    bench.run();
    assert_eq!(asked.get(), 1);
    assert!(bench.world.record.is_settled(&["count", "other"]));
    bench.deployment.members[1].digest = "another".into();
    bench.run();
    assert_eq!(asked.get(), 2, "another digest is asked");
    bench.world.labels.push("theirs".into());
    bench.run();
    assert_eq!(asked.get(), 3, "changed facts are asked about");
}

#[test]
fn a_parked_policy_has_seen_news_that_does_not_concern_it() {
    let mut bench = beside(Verdict::Failed("trap".into()));
    let event = crate::news::Event::ThreadChanged { thread: "T".into() };
    bench.world.tell(super::bench::news("thread:T", bench.world.now, event));
    assert!(bench.world.record.has_unread(&["other"]));
    bench.run();
    assert!(!bench.world.record.has_unread(&["other"]), "else the reconciler would come again and again");
}

#[test]
fn time_alone_asks_a_parked_policy_once_at_most() {
    let mut bench = Bench::counting();
    bench.scripts[0] = Box::new(|_| {
        let mut plan = plan(&[]);
        plan.revisit_after_seconds = Some(60);
        Verdict::Plan(plan)
    });
    bench.run();
    assert_eq!(bench.world.record.revisit_at(), Some(at(61)));
    bench.world.now = 100;
    bench.scripts[0] = says(Verdict::Failed("trap".into()));
    bench.run();
    assert_eq!(bench.world.record.revisit_at(), None);
    let record = bench.world.record.clone();
    bench.world.now = 200;
    assert_eq!(bench.run().ending, Ending::NoOp);
    assert_eq!(bench.world.record, record);
}

#[test]
fn a_parked_policy_is_shown_the_hand_edits_later() {
    let mut bench = Bench::counting();
    bench.run();
    bench.scripts[0] = says(Verdict::Failed("trap".into()));
    bench.world.told_label("count-3", LabelChange::Added);
    bench.run();
    bench.world.told_label("count-3", LabelChange::Removed);
    bench.run();
    let shown = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let heard = shown.clone();
    bench.scripts[0] = Box::new(move |facts| {
        heard.borrow_mut().extend(facts.edits.iter().map(|e| (e.id.clone(), e.change)));
        with_labels(&[])
    });
    bench.deployment.members[0].digest = "mended".into();
    bench.run();
    bench.run();
    assert_eq!(*shown.borrow(), [("E1".into(), LabelChange::Added), ("E2".into(), LabelChange::Removed)]);
}

#[test]
fn a_parked_policy_does_not_fight_the_hand_that_repairs() {
    let mut bench = Bench::counting();
    bench.world.signal("1");
    bench.run();
    bench.scripts[0] = says(Verdict::Failed("trap".into()));
    bench.world.told_label("count-1", LabelChange::Removed);
    bench.run();
    bench.run();
    assert!(bench.world.labels.is_empty());
}

#[test]
fn the_requests_of_a_parked_policy_wait_until_it_answers_again() {
    let mut bench = Bench::counting();
    bench.scripts[0] = Box::new(|_| {
        let mut plan = plan(&[]);
        plan.requests = vec![comment("c")];
        Verdict::Plan(plan)
    });
    drop(bench.run_up_to(|step| matches!(step, crate::turn::Step::Request { .. })));
    bench.scripts[0] = says(Verdict::Failed("trap".into()));
    bench.world.signal("1");
    bench.run();
    assert!(bench.world.requested.is_empty());
    bench.scripts[0] = says(with_labels(&[]));
    bench.world.signal("2");
    bench.run();
    assert_eq!(bench.world.requested, ["c"]);
}
