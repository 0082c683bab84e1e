//! GitHub's JSON shapes, shared by REST answers and webhook payloads. Only fields that clients commonly read are there.

use crate::clock::written;
use crate::state::State;
use crate::state::model::{
    Account, AccountKind, Activity, At, CheckRun, Comment, Commit, Item, Label, Pull, Reaction, Review, Thread, Verdict,
};
use serde_json::{Value, json};

pub(crate) fn account(account: &Account) -> Value {
    let url = format!("https://api.github.com/users/{}", crate::rest::path::encode(&account.login));
    json!({
        "login": account.login, "id": account.id, "node_id": account.node_id, "site_admin": false, "gravatar_id": "",
        "avatar_url": format!("https://avatars.githubusercontent.com/u/{}?v=4", account.id), "url": url,
        "followers_url": format!("{url}/followers"), "following_url": format!("{url}/following"), "gists_url": format!("{url}/gists"),
        "starred_url": format!("{url}/starred"), "subscriptions_url": format!("{url}/subscriptions"),
        "organizations_url": format!("{url}/orgs"), "repos_url": format!("{url}/repos"), "events_url": format!("{url}/events"),
        "received_events_url": format!("{url}/received_events"),
        "type": match account.kind { AccountKind::User => "User", AccountKind::Bot => "Bot", AccountKind::Organization => "Organization" },
        "html_url": format!("https://github.com/{}", account.login),
    })
}

/// The account of a login, or null for an account that GitHub does not know any more.
pub(crate) fn user(state: &State, login: &str) -> Value {
    state.known_account(login).map_or(Value::Null, account)
}

pub(crate) fn api_url(state: &State, repository: u64) -> String {
    format!("{}/repos/{}", state.url, state.place(repository).full_name())
}

pub(crate) fn html_url(state: &State, repository: u64) -> String {
    format!("https://github.com/{}", state.place(repository).full_name())
}

pub(crate) fn repository(state: &State, id: u64) -> Value {
    let place = state.place(id);
    let pushed_at = place.activity.iter().map(|push| push.at).max().unwrap_or(place.created_at);
    json!({
        "id": place.id, "node_id": place.node_id, "name": place.name, "full_name": place.full_name(),
        "private": place.private, "archived": place.archived, "fork": place.fork_of.is_some(),
        "owner": user(state, &place.owner), "default_branch": place.default_branch,
        "visibility": if place.private { "private" } else { "public" },
        "url": api_url(state, id), "html_url": html_url(state, id), "description": null,
        "created_at": written(place.created_at), "updated_at": written(place.created_at),
        "pushed_at": written(pushed_at),
    })
}

pub(crate) fn label(state: &State, repository: u64, label: &Label) -> Value {
    json!({
        "id": label.id, "node_id": label.node_id, "name": label.name, "color": label.colour,
        "description": label.description, "default": false,
        "url": format!("{}/labels/{}", api_url(state, repository), crate::rest::path::encode(&label.name)),
    })
}

pub(crate) fn labels(state: &State, at: At) -> Vec<Value> {
    state.labels_of(at).into_iter().map(|one| label(state, at.repository, one)).collect()
}

fn thing(state: &State, at: At) -> &Item {
    state.item(at).expect("shapes are drawn of items that were just looked up")
}

/// The fields that a pull request and its issue object share.
fn common(state: &State, at: At, item: &Item) -> Value {
    json!({
        "number": item.number, "title": item.title, "body": item.body, "state": if item.open { "open" } else { "closed" },
        "locked": false, "user": user(state, &item.author), "labels": labels(state, at), "assignees": [],
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
    for part in ["labels", "comments", "events"] {
        issue[format!("{part}_url")] = format!("{url}/{part}").into();
    }
    issue["url"] = url.into();
    issue["repository_url"] = api_url(state, at.repository).into();
    if let Some(pull) = &item.pull {
        issue["draft"] = pull.draft.into();
        issue["pull_request"] = json!({
            "url": format!("{}/pulls/{}", api_url(state, at.repository), at.number), "merged_at": pull.merged_at.map(written),
        });
    }
    issue["html_url"] = format!("{}/{}/{}", html_url(state, at.repository), kind(item), at.number).into();
    issue
}

fn kind(item: &Item) -> &'static str {
    if item.pull.is_some() { "pull" } else { "issues" }
}

pub(crate) fn pull(state: &State, at: At) -> Value {
    let item = thing(state, at);
    let Some(pull) = &item.pull else { return Value::Null };
    let mut shown = common(state, at, item);
    shown["id"] = pull.id.into();
    shown["node_id"] = pull.node_id.as_str().into();
    shown["draft"] = pull.draft.into();
    shown["merged"] = pull.merged_at.is_some().into();
    shown["merged_at"] = pull.merged_at.map(written).into();
    shown["merge_commit_sha"] = pull.merge_commit.clone().into();
    shown["comments"] = item.comments.len().into();
    shown["commits"] = pull.commits.len().into();
    shown["head"] = end(state, pull.head_repository, &pull.head_ref, &pull.head);
    shown["base"] = end(state, at.repository, &pull.base_ref, &pull.base);
    shown["url"] = format!("{}/pulls/{}", api_url(state, at.repository), at.number).into();
    shown["issue_url"] = format!("{}/issues/{}", api_url(state, at.repository), at.number).into();
    shown["html_url"] = format!("{}/pull/{}", html_url(state, at.repository), at.number).into();
    shown
}

/// The head or base of a pull request. The repository is null when a fork was deleted.
fn end(state: &State, id: u64, branch: &str, sha: &str) -> Value {
    let owner = &state.place(id).owner;
    let there = state.repository(id).is_some();
    json!({
        "label": format!("{owner}:{branch}"), "ref": branch, "sha": sha, "user": user(state, owner),
        "repo": if there { repository(state, id) } else { Value::Null },
    })
}

/// What `labeled` and the like carry: `pull_request` or `issue`.
pub(crate) fn subject(state: &State, at: At) -> Value {
    if thing(state, at).pull.is_some() { pull(state, at) } else { issue(state, at) }
}

pub(crate) fn comment(state: &State, at: At, comment: &Comment) -> Value {
    json!({
        "id": comment.id, "node_id": comment.node_id, "body": comment.body, "user": user(state, &comment.author),
        "created_at": written(comment.created_at), "updated_at": written(comment.updated_at),
        "author_association": association(state, at, &comment.author),
        "url": format!("{}/issues/comments/{}", api_url(state, at.repository), comment.id),
        "issue_url": format!("{}/issues/{}", api_url(state, at.repository), at.number),
        "html_url": format!("{}/pull/{}#issuecomment-{}", html_url(state, at.repository), at.number, comment.id),
    })
}

pub(crate) fn review_comment(state: &State, at: At, thread: &Thread, one: &Comment) -> Value {
    let mut shown = comment(state, at, one);
    shown["path"] = thread.path.as_str().into();
    shown["pull_request_url"] = format!("{}/pulls/{}", api_url(state, at.repository), at.number).into();
    shown
}

/// A verdict as webhooks write it. REST and GraphQL write the same word in capitals.
pub(crate) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Approved => "approved",
        Verdict::ChangesRequested => "changes_requested",
        Verdict::Commented => "commented",
        Verdict::Dismissed => "dismissed",
    }
}

