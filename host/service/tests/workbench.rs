//! The commands that try compiled policies, through the binary: what they print and how they exit (W5 to W8).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use pawl_service::journal::Journal;
use pawl_service::wall::Wall;
use pawl_workbench::fuel::samples;
use pawl_workbench::play::Candidate;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

const BUNDLED: &str = "builtin:remediation";

fn pawl(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pawl")).args(args).current_dir(folder).output().unwrap()
}

#[track_caller]
fn told(output: &Output, code: i32) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{errors}\n{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A journal of one process with eight decisions of the bundled policy and what else a host writes down.
fn journal(folder: &Path) {
    let candidate = Candidate::load(pawl_artifacts::remediation(), &BTreeMap::new(), &[]).unwrap();
    let journal = Journal::open(&folder.join("journal"), Wall::system()).unwrap();
    for (number, sample) in samples(&candidate).into_iter().cycle().take(8).enumerate() {
        let plan = candidate.policy().decide(&sample.facts).unwrap().answer.unwrap();
        journal.write("delivery", json!({ "subject": "4711#12", "delivery": format!("d-{number}") }));
        journal.write(
            "decided",
            json!({
                "subject": "4711#12", "shown": "acme/umbrellas#12", "operation": format!("op-{number}"), "policy": "remediation",
                "digest": candidate.policy().digest(), "deliveries": ["d-1"], "facts": sample.facts, "answer": { "plan": plan },
            }),
        );
    }
}

#[test]
fn w5_a_journal_that_is_replayed_says_what_changed_and_exits_with_2_if_something_did() {
    let folder = tempfile::tempdir().unwrap();
    journal(folder.path());
    let same = told(&pawl(folder.path(), &["replay", "journal", "--old", BUNDLED, "--new", BUNDLED]), 0);
    assert_eq!(same, "decisions 8  same 8  changed 0\n");
    let path = folder.path().join("journal/journal-00000001.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let lied = text.replacen("\"state\":\"needs-remediation\"", "\"state\":\"approved\"", 1);
    assert_ne!(text, lied);
    std::fs::write(&path, lied).unwrap();
    let output = pawl(folder.path(), &["replay", "journal", "--new", BUNDLED]);
    let changed = told(&output, 2);
    assert!(changed.starts_with("decisions 8  same 7  changed 1\nbreaks of the journal's chain 1\n"), "{changed}");
    assert!(changed.contains("acme/umbrellas#12") && changed.contains("  state     approved -> needs-remediation\n"), "{changed}");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("journal-00000001.jsonl:2: the chain is broken"), "{errors}");
    let json: Value =
        serde_json::from_str(&told(&pawl(folder.path(), &["replay", "journal", "--new", BUNDLED, "--output", "json"]), 2)).unwrap();
    assert_eq!((&json["decisions"], &json["changed"], &json["broken_chain"]), (&json!(8), &json!(1), &json!(1)));
}

#[test]
fn w5_each_process_begins_a_chain_of_its_own_and_a_line_that_is_gone_breaks_one() {
    let folder = tempfile::tempdir().unwrap();
    journal(folder.path());
    journal(folder.path());
    let replay = ["replay", "journal", "--new", BUNDLED];
    assert_eq!(told(&pawl(folder.path(), &replay), 0), "decisions 16  same 16  changed 0\n");
    let second = folder.path().join("journal/journal-00000002.jsonl");
    let text = std::fs::read_to_string(&second).unwrap();
    let without: Vec<&str> = text.lines().enumerate().filter(|(number, _)| *number != 3).map(|(_, line)| line).collect();
    std::fs::write(&second, without.join("\n")).unwrap();
    let text = told(&pawl(folder.path(), &replay), 0);
    assert_eq!(text, "decisions 15  same 15  changed 0\nbreaks of the journal's chain 1\n");
    // What came before is gone, as the oldest files go: the rest is as good as it was.
    std::fs::write(&second, text_after_the_first_line(&second)).unwrap();
    std::fs::remove_file(folder.path().join("journal/journal-00000001.jsonl")).unwrap();
    let text = told(&pawl(folder.path(), &replay), 0);
    assert_eq!(text, "decisions 7  same 7  changed 0\nbreaks of the journal's chain 1\n");
}

fn text_after_the_first_line(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap().split_once('\n').unwrap().1.to_owned()
}

