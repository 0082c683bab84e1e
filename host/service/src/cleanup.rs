//! Cleanup: every policy is asked, by a signal of that name, to take its working labels off subjects that need none any more. Which
//! those are is the policies' word: the signal is news like any other, decided on facts under the claim, and may be refused.

use crate::host::Host;
use crate::intake;
use crate::reconciler;
use crate::rhythm::Rhythm;
use crate::shell;
use pawl_core::label::Label;
use pawl_core::news::{Event, News};
use pawl_core::record::Record;
use pawl_core::store::StoreError;
use pawl_core::subject::Subject;
use pawl_core::turn::Ending;
use pawl_github::webhook::Reading;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The signal that asks for it.
pub const SIGNAL: &str = "cleanup";
/// A restart shall not ask GitHub about everything at once: the first scheduled pass comes so long after it.
const FIRST: Duration = Duration::from_secs(3600);
/// How long the end of one subject's turn is waited for; the turn itself goes on.
const PATIENCE: Duration = Duration::from_secs(150);
/// Records that are read at once.
const PAGE: usize = 200;

/// The scheduled pass.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CleanupConfig {
    /// Hours between two passes; 0 for none.
    pub every_hours: u64,
}

impl Default for CleanupConfig {
    fn default() -> Self {
        Self { every_hours: 24 }
    }
}

/// What a pass came to. A task is one subject.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// Subjects that were asked about and answered.
    pub tasks_processed: usize,
    /// Of these, open ones that a policy calls finished.
    pub tasks_abandoned: usize,
    /// Of these, merged, closed and deleted ones, and open ones that lost labels and go on.
    pub tasks_completed: usize,
    /// Subjects that were asked about before under the same id, by this replica or another: what came of it is counted there.
    pub tasks_asked_before: usize,
    /// Subjects that could not be asked about; they stop no other.
    pub errors: Vec<Failed>,
    /// What was answered, one by one.
    pub subjects: Vec<Answered>,
}

/// A subject that could not be asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failed {
    /// `owner/name#number`.
    pub subject: String,
    /// One sentence.
    pub error: String,
}

/// What was answered about one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answered {
    /// `owner/name#number`.
    pub subject: String,
    /// Why a policy refused, if one did.
    pub refused: Option<String>,
    /// Labels that go; in a dry run those that would.
    pub remove: Vec<Label>,
    /// Labels that come.
    pub add: Vec<Label>,
    #[serde(skip)]
    end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Abandoned,
    Completed,
    Goes,
}

/// Asks in a steady rhythm, until the host drains.
pub async fn run(host: Arc<Host>) {
    let hours = host.config.cleanup.every_hours;
    if hours == 0 {
        return;
    }
    let period = Duration::from_secs(hours.saturating_mul(3600));
    if host.draining().run_until_cancelled(tokio::time::sleep(FIRST.min(period))).await.is_none() {
        return;
    }
    let mut rhythm = Rhythm::new(host.draining(), period);
    while rhythm.next().await {
        // Replicas and restarts ask under the same id, so each subject is asked once in a period.
        let id = format!("cleanup:{}:{hours}h", host.now().as_second() / period.as_secs().cast_signed());
        match pass(&host, &id, false).await {
            Ok(tally) => tracing::info!(
                processed = tally.tasks_processed,
                abandoned = tally.tasks_abandoned,
                completed = tally.tasks_completed,
                asked_before = tally.tasks_asked_before,
                errors = tally.errors.len(),
                "cleaned up"
            ),
            Err(error) => tracing::error!(%error, "the cleanup cannot read the store; the next pass tries again"),
        }
    }
}

/// Asks about every subject that its policies do not call finished already, one after the other. A dry one changes nothing. `id` makes
/// the signal's: asked twice under one, a subject is asked once.
///
/// # Errors
/// When the store cannot be read.
pub async fn pass(host: &Host, id: &str, is_dry: bool) -> Result<Tally, StoreError> {
    let mut tally = Tally::default();
    let mut after = None;
    loop {
        let page = host.store.page(after, PAGE).await?;
        let is_last = page.len() < PAGE;
        after = crate::store::behind(&page);
        for record in page {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let Some(subject) = error.subject() else { return Err(error) };
                    tally.errors.push(Failed { subject: subject.to_string(), error: error.to_string() });
                    continue;
                }
            };
            if record.ended.is_some() || reconciler::is_over(&host.policies(), &record) {
                continue;
            }
            if host.is_draining() {
                return Ok(tally);
            }
            let answered = one(host, &record.subject, id, is_dry).await;
            tally.add(&record.subject, answered);
        }
        if is_last {
            break;
        }
    }
    host.journal.write("cleaned-up", serde_json::json!({ "dry": is_dry, "tally": tally }));
    Ok(tally)
}

