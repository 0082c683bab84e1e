//! Hostile policies by the dozen: each is stopped, each with an error that says what it did, and an honest policy beside them answers as
//! ever. How long each takes is measured by the bench.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{AMPLE, hostile, module, sandbox, titled};
use pawl_core::grant::Grant;
use pawl_core::turn::check_answer;
use pawl_sandbox::{DecideError, LoadError, LoadedPolicy};
use std::collections::BTreeSet;

const PAGE: &str = "(memory (export \"memory\") 1)";

/// What hostile modules do when they are loaded: their parts, the body of their `describe`, and what is said of it.
const AT_LOAD: [(&str, &str, &str, &str); 12] = [
    ("a start function without end", "(memory (export \"memory\") 1) (func $s (loop br 0)) (start $s)", "unreachable", "out-of-fuel"),
    ("a start function that traps", "(memory (export \"memory\") 1) (func $s unreachable) (start $s)", "unreachable", "trap"),
    ("an endless loop", PAGE, "(loop br 0) unreachable", "out-of-fuel"),
    ("recursion without end", "(memory (export \"memory\") 1) (func $f (call $f) (call $f))", "(call $f) unreachable", "trap"),
    ("a trap", PAGE, "unreachable", "trap"),
    ("a division by zero", PAGE, "(i32.div_u (i32.const 1) (i32.const 0))", "trap"),
    ("a memory bomb", PAGE, "(loop (drop (memory.grow (i32.const 16))) br 0) unreachable", "out-of-memory"),
    (
        "much work for few instructions",
        PAGE,
        "(loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) br 0) unreachable",
        "out-of-",
    ),
    ("an answer outside of its memory", PAGE, "(i32.const 2147483600)", "trap"),
    ("a list of four billion", PAGE, "(memory.fill (i32.const 0) (i32.const 255) (i32.const 4096)) (i32.const 0)", "trap"),
    ("a memory of four gigabytes", "(memory (export \"memory\") 65536)", "unreachable", "memory"),
    ("a table of ten million", "(memory (export \"memory\") 1) (table 10000000 funcref)", "unreachable", "table"),
];

#[test]
fn h2_hostile_modules_are_stopped_when_they_are_loaded_each_with_its_own_error() {
    let sandbox = sandbox();
    let honest = sandbox.load_within(pawl_artifacts::remediation(), AMPLE).unwrap();
    let expected = honest.decide(&titled("quiet"));
    for (what, parts, body, said) in AT_LOAD {
        let error = sandbox.load_within(&module(parts, body), AMPLE).unwrap_err();
        let told = error.to_string();
        assert!(told.contains(said), "{what}: {told}");
        let is_described = matches!(&error, LoadError::Describe(_));
        assert!(is_described || said == "memory" || said == "table", "{what}: {told}");
        assert_eq!(honest.decide(&titled("quiet")), expected, "after {what}");
    }
}

/// What a hostile policy does when it is asked, by the title of what it is asked about, and the word that is said of it.
const WHEN_ASKED: [(&str, &str); 18] = [
    ("loop for ever", "out-of-fuel"),
    ("fill for ever", "out-of-fuel"),
    ("recurse for ever", "trap"),
    ("trap", "trap"),
    ("reach the unreachable", "trap"),
    ("read outside", "trap"),
    ("answer invalid text", "trap"),
    ("grow for ever", "out-of-memory"),
    ("answer a million strings", "o"),
    ("answer one string 15000 times", "oversized-answer"),
    ("answer 101 labels", "oversized-answer"),
    ("answer 201 stops", "oversized-answer"),
    ("answer 21 requests", "oversized-answer"),
    ("answer a comment of 1 MB", "oversized-answer"),
    ("answer a memory of 1 MiB", "oversized-answer"),
    ("answer a reason of 100 KB", "oversized-answer"),
    ("ask to be asked again at once", "oversized-answer"),
    ("refuse", ""),
];

fn stopped(policy: &LoadedPolicy, misdeed: &str, word: &str) -> Option<DecideError> {
    let error = policy.decide(&titled(misdeed)).map(|decision| decision.answer);
    match error {
        Err(error) => {
            assert!(error.word().starts_with(word) && !word.is_empty(), "{misdeed}: {error}");
            Some(error)
        }
        Ok(answer) => {
            assert!(word.is_empty() && answer.is_err(), "{misdeed}: {answer:?}");
            None
        }
    }
}

#[test]
fn h2_a_hostile_policy_is_stopped_whenever_it_is_asked_and_answers_the_next_question() {
    let policy = hostile();
    let mut told = BTreeSet::new();
    for (misdeed, word) in WHEN_ASKED {
        told.extend(stopped(&policy, misdeed, word).map(|error| error.to_string()));
        assert_eq!(policy.decide(&titled("quiet")).unwrap().answer.unwrap().reason, "quiet today", "after {misdeed}");
    }
    assert!(told.len() >= 12, "what was exceeded is named in each: {told:#?}");
}

#[test]
fn h3_a_plan_that_wants_what_is_not_its_own_is_refused_as_a_whole() {
    let policy = hostile();
    let (manifest, grant) = (policy.manifest(), Grant::of(policy.manifest()));
    for (misdeed, said) in [
        ("wish a foreign label", "wants the label approved, which its manifest does not own"),
        ("name an unknown state", "named the state \"benign\", which its manifest does not know"),
        ("keep news that nobody told", "wants to keep the news \"push:main:abc\", which it was not shown"),
    ] {
        let facts = titled(misdeed);
        let plan = policy.decide(&facts).unwrap().answer.unwrap();
        let refused = check_answer(manifest, &grant, &facts, &plan).unwrap_err();
        assert!(refused.contains(said), "{misdeed}: {refused}");
    }
}
