//! The records of `wit/facts.wit` that hold texts, with the texts borrowed.
//!
//! The generated ones own theirs, and copying a hundred of them only to copy them again into the instance was a seventh of a
//! decision. wasmtime compares these with the component's own types when a policy is loaded, so a difference from the contract
//! is an error at load and never a misunderstanding.

use super::facts::{ActorKind, Conclusion, LabelChange, Permission, Phase, SubjectKind, SubjectState, Verdict};
use wasmtime::component::{ComponentType, Lower};

macro_rules! records {
    ($($name:ident { $($(#[$attribute:meta])* $field:ident: $type:ty,)* })*) => { $(
        #[derive(Debug, ComponentType, Lower)]
        #[component(record)]
        pub(crate) struct $name<'a> { $($(#[$attribute])* pub(crate) $field: $type,)* }
    )* };
}

records! {
    Subject {
        #[component(name = "repository-id")]
        repository_id: u64,
        number: u32,
        owner: &'a str,
        name: &'a str,
        kind: SubjectKind,
    }
    Actor {
        login: &'a str,
        id: Option<u64>,
        kind: ActorKind,
        permission: Option<Permission>,
    }
    Head {
        branch: &'a str,
        commit: &'a str,
        #[component(name = "pushed-by")]
        pushed_by: Option<Actor<'a>>,
        #[component(name = "pushed-at")]
        pushed_at: Option<i64>,
    }
    Edit {
        id: &'a str,
        label: &'a str,
        change: LabelChange,
        by: Option<Actor<'a>>,
        at: i64,
    }
    Review {
        id: u64,
        author: Option<Actor<'a>>,
        verdict: Verdict,
        commit: Option<&'a str>,
        at: i64,
        matches: Vec<&'a str>,
    }
    Comment {
        id: u64,
        author: Option<Actor<'a>>,
        at: i64,
        matches: Vec<&'a str>,
    }
    Thread {
        id: &'a str,
        resolved: bool,
        outdated: bool,
        author: Option<Actor<'a>>,
        at: i64,
    }
    Reaction {
        content: &'a str,
        by: Option<Actor<'a>>,
        at: i64,
    }
    Check {
        id: u64,
        name: &'a str,
        app: &'a str,
        conclusion: Conclusion,
        commit: &'a str,
        at: i64,
    }
    Run {
        kind: &'a str,
        name: &'a str,
        uid: &'a str,
        agent: Option<&'a str>,
        #[component(name = "same-repository")]
        same_repository: Option<bool>,
        #[component(name = "pull-request")]
        pull_request: Option<u32>,
        task: Option<&'a str>,
        branch: Option<&'a str>,
        commit: Option<&'a str>,
        #[component(name = "created-at")]
        created_at: i64,
        #[component(name = "finished-at")]
        finished_at: Option<i64>,
        phase: Phase,
    }
    Setting {
        name: &'a str,
        value: Value<'a>,
    }
    Memory {
        version: u32,
        bytes: &'a [u8],
    }
    Push {
        commit: &'a str,
        branch: &'a str,
    }
    Command {
        verb: &'a str,
        args: &'a str,
        #[component(name = "comment-id")]
        comment_id: Option<u64>,
    }
    Signal {
        name: &'a str,
        parameters: Vec<(&'a str, &'a str)>,
    }
    News {
        id: &'a str,
        at: i64,
        arrived: i64,
        actor: Option<Actor<'a>>,
        event: Event<'a>,
    }
    Facts {
        subject: Subject<'a>,
        now: i64,
        title: &'a str,
        state: SubjectState,
        head: Option<Head<'a>>,
        labels: Vec<&'a str>,
        edits: Vec<Edit<'a>>,
        reviews: Vec<Review<'a>>,
        comments: Vec<Comment<'a>>,
        threads: Vec<Thread<'a>>,
        reactions: Vec<Reaction<'a>>,
        checks: Vec<Check<'a>>,
        runs: Vec<Run<'a>>,
        #[component(name = "shared-labels")]
        shared_labels: Vec<&'a str>,
        #[component(name = "label-history")]
        label_history: Vec<Edit<'a>>,
        settings: Vec<Setting<'a>>,
        memory: Option<Memory<'a>>,
        news: Vec<News<'a>>,
    }
}

#[derive(Debug, ComponentType, Lower)]
#[component(variant)]
pub(crate) enum Value<'a> {
    #[component(name = "text")]
    Text(&'a str),
    #[component(name = "number")]
    Number(i64),
    #[component(name = "flag")]
    Flag(bool),
    #[component(name = "texts")]
    Texts(&'a [String]),
}

#[derive(Debug, ComponentType, Lower)]
#[component(variant)]
pub(crate) enum Event<'a> {
    #[component(name = "opened")]
    Opened,
    #[component(name = "reopened")]
    Reopened,
    #[component(name = "closed")]
    Closed(bool),
    #[component(name = "pushed")]
    Pushed(Push<'a>),
    #[component(name = "labelled")]
    Labelled(&'a str),
    #[component(name = "unlabelled")]
    Unlabelled(&'a str),
    #[component(name = "reviewed")]
    Reviewed(Review<'a>),
    #[component(name = "thread-changed")]
    ThreadChanged(&'a str),
    #[component(name = "commented")]
    Commented(Comment<'a>),
    #[component(name = "command")]
    Command(Command<'a>),
    #[component(name = "checked")]
    Checked(Check<'a>),
    #[component(name = "run-changed")]
    RunChanged(Run<'a>),
    #[component(name = "signal")]
    Signal(Signal<'a>),
    #[component(name = "elapsed")]
    Elapsed,
}
