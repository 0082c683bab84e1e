//! Facts, as one policy is shown them.

use super::news::{self, actor, check, comment, review, run, seconds, texts};
use crate::contract::facts as wit;
use pawl_core::facts::{Facts, Head, LabelChange, LabelEvent, Memory, Reaction, Setting, SubjectState, Thread};
use pawl_core::manifest::Value;
use pawl_core::subject::{Subject, SubjectKind};

/// The facts as `policy` may see them.
pub(crate) fn facts_for(policy: &str, facts: &Facts) -> wit::Facts {
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
        label_history,
        settings,
        memory: remembered,
        news,
    } = facts;
    wit::Facts {
        subject: subject(of),
        now: seconds(*now),
        title: title.clone(),
        state: subject_state(*state),
        head: at_head.as_ref().map(head),
        labels: labels.iter().map(|label| label.as_str().to_owned()).collect(),
        edits: edits.iter().map(label_event).collect(),
        reviews: reviews.iter().map(|each| review(policy, each)).collect(),
        comments: comments.iter().map(|each| comment(policy, each)).collect(),
        threads: threads.iter().map(thread).collect(),
        reactions: reactions.iter().map(reaction).collect(),
        checks: checks.iter().map(check).collect(),
        runs: runs.iter().map(run).collect(),
        label_history: label_history.iter().map(label_event).collect(),
        settings: settings.iter().map(setting).collect(),
        memory: remembered.as_ref().map(memory),
        news: news.iter().map(|each| news::news(policy, each)).collect(),
    }
}

fn subject(subject: &Subject) -> wit::Subject {
    let Subject { repository, number, kind } = subject;
    wit::Subject {
        repository_id: repository.id,
        number: *number,
        owner: repository.owner.clone(),
        name: repository.name.clone(),
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

fn head(head: &Head) -> wit::Head {
    let Head { branch, commit, pushed_by, pushed_at } = head;
    wit::Head {
        branch: branch.clone(),
        commit: commit.clone(),
        pushed_by: pushed_by.as_ref().map(actor),
        pushed_at: pushed_at.map(seconds),
    }
}

fn label_change(change: LabelChange) -> wit::LabelChange {
    match change {
        LabelChange::Added => wit::LabelChange::Added,
        LabelChange::Removed => wit::LabelChange::Removed,
    }
}

fn label_event(event: &LabelEvent) -> wit::Edit {
    let LabelEvent { id, label, change, by, at } = event;
    wit::Edit {
        id: id.clone(),
        label: label.as_str().to_owned(),
        change: label_change(*change),
        by: by.as_ref().map(actor),
        at: seconds(*at),
    }
}

fn thread(thread: &Thread) -> wit::Thread {
    let Thread { id, resolved, outdated, author, at } = thread;
    wit::Thread { id: id.clone(), resolved: *resolved, outdated: *outdated, author: author.as_ref().map(actor), at: seconds(*at) }
}

fn reaction(reaction: &Reaction) -> wit::Reaction {
    let Reaction { content, by, at } = reaction;
    wit::Reaction { content: content.clone(), by: by.as_ref().map(actor), at: seconds(*at) }
}

fn setting(setting: &Setting) -> wit::Setting {
    let Setting { name, value: of } = setting;
    wit::Setting { name: name.clone(), value: value(of) }
}

fn value(value: &Value) -> wit::Value {
    match value {
        Value::Flag(flag) => wit::Value::Flag(*flag),
        Value::Number(number) => wit::Value::Number(*number),
        Value::Text(text) => wit::Value::Text(text.clone()),
        Value::Texts(list) => wit::Value::Texts(texts(list)),
    }
}

fn memory(memory: &Memory) -> wit::Memory {
    let Memory { version, bytes } = memory;
    wit::Memory { version: *version, bytes: bytes.clone() }
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
        assert!(matches!(value(&Value::Flag(true)), wit::Value::Flag(true)));
        assert!(matches!(value(&Value::Number(-7)), wit::Value::Number(-7)));
        assert!(matches!(value(&Value::Text("a".into())), wit::Value::Text(text) if text == "a"));
        assert!(matches!(value(&Value::Texts(vec!["a".into(), "b".into()])), wit::Value::Texts(list) if list == ["a", "b"]));
    }
}
