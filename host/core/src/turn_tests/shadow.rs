//! Policies that are only watched, and policies that cannot read what is remembered.

use super::bench::{Bench, comment, counts, member, plan};
use crate::facts::Memory;
use crate::turn::{Ending, Member, Verdict};

fn shadow(name: &str) -> Member {
    Member { is_shadow: true, ..member(name) }
}

#[test]
fn h5_a_shadow_keeps_its_own_part_and_nothing_of_it_is_carried_out() {
    let asks = Box::new(|_: &crate::facts::Facts| {
        Verdict::Plan(crate::plan::Plan { requests: vec![comment("c")], memory: Some(vec![7]), ..plan(&["watch-1"]) })
    });
    let mut bench = Bench::new(vec![(member("count"), counts("count")), (shadow("watch"), asks)]);
    bench.world.signal("1");
    bench.run();
    assert_eq!(bench.world.names(), ["count-1"], "only the other's label is written");
    assert!(bench.world.requested.is_empty());
    let part = bench.part("watch");
    assert_eq!((part.state.as_str(), part.memory.as_ref().map(|memory| memory.bytes.as_slice())), ("busy", Some(&[7][..])));
    assert_eq!((part.labels.len(), part.requests.len()), (1, 0), "what it wishes is there to be seen");
    assert!(bench.world.record.is_settled(&["count", "watch"]));
    assert_eq!(bench.run().ending, Ending::NoOp);
}

#[test]
fn h5_a_shadow_takes_no_label_away_that_it_would_own() {
    let mut bench = Bench::new(vec![(shadow("watch"), Box::new(|_| Verdict::Plan(plan(&[]))))]);
    bench.world.told_label("watch-2", crate::facts::LabelChange::Added);
    bench.run();
    assert_eq!(bench.world.names(), ["watch-2"]);
}

#[test]
fn h5_what_was_asked_for_before_it_became_a_shadow_is_not_carried_out() {
    let asks = || Box::new(|_: &crate::facts::Facts| Verdict::Plan(crate::plan::Plan { requests: vec![comment("c")], ..plan(&[]) }));
    let mut bench = Bench::new(vec![(member("watch"), asks())]);
    bench.run_up_to(|step| matches!(step, crate::turn::Step::Request { .. }));
    assert_eq!(bench.part("watch").requests.len(), 1, "it is committed, and the process dies before it is carried out");
    bench.deployment.members[0].is_shadow = true;
    bench.run();
    assert!(bench.world.requested.is_empty());
    assert!(bench.part("watch").requests.is_empty());
}

/// A subject that was remembered by a later version.
fn remembered_by_version_2(member: Member) -> Bench {
    let mut bench = Bench::new(vec![(member, counts("count"))]);
    bench.world.signal("1");
    bench.run();
    bench.world.record.parts.get_mut("count").expect("it has decided").memory = Some(Memory { version: 2, bytes: vec![9] });
    bench.world.signal("2");
    bench
}

#[test]
fn h6_a_policy_that_cannot_read_what_is_remembered_is_not_asked_and_the_reason_says_what_to_do() {
    let mut bench = remembered_by_version_2(member("count"));
    bench.run();
    let part = bench.part("count");
    let reason = &part.parked.as_ref().expect("it is parked").reason;
    assert!(reason.contains("reads memory of version 1, and this subject's is of version 2"), "{reason}");
    assert!(reason.contains("forget_memory = true under [policy.count]"), "{reason}");
    assert_eq!(part.memory.as_ref().map(|memory| memory.version), Some(2), "nothing is lost");
    assert_eq!(bench.world.names(), ["count-1"], "its labels stay");
}

#[test]
fn h6_a_policy_that_may_forget_starts_without_what_it_cannot_read() {
    let mut bench = remembered_by_version_2(Member { forgets: true, ..member("count") });
    bench.run();
    let part = bench.part("count");
    assert_eq!(part.memory.as_ref().map(|memory| (memory.version, memory.bytes.clone())), Some((1, vec![1])));
    assert_eq!(bench.world.names(), ["count-1"]);
}
