//! Facts: what GitHub says about a subject at one moment, in one request.

mod document;
mod shape;
mod told;

use crate::answer::Asked;
use crate::call::Whose;
use crate::client::GitHub;
use crate::error::GitHubError;
use pawl_core::comment::Patterns;
use pawl_core::facts::Observation;
use pawl_core::manifest::Needs;
use pawl_core::subject::{Repository, Subject, SubjectKind};
use serde_json::json;
use shape::Told;

const DOING: &str = "read the facts";

/// What one request found.
enum Seen {
    /// The subject.
    Here(Box<Observation>),
    /// The repository, but no such subject in it.
    Nothing,
    /// Another repository of that name, or none: the names are of yesterday.
    Elsewhere,
}

impl GitHub {
    /// Reads what GitHub says about `subject`: always its labels, their timeline, state, head and our own account, and of the
    /// rest what `needs` asks for. Runs are not GitHub's to tell: that list stays empty.
    ///
    /// The repository is found by its id: when it goes by another name today, the observation carries the new one. Texts of
    /// reviews and comments are reduced to the flags of `patterns`. Who pushed the head is asked by [`GitHub::last_push`].
    ///
    /// # Errors
    /// [`GitHubError::Gone`] when the repository or the subject is no more. An answer of which a part could not be read is an
    /// error as a whole, so that nothing is ever decided on half of the facts.
    #[tracing::instrument(level = "debug", skip_all, fields(%subject))]
    pub async fn observe(&self, subject: &Subject, needs: Needs, patterns: &Patterns) -> Result<Observation, GitHubError> {
        match self.see(subject, &subject.repository, needs, patterns).await? {
            Seen::Here(observation) => return Ok(*observation),
            Seen::Nothing => return Err(GitHubError::Gone { doing: DOING }),
            Seen::Elsewhere => {}
        }
        let present = match self.repository_by_id(subject.repository.id).await {
            // An App sees a private repository only by its present owner's installation, and that may have been found a moment
            // before the repository went to another owner. To be gone ends a subject, so it is asked once more.
            Err(GitHubError::Gone { .. }) if self.is_app() => self.repository_by_id(subject.repository.id).await?,
            found => found?,
        };
        match self.see(subject, &present, needs, patterns).await? {
            Seen::Here(observation) => Ok(*observation),
            Seen::Nothing => Err(GitHubError::Gone { doing: DOING }),
            // One interface shows the repository and the other does not: no ground to call it deleted.
            Seen::Elsewhere => {
                let asked = Asked { doing: DOING, is_write: false };
                Err(asked.unavailable(format!("REST knows the repository as {present}, GraphQL does not")))
            }
        }
    }

    async fn see(&self, subject: &Subject, present: &Repository, needs: Needs, patterns: &Patterns) -> Result<Seen, GitHubError> {
        // Checks the names; variables need no encoding, but what is dishonest is not worth asking.
        crate::path::repository(DOING, present)?;
        let field = document::field(subject.kind);
        let variables = json!({ "owner": present.owner, "name": present.name, "number": subject.number });
        let graph = match self.graph(DOING, Whose::Repository(present), &document::text(subject.kind, needs), variables).await {
            // The App has no installation there, or none any more: the repository may have gone to another owner.
            Err(GitHubError::Gone { .. }) => return Ok(Seen::Elsewhere),
            answer => answer?,
        };

        let not_found = |path: &[&str]| graph.errors.iter().any(|error| error.is_not_found() && error.is_at(path));
        if not_found(&["repository"]) {
            return Ok(Seen::Elsewhere);
        }
        let others = graph.errors.iter().any(|error| !(error.is_not_found() && error.is_at(&["repository", field])));
        if others && let Some(error) = graph.error() {
            return Err(error);
        }
        let told: Told = graph.data()?;
        let Some(repository) = told.repository else { return Ok(Seen::Elsewhere) };
        if repository.database_id != Some(subject.repository.id) {
            return Ok(Seen::Elsewhere);
        }
        let names = repository.names(subject.repository.id);
        let Some(part) = (match subject.kind {
            SubjectKind::PullRequest => repository.pull_request,
            SubjectKind::Issue => repository.issue,
        }) else {
            return Ok(Seen::Nothing);
        };
        self.label_ids.learn(subject.repository.id, part.label_ids());
        let present = Subject { repository: names, number: subject.number, kind: subject.kind };
        let observation =
            part.observation(present, told.viewer.as_ref(), patterns).map_err(|problem| graph.answer.asked.unavailable(problem))?;
        Ok(Seen::Here(Box::new(observation)))
    }
}
