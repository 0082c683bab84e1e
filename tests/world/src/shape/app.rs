//! The App: itself, where it is installed, and what its hook tried to deliver.

use super::user;
use crate::clock::{DAWN, written};
use crate::state::State;
use crate::state::app::{BOT, ID, Installation, SLUG};
use crate::webhook::{ACCEPTED, HOOK_ID, Tried};
use serde_json::{Value, json};

/// What the App may do, wherever it is installed.
fn permissions() -> Value {
    json!({ "issues": "write", "pull_requests": "write", "metadata": "read" })
}

const EVENTS: [&str; 2] = ["pull_request", "push"];

/// The App itself. Its own account stands for its owner, who plays no part.
pub(crate) fn app(state: &mut State) -> Value {
    let owner = super::account(state.account(BOT));
    json!({
        "id": ID, "slug": SLUG, "node_id": format!("A_{ID}"), "name": "Pawl", "description": null, "owner": owner,
        "external_url": "https://pawl.example", "html_url": format!("https://github.com/apps/{SLUG}"),
        "permissions": permissions(), "events": EVENTS, "created_at": written(DAWN), "updated_at": written(DAWN),
        "installations_count": state.installations(),
    })
}

/// Where it is installed.
pub(crate) fn installation(state: &State, one: &Installation) -> Value {
    let account = user(state, &one.owner);
    json!({
        "id": one.id, "app_id": ID, "app_slug": SLUG, "target_id": account["id"], "target_type": account["type"], "account": account,
        "repository_selection": "all", "permissions": permissions(), "events": EVENTS, "single_file_name": null,
        "access_tokens_url": format!("{}/app/installations/{}/access_tokens", state.url, one.id),
        "repositories_url": format!("{}/installation/repositories", state.url),
        "html_url": format!("https://github.com/organizations/{}/settings/installations/{}", one.owner, one.id),
        "created_at": written(DAWN), "updated_at": written(DAWN), "suspended_by": null,
        "suspended_at": if one.suspended { Value::from(written(state.now())) } else { Value::Null },
    })
}

/// A token of an installation.
pub(crate) fn token(token: &str, expires_at: i64) -> Value {
    json!({ "token": token, "expires_at": written(expires_at), "permissions": permissions(), "repository_selection": "all" })
}

/// The hook that webhooks come from.
pub(crate) fn hook(state: &State) -> Value {
    let url = state.outbox.target.as_ref().map_or("https://pawl.example/hook", |target| target.url.as_str());
    json!({
        "type": "App", "id": HOOK_ID, "name": "web", "active": true, "events": EVENTS, "app_id": ID,
        "config": { "content_type": "json", "insecure_ssl": "0", "secret": "********", "url": url },
        "created_at": written(DAWN), "updated_at": written(DAWN), "deliveries_url": format!("{}/app/hook/deliveries", state.url),
    })
}

/// An attempt to deliver, as the list has it.
pub(crate) fn attempt(state: &State, tried: &Tried) -> Value {
    let one = &state.outbox.all[tried.position];
    let status = tried.status.unwrap_or(0);
    json!({
        "id": tried.id, "guid": one.guid, "event": one.event, "action": one.action, "delivered_at": written(tried.at),
        "redelivery": tried.redelivery, "duration": 0.1, "installation_id": null, "repository_id": null, "throttled_at": null,
        "status": if ACCEPTED.contains(&status) { "OK" } else { "Invalid HTTP Response" }, "status_code": status,
    })
}

/// The same with what was sent and what came back.
pub(crate) fn attempt_in_full(state: &State, tried: &Tried) -> Value {
    let one = &state.outbox.all[tried.position];
    let mut shown = attempt(state, tried);
    shown["url"] = state.outbox.target.as_ref().map_or("", |target| target.url.as_str()).into();
    shown["request"] = json!({
        "headers": { "X-GitHub-Delivery": one.guid, "X-GitHub-Event": one.event }, "payload": one.payload(),
    });
    shown["response"] = json!({ "headers": {}, "payload": null });
    shown
}
