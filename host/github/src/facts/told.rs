//! From the answer to the facts document to the observation it amounts to.

use super::shape::{Account, CommentTold, LabelEventTold, LabelTold, Nodes, ReactionTold, ReviewTold, SubjectTold, ThreadTold};
use crate::words;
use pawl_core::comment::Patterns;
use pawl_core::facts::{Head, LabelChange, LabelEvent, Observation, Reaction, SubjectState, Thread};
use pawl_core::label::Label;
use pawl_core::news::{Actor, ActorKind, Check, Comment, Review};
use pawl_core::subject::Subject;

/// Most checks of the head in an observation, the latest.
const CHECKS: usize = 50;

fn actor(account: Option<&Account>) -> Option<Actor> {
    account.map(Account::actor)
}

impl SubjectTold {
    /// Names and node ids of the labels on it.
    pub(super) fn label_ids(&self) -> Vec<(Label, String)> {
        self.labels.iter().flat_map(Nodes::iter).map(|label| (Label::new(label.name.as_str()), label.id.clone())).collect()
    }

    /// The observation, or why it is none.
    pub(super) fn observation(self, subject: Subject, viewer: Option<&Account>, patterns: &Patterns) -> Result<Observation, String> {
        let labels: Vec<Label> = self.labels.iter().flat_map(Nodes::iter).map(|label| Label::new(label.name.as_str())).collect();
        // A list that could not be read must not pass for an empty one: nothing may be written then.
        let Some(told) = self.labels.as_ref().map(|labels| labels.total_count) else {
            return Err("it does not show the labels".to_owned());
        };
        if told.is_some_and(|count| count != labels.len()) {
            return Err(format!("it shows {} of {} labels", labels.len(), told.unwrap_or_default()));
        }
        let state = match (self.state.as_str(), self.is_draft) {
            ("OPEN", false) => SubjectState::Open,
            ("OPEN", true) => SubjectState::Draft,
            ("MERGED", _) => SubjectState::Merged,
            ("CLOSED", _) => SubjectState::Closed,
            (other, _) => return Err(format!("state {other:?} is not known")),
        };
        let head = self.head_ref_name.clone().zip(self.head_ref_oid.clone());
        Ok(Observation {
            head: head.map(|(branch, commit)| Head { branch, commit, pushed_by: None, pushed_at: None }),
            timeline: self.timeline()?,
            viewer: viewer.map(|account| Actor { kind: ActorKind::Host, ..account.actor() }),
            reviews: self.reviews(patterns)?,
            comments: self.comments(patterns),
            threads: self.threads(),
            reactions: self.reactions(),
            checks: self.checks(),
            runs: Vec::new(),
            shared_labels: self.shared_labels(state),
            subject,
            node_id: self.id,
            title: self.title,
            state,
            labels,
        })
    }

    /// Labels that another open pull request carries too; while this one is open, it is among those that were counted.
    fn shared_labels(&self, state: SubjectState) -> Vec<Label> {
        let own = usize::from(!state.is_over());
        let is_shared = |label: &&LabelTold| label.pull_requests.as_ref().is_some_and(|open| open.total_count > own);
        self.labels.iter().flat_map(Nodes::iter).filter(is_shared).map(|label| Label::new(label.name.as_str())).collect()
    }

    fn timeline(&self) -> Result<Vec<LabelEvent>, String> {
        let event = |told: &LabelEventTold| {
            let change = match told.kind.as_str() {
                "LabeledEvent" => LabelChange::Added,
                "UnlabeledEvent" => LabelChange::Removed,
                other => return Err(format!("a timeline event is {other:?}, which was not asked for")),
            };
            let label = Label::new(told.label.name.as_str());
            Ok(LabelEvent { id: told.id.clone(), label, change, by: actor(told.actor.as_ref()), at: told.created_at })
        };
        self.timeline_items.iter().map(event).collect()
    }

    fn reviews(&self, patterns: &Patterns) -> Result<Vec<Review>, String> {
        let review = |told: &ReviewTold| {
            // Without a time it is not submitted, and only its author sees it.
            let at = told.submitted_at?;
            let Some(verdict) = words::verdict(&told.state) else { return Some(Err(format!("a review is {:?}", told.state))) };
            Some(Ok(Review {
                id: told.full_database_id,
                author: actor(told.author.as_ref()),
                verdict,
                commit: told.commit.as_ref().map(|commit| commit.oid.clone()),
                at,
                matches: patterns.matches(&told.body),
            }))
        };
        self.reviews.iter().flat_map(Nodes::iter).filter_map(review).collect()
    }

    fn comments(&self, patterns: &Patterns) -> Vec<Comment> {
        let comment = |told: &CommentTold| Comment {
            id: told.full_database_id,
            author: actor(told.author.as_ref()),
            at: told.created_at,
            matches: patterns.matches(&told.body),
        };
        self.comments.iter().flat_map(Nodes::iter).map(comment).collect()
    }

    fn threads(&self) -> Vec<Thread> {
        let thread = |told: &ThreadTold| {
            let first = told.comments.iter().next()?;
            Some(Thread {
                id: told.id.clone(),
                resolved: told.is_resolved,
                outdated: told.is_outdated,
                author: actor(first.author.as_ref()),
                at: first.created_at,
            })
        };
        self.review_threads.iter().flat_map(Nodes::iter).filter_map(thread).collect()
    }

    fn reactions(&self) -> Vec<Reaction> {
        let reaction = |told: &ReactionTold| Reaction { content: told.content.clone(), by: actor(told.user.as_ref()), at: told.created_at };
        let mut all: Vec<Reaction> = self.eyes.iter().chain(&self.up).flat_map(Nodes::iter).map(reaction).collect();
        all.sort_by_key(|reaction| reaction.at);
        all
    }

    fn checks(&self) -> Vec<Check> {
        let mut all = Vec::new();
        for entry in self.commits.iter().flat_map(Nodes::iter) {
            for suite in entry.commit.check_suites.iter().flat_map(Nodes::iter) {
                let app = suite.app.as_ref().map_or("", |app| app.slug.as_str());
                for run in suite.check_runs.iter().flat_map(Nodes::iter) {
                    // One that is only queued has no time and says nothing yet.
                    let (Some(id), Some(at)) = (run.database_id, run.completed_at.or(run.started_at)) else { continue };
                    all.push(Check {
                        id,
                        name: run.name.clone(),
                        app: app.to_owned(),
                        conclusion: words::conclusion(run.conclusion.as_deref()),
                        commit: entry.commit.oid.clone(),
                        at,
                    });
                }
            }
        }
        all.sort_by_key(|check| (check.at, check.id));
        let superfluous = all.len().saturating_sub(CHECKS);
        all.drain(..superfluous);
        all
    }
}
