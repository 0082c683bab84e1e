//! Bodies that GitHub never sends: each ends as a typed error or is ignored, none as a panic, and none as news.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod payloads;

use pawl_github::webhook::{PAYLOAD_BYTES, Reading, read};
use payloads::*;
use serde_json::{Value, json};

const EVENTS: [&str; 11] = [
    "push",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_review_thread",
    "issue_comment",
    "issues",
    "check_run",
    "label",
    "repository",
    "ping",
];

/// Reads a body and says whether it left nothing behind.
fn is_harmless(event: &str, body: &[u8]) -> bool {
    match read(event, DELIVERY, body, arrived(), &patterns()) {
        Err(error) => {
            let shown = error.to_string();
            shown.len() < 1_000 && !shown.contains(|c: char| c.is_control())
        }
        Ok(Reading::Ignored { .. } | Reading::Ping) => true,
        Ok(_) => false,
    }
}

fn nested(open: &str, close: &str, depth: usize) -> Vec<u8> {
    format!("{}{}", open.repeat(depth), close.repeat(depth)).into_bytes()
}

#[test]
fn v1_bytes_of_any_kind_are_harmless_for_every_event() {
    let bodies: Vec<Vec<u8>> = vec![
        vec![],
        b" ".to_vec(),
        b"\0".to_vec(),
        vec![0xff; 64],
        b"\xef\xbb\xbf{}".to_vec(),
        b"\xc0\xaf".to_vec(),
        b"\xed\xa0\x80".to_vec(),
        b"null".to_vec(),
        b"true".to_vec(),
        b"0".to_vec(),
        b"1e999".to_vec(),
        b"\"push\"".to_vec(),
        b"[]".to_vec(),
        b"{}".to_vec(),
        b"{} {}".to_vec(),
        b"{\"action\"".to_vec(),
        b"{\"action\":}".to_vec(),
        b"{\"action\":\"opened\",}".to_vec(),
        b"{\"action\":\"\\ud800\"}".to_vec(),
        b"{\"action\":\"\\u0000\"}".to_vec(),
        b"{\"action\":null,\"repository\":null}".to_vec(),
        b"{\"action\":1,\"repository\":2}".to_vec(),
        b"{\"action\":[],\"repository\":[]}".to_vec(),
        b"{\"repository\":{}}".to_vec(),
        b"{\"repository\":{\"id\":-1,\"name\":\"x\"}}".to_vec(),
        b"{\"repository\":{\"id\":1.5,\"name\":\"x\"}}".to_vec(),
        b"{\"repository\":{\"id\":99999999999999999999999,\"name\":\"x\"}}".to_vec(),
        b"<html></html>".to_vec(),
        b"payload=%7B%7D".to_vec(),
        nested("[", "]", 100_000),
        nested("{\"a\":", "1}", 100_000),
        nested("{\"repository\":", "1}", 1_000),
        b"[".repeat(1_000_000),
        b"{\"a\":".repeat(100_000),
    ];
    for event in EVENTS {
        for body in &bodies {
            assert!(is_harmless(event, body), "{event}: {:?}", String::from_utf8_lossy(&body[..body.len().min(60)]));
        }
    }
}

#[test]
fn v1_deep_nesting_beside_what_is_needed_is_skipped_without_recursion() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let body = push().to_string().replacen('{', &format!("{{\"unknown\":{deep},"), 1);
    assert!(matches!(read("push", DELIVERY, body.as_bytes(), arrived(), &patterns()), Ok(Reading::Branch(_))));
}

#[test]
fn v1_a_body_larger_than_github_sends_is_refused_unread() {
    let body = vec![b' '; PAYLOAD_BYTES + 1];
    assert!(is_harmless("push", &body));
    assert!(!is_harmless("push", push().to_string().as_bytes()), "the table below starts from a payload that is news");
}

/// A good payload with one thing broken.
fn broken(mut payload: Value, path: &str, value: Value) -> Value {
    *payload.pointer_mut(path).unwrap_or_else(|| panic!("{path}")) = value;
    payload
}

