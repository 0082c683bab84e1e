//! What an App asks as itself: who it is, where it is installed, a token for there, and what its hook failed to deliver.

use super::page::cursor_page;
use super::{moved, path, routes};
use crate::http::answer::Answer;
use crate::http::ask::Ask;
use crate::shape;
use crate::state::{Found, State};
use crate::webhook::Tried;
use serde_json::json;

/// Whether only an App may ask this.
pub(crate) fn is_apps_own(ask: &Ask) -> bool {
    let segments = path::segments(&ask.path);
    let words: Vec<&str> = segments.iter().map(String::as_str).collect();
    matches!(words.as_slice(), ["app", ..] | ["repos", _, _, "installation"] | ["repositories", _, "installation"])
}

pub(crate) fn answer(state: &mut State, ask: &Ask) -> Answer {
    let segments = path::segments(&ask.path);
    let words: Vec<&str> = segments.iter().map(String::as_str).collect();
    if let ("GET", ["repositories", id, "installation"]) = (ask.method.as_str(), words.as_slice()) {
        let known = id.parse().ok().filter(|id| state.repository(*id).is_some());
        return known.map_or_else(Answer::not_found, |id| installation(state, id));
    }
    routes::of_the_app(ask.method.as_str(), &words).map_or_else(Answer::not_found, |(act, values)| act(state, ask, &values))
}

pub(super) fn show(state: &mut State) -> Answer {
    Answer::ok(shape::app(state))
}

pub(super) fn installation_at(state: &State, ask: &Ask, owner: &str, name: &str) -> Answer {
    match state.find_repository(&format!("{owner}/{name}")) {
        Some(Found::Here(id)) => installation(state, id),
        Some(Found::Moved(id)) => moved(state, id, ask),
        None => Answer::not_found(),
    }
}

fn installation(state: &State, repository: u64) -> Answer {
    let owner = &state.place(repository).owner;
    match state.installation_of(owner) {
        None => Answer::not_found(),
        Some(one) => Answer::ok(shape::installation(state, one)),
    }
}

pub(super) fn access_token(state: &mut State, id: &str) -> Answer {
    let Some(known) = id.parse().ok().and_then(|id| state.installation(id)).cloned() else { return Answer::not_found() };
    if known.suspended {
        return Answer::error(403, "This installation has been suspended");
    }
    let (token, expires_at) = state.new_app_token(known.id);
    Answer::json(201, shape::token(&token, expires_at))
}

fn tried(state: &State, id: &str) -> Option<Tried> {
    state.outbox.tried.iter().find(|tried| tried.id.to_string() == id).cloned()
}

/// What the hook tried to deliver, attempt by attempt, newest first.
pub(super) fn list_deliveries(state: &State, ask: &Ask) -> Answer {
    let all = state.outbox.tried.iter().rev().map(|tried| (tried.id, shape::attempt(state, tried))).collect();
    cursor_page(ask, &format!("{}/app/hook/deliveries", state.url), all)
}

pub(super) fn show_delivery(state: &State, id: &str) -> Answer {
    tried(state, id).map_or_else(Answer::not_found, |tried| Answer::ok(shape::attempt_in_full(state, &tried)))
}

/// Sends one again.
pub(super) fn redeliver(state: &mut State, id: &str) -> Answer {
    let Some(tried) = tried(state, id) else { return Answer::not_found() };
    state.outbox.queue.push_back(tried.position);
    state.outbox.bell.notify_one();
    Answer::json(202, json!({}))
}
