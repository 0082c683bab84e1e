//! Replaying decisions (W5), and what decisions cost (W8).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod candidates;

use candidates::{SIGNALS, bundled, planted};
use pawl_core::facts::{Facts, Setting};
use pawl_core::manifest::Value;
use pawl_workbench::fuel::{cost, samples};
use pawl_workbench::play::Candidate;
use pawl_workbench::replay::{Answer, Corpus, Decided, Replayed, export, read, replay};
use std::fmt::Write;

fn decided(candidate: &Candidate, number: usize, facts: Facts) -> Decided {
    let answer = candidate.policy().decide(&facts).unwrap().answer;
    Decided {
        at: format!("2026-11-20T12:00:{number:02}Z"),
        shown: format!("acme/shop#{number}"),
        policy: "remediation".into(),
        digest: candidate.policy().digest().into(),
        facts,
        answer: answer.map_or_else(|refusal| Answer::Refusal(refusal.reason), Answer::Plan),
    }
}

/// Twelve decisions: the samples, three times, with a setting that only the planted policy has.
fn journalled() -> Vec<Decided> {
    let bundled = bundled(&SIGNALS);
    let facts = samples(&bundled).into_iter().map(|sample| {
        let mut facts = sample.facts;
        facts.settings.push(Setting { name: "planted-fault".into(), value: Value::Text("keeps-ready".into()) });
        facts
    });
    facts.cycle().take(12).enumerate().map(|(number, facts)| decided(&bundled, number, facts)).collect()
}

fn replayed(decided: &[Decided]) -> Replayed {
    replay(decided, Some(bundled(&SIGNALS).policy()), planted("none").policy(), &|_| {})
}

#[test]
fn w5_two_policies_that_answer_alike_change_nothing_whatever_settings_the_other_has_besides() {
    let replayed = replayed(&journalled());
    assert_eq!((replayed.decisions, replayed.same, replayed.changed.len()), (12, 12, 0));
    assert!(replayed.memory_compared);
}

#[test]
fn w5_what_the_new_policy_answers_otherwise_is_told_with_both_sides() {
    let mut decisions = journalled();
    // Here the difference shows: the label is on, and nobody wishes it any more.
    for place in [2, 7, 9] {
        decisions[place].facts.labels.push("ready-for-qa".into());
    }
    let replayed = replayed(&decisions);
    assert_eq!((replayed.decisions, replayed.same, replayed.changed.len()), (12, 9, 3));
    let (one, changes) = &replayed.changed[0];
    assert_eq!(one.shown, "acme/shop#2");
    let told: Vec<String> = changes.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["labels    failed-remediation, iteration-2 -> failed-remediation, iteration-2, ready-for-qa"]);
}

#[test]
fn w5_without_an_old_policy_the_journalled_answer_is_the_old_one() {
    let mut decisions = journalled();
    let Answer::Plan(plan) = &mut decisions[4].answer else { panic!("a plan") };
    (plan.state, plan.reason) = ("approved".into(), "it was so".into());
    decisions[5].answer = Answer::Refusal("the facts made no sense".into());
    let Answer::Plan(plan) = &mut decisions[6].answer else { panic!("a plan") };
    plan.reason = "in other words".into();
    let replayed = replay(&decisions, None, bundled(&SIGNALS).policy(), &|_| {});
    assert_eq!((replayed.same, replayed.reworded, replayed.changed.len()), (10, 1, 2));
    let told: Vec<String> = replayed.changed.iter().flat_map(|(_, changes)| changes).map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["state     approved -> needs-remediation", "answer    refused: the facts made no sense -> a plan for needs-remediation"]
    );
}

fn corpus_of(text: &str) -> Corpus {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("corpus.jsonl");
    std::fs::write(&path, text).unwrap();
    read(&path).unwrap()
}

#[test]
fn w5_an_exported_corpus_reads_as_it_was_written() {
    let decisions = journalled();
    let mut bytes = Vec::new();
    export(&decisions, &mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(text.lines().count(), 12);
    let corpus = corpus_of(&text);
    assert_eq!(corpus.decided, decisions);
    assert_eq!((corpus.broken, corpus.unchained, corpus.omitted), (0, 0, 0));
}

#[test]
fn w5_lines_that_cannot_be_read_are_counted_and_named_and_the_others_are_read() {
    let mut text = String::new();
    let line = serde_json::to_string(&journalled()[0]).unwrap();
    writeln!(
        text,
        "{line}\nno line at all\n{{\"kind\":\"wrote\"}}\n\n{{\"kind\":\"decided\",\"omitted_bytes\":2000000}}\n{}\n{line}",
        &line[..line.len() / 2]
    )
    .unwrap();
    let corpus = corpus_of(&text);
    assert_eq!((corpus.decided.len(), corpus.broken, corpus.omitted), (2, 2, 1));
    let places: Vec<&str> = corpus.troubles.iter().map(|trouble| trouble.place.as_str()).collect();
    assert_eq!(places, ["corpus.jsonl:2", "corpus.jsonl:6"]);
    assert!(corpus.troubles.iter().all(|trouble| trouble.what.starts_with("the line cannot be read: ")));
}

#[test]
fn w5_a_folder_without_a_journal_says_where_one_is() {
    let folder = tempfile::tempdir().unwrap();
    let error = read(folder.path()).unwrap_err().to_string();
    assert!(error.contains("holds no file journal-*.jsonl") && error.contains("the folder `journal` of its data folder"), "{error}");
    let error = read(&folder.path().join("absent")).unwrap_err().to_string();
    assert!(error.contains("absent") && error.contains("an exported corpus"), "{error}");
}

#[test]
fn w8_fuel_and_memory_of_a_decision_are_the_same_each_time_and_grow_with_the_facts() {
    let measure = || {
        let bundled = bundled(&SIGNALS);
        let spent = samples(&bundled).into_iter().map(|sample| cost(bundled.policy(), &sample, 2).spent.unwrap());
        spent.map(|spent| (spent.fuel, spent.pages, spent.is_refusal)).collect::<Vec<_>>()
    };
    let first = measure();
    assert_eq!(first, measure());
    assert_eq!(first.len(), 4);
    assert!(first.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1), "{first:?}");
    assert!(first.iter().all(|(fuel, pages, is_refusal)| *fuel > 1_000 && *pages >= 2 && !is_refusal), "{first:?}");
}
