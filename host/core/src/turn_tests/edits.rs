//! Hand edits, own writes coming back, and readings that lag behind.

use super::bench::{Bench, Script, World, actor, counts, member};
use crate::facts::{Facts, LabelChange};
use crate::news::ActorKind;
use crate::record::Appended;
use crate::turn::{Answer, Ending, STALE_LOOKS, Step, Verdict};
use std::cell::RefCell;
use std::rc::Rc;

type Told = Rc<RefCell<Vec<Vec<String>>>>;

/// Wishes whatever is there, and notes the edits that it is shown.
fn listens() -> (Script, Told) {
    let told = Told::default();
    let heard = told.clone();
    let script = move |facts: &Facts| {
        let word = |e: &crate::facts::LabelEvent| format!("{:?} {}", e.change, e.label).to_lowercase();
        heard.borrow_mut().push(facts.edits.iter().map(word).collect());
        let ours: Vec<&str> = facts.labels.iter().map(crate::label::Label::as_str).filter(|l| l.starts_with("count-")).collect();
        Verdict::Plan(super::bench::plan(&ours))
    };
    (Box::new(script), told)
}

fn told_in_all(told: &Told) -> Vec<String> {
    told.borrow().iter().flatten().cloned().collect()
}

#[test]
fn a3_2_a_hand_edit_is_named_once() {
    let (script, told) = listens();
    let mut bench = Bench::new(vec![(member("count"), script)]);
    bench.run();
    bench.world.told_label("count-2", LabelChange::Added);
    bench.run();
    bench.run();
    assert_eq!(told_in_all(&told), ["added count-2"]);
    assert_eq!(bench.world.names(), ["count-2"]);
}

#[test]
fn a3_2_a_hand_edit_whose_webhook_was_lost_is_named_all_the_same() {
    let (script, told) = listens();
    let mut bench = Bench::new(vec![(member("count"), script)]);
    bench.run();
    bench.world.label(&actor("alice", ActorKind::Human), "count-2", LabelChange::Added);
    bench.run();
    assert_eq!(told_in_all(&told), ["added count-2"]);
}

#[test]
fn what_was_there_before_the_first_look_is_no_hand_edit() {
    let (script, told) = listens();
    let mut bench = Bench::new(vec![(member("count"), script)]);
    bench.world.label(&actor("alice", ActorKind::Human), "count-2", LabelChange::Added);
    bench.run();
    assert_eq!(told_in_all(&told), [""; 0]);
}

#[test]
fn g7_an_own_write_coming_back_is_no_news_and_no_hand_edit() {
    let mut bench = Bench::counting();
    bench.world.signal("1");
    bench.run();
    let viewer = bench.world.viewer.clone();
    let event = crate::news::Event::Labelled { label: "count-1".into() };
    let back = crate::news::News { actor: Some(viewer), ..super::bench::news("label:own", bench.world.now, event) };
    assert_eq!(bench.world.tell(back), Appended::Own);
    assert!(bench.world.record.inbox.is_empty());
    let generation = bench.world.record.generation;
    let mut shown = 0;
    bench.scripts[0] = {
        let mut counts = counts("count");
        Box::new(move |facts| {
            shown += facts.edits.len();
            assert_eq!(shown, 0);
            counts(facts)
        })
    };
    assert_eq!(bench.run().ending, Ending::NoOp);
    assert_eq!(bench.world.record.generation, generation);
}

#[test]
fn an_edit_of_a_label_that_a_policy_neither_owns_nor_heeds_is_not_shown_to_it() {
    let (script, told) = listens();
    let mut bench = Bench::new(vec![(member("count"), script)]);
    bench.run();
    bench.world.told_label("theirs", LabelChange::Added);
    bench.world.told_label("wait", LabelChange::Added);
    bench.run();
    assert_eq!(told_in_all(&told), ["added wait"]);
}

/// Answers the next `looks` observations with what the world was.
fn lagging(then: crate::facts::Observation, looks: u32) -> impl FnMut(&Step, &mut World) -> Option<Answer> {
    let mut left = looks;
    move |step, world| {
        let Step::Observe { .. } = step else { return None };
        left = left.checked_sub(1)?;
        let now = super::bench::at(world.now);
        Some(Answer::Observed { observation: Box::new(then.clone()), permissions: Default::default(), now })
    }
}

#[test]
fn g2_a_reading_that_lacks_the_label_event_of_the_news_is_looked_at_again() {
    let (script, told) = listens();
    let mut bench = Bench::new(vec![(member("count"), script)]);
    bench.run();
    let stale = bench.world.observation();
    bench.world.told_label("count-2", LabelChange::Added);
    let mut looks = Vec::new();
    let mut lag = lagging(stale, 1);
    bench.run_with(&mut |step, world| {
        if let Step::Observe { again, .. } = step {
            looks.push(*again);
        }
        lag(step, world)
    });
    assert_eq!(looks, [0, 1]);
    assert_eq!(told_in_all(&told), ["added count-2"]);
}

