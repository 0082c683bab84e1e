//! What is granted, and how a missing grant is told.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::manifest::{Capabilities, Needs, OwnedLabel, StateSpec, Wakes};
use crate::plan::{Request, Severity, Stop};

fn manifest() -> Manifest {
    let owned = |family: &str| OwnedLabel {
        family: Family::new(family),
        create_up_to: 0,
        create_up_to_setting: None,
        colour: "ededed".into(),
        description: String::new(),
    };
    Manifest {
        name: "mirror".into(),
        version: "1.0.0".into(),
        description: String::new(),
        owns: vec![owned("seen"), owned("round-{n}")],
        heeds: Vec::new(),
        needs: Needs::default(),
        wakes_on: Wakes::default(),
        wants: Capabilities::default(),
        settings: Vec::new(),
        memory_version: 1,
        reads_memory: vec![1],
        states: vec![StateSpec { name: "idle".into(), sentence: String::new(), terminal: false }],
        commands: Vec::new(),
    }
}

fn everything() -> Grant {
    Grant {
        labels: vec![Family::new("*")],
        stops: vec!["CodeRun".into()],
        dispatches: vec!["tests".into()],
        comments: true,
        reactions: true,
        notices: true,
    }
}

fn plan_of(labels: &[&str], asks: Vec<Ask>) -> Plan {
    Plan {
        labels: labels.iter().map(|l| Label::new(*l)).collect(),
        stops: Vec::new(),
        requests: asks.into_iter().map(|ask| Request { key: "k".into(), ask }).collect(),
        memory: None,
        state: "idle".into(),
        reason: String::new(),
        held: false,
        refused: Vec::new(),
        keeps: Vec::new(),
        revisit_after_seconds: None,
    }
}

fn asks() -> Vec<(Ask, &'static str)> {
    vec![
        (
            Ask::Dispatch { target: "tests".into(), inputs: Default::default() },
            "policy \"mirror\" wants to dispatch to tests, but this deployment grants no dispatches; add dispatches = [\"tests\"] under [policy.mirror]",
        ),
        (
            Ask::Comment { body: "b".into() },
            "policy \"mirror\" wants to send comments, but this deployment grants no comments; add comments = true under [policy.mirror]",
        ),
        (
            Ask::Reaction { comment: None, content: "eyes".into() },
            "policy \"mirror\" wants to send reactions, but this deployment grants no reactions; add reactions = true under [policy.mirror]",
        ),
        (
            Ask::Notice { topic: "t".into(), message: "m".into(), severity: Severity::Low, fields: Default::default() },
            "policy \"mirror\" wants to send notices, but this deployment grants no notices; add notices = true under [policy.mirror]",
        ),
    ]
}

#[test]
fn h3_nothing_is_granted_that_is_not_listed_and_the_message_ends_with_the_line_to_add() {
    let mut greedy = manifest();
    greedy.wants.stops = vec!["CodeRun".into()];
    let labels_only = Grant { labels: vec![Family::new("*")], ..Grant::default() };
    assert_eq!(
        labels_only.covers(&greedy).unwrap_err().to_string(),
        "policy \"mirror\" wants to stop CodeRun, but this deployment grants no stops; add stops = [\"CodeRun\"] under [policy.mirror]"
    );
    assert_eq!(
        Grant::default().covers(&manifest()).unwrap_err().to_string(),
        "policy \"mirror\" wants to write the label seen, but this deployment grants no labels; add labels = [\"seen\"] (or labels = [\"*\"] for all that it owns) under [policy.mirror]"
    );
    assert_eq!(everything().covers(&greedy), Ok(()));
}

#[test]
fn h3_a_grant_of_other_things_is_named_beside_the_missing_one() {
    let grant = Grant { labels: vec![Family::new("seen")], stops: vec!["Job".into()], ..Grant::default() };
    let missing = grant.covers(&manifest()).unwrap_err().to_string();
    assert!(missing.contains("wants to write the label round-{n}, but this deployment grants labels = [\"seen\"]"), "{missing}");
    let mut stops = plan_of(&[], Vec::new());
    stops.stops = vec![Stop { kind: "CodeRun".into(), name: "r".into(), uid: "u".into() }];
    let missing = grant.allows(&manifest(), &stops).unwrap_err().to_string();
    assert!(missing.contains("wants to stop CodeRun, but this deployment grants stops = [\"Job\"]"), "{missing}");
}

#[test]
fn h3_every_kind_of_request_needs_its_grant_in_plans_and_manifests() {
    for (ask, message) in asks() {
        let plan = plan_of(&[], vec![ask.clone()]);
        assert_eq!(Grant::default().allows(&manifest(), &plan).unwrap_err().to_string(), message);
        assert_eq!(everything().allows(&manifest(), &plan), Ok(()));
        let mut wanting = manifest();
        match ask {
            Ask::Dispatch { target, .. } => wanting.wants.dispatches = vec![target],
            Ask::Comment { .. } => wanting.wants.comments = true,
            Ask::Reaction { .. } => wanting.wants.reactions = true,
            Ask::Notice { .. } => wanting.wants.notices = true,
        }
        let labels_only = Grant { labels: vec![Family::new("*")], ..Grant::default() };
        assert_eq!(labels_only.covers(&wanting).unwrap_err().to_string(), message);
    }
}

#[test]
fn h3_a_label_outside_the_manifest_or_outside_the_grant_is_refused() {
    let foreign = everything().allows(&manifest(), &plan_of(&["round-07"], Vec::new())).unwrap_err();
    assert!(matches!(foreign, Beyond::Foreign { ref label, .. } if label.as_str() == "round-07"), "{foreign}");
    let narrow = Grant { labels: vec![Family::new("SEEN")], ..Grant::default() };
    assert_eq!(narrow.allows(&manifest(), &plan_of(&["Seen"], Vec::new())), Ok(()));
    assert!(matches!(narrow.allows(&manifest(), &plan_of(&["round-1"], Vec::new())), Err(Beyond::Ungranted(_))));
    assert!(narrow.writes(&"seen".into()) && !narrow.writes(&"round-1".into()));
}
