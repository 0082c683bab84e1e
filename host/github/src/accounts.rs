//! Accounts and repositories: who we are, what somebody may do, what a repository is called today.

use crate::answer::Asked;
use crate::call::{Call, Spend, Whose};
use crate::client::GitHub;
use crate::error::GitHubError;
use crate::{path, words};
use http::Method;
use pawl_core::news::{Actor, ActorKind, Permission};
use pawl_core::subject::{Repository, Subject, SubjectId, SubjectKind};
use serde::Deserialize;
use serde_json::json;

const VIEWER: &str = "ask who we are";
const PERMISSION: &str = "look up a permission";
const FINDING: &str = "find the repository";
const SUBJECT: &str = "find the subject";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ViewerTold {
    login: String,
    database_id: Option<u64>,
}

#[derive(Deserialize)]
struct AppTold {
    slug: String,
}

#[derive(Deserialize)]
struct PermissionTold {
    #[serde(default)]
    permission: String,
    #[serde(default)]
    role_name: String,
}

#[derive(Deserialize)]
pub(crate) struct RepositoryTold {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) owner: OwnerTold,
}

#[derive(Deserialize)]
pub(crate) struct OwnerTold {
    pub(crate) login: String,
}

impl From<RepositoryTold> for Repository {
    fn from(told: RepositoryTold) -> Self {
        Self { id: told.id, owner: told.owner.login, name: told.name }
    }
}

impl GitHub {
    /// The account that we write as; of an App its bot, without the bot's id, which only an installation can ask for.
    ///
    /// # Errors
    /// [`GitHubError::Refused`] when the token, or the App's key, is not accepted.
    pub async fn viewer(&self) -> Result<Actor, GitHubError> {
        if self.is_app() {
            let app = self.app(Asked { doing: VIEWER, is_write: false })?;
            let call: Call<'_> =
                Call { doing: VIEWER, whose: Whose::Ours, method: Method::GET, path: "/app".to_owned(), body: None, spend: Spend::Nothing };
            let AppTold { slug } = self.as_app(app, call).await?.json()?;
            return Ok(Actor { login: format!("{slug}[bot]"), id: None, kind: ActorKind::Host, permission: None });
        }
        #[derive(Deserialize)]
        struct Told {
            viewer: ViewerTold,
        }
        let graph = self.graph(VIEWER, Whose::Ours, "query Viewer { viewer { login databaseId } }", json!({})).await?;
        if let Some(error) = graph.error() {
            return Err(error);
        }
        let Told { viewer } = graph.data()?;
        Ok(Actor { login: viewer.login, id: viewer.database_id, kind: ActorKind::Host, permission: None })
    }

    /// What an account may do in a repository. One that GitHub does not know may nothing; a role of the organisation's own
    /// making counts as the role it is based on.
    ///
    /// # Errors
    /// When it cannot be asked; nobody may be trusted then.
    pub async fn permission(&self, repository: &Repository, login: &str) -> Result<Permission, GitHubError> {
        let path = format!("{}/collaborators/{}/permission", path::repository(PERMISSION, repository)?, path::encoded(login));
        match self.rest(Call::get(PERMISSION, path, repository)).await {
            Ok(answer) => {
                let told: PermissionTold = answer.json()?;
                let permission = words::permission(&told.role_name).or_else(|| words::permission(&told.permission));
                Ok(permission.unwrap_or(Permission::None))
            }
            Err(GitHubError::Gone { .. }) => Ok(Permission::None),
            Err(error) => Err(error),
        }
    }

    /// The repository as it is called today, by its id, which survives renames and transfers.
    ///
    /// # Errors
    /// [`GitHubError::Gone`] when it was deleted or is hidden from us.
    pub async fn repository_by_id(&self, id: u64) -> Result<Repository, GitHubError> {
        self.repository_at(format!("/repositories/{id}"), Whose::Id(id)).await
    }

    /// The repository of that name; of a renamed one the old name leads there too.
    ///
    /// # Errors
    /// [`GitHubError::Gone`] when there is none that we may see.
    pub async fn repository_by_name(&self, owner: &str, name: &str) -> Result<Repository, GitHubError> {
        let named = Repository { id: 0, owner: owner.to_owned(), name: name.to_owned() };
        self.repository_at(path::repository(FINDING, &named)?, Whose::Repository(&named)).await
    }

    /// A subject by its ids alone, with the names that it has today.
    ///
    /// # Errors
    /// [`GitHubError::Gone`] when the repository or the subject was deleted or is hidden from us.
    pub async fn subject_by_id(&self, id: SubjectId) -> Result<Subject, GitHubError> {
        #[derive(Deserialize)]
        struct Told {
            pull_request: Option<serde::de::IgnoredAny>,
        }
        let repository = self.repository_by_id(id.repository).await?;
        let subject = Subject { repository, number: id.number, kind: SubjectKind::PullRequest };
        let told: Told = self.rest(Call::get(SUBJECT, path::issue(SUBJECT, &subject)?, &subject.repository)).await?.json()?;
        let kind = if told.pull_request.is_some() { SubjectKind::PullRequest } else { SubjectKind::Issue };
        Ok(Subject { kind, ..subject })
    }

    async fn repository_at(&self, path: String, whose: Whose<'_>) -> Result<Repository, GitHubError> {
        let call: Call<'_> = Call { doing: FINDING, whose, method: Method::GET, path, body: None, spend: Spend::Nothing };
        let told: RepositoryTold = self.rest(call).await?.json()?;
        Ok(told.into())
    }
}
