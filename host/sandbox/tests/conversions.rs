//! That every fact reaches a policy, and nothing that is not its own.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{hostile, titled};
use pawl_core::facts::Facts;
use pawl_core::plan::Ask;
use serde_json::{Value, json};

/// What the policy sees, as it prints it.
fn seen(facts: &Facts) -> String {
    let plan = hostile().decide(facts).unwrap().answer.unwrap();
    let [request] = &plan.requests[..] else { panic!("{plan:?}") };
    let Ask::Comment { body } = &request.ask else { panic!("{request:?}") };
    body.clone()
}

fn facts_with(changes: Value) -> Facts {
    let mut json = serde_json::to_value(titled("say what you see")).unwrap();
    let (Value::Object(json_fields), Value::Object(changes)) = (&mut json, changes) else { panic!("both are objects") };
    json_fields.extend(changes);
    serde_json::from_value(json).unwrap()
}

/// An instant with its own number of seconds.
fn at(second: i64) -> String {
    pawl_core::Timestamp::from_second(second).unwrap().to_string()
}

fn actor(login: &str) -> Value {
    json!({ "login": login, "id": 900_001, "kind": "human", "permission": "write" })
}

fn everything() -> Facts {
    let run = json!({
        "kind": "run-kind", "name": "run-name", "uid": "run-uid", "agent": "run-agent", "same_repository": true, "pull_request": 900_002,
        "task": "run-task", "branch": "run-branch", "commit": "run-commit", "created_at": at(1_000_001), "finished_at": at(1_000_002),
        "phase": "deleting",
    });
    let check = json!({ "id": 900_003, "name": "check-name", "app": "check-app", "conclusion": "timed-out", "commit": "check-commit", "at": at(1_000_003) });
    let review = json!({
        "id": 900_004, "author": actor("reviewer"), "verdict": "changes-requested", "commit": "review-commit", "at": at(1_000_004),
        "matches": ["hostile/review-match", "somebody/secret-match"],
    });
    let comment = json!({ "id": 900_005, "author": actor("commenter"), "at": at(1_000_005), "matches": ["hostile/comment-match", "hostile-two/secret-match"] });
    let edit = |id: &str, change: &str| json!({ "id": id, "label": format!("{id}-label"), "change": change, "by": actor("editor"), "at": at(1_000_006) });
    let events = [
        json!("opened"),
        json!("reopened"),
        json!({ "closed": { "merged": true } }),
        json!({ "pushed": { "commit": "push-commit", "branch": "push-branch" } }),
        json!({ "labelled": { "label": "set-label" } }),
        json!({ "unlabelled": { "label": "taken-label" } }),
        json!({ "reviewed": review }),
        json!({ "thread-changed": { "thread": "changed-thread" } }),
        json!({ "commented": comment }),
        json!({ "command": { "verb": "command-verb", "args": "command-args", "comment": 900_006 } }),
        json!({ "checked": check }),
        json!({ "run-changed": run }),
        json!({ "signal": { "name": "signal-name", "parameters": { "parameter-name": "parameter-value" } } }),
        json!("elapsed"),
    ];
    let news = |(n, event)| json!({ "id": format!("news-{n}"), "at": at(1_000_007), "arrived": at(1_000_008), "actor": actor("teller"), "event": event });
    facts_with(json!({
        "subject": { "repository": { "id": 900_007, "owner": "the-owner", "name": "the-name" }, "number": 900_008, "kind": "issue" },
        "now": at(1_000_009),
        "state": "draft",
        "head": { "branch": "head-branch", "commit": "head-commit", "pushed_by": actor("pusher"), "pushed_at": at(1_000_010) },
        "labels": ["one-label", "Two Labels"],
        "edits": [edit("edit-added", "added"), edit("edit-removed", "removed")],
        "reviews": [review],
        "comments": [comment],
        "threads": [{ "id": "thread-id", "resolved": true, "outdated": true, "author": actor("threader"), "at": at(1_000_011) }],
        "reactions": [{ "content": "ROCKET", "by": actor("reactor"), "at": at(1_000_012) }],
        "checks": [check],
        "runs": [run],
        "shared_labels": ["shared-label"],
        "label_history": [edit("history", "added")],
        "settings": [
            { "name": "setting-text", "value": "text-value" },
            { "name": "setting-number", "value": -900_009 },
            { "name": "setting-flag", "value": true },
            { "name": "setting-list", "value": ["list-value"] },
        ],
        "memory": { "version": 900_010, "bytes": "c8c9" },
        "news": events.into_iter().enumerate().map(news).collect::<Vec<_>>(),
    }))
}

#[test]
fn every_fact_reaches_the_policy() {
    let facts = everything();
    let body = seen(&facts);
    // Every text and every number that was chosen to be told apart; kebab-case words come back as Rust's names.
    let mut missing = Vec::new();
    each_leaf(&serde_json::to_value(&facts).unwrap(), &mut |leaf| {
        let printed = match leaf {
            Value::String(text) if text.ends_with('Z') => text.parse::<pawl_core::Timestamp>().unwrap().as_second().to_string(),
            Value::String(text) if text.contains("secret") => return,
            Value::String(text) => text.strip_prefix("hostile/").unwrap_or(text).to_owned(),
            Value::Number(number) => number.to_string(),
            _ => return,
        };
        let without_marks = |text: &str| text.chars().filter(|c| !matches!(c, '-' | ' ')).collect::<String>().to_lowercase();
        let is_memory = printed == "c8c9" && body.contains("200, 201");
        if !is_memory && !without_marks(&body).contains(&without_marks(&printed)) {
            missing.push(printed);
        }
    });
    assert!(missing.is_empty(), "{missing:?} are missing in {body}");
    for word in
        ["Opened", "Reopened", "Closed(true)", "Elapsed", "same-repository: Some(true)", "resolved: true", "outdated: true", "Flag(true)"]
    {
        assert!(body.contains(word), "{word} is missing in {body}");
    }
}

#[test]
fn a_policy_never_sees_what_another_ones_patterns_matched() {
    let body = seen(&everything());
    assert!(body.contains("review-match") && body.contains("comment-match"), "{body}");
    assert!(!body.contains("secret"), "{body}");
}

#[test]
fn what_is_absent_stays_absent() {
    let body = seen(&facts_with(json!({ "state": "merged" })));
    for word in ["head: None", "memory: None", "news: []", "edits: []", "runs: []", "Merged"] {
        assert!(body.contains(word), "{word} is missing in {body}");
    }
}

fn each_leaf(value: &Value, visit: &mut impl FnMut(&Value)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| each_leaf(item, visit)),
        Value::Object(fields) => fields.values().for_each(|field| each_leaf(field, visit)),
        leaf => visit(leaf),
    }
}
