//! The baseline: the same policy as a plain function. What a caller in the same process would do is all of it: copy the core's facts
//! into the policy's own types, and call.

use pawl_core::Timestamp;
use pawl_core::facts::{Facts, LabelChange, LabelEvent, SubjectState};
use pawl_core::manifest::Value;
use pawl_core::news::{Actor, ActorKind, Check, Comment, Conclusion, Event, News, Review, Verdict};
use pawl_sdk::facts as sdk;

/// The facts in the policy's own types, flags of comments and reviews under their bare names.
///
/// # Panics
/// For what the facts of the benchmark never hold: see the arms.
#[must_use]
pub fn owned(facts: &Facts) -> sdk::Facts {
    assert!(facts.threads.is_empty() && facts.reactions.is_empty() && facts.runs.is_empty(), "the bundled policy needs none of them here");
    let repository = &facts.subject.repository;
    sdk::Facts {
        subject: sdk::Subject {
            repository_id: repository.id,
            number: facts.subject.number,
            owner: repository.owner.clone(),
            name: repository.name.clone(),
            kind: sdk::SubjectKind::PullRequest,
        },
        now: facts.now.as_second(),
        title: facts.title.clone(),
        state: match facts.state {
            SubjectState::Open => sdk::SubjectState::Open,
            SubjectState::Draft => sdk::SubjectState::Draft,
            SubjectState::Merged => sdk::SubjectState::Merged,
            SubjectState::Closed => sdk::SubjectState::Closed,
        },
        head: facts.head.as_ref().map(|head| sdk::Head {
            branch: head.branch.clone(),
            commit: head.commit.clone(),
            pushed_by: head.pushed_by.as_ref().map(actor),
            pushed_at: head.pushed_at.map(Timestamp::as_second),
        }),
        labels: facts.labels.iter().map(|label| label.as_str().to_owned()).collect(),
        edits: facts.edits.iter().map(edit).collect(),
        reviews: facts.reviews.iter().map(review).collect(),
        comments: facts.comments.iter().map(comment).collect(),
        threads: Vec::new(),
        reactions: Vec::new(),
        checks: facts.checks.iter().map(check).collect(),
        runs: Vec::new(),
        shared_labels: facts.shared_labels.iter().map(|label| label.as_str().to_owned()).collect(),
        label_history: facts.label_history.iter().map(edit).collect(),
        settings: facts.settings.iter().map(|s| sdk::Setting { name: s.name.clone(), value: value(&s.value) }).collect(),
        memory: facts.memory.as_ref().map(|m| sdk::Memory { version: m.version, bytes: m.bytes.clone() }),
        news: facts.news.iter().map(news).collect(),
    }
}

fn actor(actor: &Actor) -> sdk::Actor {
    let kind = match actor.kind {
        ActorKind::Human => sdk::ActorKind::Human,
        ActorKind::Bot => sdk::ActorKind::Bot,
        ActorKind::Host => sdk::ActorKind::Host,
    };
    sdk::Actor { login: actor.login.clone(), id: actor.id, kind, permission: None }
}

fn edit(event: &LabelEvent) -> sdk::Edit {
    let change = match event.change {
        LabelChange::Added => sdk::LabelChange::Added,
        LabelChange::Removed => sdk::LabelChange::Removed,
    };
    sdk::Edit {
        id: event.id.clone(),
        label: event.label.as_str().to_owned(),
        change,
        by: event.by.as_ref().map(actor),
        at: event.at.as_second(),
    }
}

fn bare(flags: &[String]) -> Vec<String> {
    flags.iter().filter_map(|flag| flag.strip_prefix("remediation/").map(str::to_owned)).collect()
}

fn review(review: &Review) -> sdk::Review {
    let verdict = match review.verdict {
        Verdict::Approved => sdk::Verdict::Approved,
        Verdict::ChangesRequested => sdk::Verdict::ChangesRequested,
        Verdict::Commented => sdk::Verdict::Commented,
        Verdict::Dismissed => sdk::Verdict::Dismissed,
        Verdict::Pending => sdk::Verdict::Pending,
    };
    sdk::Review {
        id: review.id,
        author: review.author.as_ref().map(actor),
        verdict,
        commit: review.commit.clone(),
        at: review.at.as_second(),
        matches: bare(&review.matches),
    }
}

fn comment(comment: &Comment) -> sdk::Comment {
    let author = comment.author.as_ref().map(actor);
    sdk::Comment { id: comment.id, author, at: comment.at.as_second(), matches: bare(&comment.matches) }
}

fn check(check: &Check) -> sdk::Check {
    assert_eq!(check.conclusion, Conclusion::Success, "checks succeed here");
    sdk::Check {
        id: check.id,
        name: check.name.clone(),
        app: check.app.clone(),
        conclusion: sdk::Conclusion::Success,
        commit: check.commit.clone(),
        at: check.at.as_second(),
    }
}

fn value(value: &Value) -> sdk::Value {
    match value {
        Value::Flag(flag) => sdk::Value::Flag(*flag),
        Value::Number(number) => sdk::Value::Number(*number),
        Value::Text(text) => sdk::Value::Text(text.clone()),
        Value::Texts(texts) => sdk::Value::Texts(texts.clone()),
    }
}

fn news(news: &News) -> sdk::News {
    let event = match &news.event {
        Event::Reviewed(each) => sdk::Event::Reviewed(review(each)),
        Event::Signal { name, parameters } => sdk::Event::Signal(sdk::Signal {
            name: name.clone(),
            parameters: parameters.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        }),
        other => unreachable!("the news here are reviews and signals, not {}", other.word()),
    };
    let actor = news.actor.as_ref().map(actor);
    sdk::News { id: news.id.clone(), at: news.at.as_second(), arrived: news.arrived.as_second(), actor, event }
}
