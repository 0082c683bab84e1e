//! The crash matrix: every story is cut at every step, in every way a step can go wrong, and must end as if nothing had been.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use pawl_tests::sim::shell::{Cut, Sim};
use pawl_tests::sim::story::Happening;
use std::collections::{BTreeMap, BTreeSet};

const FEEDBACK: Happening = Happening::ChangesRequested;

/// A story: what came before, what is cut, what breaks in before its first effect, and what follows uncut.
struct Story {
    name: &'static str,
    before: Vec<Happening>,
    cut: Happening,
    breaks_in: Option<Happening>,
    after: Vec<Happening>,
    /// Owned labels in the end.
    ends: &'static [&'static str],
}

fn stories() -> Vec<Story> {
    let story = |name, before, cut, ends| Story { name, before, cut, breaks_in: None, after: Vec::new(), ends };
    let round = || vec![FEEDBACK, Happening::push(), Happening::completed()];
    let failing = || (0..10).flat_map(|_| round()).collect::<Vec<_>>();
    vec![
        story("feedback", vec![], FEEDBACK, &["iteration-1", "needs-remediation"]),
        story("feedback told twice", round(), Happening::ToldTwice, &["iteration-2", "needs-remediation"]),
        story("a push while ready", round(), Happening::push(), &["iteration-1", "remediation-in-progress"]),
        story("a push after approval", vec![Happening::Approved], Happening::push(), &["ready-for-qa"]),
        story("completion", vec![FEEDBACK, Happening::push()], Happening::completed(), &["iteration-1", "ready-for-qa"]),
        story("approval", round(), Happening::Approved, &["approved", "iteration-1"]),
        story("the limit", failing(), FEEDBACK, &["failed-remediation", "iteration-10"]),
        story("a hand edit", vec![FEEDBACK], Happening::label("ready-for-qa"), &["iteration-1", "ready-for-qa"]),
        story("a hand edit of the count", round(), Happening::label("iteration-7"), &["iteration-7", "ready-for-qa"]),
        story("a merge", vec![FEEDBACK, Happening::completed()], Happening::Merged, &[]),
        Story {
            name: "a pause in the middle",
            before: vec![],
            cut: FEEDBACK,
            breaks_in: Some(Happening::label("skip-automation")),
            after: vec![Happening::unlabel("skip-automation")],
            ends: &["iteration-1", "needs-remediation"],
        },
        Story {
            name: "a person sets a status in the middle",
            before: vec![],
            cut: FEEDBACK,
            breaks_in: Some(Happening::label("approved")),
            after: vec![],
            ends: &["approved", "iteration-1"],
        },
    ]
}

/// Everything up to the turn that is cut; stories share it.
fn prologue(story: &Story) -> Sim {
    let mut sim = Sim::new();
    for happening in &story.before {
        sim.live(happening);
    }
    sim.tell(&story.cut);
    sim.steps.clear();
    sim.at_next_peek.clone_from(&story.breaks_in);
    sim
}

fn epilogue(sim: &mut Sim, story: &Story) {
    // What breaks in does so before the first effect; a crash may have come earlier than that.
    sim.settle();
    assert_eq!(sim.at_next_peek, None, "{}: nothing was about to be done", story.name);
    for happening in &story.after {
        sim.live(happening);
    }
}

/// How often each request was carried out. The last part of a key may be a time, which is another one after a crash.
fn counts(keys: &[String]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for key in keys {
        *counts.entry(key.rsplit_once(':').map_or(key.as_str(), |(stem, _)| stem)).or_default() += 1;
    }
    counts
}

/// `unknown` is the number of times that a crash left a request of unknown outcome.
fn check(story: &Story, uncut: &Sim, sim: &Sim, unknown: usize, place: &str) {
    let place = format!("{}, {place}", story.name);
    sim.assert_sound();
    assert_eq!(sim.hub.names(), uncut.hub.names(), "{place}");
    assert_eq!(sim.state(), uncut.state(), "{place}");
    let (requested, wished) = (counts(&sim.requested), counts(&uncut.requested));
    assert_eq!(requested.keys().collect::<BTreeSet<_>>(), wished.keys().collect::<BTreeSet<_>>(), "{place}: the same keys");
    assert!(requested.values().all(|n| *n <= 1 + unknown), "{place}: {requested:?}");
}

#[test]
fn q5_q7_a_crash_at_any_step_of_any_story_ends_as_if_nothing_had_been() {
    for story in stories() {
        let start = prologue(&story);
        let mut uncut = start.clone();
        epilogue(&mut uncut, &story);
        assert_eq!(uncut.owned(), story.ends, "{}", story.name);
        assert!(counts(&uncut.requested).values().all(|n| *n == 1), "{}: {:?}", story.name, uncut.requested);
        for cut in Cut::ALL {
            let mut step = 0;
            loop {
                let mut sim = start.clone();
                if !sim.run_cut(step, cut) {
                    break;
                }
                let unknown = sim.unknown_requests();
                epilogue(&mut sim, &story);
                check(&story, &uncut, &sim, unknown, &format!("{cut:?} step {step}"));
                step += 1;
            }
            assert!(step > 5, "{}: the turn had hardly any steps", story.name);
        }
    }
}

#[test]
fn q5_two_crashes_in_a_row_end_as_if_nothing_had_been() {
    for story in stories() {
        let start = prologue(&story);
        let mut uncut = start.clone();
        epilogue(&mut uncut, &story);
        for first in (0..).take_while(|step| start.clone().run_cut(*step, Cut::After)) {
            let mut sim = start.clone();
            sim.run_cut(first, Cut::After);
            let unknown = sim.unknown_requests();
            for second in (0..).take_while(|step| sim.clone().run_cut(*step, Cut::Before)) {
                let mut sim = sim.clone();
                sim.run_cut(second, Cut::Before);
                let unknown = unknown + sim.unknown_requests();
                epilogue(&mut sim, &story);
                check(&story, &uncut, &sim, unknown, &format!("after step {first}, then before step {second}"));
            }
        }
    }
}

#[test]
fn every_effect_of_the_turn_is_cut_somewhere() {
    let mut steps = BTreeSet::new();
    for story in stories() {
        let mut sim = prologue(&story);
        sim.run();
        steps.extend(sim.steps);
    }
    for effect in ["commit", "write", "request", "settle"] {
        assert!(steps.contains(effect), "no story has the step {effect}: {steps:?}");
    }
}