/// Asks about one subject; nothing is answered where it was asked about before under this id.
///
/// # Errors
/// One sentence, when it could not be asked about.
pub async fn one(host: &Host, subject: &Subject, id: &str, is_dry: bool) -> Result<Option<Answered>, String> {
    let now = host.now();
    let event = Event::Signal { name: SIGNAL.into(), parameters: BTreeMap::new() };
    let news = News { id: News::signal_id(id), at: now, arrived: now, actor: None, event };
    if is_dry { foreseen(host, subject, news).await.map(Some) } else { asked(host, subject, news, id).await }
}

async fn foreseen(host: &Host, subject: &Subject, news: News) -> Result<Answered, String> {
    let foreseen = shell::foresee(host, subject, news).await.map_err(|trouble| trouble.message)?;
    let is_finished = foreseen.states.iter().any(|(policy, state)| is_finished(host, policy, state));
    let has_moved = !foreseen.delta.is_empty();
    Ok(Answered {
        subject: subject.to_string(),
        refused: foreseen.refused,
        end: End::of(foreseen.is_over, is_finished, has_moved),
        remove: foreseen.delta.remove,
        add: foreseen.delta.add,
    })
}

async fn asked(host: &Host, subject: &Subject, news: News, delivery: &str) -> Result<Option<Answered>, String> {
    let news_id = news.id.clone();
    let reading = Reading::Subjects { subjects: vec![subject.clone()], news: vec![news] };
    let mut receipt = intake::take(host, SIGNAL, delivery, reading, true).await.map_err(|error| error.to_string())?;
    let Some(told) = receipt.outcomes.pop() else {
        return match receipt.status {
            intake::Status::Duplicate => Ok(None),
            _ => Err(receipt.reason.unwrap_or_else(|| "nothing was to be asked".into())),
        };
    };
    let outcome = match tokio::time::timeout(PATIENCE, told).await {
        Ok(Ok(outcome)) => outcome,
        _ => return Err("its turn has not ended yet; it goes on".into()),
    };
    if matches!(outcome.ending, Ending::Unsettled | Ending::Busy) {
        return Err(format!("{}; it is tried again until it settles", outcome.reason));
    }
    let record = host.store.load(subject.id()).await.map_err(|error| error.to_string())?;
    let is_over = |record: &Record| record.ended.is_some() || record.state.is_some_and(pawl_core::facts::SubjectState::is_over);
    let is_finished = record.iter().flat_map(|r| &r.parts).any(|(policy, part)| is_finished(host, policy, &part.state));
    let without = |labels: &[Label], others: &[Label]| labels.iter().filter(|l| !others.contains(l)).cloned().collect::<Vec<_>>();
    let (remove, add) = (without(&outcome.labels_before, &outcome.labels_after), without(&outcome.labels_after, &outcome.labels_before));
    Ok(Some(Answered {
        subject: subject.to_string(),
        refused: outcome.refused.into_iter().find(|(_, refused)| refused.news_id == news_id).map(|(_, refused)| refused.reason),
        end: End::of(record.as_ref().is_none_or(is_over), is_finished, !remove.is_empty() || !add.is_empty()),
        remove,
        add,
    }))
}

/// Whether the policy calls a subject in this state finished.
fn is_finished(host: &Host, policy: &str, state: &str) -> bool {
    let policies = host.policies();
    let member = policies.deployment.members.iter().find(|member| member.manifest.name == policy);
    member.is_some_and(|member| member.manifest.states.iter().any(|known| known.terminal && known.name == state))
}

impl End {
    fn of(is_over: bool, is_finished: bool, has_moved: bool) -> Self {
        match (is_over, is_finished, has_moved) {
            (true, ..) | (false, false, true) => Self::Completed,
            (false, true, _) => Self::Abandoned,
            (false, false, false) => Self::Goes,
        }
    }
}

impl Tally {
    /// Counts one more answer.
    pub fn add(&mut self, subject: &Subject, answered: Result<Option<Answered>, String>) {
        match answered {
            Err(error) => self.errors.push(Failed { subject: subject.to_string(), error }),
            Ok(None) => self.tasks_asked_before += 1,
            Ok(Some(answered)) => {
                self.tasks_processed += 1;
                let is_refused = answered.refused.is_some();
                self.tasks_abandoned += usize::from(!is_refused && answered.end == End::Abandoned);
                self.tasks_completed += usize::from(!is_refused && answered.end == End::Completed);
                self.subjects.push(answered);
            }
        }
    }
}
