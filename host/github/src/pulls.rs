//! From a branch or a commit to pull requests, and who pushed it.

use crate::accounts::RepositoryTold;
use crate::call::Call;
use crate::client::GitHub;
use crate::error::GitHubError;
use crate::path;
use pawl_core::Timestamp;
use pawl_core::branch::PullOf;
use pawl_core::news::{Actor, ActorKind};
use pawl_core::subject::{Repository, Subject, SubjectKind};
use serde::Deserialize;

/// Pull requests per page, GitHub's largest.
const PAGE: usize = 100;
/// Pull requests of one branch that are looked at, those that were touched last; a push touches them.
const OF_BRANCH: usize = 30;
/// Most pages of open pull requests that are listed.
const PAGES: usize = 50;
/// Entries of a branch's activity that are searched for a push, newest first.
const ACTIVITY: usize = 100;

const RESOLVING: &str = "find the pull requests of a push";
const LISTING: &str = "list open pull requests";
const PUSHED: &str = "ask who pushed";

#[derive(Deserialize)]
struct PullTold {
    number: u32,
    #[serde(default)]
    state: String,
    head: HeadTold,
    base: BaseTold,
    created_at: Timestamp,
    closed_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct HeadTold {
    #[serde(default)]
    sha: String,
    #[serde(default, rename = "ref")]
    branch: String,
    /// Nothing when the fork was deleted.
    repo: Option<RepositoryTold>,
}

#[derive(Deserialize)]
struct BaseTold {
    repo: Option<RepositoryTold>,
}

#[derive(Deserialize)]
struct ActivityTold {
    after: String,
    timestamp: Timestamp,
    actor: Option<ActorTold>,
}

#[derive(Deserialize)]
struct ActorTold {
    login: String,
    id: Option<u64>,
    #[serde(rename = "type", default)]
    kind: String,
}

impl PullTold {
    /// The subject, if it is one of `repository`'s. Its names are the ones that GitHub uses today.
    fn subject_in(self, repository: &Repository) -> Option<Subject> {
        let present = match self.base.repo {
            Some(told) => Repository::from(told),
            None => repository.clone(),
        };
        (present.id == repository.id).then_some(Subject { repository: present, number: self.number, kind: SubjectKind::PullRequest })
    }
}

impl PullTold {
    /// As one that news of `branch` or of a commit may be about, if it is one of `repository`'s.
    fn pull_of(self, repository: &Repository, branch: Option<&str>) -> Option<PullOf> {
        let is_ours = self.head.repo.as_ref().is_some_and(|told| told.id == repository.id);
        let is_of_branch = is_ours && branch == Some(self.head.branch.as_str());
        let closed_at = (self.state != "open").then(|| self.closed_at.unwrap_or(self.created_at));
        let (head, opened_at) = (self.head.sha.clone(), self.created_at);
        self.subject_in(repository).map(|subject| PullOf { subject, head, is_of_branch, opened_at, closed_at })
    }
}

impl GitHub {
    /// The pull requests of `repository` whose head is or was `branch`, and the open ones whose head is `commit`, in the order of their
    /// numbers: none, one or many. Which news each of them wants, [`PullOf::wants`] says.
    ///
    /// Asked both by head branch, which answers at once after a push, and by commit, which also finds forks.
    ///
    /// # Errors
    /// When either question fails, so that a push is never taken for one without pull requests.
    #[tracing::instrument(level = "debug", skip_all, fields(%repository, commit))]
    pub async fn pulls_of(&self, repository: &Repository, branch: Option<&str>, commit: &str) -> Result<Vec<PullOf>, GitHubError> {
        let base = path::repository(RESOLVING, repository)?;
        let mut told: Vec<PullTold> = Vec::new();
        if let Some(branch) = branch {
            let head = path::encoded(&format!("{}:{branch}", repository.owner));
            let query = format!("state=all&sort=updated&direction=desc&head={head}&per_page={OF_BRANCH}");
            told.extend(self.rest(Call::get(RESOLVING, format!("{base}/pulls?{query}"), repository)).await?.json::<Vec<PullTold>>()?);
        }
        let by_commit = format!("{base}/commits/{}/pulls?per_page={PAGE}", path::encoded(commit));
        match self.rest(Call::get(RESOLVING, by_commit, repository)).await {
            Ok(answer) => told.extend(answer.json::<Vec<PullTold>>()?),
            // 422 is GitHub's word for a commit that it does not have (any more).
            Err(GitHubError::Refused { status: 422, .. }) => {}
            Err(error) => return Err(error),
        }
        let is_meant = |pull: &PullOf| pull.is_of_branch || (pull.closed_at.is_none() && pull.head.eq_ignore_ascii_case(commit));
        let mut found: Vec<PullOf> = told.into_iter().filter_map(|pull| pull.pull_of(repository, branch)).filter(is_meant).collect();
        found.sort_by_key(|pull| pull.subject.number);
        found.dedup_by_key(|pull| pull.subject.number);
        Ok(found)
    }

