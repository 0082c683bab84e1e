//! A person has what got stuck tried again, or gives it up; turns go on from there.

use super::bench::{Bench, Script, at, comment, counts, member, plan};
use crate::facts::Facts;
use crate::plan::Refusal;
use crate::record::Forgone;
use crate::turn::{Ending, Step, Verdict};
use std::collections::BTreeMap;

const BOTH: [&str; 2] = ["count", "other"];

fn refuses() -> Script {
    Box::new(|_: &Facts| Verdict::Refusal(Refusal { reason: "two heads".into() }))
}

/// `other` is parked on one signal that `count` has counted, and nothing changes any more.
fn stuck() -> Bench {
    let mut bench = Bench::new(vec![(member("count"), counts("count")), (member("other"), refuses())]);
    bench.world.signal("1");
    bench.run();
    bench.run();
    assert!(bench.part("other").parked.is_some() && bench.world.record.is_settled(&BOTH));
    bench
}

#[test]
fn q8_retry_asks_a_parked_policy_again_although_nothing_changed() {
    let mut bench = stuck();
    bench.scripts[1] = Box::new(|facts: &Facts| {
        assert_eq!(facts.news.len(), 1, "the news that it was parked on is still there");
        Verdict::Plan(plan(&["other-2"]))
    });
    bench.run();
    assert!(bench.part("other").parked.is_some(), "by itself it would not be asked");
    let retry = bench.world.record.retry(&BOTH, "retry-1", at(50)).unwrap();
    assert_eq!(retry.lifted, BTreeMap::from([("other".to_owned(), "policy \"other\" refused: two heads".to_owned())]));
    let labels = bench.world.names();
    retry.commit.apply(&mut bench.world.record).unwrap();
    assert_eq!(bench.world.names(), labels, "nothing is written by it");
    assert!(!bench.world.record.is_settled(&BOTH), "the reconciler would find it after a crash");
    assert_eq!(bench.run().ending, Ending::Applied);
    assert_eq!(bench.world.names(), ["count-1", "other-2"]);
    assert!(bench.world.record.is_settled(&BOTH) && bench.world.record.inbox.is_empty());
}

#[test]
fn q8_a_retry_that_fails_again_parks_again() {
    let mut bench = stuck();
    let retry = bench.world.record.retry(&BOTH, "retry-1", at(50)).unwrap();
    retry.commit.apply(&mut bench.world.record).unwrap();
    bench.run();
    assert_eq!(bench.part("other").parked.as_ref().unwrap().reason, "policy \"other\" refused: two heads");
    assert!(bench.world.record.is_settled(&BOTH));
}

#[test]
fn q8_discard_gives_up_exactly_what_it_says_and_no_label() {
    let mut bench = stuck();
    bench.scripts[0] = Box::new(|_| {
        let mut plan = plan(&["count-3"]);
        plan.requests = vec![comment("c")];
        Verdict::Plan(plan)
    });
    bench.world.signal("2");
    drop(bench.run_up_to(|step| matches!(step, Step::Write { .. })));
    let labels = bench.world.names();
    let (commit, given_up) = bench.world.record.discard(&BOTH, "discard-1", at(50)).unwrap();
    assert!(given_up.label_write);
    assert_eq!(
        given_up.news.iter().map(|n| (n.id.as_str(), n.by.join(","))).collect::<Vec<_>>(),
        [("signal:1", "other".to_owned()), ("signal:2", "other".to_owned())]
    );
    assert_eq!(given_up.policies["count"], Forgone { requests: vec!["c".into()], ..Forgone::default() });
    assert_eq!(given_up.policies["other"].parked.as_deref(), Some("policy \"other\" refused: two heads"));
    bench.world.signal("3");
    commit.apply(&mut bench.world.record).unwrap();
    let left = bench.world.record.outstanding(&BOTH);
    assert_eq!(left.news.iter().map(|n| n.id.as_str()).collect::<Vec<_>>(), ["signal:3"], "what came meanwhile is not given up");
    assert!(!left.label_write && left.policies.is_empty(), "{left:?}");
    assert_eq!(bench.world.names(), labels);
    assert!(bench.world.requested.is_empty());
    bench.run();
    assert!(bench.world.requested.is_empty(), "asked for again under the same key, it stays given up");
}

#[test]
fn a_turn_that_read_before_a_discard_cannot_commit_after_it() {
    let mut bench = stuck();
    bench.world.signal("2");
    let turn = bench.run_up_to(|step| matches!(step, Step::Commit(_)));
    let (commit, _) = bench.world.record.discard(&BOTH, "discard-1", at(50)).unwrap();
    commit.apply(&mut bench.world.record).unwrap();
    let Step::Commit(late) = turn.step() else { panic!("it wants to commit") };
    assert!(late.apply(&mut bench.world.record).is_err());
}
