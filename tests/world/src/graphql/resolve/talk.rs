//! Reviews, threads, comments and reactions.

use super::super::connection::page;
use super::{Arguments, Found, Looked, Thing, paged, plain};
use crate::shape;
use crate::state::State;
use crate::state::conversation::REACTIONS;
use crate::state::model::{At, Comment, Reaction, Review, Thread};
use serde_json::Value;

fn account(login: &str) -> Found {
    Found::One(Thing::Account(login.to_owned()))
}

pub(super) fn review(state: &State, at: At, review: &Review, field: &str) -> Looked {
    match field {
        "id" => plain(review.node_id.as_str()),
        "databaseId" => plain(review.id),
        "fullDatabaseId" => plain(review.id.to_string()),
        "author" => plain(account(&review.author)),
        "authorAssociation" => plain(shape::association(state, at, &review.author)),
        "body" => plain(review.body.as_str()),
        "state" => plain(shape::verdict(review.verdict).to_uppercase()),
        "commit" => {
            let head = state.item(at)?.pull.as_ref()?.head_repository;
            let commit = state.place(head).commits.get(&review.commit).or_else(|| state.place(at.repository).commits.get(&review.commit));
            plain(Found::maybe(commit.map(|commit| Thing::Commit(at.repository, commit.clone()))))
        }
        "createdAt" | "updatedAt" | "submittedAt" => plain(Found::time(review.submitted_at)),
        "url" => plain(shape::review(state, at, review)["html_url"].clone()),
        _ => None,
    }
}

pub(super) fn thread(thread: &Thread, field: &str, arguments: &Arguments) -> Looked {
    match field {
        "id" => plain(thread.node_id.as_str()),
        "isResolved" | "isCollapsed" => plain(thread.resolved_by.is_some()),
        "isOutdated" => plain(thread.outdated),
        "path" => plain(thread.path.as_str()),
        "resolvedBy" => plain(Found::maybe(thread.resolved_by.as_ref().map(|by| Thing::Signed(by.clone(), by.clone())))),
        "comments" => {
            let one = |comment: &Comment| Thing::ThreadComment(Box::new(thread.clone()), Box::new(comment.clone()));
            let all: Vec<Thing> = thread.comments.iter().map(one).collect();
            let total = all.len();
            paged(page("comments", arguments, all, total))
        }
        _ => None,
    }
}

pub(super) fn thread_comment(thread: &Thread, comment: &Comment, field: &str) -> Looked {
    match field {
        "path" => plain(thread.path.as_str()),
        _ => written(comment, field),
    }
}

fn written(comment: &Comment, field: &str) -> Looked {
    match field {
        "id" => plain(comment.node_id.as_str()),
        "databaseId" => plain(comment.id),
        "fullDatabaseId" => plain(comment.id.to_string()),
        "author" => plain(account(&comment.author)),
        "body" => plain(comment.body.as_str()),
        "createdAt" => plain(Found::time(comment.created_at)),
        "updatedAt" => plain(Found::time(comment.updated_at)),
        _ => None,
    }
}

pub(super) fn comment(state: &State, login: &str, at: At, comment: &Comment, field: &str, arguments: &Arguments) -> Looked {
    match field {
        "authorAssociation" => plain(shape::association(state, at, &comment.author)),
        "lastEditedAt" => {
            let edited = comment.updated_at != comment.created_at;
            plain(if edited { Found::time(comment.updated_at) } else { Found::Value(Value::Null) })
        }
        "viewerDidAuthor" => plain(comment.author.eq_ignore_ascii_case(login)),
        "url" => plain(shape::comment(state, at, comment)["html_url"].clone()),
        "reactions" => reaction_page(login, &comment.reactions, arguments),
        _ => written(comment, field),
    }
}

pub(super) fn reaction_page(login: &str, all: &[Reaction], arguments: &Arguments) -> Looked {
    let content = arguments.text("content").and_then(|word| REACTIONS.iter().find(|(_, one)| *one == word)).map(|(word, _)| *word);
    let mut wanted: Vec<&Reaction> = all.iter().filter(|reaction| content.is_none_or(|content| reaction.content == content)).collect();
    let order = arguments.0.get("orderBy").and_then(Value::as_object);
    if order.and_then(|order| order.get("direction")).and_then(Value::as_str) == Some("DESC") {
        wanted.reverse();
    }
    let viewer_in_it = wanted.iter().any(|reaction| reaction.user.eq_ignore_ascii_case(login));
    let total = wanted.len();
    let page = page("reactions", arguments, wanted.into_iter().cloned().map(Thing::Reaction).collect(), total);
    paged(page.map(|page| page.viewer_in_it(viewer_in_it)))
}

pub(super) fn reaction(state: &State, reaction: &Reaction, field: &str) -> Looked {
    match field {
        "id" => plain(reaction.node_id.as_str()),
        "databaseId" => plain(reaction.id),
        "content" => plain(REACTIONS.iter().find(|(word, _)| *word == reaction.content).map(|(_, word)| *word)),
        "createdAt" => plain(Found::time(reaction.created_at)),
        // The schema says User, also for bots; how GitHub then spells the login is not established, so a test chooses.
        "user" => {
            let bare = reaction.user.trim_end_matches("[bot]");
            let spelled = if state.bare_bots_in_reactions { bare } else { &reaction.user };
            plain(Found::One(Thing::Signed(reaction.user.clone(), spelled.to_owned())))
        }
        _ => None,
    }
}
