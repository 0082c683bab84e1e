//! Branch news: finds the pull requests of pushes and checks that name none. What cannot be found at once is tried again after
//! the configured waits; then the newest commit is kept for a day, for a pull request that is opened later.
//!
//! Each delivery that was accepted comes to one end, which the journal tells under its id: it is passed on, or given up with the reason.

use crate::host::{Counters, Host};
use crate::queue::Priority;
use crate::rhythm::Rhythm;
use pawl_core::Timestamp;
use pawl_core::branch::{BRANCHES, HELD_HOURS, HeldBranch, HeldNews, Holding, NEWS_PER_BRANCH, PullOf, WAIT_SECONDS};
use pawl_core::facts::Observation;
use pawl_core::store::{Append, StoreError};
use pawl_core::subject::Subject;
use serde_json::json;
use std::time::Duration;

/// Branches that are looked up in one pass.
const PER_PASS: usize = 50;
/// What is told not to work.
const LOOKING: &str = "branches";
/// Pause between two passes.
const PASS: Duration = Duration::from_millis(250);

/// `ms` milliseconds after `at`, and no more than a branch ever waits between two tries.
#[must_use]
pub fn after_ms(at: Timestamp, ms: u64) -> Timestamp {
    let ms = ms.min(WAIT_SECONDS.unsigned_abs() * 1000);
    Timestamp::from_millisecond(at.as_millisecond().saturating_add_unsigned(ms)).unwrap_or(at)
}

/// Keeps branch news until it is known whose they are. What has to go for them is written down and counted. Answers whether they were not
/// kept already.
///
/// # Errors
/// When the store fails; then they may be told again.
pub async fn keep(host: &Host, held: HeldBranch) -> Result<bool, StoreError> {
    let key = (held.repository.id, held.key());
    let Holding { is_new, gone } = host.store.hold(held).await?;
    for gone in gone {
        let reason = if (gone.repository.id, gone.key()) == key {
            format!(
                "more than {NEWS_PER_BRANCH} news wait for the pull request of this branch; the newest are kept, and pushes before checks"
            )
        } else {
            format!("news of more than {BRANCHES} branches wait; the branches that have waited longest go")
        };
        tracing::warn!(repository = %gone.repository, branch = gone.branch, news = gone.news.len(), reason, "branch news are dropped");
        give_up(host, &gone, &reason);
    }
    Ok(is_new)
}

/// Their end, when nobody wants them.
fn give_up(host: &Host, held: &HeldBranch, reason: &str) {
    for news in &held.news {
        Counters::count(&host.counters.branch_news_given_up);
        ended(host, held, news, &[], reason);
    }
}

fn ended(host: &Host, held: &HeldBranch, news: &HeldNews, subjects: &[&Subject], reason: &str) {
    let ids: Vec<String> = subjects.iter().map(|subject| subject.id().to_string()).collect();
    let shown: Vec<String> = subjects.iter().map(ToString::to_string).collect();
    host.journal.write(
        "branch",
        json!({ "delivery": news.delivery, "news": news.news.id, "repository": held.repository, "branch": held.branch,
            "commit": news.commit, "subjects": ids, "shown": shown, "reason": reason }),
    );
}

/// Looks up branches until the host drains.
pub async fn run(host: std::sync::Arc<Host>) {
    let mut rhythm = Rhythm::new(host.draining(), PASS);
    while rhythm.next().await {
        match host.store.due_branches(host.now(), PER_PASS).await {
            Ok(due) => {
                host.told.is_well(LOOKING);
                for held in due {
                    if host.is_draining() {
                        return;
                    }
                    if let Err(error) = resolve(&host, &held).await {
                        tracing::warn!(branch = held.branch, %error, "branch news cannot be passed on; they are kept");
                    }
                }
            }
            Err(error) if host.told.is_news(LOOKING, &error) => {
                tracing::error!(%error, "branch news cannot be read; it is tried again until it works");
            }
            Err(_) => {}
        }
    }
}

async fn resolve(host: &Host, held: &HeldBranch) -> Result<(), StoreError> {
    let Some(newest) = held.newest() else { return Ok(()) };
    match host.github.pulls_of(&held.repository, held.branch.as_deref(), &newest.commit).await {
        Ok(pulls) => {
            let wanted = |news: &HeldNews| pulls.iter().any(|pull| pull.wants(news));
            if let Some(found) = held.only(wanted) {
                pass_on(host, &found, &pulls).await?;
            }
            match held.only(|news| !wanted(news)) {
                Some(left) => unwanted(host, left).await,
                None => Ok(()),
            }
        }
        Err(error) => {
            tracing::warn!(repository = %held.repository, branch = held.branch, %error, "cannot ask for the pull requests of a branch");
            // Nobody has said that it is nobody's: what GitHub cannot be asked about does not grow old.
            if !error.is_transient()
                && let Some(old) = held.only(|news| news.is_old(host.now()))
            {
                let reason = format!("GitHub could not be asked whose it is for {HELD_HOURS} h: {error}");
                give_up(host, &old, &reason);
                host.store.let_go(&old).await?;
            }
            // Nor does an unreachable GitHub use up the tries.
            let tries = &host.config.limits.branch_tries_ms;
            let attempts = held.attempts.max(1);
            let wait = tries.get(attempts as usize).copied().unwrap_or(tries[2]);
            again(host, held, attempts, Some(after_ms(host.now(), wait))).await
        }
    }
}

