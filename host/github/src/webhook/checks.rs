//! `check_run`: a check ended.

use super::payload::{Account, NAME_CHARS, RepositoryPart, Time, bounded, branch, commit, identity};
use super::read::{BadPayload, BranchNews, Delivery, Reading, actor_of, ignored};
use pawl_core::news::{Check, Conclusion, Event, News};
use pawl_core::subject::SubjectKind;
use serde::Deserialize;

/// Most pull requests of one check run that are believed.
const PULLS: usize = 20;

#[derive(Deserialize)]
struct CheckRunTold {
    action: String,
    check_run: CheckRun,
    repository: RepositoryPart,
    sender: Option<Account>,
}

#[derive(Deserialize)]
struct CheckRun {
    id: u64,
    #[serde(default)]
    name: String,
    head_sha: String,
    conclusion: Option<String>,
    #[serde(default)]
    started_at: Time,
    #[serde(default)]
    completed_at: Time,
    app: Option<App>,
    check_suite: Option<CheckSuite>,
    #[serde(default)]
    pull_requests: Vec<PullPart>,
}

#[derive(Deserialize)]
struct App {
    slug: Option<String>,
}

#[derive(Deserialize)]
struct CheckSuite {
    head_branch: Option<String>,
}

#[derive(Deserialize)]
struct PullPart {
    number: u32,
    base: Option<Base>,
}

#[derive(Deserialize)]
struct Base {
    repo: Option<BaseRepository>,
}

#[derive(Deserialize)]
struct BaseRepository {
    id: Option<u64>,
}

impl PullPart {
    /// The list also names pull requests that other repositories opened from the same commit.
    fn is_in(&self, repository_id: u64) -> bool {
        let base = self.base.as_ref().and_then(|base| base.repo.as_ref()).and_then(|repo| repo.id);
        base.is_none_or(|id| id == repository_id)
    }
}

pub(super) fn read(delivery: &Delivery<'_>) -> Result<Reading, BadPayload> {
    let told: CheckRunTold = delivery.payload()?;
    let repository = told.repository.checked()?;
    if told.action != "completed" {
        return Ok(ignored(format!("a check run that is {:?} has not ended", bounded(&told.action, 40))));
    }
    let run = told.check_run;
    let commit = commit(&run.head_sha).ok_or(BadPayload::Missing { field: "check_run.head_sha" })?;
    let at = run.completed_at.0.or(run.started_at.0);
    let check = Check {
        id: run.id,
        name: bounded(&run.name, NAME_CHARS),
        app: run.app.and_then(|app| app.slug).and_then(|slug| identity(&slug, NAME_CHARS)).unwrap_or_default(),
        conclusion: crate::words::conclusion(run.conclusion.as_deref()),
        commit: commit.clone(),
        at: at.unwrap_or(delivery.arrived),
    };
    if check.conclusion == Conclusion::None {
        return Ok(ignored("the check run says it is complete, but not how it ended"));
    }
    let id = News::check_id(check.id, check.conclusion);
    let news = delivery.news(id, at, actor_of(told.sender.as_ref()), Event::Checked(check));
    let subjects = run
        .pull_requests
        .iter()
        .filter(|pull| pull.is_in(repository.id))
        .take(PULLS)
        .map(|pull| told.repository.subject(pull.number, SubjectKind::PullRequest))
        .collect::<Result<Vec<_>, _>>()?;
    if subjects.is_empty() {
        // GitHub leaves the list empty for forks and for runs that began before the pull request.
        let branch = run.check_suite.and_then(|suite| suite.head_branch).and_then(|name| branch(&name));
        return Ok(Reading::Branch(Box::new(BranchNews { repository, branch, commit, news })));
    }
    Ok(Reading::Subjects { subjects, news: vec![news] })
}
