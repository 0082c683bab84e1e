//! Facts to decide on, from a pull request with next to nothing on it to the most that the host ever shows a policy.

use anyhow::Context;
use pawl_core::Timestamp;
use pawl_core::facts::{Facts, Head, LabelChange, LabelEvent, Memory};
use pawl_core::label::Label;
use pawl_core::news::{Actor, ActorKind, Check, Comment, Conclusion, Event, News, Review, Verdict};
use pawl_core::subject::{Repository, Subject, SubjectKind};
use pawl_sandbox::LoadedPolicy;
use std::collections::BTreeMap;

/// The time of every decision here: facts are the same in every run.
const NOW: i64 = 1_800_000_000;

/// How much is on a pull request.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// What it is called in the report.
    pub name: &'static str,
    /// In words.
    pub words: &'static str,
    reviews: usize,
    comments: usize,
    label_events: usize,
    checks: usize,
    signals: usize,
    parameter_bytes: usize,
}

/// The sizes, smallest first. The host reads at most 50 reviews, 50 comments and 100 label events of a subject, never a text; an
/// inbox holds at most 200 news and 96 KiB.
pub const SIZES: [Size; 4] = [
    Size {
        name: "small",
        words: "three labels, one piece of news",
        reviews: 0,
        comments: 0,
        label_events: 3,
        checks: 0,
        signals: 0,
        parameter_bytes: 0,
    },
    Size {
        name: "typical",
        words: "10 reviews, 10 comments, 10 label events, 4 checks, one piece of news",
        reviews: 10,
        comments: 10,
        label_events: 10,
        checks: 4,
        signals: 0,
        parameter_bytes: 0,
    },
    Size {
        name: "large",
        words: "50 reviews, 50 comments, 100 label events, 40 checks, 20 signals beside the news",
        reviews: 50,
        comments: 50,
        label_events: 100,
        checks: 40,
        signals: 20,
        parameter_bytes: 200,
    },
    Size {
        name: "at the limits",
        words: "as large, with 400 checks and 199 signals that fill an inbox",
        reviews: 50,
        comments: 50,
        label_events: 100,
        checks: 400,
        signals: 199,
        parameter_bytes: 200,
    },
];

impl Size {
    /// Facts of this size: QA has asked for changes, and the policy has a memory of what came before.
    ///
    /// # Errors
    /// When the policy does not answer as it should.
    pub fn facts(&self, policy: &LoadedPolicy) -> anyhow::Result<Facts> {
        let before = self.before(policy)?;
        let Ok(plan) = policy.decide(&before)?.answer else { anyhow::bail!("the policy refuses facts of size {}", self.name) };
        let labels = before.labels.iter().cloned().chain(plan.labels).collect();
        let version = policy.manifest().memory_version;
        let memory = Some(Memory { version, bytes: plan.memory.context("the policy remembers what it decided")? });
        let review = review(self.reviews + 1);
        let mut reviews = before.reviews.clone();
        reviews.truncate(49);
        reviews.push(review.clone());
        let id = format!("review:{}:changes_requested", review.id);
        let told = News { id, at: at(60), arrived: at(61), actor: review.author.clone(), event: Event::Reviewed(review) };
        let signals = (0..self.signals).map(|n| signal(n, self.parameter_bytes));
        Ok(Facts { now: at(120), labels, memory, reviews, news: signals.chain([told]).collect(), ..before })
    }

    fn before(&self, policy: &LoadedPolicy) -> anyhow::Result<Facts> {
        let labels = ["task-7", "size/S", "area/umbrellas"].map(Label::new);
        let repository = Repository { id: 4711, owner: "acme".into(), name: "umbrellas".into() };
        let subject = Subject { repository, number: 1200, kind: SubjectKind::PullRequest };
        let plain = Facts::plain(subject, "Make umbrellas that open by themselves when it rains", at(0));
        Ok(Facts {
            head: Some(Head {
                branch: "feature/opens-itself".into(),
                commit: commit(1),
                pushed_by: Some(agent()),
                pushed_at: Some(at(-600)),
            }),
            label_history: (0..self.label_events).map(|n| label_event(n, &labels[n % labels.len()])).collect(),
            labels: labels.to_vec(),
            reviews: (0..self.reviews).map(review).collect(),
            comments: (0..self.comments).map(comment).collect(),
            checks: (0..self.checks).map(check).collect(),
            settings: policy.manifest().settle_settings(&BTreeMap::new())?,
            ..plain
        })
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(NOW + seconds).expect("a time of this century is one")
}

/// Things that lie before the decision, the later the higher `n`.
fn earlier(n: usize) -> Timestamp {
    at(-3_600 + i64::try_from(n).unwrap_or(0))
}

fn commit(n: usize) -> String {
    format!("{n:08x}").repeat(5)
}

fn actor(login: &str, kind: ActorKind) -> Actor {
    Actor { login: login.into(), id: Some(login.len() as u64 * 7919), kind, permission: None }
}

fn agent() -> Actor {
    actor("5DLabs-Rex[bot]", ActorKind::Bot)
}

/// Every fifth is QA's and asks for changes, the others are people's remarks.
fn review(n: usize) -> Review {
    let is_qa = n % 5 == 1;
    let author = if is_qa { actor("5DLabs-Tess[bot]", ActorKind::Bot) } else { actor("a-person-with-a-name", ActorKind::Human) };
    let verdict = if is_qa { Verdict::ChangesRequested } else { Verdict::Commented };
    Review { id: 900_000 + n as u64, author: Some(author), verdict, commit: Some(commit(1)), at: earlier(n), matches: Vec::new() }
}

fn comment(n: usize) -> Comment {
    let matches = if n.is_multiple_of(5) { vec!["remediation/feedback_marker".to_owned()] } else { Vec::new() };
    Comment { id: 500_000 + n as u64, author: Some(actor("a-person-with-a-name", ActorKind::Human)), at: earlier(n), matches }
}

fn label_event(n: usize, label: &Label) -> LabelEvent {
    let change = if (n / 3).is_multiple_of(2) { LabelChange::Added } else { LabelChange::Removed };
    LabelEvent {
        id: format!("LE_kwDOA1b2c3{n:08}"),
        label: label.clone(),
        change,
        by: Some(actor("a-person-with-a-name", ActorKind::Human)),
        at: earlier(n),
    }
}

fn check(n: usize) -> Check {
    Check {
        id: 700_000 + n as u64,
        name: format!("build and test, part {n}"),
        app: "github-actions".into(),
        conclusion: Conclusion::Success,
        commit: commit(1),
        at: earlier(n),
    }
}

fn signal(n: usize, parameter_bytes: usize) -> News {
    let parameters = [("detail".to_owned(), "x".repeat(parameter_bytes)), ("commit".to_owned(), commit(1))].into();
    News {
        id: format!("signal:run-{n}"),
        at: at(1),
        arrived: at(2),
        actor: None,
        event: Event::Signal { name: "coverage_measured".into(), parameters },
    }
}