#[test]
fn g2_after_so_many_looks_what_is_seen_is_taken_for_true() {
    let (script, _) = listens();
    let mut bench = Bench::new(vec![(member("count"), script)]);
    bench.run();
    let stale = bench.world.observation();
    bench.world.told_label("count-2", LabelChange::Added);
    let mut looks = 0;
    let mut lag = lagging(stale, 100);
    bench.run_with(&mut |step, world| {
        looks += u32::from(matches!(step, Step::Observe { .. }));
        lag(step, world)
    });
    assert_eq!(looks, STALE_LOOKS);
}

#[test]
fn g2_labels_that_differ_from_the_wish_without_an_event_are_read_again_and_then_written_again() {
    let mut bench = Bench::counting();
    bench.run();
    let stale = bench.world.observation();
    bench.world.signal("1");
    bench.run();
    let mut looks = 0;
    let mut lag = lagging(stale.clone(), 1);
    let outcome = bench.run_with(&mut |step, world| {
        looks += u32::from(matches!(step, Step::Observe { .. }));
        lag(step, world)
    });
    assert_eq!((looks, outcome.ending), (2, Ending::NoOp), "a stale reading is no hand edit and no reason to write");
    let outcome = bench.run_with(&mut lagging(stale, 2));
    assert_eq!(outcome.ending, Ending::Applied);
    assert_eq!(bench.world.names(), ["count-1"]);
    assert_eq!(bench.world.timeline.len(), 1, "writing the wish again changed nothing on GitHub");
}

#[test]
fn a_stale_reading_never_moves_the_mark_back() {
    let (script, told) = listens();
    let mut bench = Bench::new(vec![(member("count"), script)]);
    bench.run();
    let stale = bench.world.observation();
    bench.world.told_label("count-2", LabelChange::Added);
    bench.run();
    bench.world.signal("1");
    bench.run_with(&mut lagging(stale, 3));
    bench.world.signal("2");
    bench.run();
    assert_eq!(told_in_all(&told), ["added count-2"], "named once, although a later reading lacked it");
}

/// How often a turn looks when the first `stale` readings show the older head.
fn looks_at_head(bench: &mut Bench, stale: u32) -> u32 {
    let then = crate::facts::Observation {
        head: bench.world.observation().head.map(|head| crate::facts::Head { commit: "c1".into(), ..head }),
        ..bench.world.observation()
    };
    let (mut lag, mut looks) = (lagging(then, stale), 0);
    bench.run_with(&mut |step, world| {
        looks += u32::from(matches!(step, Step::Observe { .. }));
        lag(step, world)
    });
    looks
}

#[test]
fn g2_a_head_older_than_a_push_that_is_known_is_looked_at_again() {
    let (script, _) = listens();
    let mut bench = Bench::new(vec![(member("count"), script)]);
    bench.world.finds_pushes = true;
    bench.run();
    bench.world.commit = "c2".into();
    let event = crate::news::Event::Pushed { commit: "c2".into(), branch: "topic".into() };
    bench.world.tell(super::bench::news("push:topic:c2", 9, event));
    bench.world.now = 9;
    assert_eq!(looks_at_head(&mut bench, 1), 2, "the push was told");
    assert_eq!(bench.world.record.head.as_deref(), Some("c2"));
    assert_eq!(looks_at_head(&mut bench, 1), 2, "the push was seen");
    bench.world.commit = "c1".into();
    assert_eq!(looks_at_head(&mut bench, 0), STALE_LOOKS, "a head that was moved back is believed in the end");
    assert_eq!(bench.world.record.head.as_deref(), Some("c1"));
    assert_eq!(looks_at_head(&mut bench, 0), 1, "and from then on at once");
}

#[test]
fn g2_a_reading_that_does_not_show_the_closing_that_was_told_is_looked_at_again() {
    let looks = |closed_at: i64, reopened_at: Option<i64>, stale: u32| {
        let mut bench = Bench::counting();
        bench.run();
        let then = bench.world.observation();
        bench.world.tell(super::bench::news("closed:1", closed_at, crate::news::Event::Closed { merged: true }));
        if let Some(at) = reopened_at {
            bench.world.tell(super::bench::news("reopened:1", at, crate::news::Event::Reopened));
        }
        let merged = crate::facts::Observation { state: crate::facts::SubjectState::Merged, ..then.clone() };
        let (mut looks, now) = (0, super::bench::at(9));
        bench.run_with(&mut |step, _| {
            let Step::Observe { .. } = step else { return None };
            looks += 1;
            let observation = Box::new(if looks <= stale { then.clone() } else { merged.clone() });
            Some(Answer::Observed { observation, permissions: Default::default(), now })
        });
        looks
    };
    assert_eq!(looks(5, None, 1), 2);
    assert_eq!(looks(5, None, 9), STALE_LOOKS, "in the end it is believed");
    assert_eq!(looks(5, Some(6), 9), 1, "it was opened again");
    assert_eq!(looks(6, Some(5), 0), 1);
}
