//! Intake: what a verified delivery or signal says is made durable, and the subjects it is about are queued. Knows no HTTP.

use crate::branches;
use crate::host::{Counters, Host};
use crate::queue::Priority;
use pawl_core::branch::{HeldBranch, HeldNews};
use pawl_core::news::{Event, News};
use pawl_core::record::Appended;
use pawl_core::store::{Append, StoreError};
use pawl_core::subject::{Repository, Subject};
use pawl_core::turn::Outcome;
use pawl_github::webhook::{BranchNews, Reading, RepositoryChange};
use serde_json::json;
use tokio::sync::oneshot;

/// What became of a delivery.
#[derive(Debug)]
pub struct Receipt {
    /// `accepted`, `duplicate` or `ignored`.
    pub status: Status,
    /// Why it was ignored.
    pub reason: Option<String>,
    /// The subjects it is about.
    pub subjects: Vec<Subject>,
    /// One per subject that was queued: its outcome, once a turn has ended.
    pub outcomes: Vec<oneshot::Receiver<Outcome>>,
}

/// In a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Something new, now durable.
    Accepted,
    /// Told before.
    Duplicate,
    /// Nothing that concerns us.
    Ignored,
}

impl Status {
    /// As it stands in answers.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Duplicate => "duplicate",
            Self::Ignored => "ignored",
        }
    }
}

/// Why a delivery could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// One piece of news is larger than a record may hold; sending it again cannot help.
    #[error(
        "the news is larger than {} bytes after everything unneeded was left out; shorten its names and parameters",
        pawl_core::news::NEWS_BYTES
    )]
    TooLarge,
    /// Too much waits.
    #[error("too much waits here ({0}); send it again later")]
    Full(&'static str),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Receipt {
    fn of(status: Status, subjects: Vec<Subject>) -> Self {
        Self { status, reason: None, subjects, outcomes: Vec::new() }
    }

    fn ignored(reason: impl Into<String>) -> Self {
        Self { status: Status::Ignored, reason: Some(reason.into()), subjects: Vec::new(), outcomes: Vec::new() }
    }
}

/// Takes what a delivery said. `event` is its kind, `delivery` its correlation id. With `wants_outcome` the receipt carries the
/// outcomes of the turns to come.
///
/// # Errors
/// When nothing of it is durable.
pub async fn take(host: &Host, event: &str, delivery: &str, reading: Reading, wants_outcome: bool) -> Result<Receipt, NotTaken> {
    let receipt = match reading {
        Reading::Subjects { subjects, news } => match subjects.iter().find(|s| !host.config.serves(&s.repository)) {
            Some(other) => Receipt::ignored(format!("{} is not among github.repositories", other.repository)),
            None => take_subjects(host, delivery, subjects, news, wants_outcome).await?,
        },
        Reading::Branch(branch) if host.config.serves(&branch.repository) => take_branch(host, delivery, *branch).await?,
        Reading::Branch(branch) => Receipt::ignored(format!("{} is not among github.repositories", branch.repository)),
        Reading::Labels { repository } => {
            host.schemas.doubt(&repository);
            Receipt::of(Status::Accepted, Vec::new())
        }
        Reading::Repository { repository, change } => take_repository(host, repository, change).await?,
        Reading::Ping => Receipt::ignored("pong: the webhook is set up"),
        Reading::Ignored { reason } => Receipt::ignored(reason),
    };
    let counter = match receipt.status {
        Status::Accepted => &host.counters.accepted,
        Status::Duplicate => &host.counters.duplicate,
        Status::Ignored => &host.counters.ignored,
    };
    Counters::count(counter);
    tracing::debug!(delivery, event, status = receipt.status.word(), reason = receipt.reason, "delivery");
    let subjects: Vec<String> = receipt.subjects.iter().map(|s| s.id().to_string()).collect();
    let shown: Vec<String> = receipt.subjects.iter().map(ToString::to_string).collect();
    host.journal.write(
        "delivery",
        json!({ "delivery": delivery, "event": event, "status": receipt.status.word(), "reason": receipt.reason, "subjects": subjects, "shown": shown }),
    );
    Ok(receipt)
}

