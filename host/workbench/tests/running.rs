//! Running fixtures against a compiled policy: what holds, and how what does not is told.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{LONG, bundled, files, load, one, root, shown, told};
use pawl_workbench::{embed, fixture, suite};
use std::time::Duration;

#[test]
fn w3_every_fixture_of_the_bundled_policy_holds_and_together_they_reach_nearly_all_states() {
    let folder = root().join("guest/remediation/fixtures");
    let fixtures = fixture::all(&pawl_builder::gather(&folder).unwrap()).unwrap_or_else(|error| panic!("{error}"));
    let report = suite::run(bundled(), &fixtures, LONG);
    assert!(report.passed(), "{}", shown(&report));
    assert!(report.fixtures.len() >= 12);
    assert!(report.coverage.percent() >= 90, "{}", suite::coverage_table(&report.coverage));
}

#[test]
fn h6_the_bundled_policy_carries_its_fixtures_and_they_hold() {
    let carried = embed::fixtures(pawl_artifacts::remediation()).unwrap();
    let folder = pawl_builder::gather(&root().join("guest/remediation/fixtures")).unwrap();
    assert_eq!(embed::files(pawl_artifacts::remediation()).unwrap(), folder);
    assert!(suite::run(bundled(), &carried, LONG).passed());
}

#[test]
fn w3_a_fixture_that_differs_shows_both_sides() {
    let report = told(
        "about: a story\nsteps:\n  - expect: { state: initial }\n  - about: feedback\n    after: 1m\n    news:\n      - reviewed: { id: 1, author: tess-5dlabs, verdict: changes-requested }\n    expect:\n      state: approved\n      labels: [approved, iteration-1]\n      reason: QA feedback\n",
    );
    let expected = "\
FAIL  story                            2 steps    a story
      step 2 (story.yaml:4): feedback
        state (story.yaml:9)
          expected  approved
          got       needs-remediation
        labels (story.yaml:10)
          expected  approved, iteration-1
          got       iteration-1, needs-remediation
          - approved
          + needs-remediation
        because, the policy says: QA feedback by tess-5dlabs at 2026-01-05 12:01:00 UTC began cycle 1 of 10
";
    let text = shown(&report);
    // How the policy writes times is its own.
    let until = |text: &str| text.split(" at 2026").next().unwrap().to_owned();
    assert_eq!(until(&text), until(expected));
    assert_eq!(suite::totals(&report), "0 passed, 1 failed");
}

#[test]
fn w3_each_expectation_is_judged_and_what_is_not_named_is_not() {
    let feedback = "news: [{ reviewed: { id: 1, author: tess-5dlabs, verdict: changes-requested } }]\n";
    let with = |expect: &str| told(&format!("{feedback}expect: {{ {expect} }}\n"));
    for good in ["", "stops: []", "requests: []", "notices: []", "refused: []", "keeps: []", "held: false", "revisit: none", "memory: true"]
    {
        assert!(with(good).passed(), "{good}: {}", shown(&with(good)));
    }
    for (bad, part) in [
        ("labels: []", "+ iteration-1"),
        ("stops: [qa-1]", "- qa-1"),
        ("requests: [comment hello]", "- comment hello"),
        ("notices: [failed]", "- failed"),
        ("refused: [x]", "- x"),
        ("keeps: [x]", "- x"),
        ("held: true", "expected  true"),
        ("revisit: 10m", "expected  600s"),
        ("memory: false", "expected  nothing is remembered"),
        ("reason: the moon", "expected  the moon"),
        ("refusal: makes no sense", "no refusal, but the state needs-remediation"),
    ] {
        let text = shown(&with(bad));
        assert!(text.contains(part), "{bad}: {text}");
    }
}

