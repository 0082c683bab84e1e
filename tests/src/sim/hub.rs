//! A model of GitHub for one pull request: what it holds, and how labels move.

use super::people::{HOST, IMPLEMENTER, PERSON, STRANGER, account};
use pawl_core::Timestamp;
use pawl_core::facts::{Head, LabelChange, LabelEvent, Observation, SubjectState};
use pawl_core::label::Label;
use pawl_core::news::{Actor, ActorKind, Permission, Review, Verdict};
use pawl_core::subject::{Repository, Subject, SubjectKind};
use std::collections::BTreeMap;

/// The simulation begins here, in seconds since 1970.
const BEGINNING: i64 = 1_800_000_000;
/// Label events that one reading shows, as GitHub's `last: 100`.
const TIMELINE: usize = 100;

/// A second of the simulation as a time.
#[must_use]
pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(BEGINNING + second).expect("stories last no thousand years")
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
    /// Open, merged or closed.
    pub state: SubjectState,
    /// Labels on it, as spelled.
    pub labels: Vec<Label>,
    /// Every label event there was, oldest first: also the audit of who moved what.
    pub timeline: Vec<LabelEvent>,
    /// Every push there was, oldest first; the last is the head.
    pub pushes: Vec<Push>,
    /// Reviews, oldest first.
    pub reviews: Vec<Review>,
}

impl Default for Hub {
    fn default() -> Self {
        Self::new()
    }
}

impl Hub {
    /// An open pull request with one push by the implementation agent and a label that is none of ours.
    #[must_use]
    pub fn new() -> Self {
        let repository = Repository { id: 4711, owner: "acme".into(), name: "shop".into() };
        let mut hub = Self {
            subject: Subject { repository, number: 12, kind: SubjectKind::PullRequest },
            state: SubjectState::Open,
            labels: Vec::new(),
            timeline: Vec::new(),
            pushes: Vec::new(),
            reviews: Vec::new(),
        };
        hub.push(&account(IMPLEMENTER), 0);
        hub.move_label(&account(PERSON), "size/L", LabelChange::Added, 0);
        hub.move_label(&account(PERSON), "iteration-planning", LabelChange::Added, 0);
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
    pub fn review(&mut self, by: &Actor, verdict: Verdict, commit: &str, second: i64) -> Review {
        let id = 1 + self.reviews.len() as u64;
        let review = Review { id, author: Some(by.clone()), verdict, commit: Some(commit.into()), at: at(second), matches: Vec::new() };
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

    /// What one reading says.
    #[must_use]
    pub fn observation(&self) -> Observation {
        let skipped = self.timeline.len().saturating_sub(TIMELINE);
        Observation {
            subject: self.subject.clone(),
            node_id: "PR_kwDO12".into(),
            title: "Add a basket".into(),
            state: self.state,
            head: Some(Head { branch: "task-3".into(), commit: self.head().into(), pushed_by: None, pushed_at: None }),
            labels: self.labels.clone(),
            timeline: self.timeline[skipped..].to_vec(),
            viewer: Some(Actor { login: HOST.trim_end_matches("[bot]").into(), kind: ActorKind::Host, ..account(HOST) }),
            reviews: self.reviews.clone(),
            comments: Vec::new(),
            threads: Vec::new(),
            reactions: Vec::new(),
            checks: Vec::new(),
            runs: Vec::new(),
            shared_labels: Vec::new(),
        }
    }

    /// What everybody may do.
    #[must_use]
    pub fn permissions(&self) -> BTreeMap<String, Permission> {
        [(PERSON.to_owned(), Permission::Write), (STRANGER.to_owned(), Permission::Read)].into()
    }

    /// Label names, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.labels.iter().map(ToString::to_string).collect();
        names.sort();
        names
    }

    /// Label events that the host made.
    pub fn written(&self) -> impl Iterator<Item = &LabelEvent> {
        let host = account(HOST);
        self.timeline.iter().filter(move |event| event.by.as_ref().is_some_and(|by| by.is(&host)))
    }
}
