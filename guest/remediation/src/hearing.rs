//! Hearing: news and facts as events. What an unknown sender says is no event (A2.7, A2.8).

use crate::event::{Event, Kind, Pusher};
use crate::runs;
use crate::settings::{Settings, name};
use pawl_sdk::facts::{Actor, Check, Command, Comment, Conclusion, Facts, News, Review, Signal, Verdict};
use pawl_sdk::{facts, text};

/// What a sender dates no time itself has the latest that it can have been at GitHub, whose clock tells whole seconds: it may be dated so
/// much later than now.
const ARRIVAL_SECONDS: i64 = 1;

/// What one piece of news comes to.
pub enum Heard {
    /// Events, the one that it tells last, and what its sender calls that. A run that completed has also started.
    Events(Vec<Event>, String),
    /// Not meant for this policy, or without meaning to it.
    Nothing,
    /// Meant for this policy and not admitted; why.
    Refused(String),
}

/// One piece of news.
pub fn of_news(news: &News, facts: &Facts, settings: &Settings<'_>) -> Heard {
    let by = news.actor.as_ref();
    // A sender's clock may be fast, or lie; nothing has happened that is not over now. Not even its arrival is compared: `now` is of
    // GitHub's clock, and that by the host's.
    let latest = facts.now.saturating_add(ARRIVAL_SECONDS);
    let at = news.at.min(latest);
    let all = |mut events: Vec<Event>| {
        let Some(word) = events.last().map(|told| told.kind.word().to_owned()) else { return Heard::Nothing };
        for event in &mut events {
            event.at = event.at.min(latest);
        }
        Heard::Events(events, word)
    };
    let heard = |event: Option<Event>| all(event.into_iter().collect());
    match &news.event {
        facts::Event::Reopened => heard(Some(Event::new(at, Kind::Reopened, &["news", &news.id]).by(by))),
        facts::Event::Closed(_) => heard(Some(Event::new(at, Kind::Closed, &["news", &news.id]).by(by))),
        facts::Event::Pushed(push) => {
            if facts.head.as_ref().is_some_and(|head| head.branch != push.branch) {
                return Heard::Nothing;
            }
            let mut event = Event::new(at, Kind::Pushed, &["push", &push.commit]).on(Some(&push.commit)).by(by);
            event.pusher = if settings.implements(by) { Pusher::Implementer } else { Pusher::Other };
            if by.is_none() {
                event.pusher = Pusher::Unknown;
            }
            heard(Some(event))
        }
        facts::Event::Reviewed(review) => heard(of_review(review, settings)),
        facts::Event::Commented(comment) => heard(of_comment(comment, settings)),
        facts::Event::Checked(check) => heard(of_check(check, settings)),
        facts::Event::RunChanged(run) => all(runs::events(run, facts, settings, at)),
        facts::Event::Signal(signal) => of_signal(signal, news, at, settings),
        facts::Event::Command(command) => of_command(command, news, at),
        // Hand edits are named by the facts, and a timer only says "look".
        facts::Event::Opened
        | facts::Event::Labelled(_)
        | facts::Event::Unlabelled(_)
        | facts::Event::ThreadChanged(_)
        | facts::Event::Elapsed => Heard::Nothing,
    }
}

/// Everything that facts show again, so that a lost webhook loses nothing.
pub fn of_facts(facts: &Facts, settings: &Settings<'_>) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    events.extend(facts.reviews.iter().filter_map(|review| of_review(review, settings)));
    events.extend(facts.comments.iter().filter_map(|comment| of_comment(comment, settings)));
    events.extend(facts.checks.iter().filter_map(|check| of_check(check, settings)));
    events.extend(facts.runs.iter().flat_map(|run| runs::events(run, facts, settings, facts.now)));
    for event in &mut events {
        event.at = event.at.min(facts.now);
    }
    events
}