async fn take_subjects(
    host: &Host,
    delivery: &str,
    subjects: Vec<Subject>,
    news: Vec<News>,
    wants_outcome: bool,
) -> Result<Receipt, NotTaken> {
    if host.queue.is_full() {
        return Err(NotTaken::Full("the queue of subjects"));
    }
    let appends =
        subjects.iter().map(|subject| Append { subject: subject.clone(), delivery: delivery.to_owned(), news: news.clone() }).collect();
    let results = host.store.append(appends).await?;
    for news in &news {
        release_branch(host, &subjects, news).await?;
    }
    let mut receipt = Receipt::of(Status::Duplicate, subjects.clone());
    for (subject, result) in subjects.into_iter().zip(&results) {
        if result.appended.contains(&Appended::TooLarge) {
            return Err(NotTaken::TooLarge);
        }
        if result.appended.contains(&Appended::Full) {
            return Err(NotTaken::Full("the inbox of the subject"));
        }
        let accepted = |a: &Appended| matches!(a, Appended::Accepted(_));
        let is_new = result.appended.iter().any(accepted);
        // Without news, or with news too old to be told apart, it still says "look at this"; what is told twice says nothing.
        let is_look = result.appended.is_empty() || result.appended.contains(&Appended::Old);
        if !is_new && !is_look {
            if result.appended.iter().all(|a| *a == Appended::Own) && receipt.status == Status::Duplicate {
                receipt.status = Status::Ignored;
                receipt.reason = Some("an own label write coming back".into());
            }
            continue;
        }
        receipt.reason = None;
        receipt.status = Status::Accepted;
        let priority = news.iter().map(|n| host.priority(n)).max().unwrap_or(Priority::Rest);
        let tell = wants_outcome.then(|| {
            let (tell, told) = oneshot::channel();
            receipt.outcomes.push(told);
            tell
        });
        host.queue.deliver(subject, priority, delivery, tell);
    }
    Ok(receipt)
}

/// A `synchronize` told which pull request a push belongs to: GitHub need not be asked. What else is told of the branch waits on.
async fn release_branch(host: &Host, subjects: &[Subject], news: &News) -> Result<(), StoreError> {
    let (Some(subject), Event::Pushed { branch, .. }) = (subjects.first(), &news.event) else { return Ok(()) };
    let held = host.store.held_branch(subject.repository.id, branch).await?;
    match held.and_then(|held| held.only(|held| held.news.id == news.id)) {
        Some(told) => branches::released(host, &told, subject).await,
        None => Ok(()),
    }
}

async fn take_branch(host: &Host, delivery: &str, branch: BranchNews) -> Result<Receipt, NotTaken> {
    let wait = host.config.limits.branch_tries_ms[0];
    let held = HeldBranch {
        repository: branch.repository,
        branch: branch.branch,
        news: vec![HeldNews { commit: branch.commit, delivery: delivery.to_owned(), news: branch.news }],
        attempts: 0,
        next_at: Some(branches::after_ms(host.now(), wait)),
    };
    let is_new = branches::keep(host, held).await?;
    Ok(Receipt::of(if is_new { Status::Accepted } else { Status::Duplicate }, Vec::new()))
}

async fn take_repository(host: &Host, repository: Repository, change: RepositoryChange) -> Result<Receipt, NotTaken> {
    host.store.tell_name(&repository).await?;
    if change != RepositoryChange::Deleted {
        return Ok(Receipt::of(Status::Accepted, Vec::new()));
    }
    // Each subject finds out for itself that it is gone, and ends.
    let mut after = None;
    let mut subjects = Vec::new();
    loop {
        let page = host.store.page(after, 500).await?;
        let Some(last) = crate::store::behind(&page) else { break };
        for record in page.into_iter().flatten().filter(|r| r.subject.repository.id == repository.id && r.ended.is_none()) {
            host.queue.push(record.subject.clone(), Priority::Rest, "the repository was deleted", None);
            subjects.push(record.subject);
        }
        after = Some(last);
    }
    Ok(Receipt::of(Status::Accepted, subjects))
}
