//! Pull requests, issues, and what happened to them.

use super::super::connection::page;
use super::repository::label_page;
use super::talk::reaction_page;
use super::{Arguments, Found, Looked, Thing, paged, plain};
use crate::clock::read;
use crate::shape;
use crate::state::State;
use crate::state::model::{At, Event, Happened, Item, Pull, Verdict};
use serde_json::Value;

pub(super) fn pull_state(item: &Item, pull: &Pull) -> &'static str {
    match (pull.merged_at, item.open) {
        (Some(_), _) => "MERGED",
        (None, true) => "OPEN",
        (None, false) => "CLOSED",
    }
}

pub(super) fn field(state: &State, login: &str, at: At, field: &str, arguments: &Arguments) -> Looked {
    let item = state.item(at)?;
    match field {
        "id" => plain(item.pull.as_ref().map_or(item.node_id.as_str(), |pull| pull.node_id.as_str())),
        "databaseId" => plain(item.pull.as_ref().map_or(item.id, |pull| pull.id)),
        "fullDatabaseId" => plain(item.pull.as_ref().map_or(item.id, |pull| pull.id).to_string()),
        "number" => plain(item.number),
        "title" => plain(item.title.as_str()),
        "body" => plain(item.body.as_str()),
        "url" => plain(shape::subject(state, at)["html_url"].clone()),
        "state" => plain(item.pull.as_ref().map_or(if item.open { "OPEN" } else { "CLOSED" }, |pull| pull_state(item, pull))),
        "closed" => plain(!item.open),
        "author" => plain(Found::One(Thing::Account(item.author.clone()))),
        "authorAssociation" => plain(shape::association(state, at, &item.author)),
        "createdAt" => plain(Found::time(item.created_at)),
        "updatedAt" => plain(Found::time(item.updated_at)),
        "closedAt" => plain(item.closed_at.map_or(Found::Value(Value::Null), Found::time)),
        "repository" => plain(Found::One(Thing::Repository(at.repository))),
        "labels" => label_page(at.repository, state.labels_of(at).into_iter().cloned().collect(), arguments),
        "comments" => {
            let all: Vec<Thing> = item.comments.iter().map(|comment| Thing::Comment(at, Box::new(comment.clone()))).collect();
            let total = all.len();
            paged(page("comments", arguments, all, total))
        }
        "reactions" => reaction_page(login, &item.reactions, arguments),
        "timelineItems" => timeline(at, item, arguments),
        _ => pull_field(state, at, item, item.pull.as_ref()?, field, arguments),
    }
}

fn pull_field(state: &State, at: At, item: &Item, pull: &Pull, field: &str, arguments: &Arguments) -> Looked {
    match field {
        "merged" => plain(pull.merged_at.is_some()),
        "mergedAt" => plain(pull.merged_at.map_or(Found::Value(Value::Null), Found::time)),
        "isDraft" => plain(pull.draft),
        "headRefName" => plain(pull.head_ref.as_str()),
        "headRefOid" => plain(pull.head.as_str()),
        "headRepository" => plain(Found::maybe(state.repository(pull.head_repository).map(|place| Thing::Repository(place.id)))),
        "headRepositoryOwner" => plain(Found::One(Thing::Account(state.place(pull.head_repository).owner.clone()))),
        "isCrossRepository" => plain(pull.head_repository != at.repository),
        "baseRefName" => plain(pull.base_ref.as_str()),
        "baseRefOid" => plain(pull.base.as_str()),
        "reviewDecision" => plain(decision(pull)),
        "reviews" => reviews(at, pull, arguments),
        "reviewThreads" => {
            let all: Vec<Thing> = pull.threads.iter().map(|thread| Thing::Thread(thread.clone())).collect();
            let total = all.len();
            paged(page("reviewThreads", arguments, all, total))
        }
        "commits" => {
            let place = state.place(pull.head_repository);
            let commits = pull.commits.iter().filter_map(|sha| place.commits.get(sha));
            // Checks of a pull request's commits are those of the repository it is in, forks or not.
            let all: Vec<Thing> = commits.map(|commit| Thing::PullCommit(at.repository, commit.clone())).collect();
            let total = all.len();
            paged(page("commits", arguments, all, total))
        }
        "closingIssuesReferences" => {
            let all: Vec<Thing> = closes(&item.body)
                .into_iter()
                .map(|number| At { number, ..at })
                .filter(|at| state.item(*at).is_some())
                .map(Thing::Item)
                .collect();
            let total = all.len();
            paged(page("closingIssuesReferences", arguments, all, total))
        }
        _ => None,
    }
}