#[test]
fn w3_a_refusal_that_nobody_expects_is_a_failure_and_one_that_is_expected_touches_nothing() {
    let settings = "settings: { qa-gate: perhaps }\nfacts: { labels: [ready-for-qa] }\n";
    assert!(told(&format!("{settings}expect: {{ refusal: qa-gate, labels: [ready-for-qa] }}")).passed());
    let surprised = shown(&told(&format!("{settings}expect: {{ labels: [ready-for-qa] }}")));
    assert!(surprised.contains("expected  no refusal") && surprised.contains("qa-gate must be none or cleo"), "{surprised}");
}

#[test]
fn w3_settings_that_the_policy_lacks_fail_with_those_it_has() {
    let text = shown(&told("settings: { limits: 3 }\nexpect: { state: initial }"));
    assert!(text.contains("has no setting \"limits\"") && text.contains("limit,"), "{text}");
}

#[test]
fn w3_a_payload_of_another_pull_request_is_told_with_the_line_that_mends_it() {
    let payload = r#"{"action":"opened","pull_request":{"number":7},"repository":{"id":1,"name":"shop","owner":{"login":"acme"}}}"#;
    let all = files(&[("a.yaml", "payload: p.json\nevent: pull_request\n"), ("p.json", payload)]);
    let report = suite::run(bundled(), &fixture::all(&all).unwrap(), LONG);
    assert!(shown(&report).contains("p.json is about acme/shop#7, this fixture about acme/shop#12; write facts: { subject: acme/shop#7 }"));
}

#[test]
fn w3_a_policy_that_gives_no_answer_or_one_beyond_the_contract_fails_with_the_reason() {
    // This one does as the title says.
    let hostile = load(pawl_artifacts::hostile());
    let run = |title: &str| shown(&suite::run(&hostile, &[one(&format!("facts: {{ title: {title} }}"))], LONG));
    for (title, part) in [
        ("trap", "the policy gave no answer: trap"),
        ("loop for ever", "the policy gave no answer: out-of-fuel"),
        ("answer 101 labels", "the limit is 100"),
        ("answer invalid text", "the policy gave no answer: "),
    ] {
        assert!(run(title).contains(part), "{title}: {}", run(title));
    }
}

#[test]
fn h6_a_run_that_takes_too_long_ends_and_says_so() {
    let report = suite::run(bundled(), &[one("expect: { state: initial }")], Duration::ZERO);
    assert!(!report.passed());
    assert!(shown(&report).contains("took longer than 0 s"), "{}", shown(&report));
}

#[test]
fn w3_the_same_fixtures_give_the_same_report() {
    let fixtures = embed::fixtures(pawl_artifacts::remediation()).unwrap();
    let policy = bundled();
    assert_eq!(suite::run(policy, &fixtures, LONG), suite::run(policy, &fixtures, LONG));
}

#[test]
fn w3_a_report_is_junit_that_build_servers_read() {
    let report = told("about: a <b> & \"c\"\nexpect: { state: approved, labels: [\"<x>\"] }");
    let xml = suite::junit(&report, "fixtures/");
    assert!(xml.starts_with("<?xml version=\"1.0\""), "{xml}");
    assert!(xml.contains("<testsuite name=\"remediation\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\">"), "{xml}");
    assert!(xml.contains("file=\"fixtures/story.yaml\"") && xml.contains("step 1 differs in state, labels"), "{xml}");
    assert!(xml.contains("- &lt;x&gt;") && !xml.contains("<x>"), "{xml}");
    assert_eq!(xml.matches("<testcase").count(), 1);
}

#[test]
fn w3_coverage_names_the_states_that_no_fixture_reaches_and_the_transitions_seen() {
    let report = told("steps:\n  - expect: {}\n  - edits: [+approved]\n  - edits: [-approved]\n");
    assert!(report.passed(), "{}", shown(&report));
    let table = suite::coverage_table(&report.coverage);
    assert!(table.contains("2 of 10 reached (20 %)") && table.contains("no fixture reaches merged"), "{table}");
    assert!(table.contains("(start) -> initial (1)") && table.contains("initial -> approved (1)"), "{table}");
    assert!(table.contains("transitions  3 seen"), "{table}");
}