pub(crate) fn review(state: &State, at: At, review: &Review) -> Value {
    json!({
        "id": review.id, "node_id": review.node_id, "user": user(state, &review.author), "body": review.body,
        "state": verdict(review.verdict), "commit_id": review.commit, "submitted_at": written(review.submitted_at),
        "author_association": association(state, at, &review.author),
        "pull_request_url": format!("{}/pulls/{}", api_url(state, at.repository), at.number),
        "html_url": format!("{}/pull/{}#pullrequestreview-{}", html_url(state, at.repository), at.number, review.id),
    })
}

pub(crate) fn reaction(state: &State, reaction: &Reaction) -> Value {
    json!({
        "id": reaction.id, "node_id": reaction.node_id, "user": user(state, &reaction.user), "content": reaction.content,
        "created_at": written(reaction.created_at),
    })
}

pub(crate) fn activity(state: &State, activity: &Activity) -> Value {
    json!({
        "id": activity.id, "node_id": activity.node_id, "before": activity.before, "after": activity.after, "ref": activity.reference,
        "timestamp": written(activity.at), "activity_type": activity.kind, "actor": user(state, &activity.actor),
    })
}

/// A commit as pushes carry it.
pub(crate) fn pushed_commit(state: &State, repository: u64, commit: &Commit) -> Value {
    let person =
        json!({ "name": commit.author, "email": format!("{}@users.noreply.github.com", commit.author), "username": commit.author });
    json!({
        "id": commit.sha, "tree_id": commit.sha, "distinct": true, "message": commit.message, "timestamp": written(commit.at),
        "url": format!("{}/commit/{}", html_url(state, repository), commit.sha), "author": person, "committer": person,
        "added": [], "removed": [], "modified": ["src/lib.rs"],
    })
}

/// The name of an App's check suite, with its branch: the one whose head the commit is, if any is.
pub(crate) fn check_run(state: &State, repository: u64, check: &CheckRun) -> Value {
    let place = state.place(repository);
    let branch = place.branches.iter().find(|(_, head)| **head == check.head).map(|(branch, _)| branch.as_str());
    let pulls: Vec<Value> = state.pulls_of_check(repository, &check.head).into_iter().filter_map(|at| pull_of_check(state, at)).collect();
    let app = json!({ "id": check.suite_id, "slug": check.app, "name": check.app, "node_id": format!("A_{}", check.app) });
    json!({
        "id": check.id, "node_id": check.node_id, "name": check.name, "head_sha": check.head,
        "status": if check.completed_at.is_some() { "completed" } else { "in_progress" }, "conclusion": check.conclusion,
        "started_at": written(check.started_at), "completed_at": check.completed_at.map(written), "app": app, "pull_requests": pulls,
        "check_suite": {
            "id": check.suite_id, "head_branch": branch, "head_sha": check.head, "app": app, "pull_requests": pulls,
        },
        "url": format!("{}/check-runs/{}", api_url(state, repository), check.id),
    })
}

fn pull_of_check(state: &State, at: At) -> Option<Value> {
    let item = state.item(at)?;
    let pull: &Pull = item.pull.as_ref()?;
    let small = |id: u64| json!({ "id": id, "name": state.place(id).name, "url": api_url(state, id) });
    Some(json!({
        "id": pull.id, "number": item.number, "url": format!("{}/pulls/{}", api_url(state, at.repository), at.number),
        "head": { "ref": pull.head_ref, "sha": pull.head, "repo": small(pull.head_repository) },
        "base": { "ref": pull.base_ref, "sha": pull.base, "repo": small(at.repository) },
    }))
}
