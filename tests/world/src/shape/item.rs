//! Labels, and what pull requests and issues have in common.

use super::talk::rollup;
use super::{api_url, html_url, pull, user};
use crate::clock::written;
use crate::rest::path::encode;
use crate::state::State;
use crate::state::model::{At, Item, Label};
use serde_json::{Value, json};

pub(crate) fn label(state: &State, repository: u64, label: &Label) -> Value {
    json!({
        "id": label.id, "node_id": label.node_id, "name": label.name, "color": label.colour,
        "description": label.description, "default": false,
        "url": format!("{}/labels/{}", api_url(state, repository), encode(&label.name)),
    })
}

pub(crate) fn labels(state: &State, at: At) -> Vec<Value> {
    state.labels_of(at).into_iter().map(|one| label(state, at.repository, one)).collect()
}

pub(super) fn thing(state: &State, at: At) -> &Item {
    state.item(at).expect("shapes are drawn of items that were just looked up")
}

/// The fields that a pull request and its issue object share.
pub(super) fn common(state: &State, at: At, item: &Item) -> Value {
    json!({
        "number": item.number, "title": item.title, "body": item.body, "state": if item.open { "open" } else { "closed" },
        "locked": false, "active_lock_reason": null, "user": user(state, &item.author), "labels": labels(state, at), "assignee": null,
        "assignees": [], "milestone": null,
        "created_at": written(item.created_at), "updated_at": written(item.updated_at),
        "closed_at": item.closed_at.map(written), "author_association": association(state, at, &item.author),
    })
}

/// What an account is to a repository, as REST and GraphQL both write it.
pub(crate) fn association(state: &State, at: At, login: &str) -> &'static str {
    use crate::state::model::Permission;
    match state.permission(at.repository, login) {
        Permission::Admin | Permission::Maintain => "MEMBER",
        Permission::Write | Permission::Triage => "COLLABORATOR",
        Permission::Read | Permission::None => "NONE",
    }
}

/// The issue object, which every pull request has too.
pub(crate) fn issue(state: &State, at: At) -> Value {
    let item = thing(state, at);
    let mut issue = common(state, at, item);
    issue["id"] = item.id.into();
    issue["node_id"] = item.node_id.as_str().into();
    issue["comments"] = item.comments.len().into();
    let url = format!("{}/issues/{}", api_url(state, at.repository), at.number);
    for (part, tail) in [("labels", "/labels{/name}"), ("comments", "/comments"), ("events", "/events"), ("timeline", "/timeline")] {
        issue[format!("{part}_url")] = format!("{url}{tail}").into();
    }
    issue["reactions"] = rollup(&item.reactions, &url);
    issue["state_reason"] = if item.open { Value::Null } else { "completed".into() };
    issue["performed_via_github_app"] = Value::Null;
    issue["url"] = url.into();
    issue["repository_url"] = api_url(state, at.repository).into();
    if let Some(pull) = &item.pull {
        let html = format!("{}/pull/{}", html_url(state, at.repository), at.number);
        issue["draft"] = pull.draft.into();
        issue["state_reason"] = Value::Null;
        issue["pull_request"] = json!({
            "url": format!("{}/pulls/{}", api_url(state, at.repository), at.number), "merged_at": pull.merged_at.map(written),
            "diff_url": format!("{html}.diff"), "patch_url": format!("{html}.patch"), "html_url": html,
        });
    }
    issue["html_url"] = format!("{}/{}/{}", html_url(state, at.repository), kind(item), at.number).into();
    issue
}

fn kind(item: &Item) -> &'static str {
    if item.pull.is_some() { "pull" } else { "issues" }
}

/// What `labeled` and the like carry: `pull_request` or `issue`.
pub(crate) fn subject(state: &State, at: At) -> Value {
    if thing(state, at).pull.is_some() { pull(state, at) } else { issue(state, at) }
}
