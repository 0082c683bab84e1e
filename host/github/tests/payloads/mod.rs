//! Payloads after GitHub's documented shapes, with much of what GitHub sends besides.
#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use pawl_core::Timestamp;
use pawl_core::comment::Patterns;
use pawl_core::manifest::{Capabilities, Manifest, Needs, SettingKind, SettingSpec, Value as Setting, Wakes};
use pawl_core::news::News;
use pawl_core::subject::Subject;
use pawl_github::webhook::{BadPayload, BranchNews, Reading, read};
use serde_json::{Value, json};

pub const HEAD: &str = "6dcb09b5b57875f334f61aebed695e2e4193db5e";
pub const BASE: &str = "c5b97d5ae6c19d5c5df71a34c7fbeeda2479ccbc";
pub const DELIVERY: &str = "72d3162e-cc78-11e3-81ab-4c9367dc0958";

pub fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn arrived() -> Timestamp {
    time("2026-03-01T12:00:30Z")
}

/// A policy `greeter` that looks for "required changes".
pub fn patterns() -> Patterns {
    let manifest = Manifest {
        name: "greeter".into(),
        version: "1.0.0".into(),
        description: "greets people".into(),
        owns: vec![],
        heeds: vec![],
        needs: Needs::default(),
        wakes_on: Wakes::default(),
        wants: Capabilities::default(),
        settings: vec![SettingSpec {
            name: "feedback".into(),
            kind: SettingKind::Pattern,
            default: Setting::Text("(?i)required changes".into()),
            description: String::new(),
        }],
        memory_version: 1,
        reads_memory: vec![1],
        states: vec![],
        commands: vec![],
    };
    let mut patterns = Patterns::default();
    patterns.add(&manifest, &[]);
    patterns
}

pub fn told(event: &str, payload: &Value) -> Result<Reading, BadPayload> {
    read(event, DELIVERY, payload.to_string().as_bytes(), arrived(), &patterns())
}

/// The subjects and news of a payload that is about subjects.
pub fn subjects(event: &str, payload: &Value) -> (Vec<Subject>, Vec<News>) {
    match told(event, payload).unwrap() {
        Reading::Subjects { subjects, news } => (subjects, news),
        other => panic!("{event} reads as {other:?}"),
    }
}

/// The only piece of news of a payload.
pub fn news(event: &str, payload: &Value) -> News {
    let (_, mut news) = subjects(event, payload);
    assert_eq!(news.len(), 1, "{news:?}");
    news.remove(0)
}

pub fn branch(event: &str, payload: &Value) -> BranchNews {
    match told(event, payload).unwrap() {
        Reading::Branch(branch) => *branch,
        other => panic!("{event} reads as {other:?}"),
    }
}

pub fn is_ignored(event: &str, payload: &Value) -> bool {
    matches!(told(event, payload), Ok(Reading::Ignored { reason }) if !reason.is_empty())
}

pub fn repository() -> Value {
    json!({
        "id": 186853002, "node_id": "MDEwOlJlcG9zaXRvcnkxODY4NTMwMDI=", "name": "shop", "full_name": "acme/shop", "private": false,
        "owner": { "login": "acme", "id": 21031067, "type": "Organization", "site_admin": false },
        "html_url": "https://github.com/acme/shop", "fork": false, "default_branch": "main",
        "created_at": "2019-05-15T15:19:25Z", "pushed_at": "2026-03-01T12:00:00Z",
    })
}

pub fn ada() -> Value {
    json!({ "login": "ada", "id": 11, "node_id": "MDQ6VXNlcjEx", "type": "User", "site_admin": false })
}

pub fn bot() -> Value {
    json!({ "login": "acme-builder[bot]", "id": 12, "type": "Bot" })
}

pub fn pull() -> Value {
    json!({
        "id": 279147437, "node_id": "PR_kwDOABCD", "number": 2, "state": "open", "locked": false, "title": "Sell apples", "draft": false,
        "user": ada(), "body": "please", "merged": false, "merged_at": null, "mergeable": null,
        "created_at": "2026-03-01T11:00:00Z", "updated_at": "2026-03-01T12:00:05Z", "closed_at": null,
        "labels": [{ "id": 1, "name": "ticket-7", "color": "1d76db" }],
        "head": { "label": "acme:apples", "ref": "apples", "sha": HEAD, "repo": repository() },
        "base": { "label": "acme:main", "ref": "main", "sha": BASE, "repo": repository() },
    })
}

pub fn pull_event(action: &str) -> Value {
    json!({ "action": action, "number": 2, "pull_request": pull(), "repository": repository(), "sender": ada() })
}

pub fn push() -> Value {
    let mut repository = repository();
    // In a push these two are numbers, and the owner has a name besides the login.
    repository["pushed_at"] = json!(1_772_366_400);
    repository["created_at"] = json!(1_557_933_565);
    repository["owner"]["name"] = json!("acme");
    json!({
        "ref": "refs/heads/apples", "before": BASE, "after": HEAD, "created": false, "deleted": false, "forced": false, "base_ref": null,
        "commits": [], "head_commit": { "id": HEAD, "timestamp": "1999-01-01T00:00:00+02:00", "author": { "name": "x", "email": "y" } },
        "repository": repository, "pusher": { "name": "ada", "email": "ada@example.org" }, "sender": ada(),
    })
}

pub fn review_event(action: &str, state: &str) -> Value {
    let mut event = pull_event(action);
    event["review"] = json!({
        "id": 237895671, "node_id": "MDE3", "user": bot(), "body": "Required Changes:\n- the price", "commit_id": HEAD,
        "submitted_at": "2026-03-01T11:59:00Z", "state": state, "author_association": "COLLABORATOR",
    });
    event
}

pub fn comment_event(action: &str, body: &str) -> Value {
    json!({
        "action": action,
        "issue": { "id": 9, "number": 2, "title": "Sell apples", "user": ada(), "state": "open", "labels": [], "pull_request": { "url": "x" } },
        "comment": { "id": 3_492_700_400_u64, "node_id": "IC_1", "user": ada(), "body": body, "created_at": "2026-03-01T11:58:00Z" },
        "repository": repository(), "sender": ada(),
    })
}

pub fn check_event(action: &str, conclusion: Value, pulls: Value) -> Value {
    json!({
        "action": action,
        "check_run": {
            "id": 51_283_746_501_u64, "head_sha": HEAD, "name": "unit tests", "status": "completed", "conclusion": conclusion,
            "started_at": "2026-03-01T11:50:00Z", "completed_at": "2026-03-01T11:57:00Z", "app": { "id": 5, "slug": "acme-tests" },
            "check_suite": { "id": 118578147, "head_branch": "apples", "head_sha": HEAD }, "pull_requests": pulls,
        },
        "repository": repository(), "sender": bot(),
    })
}
