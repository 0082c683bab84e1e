//! Facts for any policy, from a pull request with next to nothing on it to the most that the host ever shows. Whoever acts in them is
//! named by the policy's settings, so that it does what it is there for; what it does not need is left out, as the host does.

use crate::play::{Candidate, Who, at};
use pawl_core::facts::{Facts, Head, LabelChange, LabelEvent, Memory};
use pawl_core::label::Label;
use pawl_core::news::{Actor, Check, Comment, Conclusion, Event, News, Phase, Review, Run, Verdict};
use pawl_core::subject::{Repository, Subject, SubjectKind};

/// Facts with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// As it stands in the table.
    pub name: String,
    /// What is in it.
    pub words: String,
    /// The facts.
    pub facts: Facts,
}

struct Size {
    name: &'static str,
    each: usize,
    label_events: usize,
    checks: usize,
    runs: usize,
    signals: usize,
}

/// The host reads at most 50 reviews, comments and checks, 100 label events and 200 runs; an inbox holds at most 200 news and 96 KiB.
const SIZES: [Size; 4] = [
    Size { name: "small", each: 0, label_events: 3, checks: 0, runs: 0, signals: 0 },
    Size { name: "typical", each: 10, label_events: 10, checks: 4, runs: 2, signals: 0 },
    Size { name: "large", each: 50, label_events: 100, checks: 40, runs: 20, signals: 20 },
    Size { name: "at the limits", each: 50, label_events: 100, checks: 50, runs: 200, signals: 190 },
];

/// Most reviews among the news.
const REVIEWS: usize = 10;
/// Bytes of a signal's parameter: as many as there are at the limits fill an inbox.
const PARAMETER_BYTES: usize = 200;
/// The time of every sample, in seconds of the play.
const NOW: i64 = 7_200;

/// The samples, smallest first.
#[must_use]
pub fn samples(candidate: &Candidate) -> Vec<Sample> {
    SIZES.iter().map(|size| size.sample(candidate)).collect()
}

impl Size {
    fn sample(&self, candidate: &Candidate) -> Sample {
        let told = reviews(candidate);
        let before = self.before(candidate);
        // What it remembers and wishes is found by asking it once.
        let plan = match candidate.ask(&before).verdict {
            pawl_core::turn::Verdict::Plan(plan) => Some(plan),
            _ => None,
        };
        let version = candidate.manifest().memory_version;
        let memory = plan.as_ref().and_then(|plan| plan.memory.clone()).map(|bytes| Memory { version, bytes });
        let labels = before.labels.iter().cloned().chain(plan.into_iter().flat_map(|plan| plan.labels)).collect();
        let news: Vec<News> = (0..self.signals).map(|n| signal(n, candidate)).chain(told).collect();
        let facts = Facts { now: at(NOW + 120), labels, memory, news, ..before };
        Sample { name: self.name.into(), words: words(&facts), facts }
    }

