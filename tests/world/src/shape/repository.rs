//! Repositories, and what is pushed to them.

use super::{api_url, html_url, user};
use crate::clock::written;
use crate::state::State;
use crate::state::model::{Activity, Commit, Permission};
use serde_json::{Map, Value, json};

/// Where the parts of a repository are, below its own address.
const PARTS: [(&str, &str); 37] = [
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
    ("url", ""),
];

/// A repository as it stands inside other things.
pub(crate) fn repository(state: &State, id: u64) -> Value {
    let place = state.place(id);
    let (api, html) = (api_url(state, id), html_url(state, id));
    let parts = PARTS.iter().map(|(field, tail)| ((*field).to_owned(), Value::from(format!("{api}{tail}"))));
    let mut shown: Map<String, Value> = parts.collect();
    let open = place.items.values().filter(|item| item.open).count();
    let own = json!({
        "id": place.id, "node_id": place.node_id, "name": place.name, "full_name": place.full_name(),
        "private": place.private, "archived": place.archived, "fork": place.fork_of.is_some(),
        "owner": user(state, &place.owner), "default_branch": place.default_branch,
        "visibility": if place.private { "private" } else { "public" },
        "html_url": html, "clone_url": format!("{html}.git"), "svn_url": html,
        "git_url": format!("git://github.com/{}.git", place.full_name()),
        "ssh_url": format!("git@github.com:{}.git", place.full_name()),
        "created_at": written(place.created_at), "updated_at": written(place.created_at),
        "pushed_at": written(pushed_at(state, id)), "open_issues": open, "open_issues_count": open,
    });
    for part in [own, unused()] {
        if let Value::Object(part) = part {
            shown.extend(part);
        }
    }
    shown.into()
}

/// What nobody in this world makes use of, as it is where nobody does.
fn unused() -> Value {
    json!({
        "description": null, "homepage": null, "mirror_url": null, "license": null, "language": null, "size": 1, "forks": 0,
        "forks_count": 0, "stargazers_count": 0, "watchers": 0, "watchers_count": 0, "topics": [], "is_template": false,
        "disabled": false, "has_downloads": true, "has_issues": true, "has_projects": true, "has_wiki": true, "has_pages": false,
        "has_discussions": false, "allow_forking": true, "web_commit_signoff_required": false,
    })
}

/// When somebody last pushed to it.
fn pushed_at(state: &State, id: u64) -> i64 {
    let place = state.place(id);
    place.activity.iter().map(|push| push.at).max().unwrap_or(place.created_at)
}

/// A repository as it is asked for by name, to somebody who may do this much in it.
pub(crate) fn full_repository(state: &State, id: u64, permission: Permission) -> Value {
    let place = state.place(id);
    let mut shown = repository(state, id);
    shown["permissions"] = json!({
        "pull": permission >= Permission::Read, "triage": permission >= Permission::Triage, "push": permission >= Permission::Write,
        "maintain": permission >= Permission::Maintain, "admin": permission >= Permission::Admin,
    });
    let owner = shown["owner"].clone();
    if owner["type"] == "Organization" {
        shown["organization"] = owner;
    }
    if let Some(parent) = place.fork_of.filter(|parent| state.repository(*parent).is_some()) {
        shown["parent"] = repository(state, parent);
        shown["source"] = repository(state, parent);
    }
    shown["network_count"] = 0.into();
    shown["subscribers_count"] = 0.into();
    shown
}

/// A repository in a push, where alone the owner has a `name` besides the login, and times are numbers.
pub(crate) fn pushed_repository(state: &State, id: u64) -> Value {
    let place = state.place(id);
    let mut shown = repository(state, id);
    shown["owner"]["name"] = place.owner.as_str().into();
    shown["owner"]["email"] = Value::Null;
    shown["created_at"] = place.created_at.into();
    shown["pushed_at"] = pushed_at(state, id).into();
    shown["stargazers"] = 0.into();
    shown["master_branch"] = place.default_branch.as_str().into();
    if shown["owner"]["type"] == "Organization" {
        shown["organization"] = place.owner.as_str().into();
    }
    shown
}

/// An entry of the list of pushes.
pub(crate) fn activity(state: &State, activity: &Activity) -> Value {
    json!({
        "id": activity.id, "node_id": activity.node_id, "before": activity.before, "after": activity.after, "ref": activity.reference,
        "timestamp": written(activity.at), "activity_type": activity.kind, "actor": user(state, &activity.actor),
    })
}

/// A commit as pushes carry it.
pub(crate) fn pushed_commit(state: &State, repository: u64, commit: &Commit) -> Value {
    let person = json!({ "name": commit.author, "email": email(&commit.author), "username": commit.author });
    json!({
        "id": commit.sha, "tree_id": commit.sha, "distinct": true, "message": commit.message, "timestamp": written(commit.at),
        "url": format!("{}/commit/{}", html_url(state, repository), commit.sha), "author": person, "committer": person,
        "added": [], "removed": [], "modified": ["src/lib.rs"],
    })
}

/// The address that GitHub makes up for who does not show one.
pub(crate) fn email(login: &str) -> String {
    format!("{login}@users.noreply.github.com")
}
