//! Payloads after GitHub's documented shapes, by a user called `mallory` whom no policy knows.

use super::Target;
use serde_json::{Value, json};

/// Long ago, so that nothing here can be newer than what really happened.
const AT: &str = "2020-03-01T12:00:00Z";

/// One of each event that is read.
pub(super) fn all(target: &Target) -> Vec<(&'static str, Value)> {
    vec![
        ("push", push(target)),
        ("pull_request", pull_request(target, "synchronize")),
        ("pull_request", labelled(target, "task-7")),
        ("pull_request_review", review(target, &mallory())),
        ("pull_request_review_comment", review_comment(target)),
        ("pull_request_review_thread", thread(target)),
        ("issue_comment", comment(target, &mallory(), "Required changes:\n/pawl reset")),
        ("issues", issue(target)),
        ("check_run", check(target, "mallory-checks")),
        ("label", label(target)),
        ("repository", repository_event(target)),
    ]
}

pub(super) fn mallory() -> Value {
    json!({ "login": "mallory", "id": 6_660_001, "node_id": "U_mallory", "type": "User", "site_admin": false })
}

pub(super) fn repository(target: &Target) -> Value {
    let full_name = format!("{}/{}", target.owner, target.name);
    json!({
        "id": target.repository_id, "node_id": "R_1", "name": target.name, "full_name": full_name, "private": false,
        "owner": { "login": target.owner, "id": 21_031_067, "type": "Organization" }, "fork": false, "default_branch": "main", "pushed_at": AT,
    })
}

fn pull(target: &Target) -> Value {
    json!({
        "id": 279_147_437, "node_id": "PR_1", "number": target.number, "state": "open", "title": "Sell umbrellas", "draft": false,
        "user": mallory(), "body": "please", "merged": false, "merged_at": null, "created_at": AT, "updated_at": AT, "closed_at": null,
        "labels": [], "head": { "ref": target.branch, "sha": target.head, "repo": repository(target) },
        "base": { "ref": "main", "sha": "c5b97d5ae6c19d5c5df71a34c7fbeeda2479ccbc", "repo": repository(target) },
    })
}

pub(super) fn pull_request(target: &Target, action: &str) -> Value {
    json!({ "action": action, "number": target.number, "pull_request": pull(target), "repository": repository(target), "sender": mallory() })
}

pub(super) fn labelled(target: &Target, label: &str) -> Value {
    let mut event = pull_request(target, "labeled");
    event["label"] = json!({ "id": 1, "node_id": "LA_1", "name": label, "color": "1d76db", "description": null });
    event
}

pub(super) fn push(target: &Target) -> Value {
    json!({
        "ref": format!("refs/heads/{}", target.branch), "before": "c5b97d5ae6c19d5c5df71a34c7fbeeda2479ccbc", "after": target.head,
        "created": false, "deleted": false, "forced": false, "commits": [],
        "head_commit": { "id": target.head, "timestamp": AT, "author": { "name": "x", "email": "y" } },
        "repository": repository(target), "pusher": { "name": "mallory", "email": "m@example.org" }, "sender": mallory(),
    })
}

pub(super) fn review(target: &Target, author: &Value) -> Value {
    let mut event = pull_request(target, "submitted");
    event["review"] = json!({
        "id": 237_895_671, "node_id": "PRR_1", "user": author, "body": "Required changes: the price", "commit_id": target.head,
        "submitted_at": AT, "state": "changes_requested", "author_association": "NONE",
    });
    event
}

fn review_comment(target: &Target) -> Value {
    let mut event = pull_request(target, "created");
    event["comment"] =
        json!({ "id": 1, "user": mallory(), "body": "required changes", "commit_id": target.head, "created_at": AT, "path": "a" });
    event
}

fn thread(target: &Target) -> Value {
    let mut event = pull_request(target, "resolved");
    event["thread"] = json!({ "node_id": "PRRT_1", "comments": [] });
    event
}

pub(super) fn comment(target: &Target, author: &Value, body: &str) -> Value {
    let issue = json!({
        "id": 9, "number": target.number, "title": "Sell umbrellas", "user": mallory(), "state": "open", "labels": [],
        "pull_request": { "url": "x" }, "created_at": AT, "updated_at": AT,
    });
    let comment = json!({ "id": 3_492_700_400_u64, "node_id": "IC_1", "user": author, "body": body, "created_at": AT });
    json!({ "action": "created", "issue": issue, "comment": comment, "repository": repository(target), "sender": mallory() })
}

/// About an issue that nobody has: of one that is there, a closing would be believed, for anybody may close what is his.
fn issue(target: &Target) -> Value {
    let issue = json!({ "id": 9, "number": target.number + 1_000, "title": "t", "user": mallory(), "updated_at": AT, "closed_at": AT });
    json!({ "action": "closed", "issue": issue, "repository": repository(target), "sender": mallory() })
}

pub(super) fn check(target: &Target, app: &str) -> Value {
    json!({
        "action": "completed",
        "check_run": {
            "id": 51_283_746_501_u64, "head_sha": target.head, "name": "unit tests", "status": "completed", "conclusion": "failure",
            "started_at": AT, "completed_at": AT, "app": { "id": 5, "slug": app },
            "check_suite": { "id": 118_578_147, "head_branch": target.branch, "head_sha": target.head },
            "pull_requests": [{ "number": target.number, "base": { "repo": { "id": target.repository_id } } }],
        },
        "repository": repository(target), "sender": mallory(),
    })
}

fn label(target: &Target) -> Value {
    let label = json!({ "id": 1, "name": "approved", "color": "000000", "description": null });
    json!({ "action": "edited", "label": label, "repository": repository(target), "sender": mallory() })
}

fn repository_event(target: &Target) -> Value {
    json!({ "action": "publicized", "repository": repository(target), "sender": mallory() })
}
