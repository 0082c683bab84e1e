//! `issue_comment` and `issues`: comments on pull requests and issues, and the life of issues.

use super::payload::{Account, LabelPart, RepositoryPart, Time};
use super::pulls::labelling;
use super::read::{BadPayload, Delivery, Reading, actor_of};
use pawl_core::comment::commands;
use pawl_core::news::{Comment, Event, News, natural_id};
use pawl_core::subject::SubjectKind;
use serde::Deserialize;
use serde::de::IgnoredAny;

#[derive(Deserialize)]
struct CommentTold {
    action: String,
    issue: IssuePart,
    comment: CommentPart,
    repository: RepositoryPart,
    sender: Option<Account>,
}

#[derive(Deserialize)]
struct IssuePart {
    number: u32,
    pull_request: Option<IgnoredAny>,
    #[serde(default)]
    created_at: Time,
    #[serde(default)]
    updated_at: Time,
    #[serde(default)]
    closed_at: Time,
}

impl IssuePart {
    fn kind(&self) -> SubjectKind {
        if self.pull_request.is_some() { SubjectKind::PullRequest } else { SubjectKind::Issue }
    }
}

#[derive(Deserialize)]
struct CommentPart {
    id: u64,
    body: Option<String>,
    user: Option<Account>,
    #[serde(default)]
    created_at: Time,
}

pub(super) fn read_comment(delivery: &Delivery<'_>) -> Result<Reading, BadPayload> {
    let told: CommentTold = delivery.payload()?;
    let subjects = vec![told.repository.subject(told.issue.number, told.issue.kind())?];
    if told.action != "created" {
        // An edited comment is no new one and commands nothing: whoever edits it need not be who wrote it.
        return Ok(Reading::Subjects { subjects, news: Vec::new() });
    }
    let CommentPart { id, body, user, created_at } = told.comment;
    let body = body.unwrap_or_default();
    let author = actor_of(user.as_ref()).or_else(|| actor_of(told.sender.as_ref()));
    let at = created_at.0;
    let comment = Comment { id, author: author.clone(), at: at.unwrap_or(delivery.arrived), matches: delivery.patterns.matches(&body) };
    let mut news = vec![delivery.news(News::comment_id(id), at, author.clone(), Event::Commented(comment))];
    for (n, line) in commands(&body).into_iter().enumerate() {
        let event = Event::Command { verb: line.verb, args: line.args, comment: Some(id) };
        news.push(delivery.news(News::command_id(id, n), at, author.clone(), event));
    }
    Ok(Reading::Subjects { subjects, news })
}

#[derive(Deserialize)]
struct IssueTold {
    action: String,
    issue: IssuePart,
    label: Option<LabelPart>,
    repository: RepositoryPart,
    sender: Option<Account>,
}

pub(super) fn read_issue(delivery: &Delivery<'_>) -> Result<Reading, BadPayload> {
    let told: IssueTold = delivery.payload()?;
    let subjects = vec![told.repository.subject(told.issue.number, told.issue.kind())?];
    let actor = actor_of(told.sender.as_ref());
    let issue = &told.issue;
    let news = match told.action.as_str() {
        "opened" => Some(delivery.news(natural_id(&["opened"]), issue.created_at.0, actor, Event::Opened)),
        "reopened" => {
            let id = timed_id("reopened", issue.updated_at, delivery);
            Some(delivery.news(id, issue.updated_at.0, actor, Event::Reopened))
        }
        "closed" => {
            let id = timed_id("closed", issue.closed_at, delivery);
            Some(delivery.news(id, issue.closed_at.0, actor, Event::Closed { merged: false }))
        }
        action @ ("labeled" | "unlabeled") => labelling(delivery, action, told.label.as_ref(), issue.updated_at, actor),
        _ => None,
    };
    Ok(Reading::Subjects { subjects, news: news.into_iter().collect() })
}

/// `word:<time>`, so that one thing told twice is one, and two things of a kind stay two; the delivery's id where the payload
/// says no time.
pub(super) fn timed_id(word: &str, time: Time, delivery: &Delivery<'_>) -> String {
    match time.0 {
        Some(at) => natural_id(&[word, &at.as_second().to_string()]),
        None => natural_id(&[word, delivery.id]),
    }
}
