//! Repositories, branches, labels and accounts.

use super::super::Failure;
use super::super::connection::page;
use super::{Arguments, Found, Looked, Thing, paged, plain};
use crate::shape;
use crate::state::State;
use crate::state::model::{AccountKind, At, Item, Label, Permission};
use serde_json::Value;

pub(super) fn field(state: &State, login: &str, id: u64, field: &str, arguments: &Arguments) -> Looked {
    let place = state.place(id);
    match field {
        "id" => plain(place.node_id.as_str()),
        "databaseId" => plain(place.id),
        "name" => plain(place.name.as_str()),
        "nameWithOwner" => plain(place.full_name()),
        "owner" => plain(Found::One(Thing::Account(place.owner.clone()))),
        "url" => plain(shape::html_url(state, id)),
        "isPrivate" => plain(place.private),
        "isArchived" => plain(place.archived),
        "isFork" => plain(place.fork_of.is_some()),
        "viewerPermission" => plain(match state.permission(id, login) {
            Permission::None => Value::Null,
            Permission::Read => "READ".into(),
            Permission::Triage => "TRIAGE".into(),
            Permission::Write => "WRITE".into(),
            Permission::Maintain => "MAINTAIN".into(),
            Permission::Admin => "ADMIN".into(),
        }),
        "defaultBranchRef" => plain(Found::One(Thing::Branch(id, place.default_branch.clone()))),
        // Unlike uniqueness, this is case-sensitive.
        "label" => {
            let name = arguments.text("name")?;
            let label = place.labels.iter().find(|label| label.name == name);
            plain(Found::maybe(label.map(|label| Thing::Label(id, label.clone()))))
        }
        "labels" => {
            let wanted = arguments.text("query").unwrap_or_default().to_lowercase();
            let labels = place.labels.iter().filter(|label| label.name.to_lowercase().contains(&wanted)).cloned().collect();
            label_page(id, labels, arguments)
        }
        "pullRequest" => one(state, id, arguments, "PullRequest", |item| item.pull.is_some()),
        "issue" => one(state, id, arguments, "Issue", |item| item.pull.is_none()),
        "issueOrPullRequest" => one(state, id, arguments, "issue or pull request", |_| true),
        "pullRequests" => pulls(state, id, arguments, |_| true),
        _ => None,
    }
}

/// Labels are ordered by creation unless asked otherwise, not by when they were set.
pub(super) fn label_page(repository: u64, mut labels: Vec<Label>, arguments: &Arguments) -> Looked {
    let order = arguments.0.get("orderBy").and_then(Value::as_object);
    let word = |name: &str| order.and_then(|order| order.get(name)).and_then(Value::as_str);
    if word("field") == Some("NAME") {
        labels.sort_by_key(|label| label.name.to_lowercase());
    } else {
        labels.sort_by_key(|label| label.id);
    }
    if word("direction") == Some("DESC") {
        labels.reverse();
    }
    let total = labels.len();
    paged(page("labels", arguments, labels.into_iter().map(|label| Thing::Label(repository, label)).collect(), total))
}

fn one(state: &State, repository: u64, arguments: &Arguments, kind: &str, fits: impl Fn(&Item) -> bool) -> Looked {
    let asked = arguments.number("number")?;
    let at = u32::try_from(asked).ok().map(|number| At { repository, number });
    let found = at.filter(|at| state.item(*at).is_some_and(|item| fits(item)));
    let missing = || Failure::new("NOT_FOUND", format!("Could not resolve to a {kind} with the number of {asked}."));
    Some(found.map(|at| Found::One(Thing::Item(at))).ok_or_else(missing))
}

fn pulls(state: &State, repository: u64, arguments: &Arguments, fits: impl Fn(&Item) -> bool) -> Looked {
    let states = arguments.texts("states");
    let (head, base) = (arguments.text("headRefName"), arguments.text("baseRefName"));
    let labels = arguments.texts("labels");
    let items = state.place(repository).items.values().filter(|item| fits(item)).filter(|item| {
        item.pull.as_ref().is_some_and(|pull| {
            let word = super::item::pull_state(item, pull);
            let named = |name: &String| state.label_named(repository, name).is_some_and(|label| item.labels.contains(&label.id));
            states.as_ref().is_none_or(|states| states.iter().any(|one| one == word))
                && head.is_none_or(|head| head == pull.head_ref)
                && base.is_none_or(|base| base == pull.base_ref)
                && labels.as_ref().is_none_or(|labels| labels.iter().any(named))
        })
    });
    let mut found: Vec<(i64, At)> = items.map(|item| (item.updated_at, At { repository, number: item.number })).collect();
    let order = arguments.0.get("orderBy").and_then(Value::as_object);
    let word = |name: &str| order.and_then(|order| order.get(name)).and_then(Value::as_str);
    if word("field") == Some("UPDATED_AT") {
        found.sort();
    }
    if word("direction") == Some("DESC") {
        found.reverse();
    }
    let total = found.len();
    paged(page("pullRequests", arguments, found.into_iter().map(|(_, at)| Thing::Item(at)).collect(), total))
}

pub(super) fn branch(state: &State, repository: u64, name: &str, field: &str) -> Looked {
    let place = state.place(repository);
    match field {
        "id" => plain(format!("REF_{repository}_{name}")),
        "name" => plain(name),
        "target" => {
            let commit = place.branches.get(name).and_then(|sha| place.commits.get(sha));
            plain(Found::maybe(commit.map(|commit| Thing::Commit(repository, commit.clone()))))
        }
        _ => None,
    }
}

pub(super) fn label(state: &State, repository: u64, label: &Label, field: &str, arguments: &Arguments) -> Looked {
    match field {
        "id" => plain(label.node_id.as_str()),
        "name" => plain(label.name.as_str()),
        "color" => plain(label.colour.as_str()),
        "description" => plain(label.description.clone()),
        "isDefault" => plain(false),
        "pullRequests" => pulls(state, repository, arguments, |item| item.labels.contains(&label.id)),
        "repository" => plain(Found::One(Thing::Repository(repository))),
        "url" => plain(format!("{}/labels/{}", shape::html_url(state, repository), crate::rest::path::encode(&label.name))),
        _ => None,
    }
}

/// An account. GraphQL leaves the suffix of bots away, except where a spelling is given.
pub(super) fn account(state: &State, viewer: &str, login: &str, spelled: Option<&String>, field: &str) -> Looked {
    let account = state.known_account(login)?;
    let bare = if account.kind == AccountKind::Bot { account.login.trim_end_matches("[bot]") } else { &account.login };
    let shown = spelled.map_or(bare, String::as_str);
    match field {
        "id" => plain(account.node_id.as_str()),
        "databaseId" => plain(account.id),
        "login" => plain(shown),
        "name" => plain(Value::Null),
        "url" => plain(format!("https://github.com/{bare}")),
        "avatarUrl" => plain(format!("https://avatars.githubusercontent.com/u/{}", account.id)),
        "resourcePath" => plain(format!("/{bare}")),
        "isViewer" => plain(account.login.eq_ignore_ascii_case(viewer)),
        _ => None,
    }
}
