//! What an App asks as itself: who it is, where it is installed, a token for there, and what its hook failed to deliver.

use super::page::cursor_page;
use super::{moved, path};
use crate::clock::written;
use crate::http::answer::Answer;
use crate::http::ask::Ask;
use crate::state::app::{ID, SLUG};
use crate::state::{Found, State};
use crate::webhook::Tried;
use serde_json::{Value, json};

/// Whether only an App may ask this.
pub(crate) fn is_apps_own(ask: &Ask) -> bool {
    let segments = path::segments(&ask.path);
    let words: Vec<&str> = segments.iter().map(String::as_str).collect();
    matches!(words.as_slice(), ["app", ..] | ["repos", _, _, "installation"] | ["repositories", _, "installation"])
}

pub(crate) fn answer(state: &mut State, ask: &Ask) -> Answer {
    let segments = path::segments(&ask.path);
    let words: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (ask.method.as_str(), words.as_slice()) {
        ("GET", ["app"]) => Answer::ok(json!({
            "id": ID, "slug": SLUG, "name": "Pawl", "owner": { "login": "acme", "type": "Organization" },
            "permissions": { "issues": "write", "pull_requests": "write" }, "events": ["pull_request", "push"],
        })),
        ("GET", ["repos", owner, name, "installation"]) => match state.find_repository(&format!("{owner}/{name}")) {
            Some(Found::Here(id)) => installation(state, id),
            Some(Found::Moved(id)) => moved(state, id, ask),
            None => Answer::not_found(),
        },
        ("GET", ["repositories", id, "installation"]) => match id.parse() {
            Ok(id) if state.repository(id).is_some() => installation(state, id),
            _ => Answer::not_found(),
        },
        ("POST", ["app", "installations", id, "access_tokens"]) => access_token(state, id),
        (_, ["app", "hook", "deliveries", rest @ ..]) => hook_deliveries(state, ask, rest),
        _ => Answer::not_found(),
    }
}

fn installation(state: &State, repository: u64) -> Answer {
    let owner = &state.place(repository).owner;
    match state.installation_of(owner) {
        None => Answer::not_found(),
        Some(one) => Answer::ok(json!({
            "id": one.id, "app_id": ID, "app_slug": SLUG, "account": { "login": one.owner, "type": "Organization" },
            "repository_selection": "all", "suspended_at": if one.suspended { Value::from(written(state.now())) } else { Value::Null },
            "permissions": { "issues": "write", "pull_requests": "write" },
        })),
    }
}

fn access_token(state: &mut State, id: &str) -> Answer {
    let Some(known) = id.parse().ok().and_then(|id| state.installation(id)).cloned() else { return Answer::not_found() };
    if known.suspended {
        return Answer::error(403, "This installation has been suspended");
    }
    let (token, expires_at) = state.new_app_token(known.id);
    let permissions = json!({ "issues": "write", "pull_requests": "write" });
    let body = json!({ "token": token, "expires_at": written(expires_at), "permissions": permissions, "repository_selection": "all" });
    Answer::json(201, body)
}

/// What the hook tried to deliver, attempt by attempt, newest first, and the request to send one again.
fn hook_deliveries(state: &mut State, ask: &Ask, rest: &[&str]) -> Answer {
    let shown = |state: &State, tried: &Tried| {
        let one = &state.outbox.all[tried.position];
        let status = tried.status.unwrap_or(0);
        json!({
            "id": tried.id, "guid": one.guid, "event": one.event, "action": one.action, "delivered_at": written(tried.at),
            "redelivery": tried.redelivery, "duration": 0.1, "installation_id": null, "repository_id": null,
            "status": if (200..300).contains(&status) { "OK" } else { "Invalid HTTP Response" }, "status_code": status,
        })
    };
    let find = |state: &State, id: &str| state.outbox.tried.iter().find(|tried| tried.id.to_string() == id).cloned();
    match (ask.method.as_str(), rest) {
        ("GET", []) => {
            let all = state.outbox.tried.iter().rev().map(|tried| (tried.id, shown(state, tried))).collect();
            cursor_page(ask, &format!("{}/app/hook/deliveries", state.url), all)
        }
        ("GET", [id]) => find(state, id).map_or_else(Answer::not_found, |tried| Answer::ok(shown(state, &tried))),
        ("POST", [id, "attempts"]) => match find(state, id) {
            Some(tried) => {
                state.outbox.queue.push_back(tried.position);
                state.outbox.bell.notify_one();
                Answer::json(202, json!({}))
            }
            None => Answer::not_found(),
        },
        _ => Answer::not_found(),
    }
}
