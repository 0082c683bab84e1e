//! `pull_request` and the reviews, review comments and review threads of it.

use super::comments::timed_id;
use super::payload::{Account, LabelPart, NODE_ID_BYTES, RepositoryPart, Time, branch, commit};
use super::read::{BadPayload, Delivery, Reading, actor_of};
use pawl_core::label::Label;
use pawl_core::news::{Actor, Event, News, Review, natural_id};
use pawl_core::subject::SubjectKind;
use serde::Deserialize;

#[derive(Deserialize)]
struct PullTold {
    action: String,
    after: Option<String>,
    pull_request: Pull,
    label: Option<LabelPart>,
    review: Option<ReviewPart>,
    thread: Option<ThreadPart>,
    #[serde(default)]
    updated_at: Time,
    repository: RepositoryPart,
    sender: Option<Account>,
}

#[derive(Deserialize)]
struct Pull {
    number: u32,
    head: Option<Head>,
    #[serde(default)]
    merged: Option<bool>,
    #[serde(default)]
    merged_at: Time,
    #[serde(default)]
    created_at: Time,
    #[serde(default)]
    updated_at: Time,
    #[serde(default)]
    closed_at: Time,
}

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "ref")]
    reference: Option<String>,
    sha: Option<String>,
    repo: Option<HeadRepository>,
}

#[derive(Deserialize)]
struct HeadRepository {
    #[serde(default)]
    pushed_at: Time,
}

#[derive(Deserialize)]
struct ReviewPart {
    id: u64,
    user: Option<Account>,
    body: Option<String>,
    state: String,
    commit_id: Option<String>,
    #[serde(default)]
    submitted_at: Time,
}

#[derive(Deserialize)]
struct ThreadPart {
    node_id: Option<String>,
}

impl PullTold {
    fn reading(&self, news: Option<News>) -> Result<Reading, BadPayload> {
        let subjects = vec![self.repository.subject(self.pull_request.number, SubjectKind::PullRequest)?];
        Ok(Reading::Subjects { subjects, news: news.into_iter().collect() })
    }
}

pub(super) fn read_pull_request(delivery: &Delivery<'_>) -> Result<Reading, BadPayload> {
    let told: PullTold = delivery.payload()?;
    let actor = actor_of(told.sender.as_ref());
    let pull = &told.pull_request;
    let news = match told.action.as_str() {
        "opened" => Some(delivery.news(natural_id(&["opened"]), pull.created_at.0, actor, Event::Opened)),
        "reopened" => Some(delivery.news(timed_id("reopened", pull.updated_at, delivery), pull.updated_at.0, actor, Event::Reopened)),
        "closed" => {
            let merged = pull.merged.unwrap_or(pull.merged_at.0.is_some());
            Some(delivery.news(timed_id("closed", pull.closed_at, delivery), pull.closed_at.0, actor, Event::Closed { merged }))
        }
        "synchronize" => Some(pushed(delivery, &told, actor)?),
        action @ ("labeled" | "unlabeled") => labelling(delivery, action, told.label.as_ref(), pull.updated_at, actor),
        // Drafts, titles, reviewers and the rest are facts: they are read when somebody looks.
        _ => None,
    };
    told.reading(news)
}

/// The same piece of news as the push that caused it.
fn pushed(delivery: &Delivery<'_>, told: &PullTold, actor: Option<Actor>) -> Result<News, BadPayload> {
    let head = told.pull_request.head.as_ref().ok_or(BadPayload::Missing { field: "pull_request.head" })?;
    let after = told.after.as_deref().or(head.sha.as_deref()).unwrap_or_default();
    let commit = commit(after).ok_or(BadPayload::Missing { field: "after" })?;
    let branch = branch(head.reference.as_deref().unwrap_or_default()).ok_or(BadPayload::Missing { field: "pull_request.head.ref" })?;
    let at = head.repo.as_ref().and_then(|repo| repo.pushed_at.0).or(told.pull_request.updated_at.0);
    Ok(delivery.news(News::push_id(&branch, &commit), at, actor, Event::Pushed { commit, branch }))
}

/// News of a label set or removed; none when the payload does not say which, so that the labels are only looked at.
pub(super) fn labelling(delivery: &Delivery<'_>, action: &str, label: Option<&LabelPart>, at: Time, actor: Option<Actor>) -> Option<News> {
    let name = label?.name.as_deref()?;
    let label = Label::checked(name).ok()?.to_string();
    let event = if action == "labeled" { Event::Labelled { label } } else { Event::Unlabelled { label } };
    Some(delivery.news(News::label_id(delivery.id), at.0, actor, event))
}

pub(super) fn read_review(delivery: &Delivery<'_>) -> Result<Reading, BadPayload> {
    let told: PullTold = delivery.payload()?;
    let review = told.review.as_ref().ok_or(BadPayload::Missing { field: "review" })?;
    let Some(verdict) = crate::words::verdict(&review.state) else { return told.reading(None) };
    // A dismissal happened later than the review; the pull request was touched by it.
    let submitted = review.submitted_at.0;
    let happened = if told.action == "submitted" { submitted } else { told.pull_request.updated_at.0.or(submitted) };
    let told_review = Review {
        id: review.id,
        author: actor_of(review.user.as_ref()),
        verdict,
        commit: review.commit_id.as_deref().and_then(commit),
        at: submitted.unwrap_or(delivery.arrived),
        matches: delivery.patterns.matches(review.body.as_deref().unwrap_or_default()),
    };
    let actor = actor_of(told.sender.as_ref()).or_else(|| told_review.author.clone());
    let news = delivery.news(News::review_id(review.id, verdict), happened, actor, Event::Reviewed(told_review));
    told.reading(Some(news))
}

pub(super) fn read_review_comment(delivery: &Delivery<'_>) -> Result<Reading, BadPayload> {
    let told: PullTold = delivery.payload()?;
    told.reading(None)
}

pub(super) fn read_thread(delivery: &Delivery<'_>) -> Result<Reading, BadPayload> {
    let told: PullTold = delivery.payload()?;
    let thread = told.thread.as_ref().and_then(|thread| thread.node_id.as_deref());
    let Some(thread) = thread.filter(|id| (1..=NODE_ID_BYTES).contains(&id.len())) else { return told.reading(None) };
    // A thread can be resolved, unresolved and resolved again: the time, else the delivery, keeps them apart.
    let when = told.updated_at.0.map_or_else(|| delivery.id.to_owned(), |at| at.as_second().to_string());
    let id = natural_id(&["thread", thread, &told.action, &when]);
    let event = Event::ThreadChanged { thread: thread.to_owned() };
    let news = delivery.news(id, told.updated_at.0, actor_of(told.sender.as_ref()), event);
    told.reading(Some(news))
}
