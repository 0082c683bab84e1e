//! GitHub's JSON shapes, shared by REST answers and webhook payloads: every field that GitHub's descriptions require, and those
//! that clients commonly read besides. What this world has no notion of (milestones, licences, assignees, diffs) is shown as
//! GitHub shows it where there is none.

mod account;
mod app;
mod check;
mod item;
mod pull;
mod repository;
mod talk;

pub(crate) use account::{account, myself, organization, user};
pub(crate) use app::{app, attempt, attempt_in_full, hook, installation, token};
pub(crate) use check::{check_run, check_run_in_brief};
pub(crate) use item::{association, issue, label, labels, subject};
pub(crate) use pull::{pull, pull_in_brief};
pub(crate) use repository::{activity, email, full_repository, pushed_commit, pushed_repository, repository};
pub(crate) use talk::{comment, reaction, review, review_comment, verdict};

use crate::state::State;
use serde_json::{Value, json};

/// Where a repository is in the API.
pub(crate) fn api_url(state: &State, repository: u64) -> String {
    format!("{}/repos/{}", state.url, state.place(repository).full_name())
}

/// Where a repository is for people.
pub(crate) fn html_url(state: &State, repository: u64) -> String {
    format!("https://github.com/{}", state.place(repository).full_name())
}

/// Several links as `_links` has them.
fn links(named: &[(&str, &str)]) -> Value {
    named.iter().map(|(name, url)| ((*name).to_owned(), json!({ "href": url }))).collect::<serde_json::Map<_, _>>().into()
}