/// GitHub knows no pull request that wants these. They are asked for again; after the last try only the newest commit waits on.
async fn unwanted(host: &Host, left: HeldBranch) -> Result<(), StoreError> {
    let now = host.now();
    if let Some(old) = left.only(|news| news.is_old(now)) {
        give_up(host, &old, &format!("no pull request of its commit appeared within {HELD_HOURS} h"));
        host.store.let_go(&old).await?;
    }
    let Some(left) = left.only(|news| !news.is_old(now)) else { return Ok(()) };
    let attempts = left.attempts + 1;
    let next_at = host.config.limits.branch_tries_ms.get(attempts as usize).map(|wait| after_ms(now, *wait));
    if let Some(newest) = left.newest().filter(|_| next_at.is_none())
        && let Some(passed) = left.only(|news| news.commit != newest.commit)
    {
        give_up(host, &passed, "no pull request of its branch was open then, and a newer commit is there");
        host.store.let_go(&passed).await?;
    }
    again(host, &left, attempts, next_at).await
}

async fn again(host: &Host, held: &HeldBranch, attempts: u32, next_at: Option<Timestamp>) -> Result<(), StoreError> {
    host.store.hold(HeldBranch { attempts, next_at, ..held.clone() }).await.map(drop)
}

/// The news go to each pull request that wants them, in the order in which they happened, and each by its own delivery.
async fn pass_on(host: &Host, found: &HeldBranch, pulls: &[PullOf]) -> Result<(), StoreError> {
    let mut news: Vec<&HeldNews> = found.news.iter().collect();
    news.sort_by_key(|held| held.news.at);
    let mut appends = Vec::new();
    for pull in pulls {
        appends.extend(news.iter().filter(|held| pull.wants(held)).map(|held| append(&pull.subject, held)));
    }
    host.store.append(appends).await?;
    for held in &news {
        let subjects: Vec<&Subject> = pulls.iter().filter(|pull| pull.wants(held)).map(|pull| &pull.subject).collect();
        ended(host, found, held, &subjects, "it is news of these pull requests");
    }
    host.store.let_go(found).await?;
    for pull in pulls {
        let wanted: Vec<&&HeldNews> = news.iter().filter(|held| pull.wants(held)).collect();
        let Some(last) = wanted.last() else { continue };
        let priority = wanted.iter().map(|held| host.priority(&held.news)).max().unwrap_or(Priority::Rest);
        host.queue.deliver(pull.subject.clone(), priority, &last.delivery, None);
    }
    Ok(())
}

fn append(subject: &Subject, held: &HeldNews) -> Append {
    Append { subject: subject.clone(), delivery: held.delivery.clone(), news: vec![held.news.clone()] }
}

/// A pull request was read whose head some kept branch news are about: they are its news. Older pushes of the branch wait for GitHub's
/// word; it may be another branch of the same name.
pub async fn join(host: &Host, observation: &Observation) -> Result<(), StoreError> {
    let Some(head) = &observation.head else { return Ok(()) };
    let subject = &observation.subject;
    let Some(held) = host.store.held_branch(subject.repository.id, &head.branch).await? else { return Ok(()) };
    let Some(found) = held.only(|news| news.commit == head.commit) else { return Ok(()) };
    host.store.append(found.news.iter().map(|news| append(subject, news)).collect()).await?;
    for news in &found.news {
        ended(host, &found, news, &[subject], "it is about the head of this pull request");
    }
    host.store.let_go(&found).await?;
    if let Some(last) = found.newest() {
        host.queue.deliver(subject.clone(), Priority::Cancellation, &last.delivery, None);
    }
    Ok(())
}

/// The pull request has told this push itself, which is in its inbox by that way.
///
/// # Errors
/// When the store fails.
pub async fn released(host: &Host, told: &HeldBranch, subject: &Subject) -> Result<(), StoreError> {
    for news in &told.news {
        ended(host, told, news, &[subject], "the pull request has told it as well");
    }
    host.store.let_go(told).await
}
