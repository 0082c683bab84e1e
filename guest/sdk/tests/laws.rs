//! Each law catches the policy that breaks it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use pawl_sdk::laws;
use pawl_sdk::prelude::*;
use pawl_sdk::storm::{Happening, Storm};
use std::sync::atomic::{AtomicU8, Ordering};

fn manifest() -> Manifest {
    let mut manifest = Manifest::named("culprit", "0.1.0", "Breaks a law.")
        .owning("mine", "0e8a16", "Mine")
        .owning("n-{n}", "0e8a16", "Counts")
        .knowing("s", "The state.", false)
        .needing(Needs::REVIEWS)
        .waking_on(Wakes::SIGNALS | Wakes::REVIEWS);
    manifest.wants.notices = true;
    manifest
}

/// A policy from one function.
macro_rules! culprit {
    ($name:ident, $decide:expr) => {
        struct $name;
        impl Policy for $name {
            fn manifest() -> Manifest {
                manifest()
            }
            fn decide(facts: &Facts) -> Result<Plan, Refusal> {
                let decide: fn(&Facts) -> Plan = $decide;
                Ok(decide(facts))
            }
        }
    };
}

fn broken_by<P: Policy>(facts: &Facts) -> String {
    laws::check::<P>(facts).unwrap_err().to_string()
}

fn plain() -> Plan {
    Plan::in_state("s", "because")
}

#[test]
fn a_policy_that_answers_twice_differently_is_not_deterministic() {
    static ASKED: AtomicU8 = AtomicU8::new(0);
    culprit!(Fickle, |_| plain().remembering(vec![ASKED.fetch_add(1, Ordering::SeqCst)]));
    assert!(broken_by::<Fickle>(&sample::pull_request(&manifest())).contains("deterministic"));
}

#[test]
fn a_policy_that_reads_the_clock_into_its_memory_does_not_settle() {
    culprit!(Clock, |facts| plain().remembering(facts.now.to_le_bytes().to_vec()));
    let how = broken_by::<Clock>(&sample::pull_request(&manifest()));
    assert!(how.contains("settles") && how.contains("1 s later") && how.contains("memory"), "{how}");
}

#[test]
fn a_policy_may_change_its_mind_after_its_revisit_and_not_before() {
    culprit!(Patient, |facts| if facts.now >= sample::NOW + 60 { plain() } else { plain().with_label("mine").revisiting_after(60) });
    assert!(laws::check::<Patient>(&sample::pull_request(&manifest())).is_ok());
    culprit!(Hasty, |facts| if facts.now >= sample::NOW + 59 { plain() } else { plain().with_label("mine").revisiting_after(60) });
    assert!(broken_by::<Hasty>(&sample::pull_request(&manifest())).contains("59 s later"));
}

#[test]
fn a_policy_that_toggles_its_label_does_not_settle() {
    culprit!(Toggle, |facts| if facts.has_label("mine") { plain() } else { plain().with_label("mine") });
    assert!(broken_by::<Toggle>(&sample::pull_request(&manifest())).contains("labels"));
}

#[test]
fn a_policy_that_counts_the_same_news_again_breaks_the_law() {
    culprit!(Counter, |facts| {
        let before = facts.memory.as_ref().map_or(0, |memory| memory.bytes[0]);
        plain().remembering(vec![before + u8::try_from(facts.news.len()).unwrap()])
    });
    let mut facts = sample::pull_request(&manifest());
    facts.news.push(News { id: "signal:1".into(), at: 0, arrived: 0, actor: None, event: Event::Elapsed });
    assert!(broken_by::<Counter>(&facts).contains("same news once more"));
}

#[test]
fn a_policy_that_asks_again_under_another_key_does_not_settle() {
    culprit!(Nag, |facts| plain().telling(format!("hello:{}", facts.now), "hello", Severity::Low, "Hello.", &[]));
    assert!(broken_by::<Nag>(&sample::pull_request(&manifest())).contains("asks for hello:"));
}