fn of_review(review: &Review, settings: &Settings<'_>) -> Option<Event> {
    let author = review.author.as_ref();
    let kind = match review.verdict {
        Verdict::Approved => Kind::Approval,
        Verdict::ChangesRequested => Kind::Feedback,
        // A review that only comments is a comment, and counts when it is marked like one.
        Verdict::Commented if is_marked(&review.matches) => Kind::Feedback,
        _ => return None,
    };
    let word = if kind == Kind::Approval { "approved" } else { "feedback" };
    let event = || Event::new(review.at, kind, &["review", &review.id.to_string(), word]).by(author).on(review.commit.as_deref());
    settings.is_qa(author).then(event)
}

fn of_comment(comment: &Comment, settings: &Settings<'_>) -> Option<Event> {
    let counts = is_marked(&comment.matches) && settings.is_qa(comment.author.as_ref());
    counts.then(|| Event::new(comment.at, Kind::Feedback, &["comment", &comment.id.to_string()]).by(comment.author.as_ref()))
}

fn is_marked(matches: &[String]) -> bool {
    matches.iter().any(|matched| matched == name::FEEDBACK_MARKER)
}

fn of_check(check: &Check, settings: &Settings<'_>) -> Option<Event> {
    let failed = matches!(check.conclusion, Conclusion::Failure | Conclusion::ActionRequired);
    // Most checks are nobody's feedback: what costs comes after the question.
    if !failed || !settings.is_qa_app(&check.app) {
        return None;
    }
    let mut event = Event::new(check.at, Kind::Feedback, &["check", &check.id.to_string()]).on(Some(&check.commit));
    event.who = text::clean(&check.app, 24);
    Some(event)
}

/// Signals come by a route that has let their sender in; an account that they name besides must still be of the role that
/// may say so.
fn of_signal(signal: &Signal, news: &News, at: i64, settings: &Settings<'_>) -> Heard {
    let by = news.actor.as_ref();
    let (kind, role_fits) = match signal.name.as_str() {
        "tess_feedback_received" | "tess_additional_feedback" => (Kind::Feedback, settings.is_qa(by)),
        "tess_approval" => (Kind::Approval, settings.is_qa(by)),
        "rex_remediation_started" => (Kind::Started, settings.implements(by)),
        "rex_remediation_completed" => (Kind::Completed, settings.implements(by)),
        "max_iterations_reached" => (Kind::LimitReached, settings.implements(by) || settings.is_qa(by) || settings.checks_quality(by)),
        other if settings.quality_signals.iter().any(|name| name == other) => (Kind::QualityCompleted, settings.checks_quality(by)),
        _ => return Heard::Nothing,
    };
    let vouched = by.is_none_or(|by| by.kind == facts::ActorKind::Host);
    if !vouched && !role_fits {
        return Heard::Refused(format!("{} is not for {} to say; add the login to the policy's agents", signal.name, named(by)));
    }
    let commit = signal.parameters.iter().find(|(name, _)| name == "commit").map(|(_, value)| value.as_str());
    Heard::Events(vec![Event::new(at, kind, &["news", &news.id]).by(by).on(commit)], signal.name.clone())
}

fn of_command(command: &Command, news: &News, at: i64) -> Heard {
    let kind = match command.verb.as_str() {
        "reset" => Kind::Reset,
        "remediate" => Kind::Feedback,
        _ => return Heard::Nothing,
    };
    let by = news.actor.as_ref();
    if !by.is_some_and(Actor::may_write) {
        return Heard::Refused(format!("/pawl {} needs write access to the repository, which {} does not have", command.verb, named(by)));
    }
    Heard::Events(vec![Event::new(at, kind, &["news", &news.id]).by(by)], format!("/pawl {}", command.verb))
}

fn named(by: Option<&Actor>) -> String {
    by.map_or_else(|| "an unknown account".to_owned(), |by| text::clean(&by.login, 40))
}

/// Whether news can be found again in facts when it is lost.
pub fn is_shown_again(news: &News) -> bool {
    !matches!(news.event, facts::Event::Signal(_) | facts::Event::Command(_) | facts::Event::Pushed(_))
}
