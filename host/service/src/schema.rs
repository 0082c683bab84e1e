//! The labels of repositories: created before their first use, compared again once an hour, and what a person has given another
//! colour or description is told and left alone.

use crate::host::Host;
use pawl_core::label::LabelSpec;
use pawl_core::subject::Repository;
use pawl_github::{Drift, GitHubError};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A repository's labels are compared this often, if nobody says that they changed.
const EVERY: Duration = Duration::from_secs(3600);
/// Somebody said that they changed: compared again, but not more often than this.
const AFTER_DOUBT: Duration = Duration::from_secs(60);
/// Repositories that are compared in one pass of the reconciler.
const PER_PASS: usize = 5;
/// Most repositories that are remembered; beyond that the ones compared longest ago are forgotten, and learned again when needed.
const REPOSITORIES: usize = 5_000;

/// What is known of the labels of each repository. Lost at a restart, and learned again by one call.
#[derive(Debug, Default)]
pub struct Schemas(Mutex<BTreeMap<u64, Schema>>);

#[derive(Debug)]
struct Schema {
    repository: Repository,
    /// Who prepares it does so alone.
    alone: Arc<tokio::sync::Mutex<()>>,
    /// How often somebody said that its labels changed.
    doubts: u64,
    /// `doubts` when all labels were seen to be there.
    sure_at: Option<u64>,
    /// When it was last compared, whether that succeeded or not.
    compared: Option<Instant>,
    /// How preparing it failed the last time, and how often it was tried.
    failed: Option<GitHubError>,
    tries: u64,
    drifted: Vec<Drift>,
}

impl Schema {
    fn new(repository: &Repository) -> Self {
        Self {
            repository: repository.clone(),
            alone: Arc::default(),
            doubts: 0,
            sure_at: None,
            compared: None,
            failed: None,
            tries: 0,
            drifted: Vec::new(),
        }
    }

    fn is_sure(&self) -> bool {
        self.sure_at == Some(self.doubts)
    }

    fn is_due(&self, now: Instant) -> bool {
        let period = if self.sure_at.is_some() && !self.is_sure() { AFTER_DOUBT } else { EVERY };
        self.compared.is_none_or(|at| now.saturating_duration_since(at) >= period)
    }
}

impl Schemas {
    fn with<R>(&self, repository: &Repository, act: impl FnOnce(&mut Schema) -> R) -> R {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= REPOSITORIES && !all.contains_key(&repository.id) {
            let oldest = all.iter().min_by_key(|(_, schema)| schema.compared).map(|(id, _)| *id);
            oldest.map(|id| all.remove(&id));
        }
        act(all.entry(repository.id).or_insert_with(|| Schema::new(repository)))
    }

    /// There is an open subject in this repository.
    pub fn hear_of(&self, repository: &Repository) {
        self.with(repository, |_| ());
    }

    /// Somebody said that the labels of this repository changed.
    pub fn doubt(&self, repository: &Repository) {
        self.with(repository, |schema| {
            schema.repository = repository.clone();
            schema.doubts += 1;
        });
    }

    /// The policies are others now, and so may the labels be that they need.
    pub fn doubt_all(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values_mut().for_each(|schema| schema.doubts += 1);
    }

    /// Repositories whose turn it is to be compared.
    fn due(&self, now: Instant) -> Vec<Repository> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.values().filter(|schema| schema.is_due(now)).take(PER_PASS).map(|schema| schema.repository.clone()).collect()
    }

    /// What has drifted, by repository.
    #[must_use]
    pub fn drifted(&self) -> Vec<(Repository, Vec<Drift>)> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.values().filter(|schema| !schema.drifted.is_empty()).map(|s| (s.repository.clone(), s.drifted.clone())).collect()
    }

    /// The same as JSON, with the command that repairs it.
    #[must_use]
    pub fn json(&self) -> Value {
        let look = |spec: &LabelSpec| json!({ "colour": spec.colour, "description": spec.description });
        let label = |drift: &Drift| json!({ "label": drift.has.name, "has": look(&drift.has), "wants": look(&drift.wants) });
        let of = |(repository, drifted): (Repository, Vec<Drift>)| {
            let labels: Vec<Value> = drifted.iter().map(label).collect();
            json!({ "repository": repository.to_string(), "labels": labels, "repair": repair(&repository) })
        };
        self.drifted().into_iter().map(of).collect()
    }
}

/// The command that repairs what has drifted.
#[must_use]
pub fn repair(repository: &Repository) -> String {
    format!("pawl labels sync {repository} --confirm")
}