#[test]
fn the_limits_of_the_contract_are_checked_at_the_limit() {
    let facts = sample::pull_request(&manifest());
    let within = |plan: Plan| laws::within_limits(&manifest(), &facts, &plan);
    assert!(within(plain().remembering(vec![0; 8192])).is_ok());
    assert!(within(plain().remembering(vec![0; 8193])).unwrap_err().contains("memory"));
    let tell = |n: usize| (0..n).fold(plain(), |plan, i| plan.telling(format!("k:{i}"), "t", Severity::Low, "m", &[]));
    assert!(within(tell(20)).is_ok());
    assert!(within(tell(21)).unwrap_err().contains("requests has 21"));
    let long = "k".repeat(120);
    assert!(within(plain().telling(long.clone(), "t", Severity::Low, "m", &[])).is_ok());
    for key in [format!("{long}k"), "two--dashes".into(), "a blank".into(), String::new()] {
        assert!(within(plain().telling(key, "t", Severity::Low, "m", &[])).unwrap_err().contains("not plain"));
    }
    assert!(within(plain().with_label("mine").with_label("MINE")).unwrap_err().contains("twice"));
    assert!(within(plain().with_label("n-007")).unwrap_err().contains("not owned"));
    assert!(within(plain().stopping(&sample::run("CodeRun", "r", 0))).unwrap_err().contains("wants.stops"));
    assert!(within(plain().asking("c", Ask::Comment("hi".into()))).unwrap_err().contains("wants.comments"));
    assert!(within(plain().refusing("nobody", "said")).unwrap_err().contains("none of the news"));
    assert!(within(Plan::in_state("other", "")).unwrap_err().contains("not in the manifest"));
    for (seconds, fine) in [(9, false), (10, true), (604_800, true), (604_801, false)] {
        assert_eq!(within(Plan { revisit_after_seconds: Some(seconds), ..plain() }).is_ok(), fine, "{seconds}");
    }
}

#[test]
fn a_held_plan_writes_and_stops_nothing() {
    let mut facts = sample::pull_request(&manifest());
    facts.runs.push(sample::run("CodeRun", "r", 0));
    facts.labels = vec!["mine".into()];
    let plan = plain().stopping(&facts.runs[0]).holding();
    let next = laws::after(&manifest(), &facts, &plan);
    assert_eq!((next.labels, next.runs.len()), (vec!["mine".to_owned()], 1));
}

#[test]
fn w10_a_storm_says_its_seed_and_schedule_and_the_seed_repeats_it() {
    // The last verdict told wins, in whatever order they are told: right only while nothing is out of order.
    culprit!(LastTold, |facts| {
        let told = facts.news.iter().rev().find_map(|news| match &news.event {
            Event::Reviewed(review) => Some(u8::from(review.verdict == Verdict::Approved)),
            _ => None,
        });
        let approved = told.or(facts.memory.as_ref().map(|memory| memory.bytes[0])).unwrap_or(0);
        let plan = plain().remembering(vec![approved]);
        if approved == 1 { plan.with_label("mine") } else { plan }
    });
    let happenings = [
        Happening::review(10, sample::person("a"), Verdict::Approved, None),
        Happening::review(20, sample::person("b"), Verdict::ChangesRequested, None),
    ];
    let storm = Storm::on(sample::pull_request(&manifest())).without_loss();
    assert!(storm.calm::<LastTold>(&happenings).unwrap().labels.is_empty());
    let wreck = storm.survive::<LastTold>(&happenings, 1..500).unwrap_err();
    assert!(wreck.seed > 0 && wreck.schedule.iter().any(|line| line.contains("told   review:1")), "{wreck}");
    let again = storm.survive::<LastTold>(&happenings, wreck.seed..wreck.seed + 1).unwrap_err();
    assert_eq!(again, wreck);
}