/// Numbers after GitHub's closing words in a body: `fixes #12`.
fn closes(body: &str) -> Vec<u32> {
    const WORDS: [&str; 9] = ["close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"];
    let words: Vec<&str> = body.split_whitespace().collect();
    let number = |text: &str| text.strip_prefix('#').and_then(|text| text.trim_end_matches(['.', ',', ';']).parse().ok());
    words.windows(2).filter(|pair| WORDS.contains(&pair[0].to_lowercase().as_str())).filter_map(|pair| number(pair[1])).collect()
}

/// The last verdict of each reviewer counts.
fn decision(pull: &Pull) -> Value {
    let mut last = std::collections::BTreeMap::new();
    for review in pull.reviews.iter().filter(|review| review.verdict != Verdict::Commented) {
        last.insert(review.author.as_str(), review.verdict);
    }
    if last.values().any(|verdict| *verdict == Verdict::ChangesRequested) {
        "CHANGES_REQUESTED".into()
    } else if last.values().any(|verdict| *verdict == Verdict::Approved) {
        "APPROVED".into()
    } else {
        Value::Null
    }
}

fn reviews(at: At, pull: &Pull, arguments: &Arguments) -> Looked {
    let states = arguments.texts("states");
    let author = arguments.text("author");
    let wanted = pull.reviews.iter().filter(|review| {
        let word = shape::verdict(review.verdict).to_uppercase();
        states.as_ref().is_none_or(|states| states.contains(&word))
            && author.is_none_or(|author| review.author.trim_end_matches("[bot]").eq_ignore_ascii_case(author.trim_end_matches("[bot]")))
    });
    let all: Vec<Thing> = wanted.map(|review| Thing::Review(at, review.clone())).collect();
    let total = all.len();
    paged(page("reviews", arguments, all, total))
}

/// The word by which `itemTypes` asks for an event.
fn event_type(event: &Event) -> &'static str {
    match event.what {
        Happened::Labelled(_) => "LABELED_EVENT",
        Happened::Unlabelled(_) => "UNLABELED_EVENT",
        Happened::Closed => "CLOSED_EVENT",
        Happened::Reopened => "REOPENED_EVENT",
        Happened::Merged => "MERGED_EVENT",
    }
}

/// `totalCount` counts everything, `filteredCount` what the types and `since` let through.
fn timeline(at: At, item: &Item, arguments: &Arguments) -> Looked {
    let types = arguments.texts("itemTypes");
    let since = arguments.text("since").and_then(read).unwrap_or(i64::MIN);
    let wanted = |word: &str, time: i64| time >= since && types.as_ref().is_none_or(|types| types.iter().any(|one| one == word));
    let mut all: Vec<(i64, Thing)> = Vec::new();
    for event in item.timeline.iter().filter(|event| wanted(event_type(event), event.at)) {
        all.push((event.at, Thing::Event(at, event.clone())));
    }
    for comment in item.comments.iter().filter(|comment| wanted("ISSUE_COMMENT", comment.created_at)) {
        all.push((comment.created_at, Thing::Comment(at, Box::new(comment.clone()))));
    }
    let reviews = item.pull.iter().flat_map(|pull| &pull.reviews);
    for review in reviews.clone().filter(|review| wanted("PULL_REQUEST_REVIEW", review.submitted_at)) {
        all.push((review.submitted_at, Thing::Review(at, review.clone())));
    }
    // Sorting is stable: what happened within one second stays in the order in which it happened.
    all.sort_by_key(|(time, _)| *time);
    let total = item.timeline.len() + item.comments.len() + reviews.count();
    let page = page("timelineItems", arguments, all.into_iter().map(|(_, thing)| thing).collect(), total);
    paged(page.map(|page| page.updated_at(item.updated_at)))
}

pub(super) fn event(state: &State, at: At, event: &Event, field: &str) -> Looked {
    match (field, &event.what) {
        ("id", _) => plain(event.node_id.as_str()),
        ("actor", _) => plain(Found::One(Thing::Account(event.actor.clone()))),
        ("createdAt", _) => plain(Found::time(event.at)),
        ("labelable", _) => plain(Found::One(Thing::Item(at))),
        // A label that was renamed since shows its new name, one that was deleted its last.
        ("label", Happened::Labelled(label) | Happened::Unlabelled(label)) => {
            let present = state.label(at.repository, label.id).unwrap_or(label);
            plain(Found::One(Thing::Label(at.repository, present.clone())))
        }
        _ => None,
    }
}