    /// All open pull requests of a repository, at most 5,000, so that one whose webhooks were lost is found.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn open_pulls(&self, repository: &Repository) -> Result<Vec<Subject>, GitHubError> {
        let base = path::repository(LISTING, repository)?;
        let mut subjects = Vec::new();
        for page in 1..=PAGES {
            let path = format!("{base}/pulls?state=open&sort=created&direction=asc&per_page={PAGE}&page={page}");
            let told: Vec<PullTold> = self.rest(Call::get(LISTING, path, repository)).await?.json()?;
            let is_last = told.len() < PAGE;
            subjects.extend(told.into_iter().filter_map(|pull| pull.subject_in(repository)));
            if is_last {
                break;
            }
        }
        Ok(subjects)
    }

    /// Who pushed `commit` to `branch` and when, from the branch's activity. None when GitHub does not say: the push is too
    /// old, or the branch lies in a fork.
    ///
    /// # Errors
    /// When the activity cannot be read.
    pub async fn last_push(&self, repository: &Repository, branch: &str, commit: &str) -> Result<Option<(Actor, Timestamp)>, GitHubError> {
        let reference = path::encoded(&format!("refs/heads/{branch}"));
        let path = format!("{}/activity?ref={reference}&per_page={ACTIVITY}", path::repository(PUSHED, repository)?);
        let told: Vec<ActivityTold> = self.rest(Call::get(PUSHED, path, repository)).await?.json()?;
        let push = told.into_iter().filter(|entry| entry.after.eq_ignore_ascii_case(commit)).max_by_key(|entry| entry.timestamp);
        Ok(push.and_then(|entry| {
            let actor = entry.actor?;
            let is_bot = actor.kind == "Bot" || actor.login.ends_with("[bot]");
            let kind = if is_bot { ActorKind::Bot } else { ActorKind::Human };
            Some((Actor { login: actor.login, id: actor.id, kind, permission: None }, entry.timestamp))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::OwnerTold;

    #[test]
    fn g6_a_pull_request_of_another_repository_with_the_same_commit_is_not_ours() {
        let ours = Repository { id: 7, owner: "acme".into(), name: "shop".into() };
        let told = |id: u64| PullTold {
            number: 3,
            state: "open".into(),
            head: HeadTold { sha: "a".repeat(40), branch: "main".into(), repo: None },
            created_at: Timestamp::UNIX_EPOCH,
            closed_at: None,
            base: BaseTold { repo: Some(RepositoryTold { id, name: "shop".into(), owner: OwnerTold { login: "acme".into() } }) },
        };
        assert!(told(8).subject_in(&ours).is_none());
        assert_eq!(told(7).subject_in(&ours).map(|subject| subject.to_string()), Some("acme/shop#3".to_owned()));
    }
}
