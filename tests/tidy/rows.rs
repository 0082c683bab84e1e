//! Requirement rows: every one that the product claims is named by a test.
//!
//! A row is named when a test's function name has it (`a2_9_…`, `…_t7_…`) or a comment right above the test says it (`A2.9`).

use super::tree::sources;
use std::collections::BTreeSet;

/// The rows that this version claims.
const ROWS: &str = "A1.1 A1.2 A1.3 A1.4 A1.5 A2.1 A2.2 A2.3 A2.4 A2.5 A2.6 A2.7 A2.8 A2.9 \
    T1 T2 T3 T4 T5 T6 T7 T8 T9 T10 T11 T12 A3.1 A3.2 A3.3 A4.1 A4.2 A4.3 A4.4 A4.5 A5.1 A5.2 A5.3 \
    K1 K2 K3 K4 K5 K6 K7 K8 K9 K10 K11 H1 H2 H3 H4 H5 H6 H7 H8 H10 Q1 Q2 Q3 Q4 Q5 Q6 Q7 Q8 Q9 Q10 \
    G1 G2 G3 G4 G5 G6 G7 G8 V1 W1 W2 W3 W4 W5 W6 W7 W8 W10";

/// The comments above each test, and its name.
fn tests(text: &str) -> Vec<(String, String)> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let is_test = |line: &str| line == "#[test]" || line.starts_with("#[tokio::test");
    let mut found = Vec::new();
    for (i, _) in lines.iter().enumerate().filter(|(_, line)| is_test(line)) {
        let above: Vec<&str> = lines[..i].iter().rev().take_while(|l| l.starts_with("//") || l.starts_with("#[")).copied().collect();
        let name = lines[i + 1..].iter().find_map(|l| l.split_once("fn ")).map_or("", |(_, rest)| rest.split('(').next().unwrap_or(rest));
        found.push((above.join("\n"), name.to_owned()));
    }
    found
}

fn is_named(row: &str, comments: &str, name: &str) -> bool {
    let folded = row.to_lowercase().replace('.', "_");
    let is_edge = |c: Option<char>| c.is_none_or(|c| c == '_');
    let in_name = name.match_indices(&folded).any(|(i, _)| {
        is_edge(name[..i].chars().next_back()) && {
            let after = &name[i + folded.len()..];
            is_edge(after.chars().next()) && !is_longer_row(row, after)
        }
    });
    let in_comments = comments.match_indices(row).any(|(i, _)| {
        let around = (comments[..i].chars().next_back(), comments[i + row.len()..].chars().next());
        !around.0.is_some_and(char::is_alphanumeric) && !around.1.is_some_and(char::is_alphanumeric)
    });
    in_name || in_comments
}

/// `t1_2…` would be another row than `T1` only if rows of that letter had a second number; those of A have, others have not.
fn is_longer_row(row: &str, after: &str) -> bool {
    row.starts_with('A') && !row.contains('.') && after.get(1..2).is_some_and(|c| c.starts_with(|c: char| c.is_ascii_digit()))
}

#[test]
fn every_requirement_row_is_named_by_a_test() {
    let mut missing: BTreeSet<&str> = ROWS.split_whitespace().collect();
    for source in sources("").iter().filter(|s| s.path.ends_with(".rs")) {
        for (comments, name) in tests(&source.text) {
            missing.retain(|row| !is_named(row, &comments, &name));
        }
    }
    assert!(missing.is_empty(), "no test names these rows: {missing:?}");
}

#[test]
fn a_row_is_named_by_itself_and_not_by_a_longer_one() {
    assert!(is_named("A2.9", "", "a2_9_an_old_approval_is_stale"));
    assert!(is_named("T1", "", "a_story_of_t1_and_t12"));
    assert!(is_named("T7", "/// Row T7: a push.", "x"));
    assert!(!is_named("T1", "/// T12", "t12_quality"));
    assert!(!is_named("Q1", "", "q10_many"));
    assert!(!is_named("A2.9", "/// A2.91", "xa2_9"));
}

#[test]
fn the_name_and_the_comments_of_a_test_are_found() {
    let text = ["/// Row H1.", "#[test]", "fn a_story() {}", "fn no_test() {}"].join("\n");
    assert_eq!(tests(&text), [("/// Row H1.".to_owned(), "a_story".to_owned())]);
}
