//! What happens in plays: each happening changes GitHub or the cluster and causes deliveries.

use super::cast::Who;
use super::hub::{BRANCH, Hub, at};
use super::told::Told;
use pawl_core::facts::{LabelChange, SubjectState};
use pawl_core::news::{Check, Comment, Conclusion, Event, News, Phase, Run, Verdict};
use std::collections::BTreeMap;
use std::fmt;

/// Something that happens. What it is about, such as the head, is found when it happens, so it fits any moment; where there is nothing
/// for it to change, nothing happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// Somebody pushes.
    Pushed(Who),
    /// Somebody reviews the head, or the first commit though there are newer ones.
    Reviewed(Who, Verdict, Reviewed),
    /// Somebody comments; the flag of the pattern that the text matches.
    Commented(Who, String),
    /// Somebody comments `/pawl <verb>`.
    Commanded(Who, String),
    /// A check of the head ends: the App's slug, and whether it passed.
    Checked(String, bool),
    /// A run begins: kind and agent.
    RunBegan(String, String),
    /// The run of this kind and agent ends; whether it succeeded.
    RunEnded(String, String, bool),
    /// Somebody sets a label.
    Labelled(Who, String),
    /// Somebody takes a label away.
    Unlabelled(Who, String),
    /// An agent sends a signal; whether it names the head.
    Signalled(String, bool),
    /// It becomes a draft.
    Drafted,
    /// It is ready for review again.
    Readied,
    /// Merged.
    Merged,
    /// Closed unmerged.
    Closed,
    /// Opened again.
    Reopened,
    /// Time passes.
    Waited(Wait),
}

/// Which commit a review is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reviewed {
    /// The head.
    Head,
    /// The first commit.
    First,
}

/// How long nothing happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Until the policy wants to be asked again.
    Revisit,
    /// [`LONG_DAYS`] days.
    Long,
}

/// A long time, in days.
pub const LONG_DAYS: i64 = 40;

impl Happening {
    /// Changes GitHub; says what is told of it.
    pub fn happen(&self, hub: &mut Hub, second: i64) -> Vec<Told> {
        match self {
            Self::Pushed(who) => {
                let by = who.account();
                let commit = hub.push(&by, second);
                let id = News::push_id(BRANCH, &commit);
                vec![Told::shown(id, Some(by), Event::Pushed { commit, branch: BRANCH.into() }, second)]
            }
            Self::Reviewed(who, verdict, which) => vec![review(hub, who, *verdict, *which, second)],
            Self::Commented(who, flag) => vec![comment(hub, who, vec![flag.clone()], second)],
            Self::Commanded(who, verb) => {
                let written = comment(hub, who, Vec::new(), second);
                let id = hub.comments.len() as u64;
                let event = Event::Command { verb: verb.clone(), args: String::new(), comment: Some(id) };
                vec![written, Told::only_told(News::command_id(id, 0), Some(who.account()), event, second)]
            }
            Self::Checked(app, passed) => vec![check(hub, app, *passed, second)],
            Self::RunBegan(kind, agent) => began(hub, kind, agent, second).into_iter().collect(),
            Self::RunEnded(kind, agent, well) => ended(hub, kind, agent, *well, second).into_iter().collect(),
            Self::Labelled(who, name) => moved(hub, who, name, LabelChange::Added, second),
            Self::Unlabelled(who, name) => moved(hub, who, name, LabelChange::Removed, second),
            Self::Signalled(name, of_head) => {
                let parameters: BTreeMap<String, String> =
                    if *of_head { [("commit".to_owned(), hub.head().to_owned())].into() } else { BTreeMap::new() };
                let id = News::signal_id(&format!("{name}-{second}"));
                vec![Told::only_told(id, None, Event::Signal { name: name.clone(), parameters }, second)]
            }
            // Of drafts nothing is told but that somebody should look.
            Self::Drafted | Self::Readied => {
                hub.state = if *self == Self::Drafted { SubjectState::Draft } else { SubjectState::Open };
                Vec::new()
            }
            Self::Merged => over(hub, SubjectState::Merged, second),
            Self::Closed => over(hub, SubjectState::Closed, second),
            Self::Reopened => {
                hub.state = SubjectState::Open;
                vec![Told::only_told(format!("reopened:{second}"), None, Event::Reopened, second)]
            }
            Self::Waited(_) => Vec::new(),
        }
    }

    /// Whether it can happen now and would change or tell something.
    #[must_use]
    pub fn fits(&self, hub: &Hub) -> bool {
        let has = |name: &str| hub.labels.iter().any(|label| *label == name.into());
        match self {
            Self::RunBegan(kind, agent) => hub.active_run(kind, agent).is_none(),
            Self::RunEnded(kind, agent, _) => hub.active_run(kind, agent).is_some(),
            Self::Labelled(_, name) => !has(name),
            Self::Unlabelled(_, name) => has(name),
            Self::Reviewed(_, _, Reviewed::First) => hub.pushes.len() > 1,
            Self::Drafted => hub.state == SubjectState::Open,
            Self::Readied => hub.state == SubjectState::Draft,
            Self::Merged | Self::Closed => !hub.state.is_over(),
            Self::Reopened => hub.state == SubjectState::Closed,
            Self::Pushed(_)
            | Self::Reviewed(..)
            | Self::Commented(..)
            | Self::Commanded(..)
            | Self::Checked(..)
            | Self::Signalled(..)
            | Self::Waited(_) => true,
        }
    }
}

