//! Facts, as one policy is shown them.

use super::news::{self, actor, check, comment, review, run, seconds};
use crate::contract::facts as wit;
use crate::contract::question as asked;
use pawl_core::facts::{Facts, Head, LabelChange, LabelEvent, Memory, Reaction, Setting, SubjectState, Thread};
use pawl_core::label::Label;
use pawl_core::manifest::Value;
use pawl_core::subject::{Subject, SubjectKind};

/// The facts as `policy` may see them; texts stay where they are.
pub(crate) fn facts_for<'a>(policy: &str, facts: &'a Facts) -> asked::Facts<'a> {
    let Facts {
        subject: of,
        now,
        title,
        state,
        head: at_head,
        labels,
        edits,
        reviews,
        comments,
        threads,
        reactions,
        checks,
        runs,
        shared_labels,
        label_history,
        settings,
        memory: remembered,
        news,
    } = facts;
    asked::Facts {
        subject: subject(of),
        now: seconds(*now),
        title,
        state: subject_state(*state),
        head: at_head.as_ref().map(head),
        labels: labels.iter().map(Label::as_str).collect(),
        edits: edits.iter().map(label_event).collect(),
        reviews: reviews.iter().map(|each| review(policy, each)).collect(),
        comments: comments.iter().map(|each| comment(policy, each)).collect(),
        threads: threads.iter().map(thread).collect(),
        reactions: reactions.iter().map(reaction).collect(),
        checks: checks.iter().map(check).collect(),
        runs: runs.iter().map(run).collect(),
        shared_labels: shared_labels.iter().map(Label::as_str).collect(),
        label_history: label_history.iter().map(label_event).collect(),
        settings: settings.iter().map(setting).collect(),
        memory: remembered.as_ref().map(memory),
        news: news.iter().map(|each| news::news(policy, each)).collect(),
    }
}

fn subject(subject: &Subject) -> asked::Subject<'_> {
    let Subject { repository, number, kind } = subject;
    asked::Subject {
        repository_id: repository.id,
        number: *number,
        owner: &repository.owner,
        name: &repository.name,
        kind: subject_kind(*kind),
    }
}

fn subject_kind(kind: SubjectKind) -> wit::SubjectKind {
    match kind {
        SubjectKind::PullRequest => wit::SubjectKind::PullRequest,
        SubjectKind::Issue => wit::SubjectKind::Issue,
    }
}

fn subject_state(state: SubjectState) -> wit::SubjectState {
    match state {
        SubjectState::Open => wit::SubjectState::Open,
        SubjectState::Draft => wit::SubjectState::Draft,
        SubjectState::Merged => wit::SubjectState::Merged,
        SubjectState::Closed => wit::SubjectState::Closed,
    }
}

fn head(head: &Head) -> asked::Head<'_> {
    let Head { branch, commit, pushed_by, pushed_at } = head;
    asked::Head { branch, commit, pushed_by: pushed_by.as_ref().map(actor), pushed_at: pushed_at.map(seconds) }
}

fn label_change(change: LabelChange) -> wit::LabelChange {
    match change {
        LabelChange::Added => wit::LabelChange::Added,
        LabelChange::Removed => wit::LabelChange::Removed,
    }
}

fn label_event(event: &LabelEvent) -> asked::Edit<'_> {
    let LabelEvent { id, label, change, by, at } = event;
    asked::Edit { id, label: label.as_str(), change: label_change(*change), by: by.as_ref().map(actor), at: seconds(*at) }
}

fn thread(thread: &Thread) -> asked::Thread<'_> {
    let Thread { id, resolved, outdated, author, at } = thread;
    asked::Thread { id, resolved: *resolved, outdated: *outdated, author: author.as_ref().map(actor), at: seconds(*at) }
}

fn reaction(reaction: &Reaction) -> asked::Reaction<'_> {
    let Reaction { content, by, at } = reaction;
    asked::Reaction { content, by: by.as_ref().map(actor), at: seconds(*at) }
}

fn setting(setting: &Setting) -> asked::Setting<'_> {
    let Setting { name, value: of } = setting;
    asked::Setting { name, value: value(of) }
}

fn value(value: &Value) -> asked::Value<'_> {
    match value {
        Value::Flag(flag) => asked::Value::Flag(*flag),
        Value::Number(number) => asked::Value::Number(*number),
        Value::Text(text) => asked::Value::Text(text),
        Value::Texts(list) => asked::Value::Texts(list),
    }
}

fn memory(memory: &Memory) -> asked::Memory<'_> {
    let Memory { version, bytes } = memory;
    asked::Memory { version: *version, bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_facts_keeps_its_name() {
        let same = |core: String, wit: String| assert!(wit.ends_with(&format!("::{core}")), "{core} became {wit}");
        for kind in [SubjectKind::PullRequest, SubjectKind::Issue] {
            same(format!("{kind:?}"), format!("{:?}", subject_kind(kind)));
        }
        for state in [SubjectState::Open, SubjectState::Draft, SubjectState::Merged, SubjectState::Closed] {
            same(format!("{state:?}"), format!("{:?}", subject_state(state)));
        }
        for change in [LabelChange::Added, LabelChange::Removed] {
            same(format!("{change:?}"), format!("{:?}", label_change(change)));
        }
    }

    #[test]
    fn every_type_of_setting_keeps_its_value() {
        assert!(matches!(value(&Value::Flag(true)), asked::Value::Flag(true)));
        assert!(matches!(value(&Value::Number(-7)), asked::Value::Number(-7)));
        assert!(matches!(value(&Value::Text("a".into())), asked::Value::Text("a")));
        assert!(matches!(value(&Value::Texts(vec!["a".into(), "b".into()])), asked::Value::Texts(list) if list == ["a", "b"]));
    }
}
