//! Exploring compiled policies (W6).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod candidates;

use candidates::{SIGNALS, bundled, candidate, planted};
use pawl_workbench::diagram;
use pawl_workbench::explore::{Options, explore, text};

/// A cleanup is asked for by a signal that no setting names.
fn all_signals() -> Vec<&'static str> {
    SIGNALS.into_iter().chain(["cleanup"]).collect()
}

#[test]
fn w6_the_bundled_policy_reaches_all_its_states_and_breaks_no_law() {
    let found = explore(&bundled(&all_signals()), Options { per_state: 10, ..Options::default() }, &|_| {});
    assert!(found.violations.is_empty(), "{}", text(&found));
    assert_eq!(found.unreachable().count(), 0, "{}", text(&found));
    let leads = |from: &str, to: &str| found.transitions.get(&(from.to_owned(), to.to_owned()));
    let approving = leads("ready-for-qa", "approved").unwrap();
    assert!(approving.contains("5DLabs-Tess (qa-agents) approves the head") && approving.contains("signal tess_approval"), "{approving:?}");
    assert!(!approving.iter().any(|happening| happening.starts_with("eve")), "a stranger approves nothing: {approving:?}");
    assert!(leads("merged", "initial").is_none(), "what is merged stays so");
    assert!(found.cut.iter().any(|cut| cut.contains("limit of each state: approved ")), "what was cut is said: {:?}", found.cut);
}

#[test]
fn w6_a_small_policy_is_explored_whole() {
    let found = explore(&candidate(pawl_artifacts::welcome(), &[], &[]), Options::default(), &|_| {});
    assert!(found.violations.is_empty() && found.cut.is_empty(), "{}", text(&found));
    let transitions: Vec<(&str, &str)> = found.transitions.keys().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    let all = [("over", "seen"), ("over", "waiting"), ("seen", "over"), ("seen", "waiting"), ("waiting", "over"), ("waiting", "seen")];
    assert_eq!(transitions, all);
}

#[test]
fn w6_a_state_that_was_not_reached_is_said_and_so_is_the_limit_that_kept_it() {
    let found = explore(&bundled(&SIGNALS), Options { depth: 1, per_state: 3, ..Options::default() }, &|_| {});
    assert_eq!(found.unreachable().collect::<Vec<_>>(), ["dormant"]);
    let text = text(&found);
    assert!(text.contains("  unreachable dormant: Nobody touched it for long"), "{text}");
    assert!(text.contains("worlds at depth 1 by the limit of depth"), "{text}");
}

#[test]
fn w6_the_same_policy_is_explored_alike_by_one_thread_and_by_three() {
    let by = |threads| {
        let options = Options { worlds: 30, per_state: 3, threads: Some(threads), ..Options::default() };
        let found = explore(&planted("keeps-ready"), options, &|_| {});
        (text(&found), diagram::mermaid(&found), diagram::dot(&found))
    };
    assert_eq!(by(1), by(3));
}

#[test]
fn w6_a_diagram_has_the_sentences_of_the_manifest_and_the_arrows_that_were_found() {
    let found = explore(&bundled(&SIGNALS), Options { worlds: 30, per_state: 3, ..Options::default() }, &|_| {});
    let mermaid = diagram::mermaid(&found);
    assert!(mermaid.starts_with("stateDiagram-v2\n"), "{mermaid}");
    assert!(mermaid.contains("state \"initial: No round of QA has ended yet.\" as s0"), "{mermaid}");
    assert!(mermaid.contains("    [*] --> s0\n"), "{mermaid}");
    assert!(mermaid.contains("    s0 --> s7: it is merged\n") && mermaid.contains("    s7 --> [*]\n"), "{mermaid}");
    let dot = diagram::dot(&found);
    assert!(dot.starts_with("digraph \"remediation 0.1.0\" {\n") && dot.ends_with("}\n"), "{dot}");
    assert!(dot.contains("\"initial\" -> \"merged\" [label=\"it is merged\"];"), "{dot}");
    assert!(!mermaid.contains("dormant") && !dot.contains("dormant"), "what was not reached is not drawn");
}