#[test]
fn w5_a_corpus_that_is_exported_has_no_correlation_ids_and_is_replayed_like_its_journal() {
    let folder = tempfile::tempdir().unwrap();
    journal(folder.path());
    told(&pawl(folder.path(), &["replay", "journal", "--policy", "remediation", "--export", "corpus.jsonl"]), 0);
    let corpus = std::fs::read_to_string(folder.path().join("corpus.jsonl")).unwrap();
    assert_eq!(corpus.lines().count(), 8);
    assert!(!corpus.contains("op-1") && !corpus.contains("\"chain\"") && !corpus.contains("\"deliveries\""));
    assert_eq!(told(&pawl(folder.path(), &["replay", "corpus.jsonl", "--new", BUNDLED]), 0), "decisions 8  same 8  changed 0\n");
    let output = pawl(folder.path(), &["replay", "corpus.jsonl", "--new", BUNDLED, "--policy", "nobody"]);
    told(&output, 1);
    assert!(String::from_utf8_lossy(&output.stderr).contains("none of policy \"nobody\"; name another by --policy"));
}

#[test]
fn w5_a_wrong_command_line_exits_with_2_as_well_and_says_nothing_on_stdout() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(told(&pawl(folder.path(), &["replay", "journal"]), 2), "");
}

#[test]
fn w6_exploring_prints_states_and_transitions_and_writes_both_diagrams() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["explore", BUNDLED, "--worlds", "20", "--per-state", "2", "--mermaid", "policy.mmd", "--dot", "policy.dot"];
    let text = told(&pawl(folder.path(), &args), 0);
    assert!(text.starts_with("remediation ") && text.contains(" of 10 states reached, "), "{text}");
    assert!(text.contains("  initial -> merged: it is merged\n") && text.ends_with("no violations\n"), "{text}");
    let mermaid = std::fs::read_to_string(folder.path().join("policy.mmd")).unwrap();
    let drawn = told(&pawl(folder.path(), &["diagram", BUNDLED, "--worlds", "20", "--per-state", "2"]), 0);
    assert_eq!(mermaid, drawn, "both commands draw alike");
    assert!(std::fs::read_to_string(folder.path().join("policy.dot")).unwrap().starts_with("digraph "));
    let json: Value =
        serde_json::from_str(&told(&pawl(folder.path(), &["explore", BUNDLED, "--worlds", "1", "--output", "json"]), 0)).unwrap();
    assert_eq!((&json["first"], &json["violations"]), (&json!("initial"), &json!([])));
}

#[test]
fn w7_a_storm_says_how_many_schedules_converged() {
    let folder = tempfile::tempdir().unwrap();
    let text = told(&pawl(folder.path(), &["storm", BUNDLED, "--seed", "1", "--schedules", "10", "--set", "limit=2"]), 0);
    assert!(text.starts_with("converged 10/10\n"), "{text}");
    let output = pawl(folder.path(), &["storm", BUNDLED, "--schedules", "10", "--set", "limits=2"]);
    told(&output, 1);
    assert!(String::from_utf8_lossy(&output.stderr).contains("has no setting \"limits\""));
}

#[test]
fn w7_a_setting_that_makes_no_sense_is_found_by_a_storm_and_by_exploring_at_the_first_look() {
    let folder = tempfile::tempdir().unwrap();
    let text = told(&pawl(folder.path(), &["storm", BUNDLED, "--schedules", "3", "--set", "limit=0"]), 1);
    assert!(
        text.starts_with("seed 1 fails, though everything was told at once and in order, after 0 that converged\nrefused: setting limit"),
        "{text}"
    );
    let text = told(&pawl(folder.path(), &["explore", BUNDLED, "--set", "limit=0"]), 1);
    assert!(
        text.contains("\nrefused: setting limit must be 1 to 999999999") && text.contains("  1. the host looks at an open pull request"),
        "{text}"
    );
}

#[test]
fn w8_fuel_is_a_gate_that_shuts_above_its_limit() {
    let folder = tempfile::tempdir().unwrap();
    let text = told(&pawl(folder.path(), &["bench", BUNDLED, "--rounds", "3", "--max-fuel", "50000000"]), 0);
    assert_eq!(text.lines().count(), 6, "{text}");
    assert!(
        text.contains("times are of this machine")
            && text.contains("  typical: 10 reviews, 10 comments, 10 label events, 4 checks, 2 runs, 5 news\n"),
        "{text}"
    );
    let output = pawl(folder.path(), &["bench", BUNDLED, "--rounds", "1", "--max-fuel", "100", "--output", "json"]);
    let json: Value = serde_json::from_str(&told(&output, 1)).unwrap();
    assert_eq!(json["decisions"].as_array().unwrap().len(), 4);
    assert!(String::from_utf8_lossy(&output.stderr).contains("more than the 100 of --max-fuel"));
    std::fs::write(
        folder.path().join("facts.json"),
        r#"{ "subject": { "repository": { "id": 1, "owner": "a", "name": "b" }, "number": 1 }, "now": "2026-11-20T12:00:00Z", "state": "open" }"#,
    )
    .unwrap();
    let text = told(&pawl(folder.path(), &["bench", BUNDLED, "--rounds", "1", "--facts", "facts.json"]), 0);
    assert!(text.contains("facts.json: facts of a file"), "{text}");
}
