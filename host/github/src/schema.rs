//! The labels of a repository: listed, created before first use, compared with what they should be, repaired on request.

use crate::call::Call;
use crate::client::GitHub;
use crate::error::GitHubError;
use crate::path;
use http::Method;
use pawl_core::label::{Label, LabelSpec};
use pawl_core::subject::Repository;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// Labels per page, GitHub's largest.
const PAGE: usize = 100;
/// Most pages of labels read of one repository.
const PAGES: usize = 20;
/// Longest description that GitHub stores, in characters.
const DESCRIPTION_CHARS: usize = 100;

const LISTING: &str = "list the repository's labels";
const CREATING: &str = "create a label";
const REPAIRING: &str = "repair a label";

/// A label as it exists in a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryLabel {
    /// Name, colour and description as they are.
    pub spec: LabelSpec,
    /// Its node id.
    pub node_id: String,
}

/// A label that exists with another colour or description than it should.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// As it is, with its name as spelled there.
    pub has: LabelSpec,
    /// As it should be.
    pub wants: LabelSpec,
}

/// What [`GitHub::ensure_labels`] found and did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LabelReport {
    /// Labels that were missing and were created.
    pub created: Vec<Label>,
    /// Labels that were missing, but that somebody else created first.
    pub raced: Vec<Label>,
    /// Labels that look otherwise than they should. They are left alone; see [`GitHub::repair_label`].
    pub drifted: Vec<Drift>,
    /// How many are there and as they should be, not counting the ones above.
    pub unchanged: usize,
}

/// How the labels of a repository differ from what they should be.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SchemaDifference {
    /// Labels that are not there, as they should be made.
    pub missing: Vec<LabelSpec>,
    /// Labels that look otherwise than they should.
    pub drifted: Vec<Drift>,
    /// How many are there and as they should be.
    pub unchanged: usize,
}

#[derive(Deserialize)]
struct LabelTold {
    node_id: String,
    name: String,
    #[serde(default)]
    color: String,
    description: Option<String>,
}

impl From<LabelTold> for RepositoryLabel {
    fn from(told: LabelTold) -> Self {
        let colour = told.color.trim_start_matches('#').to_lowercase();
        let spec = LabelSpec { name: Label::new(told.name), colour, description: told.description.unwrap_or_default() };
        Self { spec, node_id: told.node_id }
    }
}

impl GitHub {
    /// All labels of a repository, at most 2,000. Their node ids are remembered for writing.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn repository_labels(&self, repository: &Repository) -> Result<Vec<RepositoryLabel>, GitHubError> {
        let path = format!("{}/labels", path::repository(LISTING, repository)?);
        let mut labels: Vec<RepositoryLabel> = Vec::new();
        for page in 1..=PAGES {
            let call = Call::get(LISTING, format!("{path}?per_page={PAGE}&page={page}"), repository);
            let told: Vec<LabelTold> = self.rest(call).await?.json()?;
            let is_last = told.len() < PAGE;
            labels.extend(told.into_iter().map(RepositoryLabel::from));
            if is_last {
                break;
            }
        }
        self.label_ids.forget(repository.id);
        self.label_ids.learn(repository.id, labels.iter().map(|label| (label.spec.name.clone(), label.node_id.clone())));
        Ok(labels)
    }

    /// Compares the labels of a repository with what they should be, and changes nothing. Names compare without regard to letter
    /// case.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn compare_labels(&self, repository: &Repository, specs: &[LabelSpec]) -> Result<SchemaDifference, GitHubError> {
        Ok(compared(&self.repository_labels(repository).await?, specs))
    }

    /// Creates the labels that are missing and reports those that look otherwise than they should. Names compare without
    /// regard to letter case. Two hosts may do this at once: a label that exists by then is a success.
    ///
    /// # Errors
    /// The first label that could not be created ends it; those before it are there. Repeating is harmless.
    #[tracing::instrument(level = "debug", skip_all, fields(%repository, labels = specs.len()))]
    pub async fn ensure_labels(&self, repository: &Repository, specs: &[LabelSpec]) -> Result<LabelReport, GitHubError> {
        self.label_ids.learn_specs(repository.id, specs);
        let found = self.compare_labels(repository, specs).await?;
        let mut report = LabelReport { drifted: found.drifted, unchanged: found.unchanged, ..LabelReport::default() };
        for spec in found.missing {
            let list = if self.create_label(repository, &spec).await? { &mut report.created } else { &mut report.raced };
            list.push(spec.name);
        }
        if !report.raced.is_empty() {
            // Their ids, and whether whoever was faster made them as they should be.
            let present = self.repository_labels(repository).await?;
            let raced: Vec<LabelSpec> = specs.iter().filter(|spec| report.raced.contains(&spec.name)).cloned().collect();
            report.drifted.extend(compared(&present, &raced).drifted);
        }
        Ok(report)
    }

    /// Gives a drifted label the colour, description and spelling that it should have.
    ///
    /// # Errors
    /// [`GitHubError::Gone`] when it was deleted meanwhile: ensure the labels again.
    pub async fn repair_label(&self, repository: &Repository, drift: &Drift) -> Result<(), GitHubError> {
        let path = format!("{}/labels/{}", path::repository(REPAIRING, repository)?, path::encoded(drift.has.name.as_str()));
        let wants = storable(&drift.wants);
        let body = json!({ "new_name": wants.name, "color": wants.colour, "description": wants.description });
        self.rest(Call::write(REPAIRING, Method::PATCH, path, Some(&body), repository)).await?;
        Ok(())
    }

    /// Creates a label; false when it was there already.
    pub(crate) async fn create_label(&self, repository: &Repository, spec: &LabelSpec) -> Result<bool, GitHubError> {
        let path = format!("{}/labels", path::repository(CREATING, repository)?);
        let body = json!({ "name": spec.name, "color": spec.colour, "description": spec.description });
        match self.rest(Call::write(CREATING, Method::POST, path, Some(&body), repository)).await {
            Ok(answer) => {
                let label = RepositoryLabel::from(answer.json::<LabelTold>()?);
                self.label_ids.learn(repository.id, [(label.spec.name, label.node_id)]);
                Ok(true)
            }
            Err(error) if error.is_already_there() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// The spec as GitHub stores it: colour without `#` and small, description cut to its limit.
fn storable(spec: &LabelSpec) -> LabelSpec {
    LabelSpec {
        name: spec.name.clone(),
        colour: spec.colour.trim_start_matches('#').to_lowercase(),
        description: spec.description.chars().take(DESCRIPTION_CHARS).collect(),
    }
}

fn compared(present: &[RepositoryLabel], specs: &[LabelSpec]) -> SchemaDifference {
    let present: BTreeMap<&Label, &RepositoryLabel> = present.iter().map(|label| (&label.spec.name, label)).collect();
    let mut difference = SchemaDifference::default();
    let mut wanted: BTreeMap<&Label, LabelSpec> = BTreeMap::new();
    for spec in specs {
        wanted.entry(&spec.name).or_insert_with(|| storable(spec));
    }
    for (name, wants) in wanted {
        match present.get(name) {
            None => difference.missing.push(wants),
            Some(label) if looks_like(&label.spec, &wants) => difference.unchanged += 1,
            Some(label) => difference.drifted.push(Drift { has: label.spec.clone(), wants }),
        }
    }
    difference
}

fn looks_like(has: &LabelSpec, wants: &LabelSpec) -> bool {
    has.colour == wants.colour && has.description == wants.description
}
