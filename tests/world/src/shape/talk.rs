//! What people and bots say.

use super::item::association;
use super::{api_url, html_url, links, user};
use crate::clock::written;
use crate::state::State;
use crate::state::conversation::REACTIONS;
use crate::state::model::{At, Comment, Reaction, Review, Thread, Verdict};
use serde_json::{Value, json};

/// A comment on an item.
pub(crate) fn comment(state: &State, at: At, comment: &Comment) -> Value {
    let url = format!("{}/issues/comments/{}", api_url(state, at.repository), comment.id);
    let kind = if state.item(at).is_some_and(|item| item.pull.is_some()) { "pull" } else { "issues" };
    json!({
        "id": comment.id, "node_id": comment.node_id, "body": comment.body, "user": user(state, &comment.author),
        "created_at": written(comment.created_at), "updated_at": written(comment.updated_at),
        "author_association": association(state, at, &comment.author), "performed_via_github_app": null,
        "issue_url": format!("{}/issues/{}", api_url(state, at.repository), at.number),
        "html_url": format!("{}/{kind}/{}#issuecomment-{}", html_url(state, at.repository), at.number, comment.id),
        "reactions": rollup(&comment.reactions, &url), "url": url,
    })
}

/// How often each reaction was given.
pub(super) fn rollup(given: &[Reaction], url: &str) -> Value {
    let count = |word: &str| given.iter().filter(|one| one.content == word).count();
    let mut shown = json!({ "url": format!("{url}/reactions"), "total_count": given.len() });
    for (word, _) in REACTIONS {
        shown[word] = count(word).into();
    }
    shown
}

/// A comment in a conversation on a line. The world's diffs have one line, which everybody talks about.
pub(crate) fn review_comment(state: &State, at: At, thread: &Thread, one: &Comment) -> Value {
    let head = state.item(at).and_then(|item| item.pull.as_ref()).map(|pull| pull.head.clone()).unwrap_or_default();
    let url = format!("{}/pulls/comments/{}", api_url(state, at.repository), one.id);
    let pull = format!("{}/pulls/{}", api_url(state, at.repository), at.number);
    let html = format!("{}/pull/{}#discussion_r{}", html_url(state, at.repository), at.number, one.id);
    json!({
        "id": one.id, "node_id": one.node_id, "pull_request_review_id": null, "body": one.body, "user": user(state, &one.author),
        "path": thread.path, "diff_hunk": "@@ -1 +1 @@", "commit_id": head, "original_commit_id": head, "subject_type": "line",
        "position": 1, "original_position": 1, "line": 1, "original_line": 1, "start_line": null, "original_start_line": null,
        "side": "RIGHT", "start_side": null, "created_at": written(one.created_at), "updated_at": written(one.updated_at),
        "author_association": association(state, at, &one.author), "reactions": rollup(&one.reactions, &url),
        "_links": links(&[("self", &url), ("html", &html), ("pull_request", &pull)]),
        "url": url, "html_url": html, "pull_request_url": pull,
    })
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

/// A review.
pub(crate) fn review(state: &State, at: At, review: &Review) -> Value {
    let pull = format!("{}/pulls/{}", api_url(state, at.repository), at.number);
    let html = format!("{}/pull/{}#pullrequestreview-{}", html_url(state, at.repository), at.number, review.id);
    json!({
        "id": review.id, "node_id": review.node_id, "user": user(state, &review.author), "body": review.body,
        "state": verdict(review.verdict), "commit_id": review.commit, "submitted_at": written(review.submitted_at),
        "author_association": association(state, at, &review.author),
        "_links": links(&[("html", &html), ("pull_request", &pull)]), "pull_request_url": pull, "html_url": html,
    })
}

/// A reaction.
pub(crate) fn reaction(state: &State, reaction: &Reaction) -> Value {
    json!({
        "id": reaction.id, "node_id": reaction.node_id, "user": user(state, &reaction.user), "content": reaction.content,
        "created_at": written(reaction.created_at),
    })
}
