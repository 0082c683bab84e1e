//! Pull requests.

use super::item::{common, thing};
use super::{api_url, html_url, links, repository, user};
use crate::clock::written;
use crate::state::State;
use crate::state::model::{At, Happened, Item};
use serde_json::{Value, json};

/// A pull request as it is asked for by number, and as events of its own carry it. Null for an issue.
pub(crate) fn pull(state: &State, at: At) -> Value {
    let item = thing(state, at);
    let mut shown = pull_in_brief(state, at);
    if let Some(pull) = &item.pull {
        let more = json!({
            "merged": pull.merged_at.is_some(), "merged_by": merged_by(item).map(|login| user(state, login)),
            "mergeable": null, "rebaseable": null, "mergeable_state": "unknown", "maintainer_can_modify": false,
            "comments": item.comments.len(), "review_comments": pull.threads.iter().map(|thread| thread.comments.len()).sum::<usize>(),
            "commits": pull.commits.len(), "additions": pull.commits.len(), "deletions": 0, "changed_files": 1,
        });
        merge(&mut shown, more);
    }
    shown
}

/// A pull request as lists and the events of others carry it. Null for an issue.
pub(crate) fn pull_in_brief(state: &State, at: At) -> Value {
    let item = thing(state, at);
    let Some(pull) = &item.pull else { return Value::Null };
    let (api, html) = (api_url(state, at.repository), format!("{}/pull/{}", html_url(state, at.repository), at.number));
    let url = format!("{api}/pulls/{}", at.number);
    let issue = format!("{api}/issues/{}", at.number);
    let (commits, statuses) = (format!("{url}/commits"), format!("{api}/statuses/{}", pull.head));
    let (comments, talk) = (format!("{issue}/comments"), format!("{url}/comments"));
    let one = format!("{api}/pulls/comments{{/number}}");
    let mut shown = common(state, at, item);
    let own = json!({
        "id": pull.id, "node_id": pull.node_id, "draft": pull.draft, "merged_at": pull.merged_at.map(written),
        "merge_commit_sha": pull.merge_commit, "requested_reviewers": [], "requested_teams": [], "auto_merge": null,
        "head": end(state, pull.head_repository, &pull.head_ref, &pull.head), "base": end(state, at.repository, &pull.base_ref, &pull.base),
        "url": url, "issue_url": issue, "html_url": html, "diff_url": format!("{html}.diff"), "patch_url": format!("{html}.patch"),
        "commits_url": commits, "statuses_url": statuses, "comments_url": comments, "review_comments_url": talk, "review_comment_url": one,
        "_links": links(&[
            ("self", &url), ("html", &html), ("issue", &issue), ("comments", &comments), ("review_comments", &talk),
            ("review_comment", &one), ("commits", &commits), ("statuses", &statuses),
        ]),
    });
    merge(&mut shown, own);
    shown
}

/// Who merged it, if anybody did.
fn merged_by(item: &Item) -> Option<&str> {
    item.timeline.iter().rev().find(|event| matches!(event.what, Happened::Merged)).map(|event| event.actor.as_str())
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
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
