//! A model of GitHub and of the cluster for one pull request: what it holds, and how labels move.

use super::cast::{Cast, HOST, PERSON, STRANGER};
use pawl_core::Timestamp;
use pawl_core::facts::{Head, LabelChange, LabelEvent, Observation, SubjectState};
use pawl_core::label::Label;
use pawl_core::news::{Actor, ActorKind, Check, Comment, Permission, Phase, Review, Run, Verdict};
use pawl_core::plan::Stop;
use pawl_core::stop::StopState;
use pawl_core::subject::{Repository, Subject, SubjectKind};
use std::collections::BTreeMap;

/// Plays begin here, in seconds since 1970.
const BEGINNING: i64 = 1_800_000_000;
/// Label events that one reading shows.
const TIMELINE: usize = 100;
/// Reviews, comments and checks that one reading shows.
const LATEST: usize = 50;

/// A second of a play as a time.
#[must_use]
pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(BEGINNING.saturating_add(second)).unwrap_or(Timestamp::MAX)
}

/// A push to the branch.
#[derive(Debug, Clone)]
pub struct Push {
    /// The new head.
    pub commit: String,
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// One pull request.
#[derive(Debug, Clone)]
pub struct Hub {
    /// Which.
    pub subject: Subject,
    /// Open, draft, merged or closed.
    pub state: SubjectState,
    /// Labels on it, as spelled.
    pub labels: Vec<Label>,
    /// Every label event there was, oldest first: also the audit of who moved what.
    pub timeline: Vec<LabelEvent>,
    /// Every push there was, oldest first; the last is the head.
    pub pushes: Vec<Push>,
    /// Reviews, oldest first.
    pub reviews: Vec<Review>,
    /// Comments, oldest first.
    pub comments: Vec<Comment>,
    /// Checks of every head, oldest first.
    pub checks: Vec<Check>,
    /// Runs on the cluster.
    pub runs: Vec<Run>,
    /// How many runs there ever were.
    pub runs_made: u32,
    /// What people may do, by their logins.
    pub people: BTreeMap<String, Permission>,
}

/// The branch of every pull request here.
pub const BRANCH: &str = "topic";

impl Hub {
    /// An open pull request with one push and a label that is nobody's.
    pub(super) fn of(cast: &Cast) -> Self {
        let mut hub = Self::opened_by(&cast.author().account(), [(PERSON, Permission::Write), (STRANGER, Permission::Read)]);
        hub.move_label(&cast.person.account(), "size/L", LabelChange::Added, 0);
        hub
    }

    /// An open pull request with one push by `author`, and people who may do so much.
    #[must_use]
    pub fn opened_by(author: &Actor, people: [(&str, Permission); 2]) -> Self {
        let repository = Repository { id: 4711, owner: "acme".into(), name: "shop".into() };
        let mut hub = Self {
            subject: Subject { repository, number: 12, kind: SubjectKind::PullRequest },
            state: SubjectState::Open,
            labels: Vec::new(),
            timeline: Vec::new(),
            pushes: Vec::new(),
            reviews: Vec::new(),
            comments: Vec::new(),
            checks: Vec::new(),
            runs: Vec::new(),
            runs_made: 0,
            people: people.map(|(login, may)| (login.to_owned(), may)).into(),
        };
        hub.push(author, 0);
        hub
    }

    /// The head.
    #[must_use]
    pub fn head(&self) -> &str {
        self.pushes.last().map_or("", |push| &push.commit)
    }

    /// A new head; its commit id is made of its place, and differs from the others in its first digits as real ones do.
    pub fn push(&mut self, by: &Actor, second: i64) -> String {
        let commit = format!("{:06x}{:034x}", 0xc0_ff00 + self.pushes.len(), 0xbeef);
        self.pushes.push(Push { commit: commit.clone(), by: by.clone(), at: at(second) });
        commit
    }

    /// A review; its id is its place.
    pub fn review(&mut self, by: &Actor, verdict: Verdict, commit: Option<String>, second: i64) -> Review {
        let id = 1 + self.reviews.len() as u64;
        let review = Review { id, author: Some(by.clone()), verdict, commit, at: at(second), matches: Vec::new() };
        self.reviews.push(review.clone());
        review
    }

    /// Moves a label. As on GitHub names ignore case, and what changes nothing leaves no event.
    pub fn move_label(&mut self, by: &Actor, name: &str, change: LabelChange, second: i64) -> Option<LabelEvent> {
        let label = Label::new(name);
        let has = self.labels.contains(&label);
        match change {
            LabelChange::Added if !has => self.labels.push(label.clone()),
            LabelChange::Removed if has => self.labels.retain(|l| *l != label),
            _ => return None,
        }
        let event = LabelEvent {
            id: format!("LE_{}", self.timeline.len()),
            label,
            change,
            // GraphQL spells bots without their suffix.
            by: Some(Actor { login: by.login.trim_end_matches("[bot]").into(), ..by.clone() }),
            at: at(second),
        };
        self.timeline.push(event.clone());
        Some(event)
    }

    /// The run of an agent that is at work.
    #[must_use]
    pub fn active_run(&self, kind: &str, agent: &str) -> Option<&Run> {
        self.runs.iter().find(|run| run.kind == kind && run.agent.as_deref() == Some(agent) && is_active(run))
    }

    /// What the cluster makes of a stop: a run at work is deleted, one that has finished is left alone.
    pub(super) fn stop(&mut self, stop: &Stop) -> StopState {
        match self.runs.iter().position(|run| run.uid == stop.uid) {
            Some(place) if is_active(&self.runs[place]) => {
                self.runs.remove(place);
                StopState::Confirmed
            }
            Some(_) => StopState::Moot,
            None => StopState::Confirmed,
        }
    }

    /// What one reading says.
    #[must_use]
    pub fn observation(&self) -> Observation {
        let checks: Vec<Check> = self.checks.iter().filter(|check| check.commit == self.head()).cloned().collect();
        Observation {
            node_id: "PR_kwDO12".into(),
            state: self.state,
            head: Some(Head { branch: BRANCH.into(), commit: self.head().into(), pushed_by: None, pushed_at: None }),
            labels: self.labels.clone(),
            timeline: last(&self.timeline, TIMELINE),
            viewer: Some(Actor { login: HOST.trim_end_matches("[bot]").into(), kind: ActorKind::Host, ..host() }),
            reviews: last(&self.reviews, LATEST),
            comments: last(&self.comments, LATEST),
            checks: last(&checks, LATEST),
            runs: self.runs.clone(),
            ..Observation::plain(self.subject.clone(), "Add a basket")
        }
    }

    /// Names of the labels on it, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.labels.iter().map(ToString::to_string).collect();
        names.sort();
        names
    }

    /// Label events that the host made.
    pub fn written(&self) -> impl Iterator<Item = &LabelEvent> {
        let host = host();
        self.timeline.iter().filter(move |event| event.by.as_ref().is_some_and(|by| by.is(&host)))
    }
}

/// The host's own account, as its label events show it: an App's.
pub(super) fn host() -> Actor {
    Actor { login: HOST.into(), id: None, kind: ActorKind::Bot, permission: None }
}

fn is_active(run: &Run) -> bool {
    matches!(run.phase, Phase::Pending | Phase::Running | Phase::Unknown)
}

fn last<T: Clone>(all: &[T], most: usize) -> Vec<T> {
    all[all.len().saturating_sub(most)..].to_vec()
}