/// Creates the labels of all policies in a repository, unless they are known to be there. Its names must be of today: they were
/// just read with the subject.
///
/// # Errors
/// When GitHub cannot be asked; the next turn tries again.
pub async fn prepare(host: &Host, repository: &Repository) -> Result<(), GitHubError> {
    let (is_sure, alone, tries) = host.schemas.with(repository, |schema| (schema.is_sure(), schema.alone.clone(), schema.tries));
    if is_sure {
        return Ok(());
    }
    let _alone = alone.lock().await;
    // Somebody else may have done it meanwhile, or failed to: then all who waited fail with him instead of one after the other.
    let (is_sure, failed, doubts) = host.schemas.with(repository, |schema| {
        let failed = schema.failed.clone().filter(|_| schema.tries != tries);
        (schema.is_sure(), failed, schema.doubts)
    });
    if let Some(error) = failed {
        return Err(error);
    }
    if is_sure {
        return Ok(());
    }
    let result = host.github.ensure_labels(repository, &host.policies().labels()).await;
    let report = host.schemas.with(repository, |schema| {
        schema.tries += 1;
        schema.failed = result.as_ref().err().cloned();
        let report = result?;
        schema.repository = repository.clone();
        schema.sure_at = Some(doubts);
        schema.compared = Some(Instant::now());
        schema.drifted.clone_from(&report.drifted);
        Ok::<_, GitHubError>(report)
    })?;
    tell(repository, &report.drifted);
    if !report.created.is_empty() || !report.drifted.is_empty() {
        host.journal.write("labels", json!({ "repository": repository, "created": report.created, "drifted": report.drifted }));
    }
    Ok(())
}

/// Compares, by one reading each, the repositories whose turn it is. Creates and repairs nothing: what is missing is created by the
/// next turn that reads a subject there.
pub async fn check(host: &Host, now: Instant) {
    for repository in host.schemas.due(now) {
        if host.is_draining() {
            return;
        }
        let doubts = host.schemas.with(&repository, |schema| {
            schema.compared = Some(now);
            schema.doubts
        });
        match host.github.compare_labels(&repository, &host.policies().labels()).await {
            Ok(found) => {
                let is_new = host.schemas.with(&repository, |schema| {
                    schema.sure_at = if found.missing.is_empty() { Some(doubts) } else { None };
                    let is_new = schema.drifted != found.drifted;
                    schema.drifted.clone_from(&found.drifted);
                    is_new
                });
                if is_new {
                    tell(&repository, &found.drifted);
                    host.journal.write("labels", json!({ "repository": repository, "missing": found.missing, "drifted": found.drifted }));
                }
            }
            Err(error) => tracing::warn!(%repository, %error, "the labels cannot be compared; the next hour tries again"),
        }
    }
}

fn tell(repository: &Repository, drifted: &[Drift]) {
    for drift in drifted {
        let repair = repair(repository);
        tracing::warn!(%repository, label = %drift.has.name, has = ?drift.has, wants = ?drift.wants, "a label has drifted; `{repair}` repairs it");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(id: u64) -> Repository {
        Repository { id, owner: "acme".into(), name: format!("shop-{id}") }
    }

    #[test]
    fn a1_1_a_repository_is_compared_once_an_hour_and_after_a_doubt_a_minute_later() {
        let schemas = Schemas::default();
        let start = Instant::now();
        schemas.hear_of(&repository(1));
        assert_eq!(schemas.due(start), [repository(1)], "at first at once");
        schemas.with(&repository(1), |schema| {
            schema.compared = Some(start);
            schema.sure_at = Some(0);
        });
        assert!(schemas.due(start + EVERY - Duration::from_secs(1)).is_empty());
        assert_eq!(schemas.due(start + EVERY), [repository(1)]);
        schemas.doubt(&repository(1));
        assert!(schemas.due(start + AFTER_DOUBT - Duration::from_secs(1)).is_empty());
        assert_eq!(schemas.due(start + AFTER_DOUBT), [repository(1)]);
    }

    #[test]
    fn what_is_remembered_and_what_is_done_at_once_are_bounded() {
        let schemas = Schemas::default();
        for id in 0..REPOSITORIES as u64 + 10 {
            schemas.hear_of(&repository(id));
        }
        assert_eq!(schemas.0.lock().unwrap_or_else(PoisonError::into_inner).len(), REPOSITORIES);
        assert_eq!(schemas.due(Instant::now()).len(), PER_PASS);
    }
}