    fn before(&self, candidate: &Candidate) -> Facts {
        let (needs, cast) = (candidate.manifest().needs, candidate.cast());
        let count = |is_needed: bool, most: usize| if is_needed { most } else { 0 };
        let labels = ["size/S", "area/umbrellas", "kind/feature"].map(Label::new);
        let actors: Vec<Actor> = cast.bots.iter().chain([&cast.person, &cast.stranger]).map(Who::account).collect();
        let actor = |n: usize| actors[n % actors.len()].clone();
        let earlier = |n: usize| at(NOW - 3_600 + i64::try_from(n).unwrap_or(0));
        let review = |n: usize| {
            let verdict = if n.is_multiple_of(3) { Verdict::ChangesRequested } else { Verdict::Commented };
            Review {
                id: n as u64 + 1,
                author: Some(actor(n)),
                verdict,
                commit: Some(commit(1)),
                at: earlier(n),
                matches: flags(n, candidate),
            }
        };
        let comment = |n: usize| Comment { id: n as u64 + 1, author: Some(actor(n)), at: earlier(n), matches: flags(n, candidate) };
        let check = |n: usize| Check {
            id: n as u64 + 1,
            name: format!("build and test, part {n}"),
            app: cast.apps[n % cast.apps.len()].clone(),
            conclusion: if n.is_multiple_of(4) { Conclusion::Failure } else { Conclusion::Success },
            commit: commit(1),
            at: earlier(n),
        };
        let label_event = |n: usize| LabelEvent {
            id: format!("LE_kwDOA1b2c3{n:08}"),
            label: labels[n % labels.len()].clone(),
            change: if (n / labels.len()).is_multiple_of(2) { LabelChange::Added } else { LabelChange::Removed },
            by: Some(cast.person.account()),
            at: earlier(n),
        };
        let head = Head { branch: "topic".into(), commit: commit(1), pushed_by: Some(actor(0)), pushed_at: Some(at(NOW - 4_000)) };
        let repository = Repository { id: 4711, owner: "acme".into(), name: "umbrellas".into() };
        let subject = Subject { repository, number: 12, kind: SubjectKind::PullRequest };
        Facts {
            head: Some(head),
            labels: labels.to_vec(),
            reviews: (0..count(needs.reviews, self.each)).map(review).collect(),
            comments: (0..count(needs.comments, self.each)).map(comment).collect(),
            checks: (0..count(needs.checks, self.checks)).map(check).collect(),
            runs: (0..count(needs.runs, self.runs)).map(|n| run(n, candidate)).collect(),
            label_history: (0..count(needs.label_history, self.label_events)).map(label_event).collect(),
            settings: candidate.member().settings.clone(),
            ..Facts::plain(subject, "Make umbrellas that open by themselves when it rains", at(NOW))
        }
    }
}

/// How much there is of what the policy needs.
fn words(facts: &Facts) -> String {
    let counts = [
        (facts.reviews.len(), "reviews"),
        (facts.comments.len(), "comments"),
        (facts.label_history.len(), "label events"),
        (facts.checks.len(), "checks"),
        (facts.runs.len(), "runs"),
        (facts.news.len(), "news"),
    ];
    let told: Vec<String> = counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    told.join(", ")
}

/// The news that matters: everybody whom the settings name requests changes.
fn reviews(candidate: &Candidate) -> Vec<News> {
    let cast = candidate.cast();
    let who = if cast.bots.is_empty() { std::slice::from_ref(&cast.person) } else { &cast.bots };
    let review = |(place, who): (usize, &Who)| {
        let (id, verdict, second) = (51 + place as u64, Verdict::ChangesRequested, NOW + 60);
        let author = who.account();
        let review = Review { id, author: Some(author.clone()), verdict, commit: Some(commit(1)), at: at(second), matches: Vec::new() };
        News {
            id: News::review_id(id, verdict),
            at: at(second),
            arrived: at(second + 1),
            actor: Some(author),
            event: Event::Reviewed(review),
        }
    };
    who.iter().take(REVIEWS).enumerate().map(review).collect()
}

fn signal(n: usize, candidate: &Candidate) -> News {
    let signals = &candidate.cast().signals;
    let name = signals.get(n % signals.len().max(1)).cloned().unwrap_or_else(|| "coverage_measured".into());
    let parameters = [("detail".to_owned(), "x".repeat(PARAMETER_BYTES)), ("commit".to_owned(), commit(1))].into();
    let event = Event::Signal { name, parameters };
    News { id: format!("signal:run-{n}"), at: at(NOW + 1), arrived: at(NOW + 2), actor: None, event }
}

fn run(n: usize, candidate: &Candidate) -> Run {
    let cast = candidate.cast();
    Run {
        kind: cast.kinds.first().cloned().unwrap_or_else(|| "Run".into()),
        name: format!("run-{n}"),
        uid: format!("uid-{n}"),
        agent: cast.agents.get(n % cast.agents.len().max(1)).cloned(),
        same_repository: Some(true),
        pull_request: Some(12),
        task: None,
        branch: Some("topic".into()),
        commit: None,
        created_at: at(NOW - 3_000),
        finished_at: None,
        phase: Phase::Running,
    }
}

fn flags(n: usize, candidate: &Candidate) -> Vec<String> {
    candidate.cast().patterns.iter().filter(|_| n.is_multiple_of(5)).cloned().collect()
}

fn commit(n: usize) -> String {
    format!("{n:08x}").repeat(5)
}
