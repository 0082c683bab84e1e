//! Commits and what Apps say of them.

use super::super::connection::page;
use super::{Arguments, Found, Looked, Thing, paged, plain};
use crate::clock::written;
use crate::shape;
use crate::state::State;
use crate::state::model::{CheckRun, Commit};
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) fn pull_commit(state: &State, repository: u64, commit: &Commit, field: &str) -> Looked {
    match field {
        "id" => plain(format!("PRC_{}", commit.sha)),
        "commit" => plain(Found::One(Thing::Commit(repository, commit.clone()))),
        "url" => plain(format!("{}/commit/{}", shape::html_url(state, repository), commit.sha)),
        _ => None,
    }
}

pub(super) fn commit(state: &State, repository: u64, commit: &Commit, field: &str, arguments: &Arguments) -> Looked {
    match field {
        "id" => plain(commit.node_id.as_str()),
        "oid" => plain(commit.sha.as_str()),
        "abbreviatedOid" => plain(&commit.sha[..7]),
        "message" | "messageHeadline" => plain(commit.message.as_str()),
        "authoredDate" | "committedDate" => plain(Found::time(commit.at)),
        "author" => plain(Found::One(Thing::CommitAuthor(commit.clone()))),
        "checkSuites" => {
            let mut suites: BTreeMap<u64, Vec<CheckRun>> = BTreeMap::new();
            for check in of_commit(state, repository, commit) {
                suites.entry(check.suite_id).or_default().push(check);
            }
            let total = suites.len();
            paged(page("checkSuites", arguments, suites.into_values().map(|checks| Thing::Suite(repository, checks)).collect(), total))
        }
        "statusCheckRollup" => {
            let checks = of_commit(state, repository, commit);
            plain(Found::maybe((!checks.is_empty()).then_some(Thing::Rollup(repository, checks))))
        }
        _ => None,
    }
}

fn of_commit(state: &State, repository: u64, commit: &Commit) -> Vec<CheckRun> {
    state.place(repository).checks.iter().filter(|check| check.head == commit.sha).cloned().collect()
}

/// Git's author, which is a name and no identity.
pub(super) fn author(commit: &Commit, field: &str) -> Looked {
    match field {
        "name" => plain(commit.author.as_str()),
        "email" => plain(format!("{}@users.noreply.github.com", commit.author)),
        "user" => plain(Found::One(Thing::Signed(commit.author.clone(), commit.author.clone()))),
        "date" => plain(written(commit.at)),
        _ => None,
    }
}

pub(super) fn app(slug: &str, field: &str) -> Looked {
    match field {
        "id" => plain(format!("A_{slug}")),
        "databaseId" => plain(Value::Null),
        "slug" | "name" => plain(slug),
        _ => None,
    }
}

fn conclusion(check: &CheckRun) -> Value {
    check.conclusion.as_ref().map_or(Value::Null, |word| word.to_uppercase().into())
}

fn status(done: bool) -> &'static str {
    if done { "COMPLETED" } else { "IN_PROGRESS" }
}

fn bad(check: &CheckRun) -> bool {
    matches!(check.conclusion.as_deref(), Some("failure" | "timed_out" | "action_required" | "cancelled" | "startup_failure"))
}

/// The suite of one App for one commit; there is at least one check run in it.
pub(super) fn suite(state: &State, repository: u64, checks: &[CheckRun], field: &str, arguments: &Arguments) -> Looked {
    let first = checks.first()?;
    let done = checks.iter().all(|check| check.conclusion.is_some());
    match field {
        "id" => plain(format!("CS_{}", first.suite_id)),
        "databaseId" => plain(first.suite_id),
        "app" => plain(Found::One(Thing::App(first.app.clone()))),
        "status" => plain(status(done)),
        "conclusion" if !done => plain(Value::Null),
        "conclusion" => plain(checks.iter().find(|check| bad(check)).map_or_else(|| conclusion(first), conclusion)),
        "commit" => head(state, repository, first),
        "createdAt" => plain(Found::time(first.started_at)),
        "updatedAt" => plain(Found::time(checks.iter().filter_map(|check| check.completed_at).max().unwrap_or(first.started_at))),
        "checkRuns" => {
            let filter = |word: &str| arguments.0.get("filterBy").and_then(|filter| filter.get(word)).and_then(Value::as_str);
            let (name, latest) = (filter("checkName"), filter("checkType") == Some("LATEST"));
            let newest = |check: &CheckRun| !checks.iter().any(|other| other.name == check.name && other.id > check.id);
            let wanted = checks.iter().filter(|check| name.is_none_or(|name| check.name == name) && (!latest || newest(check)));
            let all: Vec<Thing> = wanted.map(|check| Thing::Check(repository, check.clone())).collect();
            let total = all.len();
            paged(page("checkRuns", arguments, all, total))
        }
        _ => None,
    }
}

fn head(state: &State, repository: u64, check: &CheckRun) -> Looked {
    let mut places = state.repositories.values();
    let commit = state.place(repository).commits.get(&check.head).or_else(|| places.find_map(|place| place.commits.get(&check.head)));
    plain(Found::maybe(commit.map(|commit| Thing::Commit(repository, commit.clone()))))
}

pub(super) fn check(state: &State, repository: u64, check: &CheckRun, field: &str) -> Looked {
    match field {
        "id" => plain(check.node_id.as_str()),
        "databaseId" => plain(check.id),
        "name" => plain(check.name.as_str()),
        "status" => plain(status(check.conclusion.is_some())),
        "conclusion" => plain(conclusion(check)),
        "startedAt" => plain(Found::time(check.started_at)),
        "completedAt" => plain(check.completed_at.map_or(Found::Value(Value::Null), Found::time)),
        "checkSuite" => {
            let all = state.place(repository).checks.iter().filter(|other| other.suite_id == check.suite_id);
            plain(Found::One(Thing::Suite(repository, all.cloned().collect())))
        }
        "url" => plain(format!("{}/runs/{}", shape::html_url(state, repository), check.id)),
        _ => None,
    }
}

pub(super) fn rollup(state: &State, repository: u64, checks: &[CheckRun], field: &str, arguments: &Arguments) -> Looked {
    match field {
        "id" => plain(format!("SCR_{}", checks.first()?.head)),
        "state" => plain(if checks.iter().any(bad) {
            "FAILURE"
        } else if checks.iter().any(|check| check.conclusion.is_none()) {
            "PENDING"
        } else {
            "SUCCESS"
        }),
        "commit" => head(state, repository, checks.first()?),
        "contexts" => {
            let all: Vec<Thing> = checks.iter().map(|check| Thing::Check(repository, check.clone())).collect();
            let total = all.len();
            paged(page("contexts", arguments, all, total))
        }
        _ => None,
    }
}