impl fmt::Display for Happening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pushed(who) => write!(f, "{who} pushes"),
            Self::Reviewed(who, verdict, which) => {
                let did = match verdict {
                    Verdict::Approved => "approves",
                    Verdict::ChangesRequested => "requests changes to",
                    _ => "comments on",
                };
                let what = if *which == Reviewed::Head { "the head" } else { "the first commit, which is no longer the head" };
                write!(f, "{who} {did} {what}")
            }
            Self::Commented(who, flag) => write!(f, "{who} writes a comment that matches {}", flag.rsplit('/').next().unwrap_or_default()),
            Self::Commanded(who, verb) => write!(f, "{who} writes /pawl {verb}"),
            Self::Checked(app, passed) => write!(f, "a check by {app} {}", if *passed { "succeeds" } else { "fails" }),
            Self::RunBegan(kind, agent) => write!(f, "a {kind} of {agent} begins"),
            Self::RunEnded(kind, agent, well) => write!(f, "the {kind} of {agent} {}", if *well { "succeeds" } else { "fails" }),
            Self::Labelled(who, name) => write!(f, "{who} sets {name}"),
            Self::Unlabelled(who, name) => write!(f, "{who} takes {name} away"),
            Self::Signalled(name, of_head) => write!(f, "signal {name}{}", if *of_head { " for the head" } else { "" }),
            Self::Drafted => f.write_str("it becomes a draft"),
            Self::Readied => f.write_str("it is ready for review again"),
            Self::Merged => f.write_str("it is merged"),
            Self::Closed => f.write_str("it is closed"),
            Self::Reopened => f.write_str("it is opened again"),
            Self::Waited(Wait::Revisit) => f.write_str("the time of the revisit comes"),
            Self::Waited(Wait::Long) => write!(f, "{LONG_DAYS} days pass"),
        }
    }
}

fn review(hub: &mut Hub, who: &Who, verdict: Verdict, which: Reviewed, second: i64) -> Told {
    let first = hub.pushes.first().map(|push| push.commit.clone());
    let commit = if which == Reviewed::Head { Some(hub.head().to_owned()) } else { first };
    let review = hub.review(&who.account(), verdict, commit, second);
    Told::shown(News::review_id(review.id, verdict), Some(who.account()), Event::Reviewed(review), second)
}

fn comment(hub: &mut Hub, who: &Who, matches: Vec<String>, second: i64) -> Told {
    let id = 1 + hub.comments.len() as u64;
    let comment = Comment { id, author: Some(who.account()), at: at(second), matches };
    hub.comments.push(comment.clone());
    Told::shown(News::comment_id(id), Some(who.account()), Event::Commented(comment), second)
}

fn check(hub: &mut Hub, app: &str, passed: bool, second: i64) -> Told {
    let id = 1 + hub.checks.len() as u64;
    let conclusion = if passed { Conclusion::Success } else { Conclusion::Failure };
    let check = Check { id, name: "tests".into(), app: app.into(), conclusion, commit: hub.head().into(), at: at(second) };
    hub.checks.push(check.clone());
    Told::shown(News::check_id(id, conclusion), None, Event::Checked(check), second)
}

fn began(hub: &mut Hub, kind: &str, agent: &str, second: i64) -> Option<Told> {
    if hub.active_run(kind, agent).is_some() {
        return None;
    }
    hub.runs_made += 1;
    let number = hub.runs_made;
    let run = Run {
        kind: kind.into(),
        name: format!("{agent}-{number}"),
        uid: format!("uid-{number}"),
        agent: Some(agent.into()),
        same_repository: Some(true),
        pull_request: Some(hub.subject.number),
        task: None,
        branch: Some(BRANCH.into()),
        commit: None,
        created_at: at(second),
        finished_at: None,
        phase: Phase::Running,
    };
    hub.runs.push(run.clone());
    Some(run_changed(run, second))
}

fn ended(hub: &mut Hub, kind: &str, agent: &str, well: bool, second: i64) -> Option<Told> {
    let uid = hub.active_run(kind, agent)?.uid.clone();
    let run = hub.runs.iter_mut().find(|run| run.uid == uid)?;
    run.phase = if well { Phase::Succeeded } else { Phase::Failed };
    run.finished_at = Some(at(second));
    let run = run.clone();
    Some(run_changed(run, second))
}

fn run_changed(run: Run, second: i64) -> Told {
    let id = pawl_core::news::natural_id(&["run", &run.uid, &format!("{:?}", run.phase).to_lowercase()]);
    Told::shown(id, None, Event::RunChanged(Box::new(run)), second)
}

fn moved(hub: &mut Hub, who: &Who, name: &str, change: LabelChange, second: i64) -> Vec<Told> {
    let by = who.account();
    let event = hub.move_label(&by, name, change, second);
    event.map(|event| Told::label(&event, &by, second)).into_iter().collect()
}

/// Facts show that it is over, but not since when: so the telling is not one that may be lost.
fn over(hub: &mut Hub, state: SubjectState, second: i64) -> Vec<Told> {
    hub.state = state;
    vec![Told::only_told(format!("closed:{second}"), None, Event::Closed { merged: state == SubjectState::Merged }, second)]
}
