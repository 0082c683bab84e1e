//! What happens in stories: each happening changes GitHub and causes deliveries.

use super::hub::{BRANCH, Hub};
use super::people::{IMPLEMENTER, PERSON, QA, account};
use pawl_core::facts::{LabelChange, SubjectState};
use pawl_core::news::{Event, News, Verdict};
pub use pawl_workbench::play::Told;
use std::collections::BTreeMap;

/// Something that happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// An agent sends a signal, with these parameters.
    Signal(&'static str, Vec<(&'static str, String)>),
    /// An agent sends a signal about the head.
    SignalForHead(&'static str),
    /// QA asks for changes to the head in a review.
    ChangesRequested,
    /// QA asks for changes in a review, and its agent sends the signal for it as well.
    ToldTwice,
    /// QA approves the head.
    Approved,
    /// QA approves the first commit, though there are newer ones.
    ApprovedOld,
    /// This account pushes.
    Pushed(&'static str),
    /// This account sets a label.
    Labelled(&'static str, String),
    /// This account removes a label.
    Unlabelled(&'static str, String),
    /// A person comments `/pawl verb`.
    Command(&'static str, &'static str),
    /// Merged.
    Merged,
    /// Closed unmerged.
    Closed,
    /// Opened again.
    Reopened,
}

impl Happening {
    /// A person sets a label.
    #[must_use]
    pub fn label(name: &str) -> Self {
        Self::Labelled(PERSON, name.into())
    }

    /// A person removes a label.
    #[must_use]
    pub fn unlabel(name: &str) -> Self {
        Self::Unlabelled(PERSON, name.into())
    }

    /// The implementation agent pushes.
    #[must_use]
    pub fn push() -> Self {
        Self::Pushed(IMPLEMENTER)
    }

    /// Remediation started.
    #[must_use]
    pub fn started() -> Self {
        Self::Signal("rex_remediation_started", Vec::new())
    }

    /// Remediation of the head completed.
    #[must_use]
    pub fn completed() -> Self {
        Self::SignalForHead("rex_remediation_completed")
    }

    /// Changes GitHub; says what is told of it.
    pub fn happen(&self, hub: &mut Hub, second: i64) -> Vec<Told> {
        match self {
            Self::Signal(name, parameters) => vec![signal(name, parameters, second)],
            Self::SignalForHead(name) => vec![signal(name, &[("commit", hub.head().to_owned())], second)],
            Self::ChangesRequested => vec![review(hub, Verdict::ChangesRequested, &head(hub), second)],
            Self::ToldTwice => {
                vec![review(hub, Verdict::ChangesRequested, &head(hub), second), signal("tess_feedback_received", &[], second + 1)]
            }
            Self::Approved => vec![review(hub, Verdict::Approved, &head(hub), second)],
            Self::ApprovedOld => {
                let first = hub.pushes[0].commit.clone();
                vec![review(hub, Verdict::Approved, &first, second)]
            }
            Self::Pushed(login) => {
                let by = account(login);
                let commit = hub.push(&by, second);
                let branch = BRANCH.to_owned();
                vec![Told::shown(News::push_id(&branch, &commit), Some(by), Event::Pushed { commit, branch }, second)]
            }
            Self::Labelled(login, name) => moved(hub, login, name, LabelChange::Added, second),
            Self::Unlabelled(login, name) => moved(hub, login, name, LabelChange::Removed, second),
            Self::Command(login, verb) => {
                let comment = u64::try_from(second).unwrap_or_default();
                let event = Event::Command { verb: (*verb).into(), args: String::new(), comment: Some(comment) };
                vec![Told::only_told(News::command_id(comment, 0), Some(account(login)), event, second)]
            }
            Self::Merged => over(hub, SubjectState::Merged, second),
            Self::Closed => over(hub, SubjectState::Closed, second),
            Self::Reopened => {
                hub.state = SubjectState::Open;
                vec![Told::shown(format!("reopened:{second}"), Some(account(PERSON)), Event::Reopened, second)]
            }
        }
    }
}

fn head(hub: &Hub) -> String {
    hub.head().to_owned()
}

fn signal(name: &str, parameters: &[(&'static str, String)], second: i64) -> Told {
    let parameters: BTreeMap<String, String> = parameters.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
    let id = News::signal_id(&format!("{name}-{second}"));
    Told::only_told(id, None, Event::Signal { name: name.into(), parameters }, second)
}

fn review(hub: &mut Hub, verdict: Verdict, commit: &str, second: i64) -> Told {
    let by = account(QA);
    let review = hub.review(&by, verdict, Some(commit.to_owned()), second);
    Told::shown(News::review_id(review.id, verdict), Some(by), Event::Reviewed(review), second)
}

fn moved(hub: &mut Hub, login: &str, name: &str, change: LabelChange, second: i64) -> Vec<Told> {
    let by = account(login);
    let event = hub.move_label(&by, name, change, second);
    event.map(|event| Told::label(&event, &by, second)).into_iter().collect()
}

fn over(hub: &mut Hub, state: SubjectState, second: i64) -> Vec<Told> {
    hub.state = state;
    let merged = state == SubjectState::Merged;
    vec![Told::shown(format!("closed:{second}"), Some(account(PERSON)), Event::Closed { merged }, second)]
}