#[test]
fn v1_good_payloads_with_one_thing_broken_are_harmless() {
    let review = || review_event("submitted", "approved");
    let comment = || comment_event("created", "/pawl again");
    let check = || check_event("completed", json!("failure"), json!([{ "number": 2 }]));
    let thread = || {
        let mut event = pull_event("resolved");
        event["thread"] = json!({ "node_id": "PRRT_1" });
        event
    };
    let label = || json!({ "action": "created", "repository": repository() });
    let renamed = || json!({ "action": "renamed", "repository": repository() });
    let cases: Vec<(&str, Value)> = vec![
        ("push", broken(push(), "/ref", Value::Null)),
        ("push", broken(push(), "/ref", json!("refs/heads/"))),
        ("push", broken(push(), "/ref", json!("refs/heads/a\nb"))),
        ("push", broken(push(), "/ref", json!(format!("refs/heads/{}", "x".repeat(300))))),
        ("push", broken(push(), "/ref", json!("refs/notes/x"))),
        ("push", broken(push(), "/ref", json!(7))),
        ("push", broken(push(), "/after", json!(""))),
        ("push", broken(push(), "/after", json!("HEAD"))),
        ("push", broken(push(), "/after", json!("g".repeat(40)))),
        ("push", broken(push(), "/after", json!("0".repeat(64)))),
        ("push", broken(push(), "/after", json!(format!("{HEAD}{HEAD}")))),
        ("push", broken(push(), "/after", json!("../../../etc/passwd"))),
        ("push", broken(push(), "/deleted", json!("yes"))),
        ("push", broken(push(), "/repository", json!([repository()]))),
        ("push", broken(push(), "/repository/id", json!("186853002"))),
        ("push", broken(push(), "/repository/name", json!("../../orgs"))),
        ("push", broken(push(), "/repository/name", json!("shop?per_page=1"))),
        ("push", broken(push(), "/repository/name", json!("shop\u{0}"))),
        ("push", broken(push(), "/repository/name", json!("x".repeat(101)))),
        ("push", broken(push(), "/repository/owner", json!("acme"))),
        ("push", broken(push(), "/repository/owner/login", json!("acme@evil.example/"))),
        ("push", broken(push(), "/repository/owner/login", json!({}))),
        ("push", broken(push(), "/sender", json!("ada"))),
        ("push", broken(push(), "/sender/id", json!(-5))),
        ("pull_request", broken(pull_event("opened"), "/action", json!({}))),
        ("pull_request", broken(pull_event("opened"), "/pull_request", Value::Null)),
        ("pull_request", broken(pull_event("opened"), "/pull_request", json!([]))),
        ("pull_request", broken(pull_event("opened"), "/pull_request/number", json!(0))),
        ("pull_request", broken(pull_event("opened"), "/pull_request/number", json!(-2))),
        ("pull_request", broken(pull_event("opened"), "/pull_request/number", json!(4_294_967_296_u64))),
        ("pull_request", broken(pull_event("opened"), "/pull_request/number", json!("2"))),
        ("pull_request", broken(pull_event("opened"), "/repository/owner/login", json!(".."))),
        ("pull_request", broken(pull_event("synchronize"), "/pull_request/head", Value::Null)),
        ("pull_request", broken(pull_event("synchronize"), "/pull_request/head/sha", json!("short"))),
        ("pull_request", broken(pull_event("synchronize"), "/pull_request/head/ref", Value::Null)),
        ("pull_request", broken(pull_event("synchronize"), "/pull_request/head/ref", json!(""))),
        ("pull_request", broken(pull_event("closed"), "/pull_request/merged", json!("true"))),
        ("pull_request_review", broken(review(), "/review", Value::Null)),
        ("pull_request_review", broken(review(), "/review/id", json!("1"))),
        ("pull_request_review", broken(review(), "/review/state", Value::Null)),
        ("pull_request_review", broken(review(), "/review/body", json!(["x"]))),
        ("pull_request_review", broken(review(), "/repository/name", json!("."))),
        ("pull_request_review_thread", broken(thread(), "/thread", json!("PRRT_1"))),
        ("pull_request_review_thread", broken(thread(), "/thread/node_id", json!(1))),
        ("issue_comment", broken(comment(), "/issue", Value::Null)),
        ("issue_comment", broken(comment(), "/issue/number", json!(0))),
        ("issue_comment", broken(comment(), "/issue/number", json!(1e300))),
        ("issue_comment", broken(comment(), "/comment", Value::Null)),
        ("issue_comment", broken(comment(), "/comment/id", json!(-1))),
        ("issue_comment", broken(comment(), "/comment/body", json!({ "text": "/pawl again" }))),
        ("issue_comment", broken(comment(), "/repository/full_name", json!(7))),
        ("issues", broken(comment(), "/issue/number", Value::Null)),
        ("check_run", broken(check(), "/check_run", Value::Null)),
        ("check_run", broken(check(), "/check_run/head_sha", json!("deadbeef"))),
        ("check_run", broken(check(), "/check_run/head_sha", json!("0".repeat(40)))),
        ("check_run", broken(check(), "/check_run/id", json!(null))),
        ("check_run", broken(check(), "/check_run/conclusion", json!("great"))),
        ("check_run", broken(check(), "/check_run/conclusion", Value::Null)),
        ("check_run", broken(check(), "/check_run/pull_requests", json!({ "number": 2 }))),
        ("check_run", broken(check(), "/check_run/pull_requests/0/number", json!(0))),
        ("check_run", broken(check(), "/check_run/app", json!("acme"))),
        ("check_run", broken(check(), "/repository/name", json!(""))),
        ("label", broken(label(), "/repository/name", json!("a/b"))),
        ("label", broken(label(), "/action", Value::Null)),
        ("repository", broken(renamed(), "/repository/owner/login", json!("\u{202e}acme"))),
        ("repository", broken(renamed(), "/action", json!("renamed\n"))),
        ("repository", broken(renamed(), "/repository", Value::Null)),
    ];
    assert!(cases.len() >= 60, "{}", cases.len());
    for (event, payload) in cases {
        assert!(is_harmless(event, payload.to_string().as_bytes()), "{event}: {payload}");
    }
}

#[test]
fn v1_a_field_that_stands_twice_is_refused_because_two_readers_could_differ() {
    let body = push().to_string().replacen('{', "{\"after\":\"0000000000000000000000000000000000000001\",", 1);
    assert!(is_harmless("push", body.as_bytes()));
}

/// A2.8: cleaned, it would be somebody else.
#[test]
fn a2_8_a_name_with_control_characters_is_nobodys() {
    for forged in ["acme-builder\u{0}[bot]", "acme-builder[bot]\n", "\u{7f}acme-builder[bot]", &"a".repeat(101)] {
        let mut event = review_event("submitted", "approved");
        event["review"]["user"]["login"] = json!(forged);
        event["sender"] = json!(null);
        assert_eq!(news("pull_request_review", &event).actor, None, "{forged:?}");
        let mut event = check_event("completed", json!("success"), json!([]));
        event["check_run"]["app"]["slug"] = json!(forged.repeat(2));
        let pawl_core::news::Event::Checked(check) = branch("check_run", &event).news.event else { panic!("a check is told") };
        assert_eq!(check.app, "", "{forged:?}");
    }
}
