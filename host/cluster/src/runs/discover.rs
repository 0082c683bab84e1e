//! Which resource runs are on this cluster.

use super::api::{Api, Failed, Served, served};
use super::facts::wanted;
use super::settings::RunSettings;
use super::{Runs, Shared};
use crate::connect::Cluster;
use crate::error::ClusterError;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

/// Why there are no runs to be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoRuns {
    /// The settings contradict themselves: a person has to change them.
    #[error("the resource of runs cannot be looked for: {0}")]
    Settings(String),
    /// None of the candidates is there: a person has to install a definition or to change the settings.
    #[error("the cluster serves no runs: looked for {kind} as {}; install its CustomResourceDefinition, or name its group, version and plural under candidates", .looked.join(" and "))]
    NotServed {
        /// The kind.
        kind: String,
        /// Every candidate with what was found instead.
        looked: Vec<String>,
    },
    /// Discovery is closed to this account: a person has to grant it.
    #[error("the cluster does not say what it serves: {0}; bind the ClusterRole system:discovery to its service account")]
    Closed(String),
    /// The server could not be asked, or the runs may not be read.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}

impl NoRuns {
    /// Whether trying again may help without anybody changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Cluster(error) if error.is_transient())
    }
}

impl Runs {
    /// Finds out which of the candidates the cluster serves, and whether they may be read: one call for each group version until one
    /// is found, and one for the reading. Runs that are installed later are found by asking again.
    ///
    /// # Errors
    /// [`NoRuns`], by what happens next.
    pub async fn discover(cluster: &Cluster, settings: RunSettings) -> Result<Self, NoRuns> {
        settings.check().map_err(NoRuns::Settings)?;
        let mut asked: HashMap<(&str, &str), Option<Vec<Served>>> = HashMap::new();
        let mut looked = Vec::new();
        for candidate in &settings.candidates {
            let version = (candidate.group.as_str(), candidate.version.as_str());
            let resources = match asked.entry(version) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => unknown.insert(served(&cluster.client, version.0, version.1).await.map_err(closed)?),
            };
            let found = resources.as_ref().map(|all| all.iter().find(|served| served.name == candidate.plural));
            match found {
                Some(Some(served)) if served.kind == settings.kind && served.namespaced => {
                    let api = Api::new(cluster, candidate);
                    may_read(&api).await?;
                    let wanted = wanted(&settings);
                    let resource = candidate.clone();
                    return Ok(Self(Arc::new(Shared {
                        cluster: cluster.clone(),
                        api,
                        wanted,
                        resource,
                        together: super::together::Together::default(),
                        settings,
                    })));
                }
                Some(Some(served)) => {
                    let scope = if served.namespaced { "in namespaces" } else { "outside of namespaces" };
                    looked.push(format!("{candidate} (which are {}, {scope})", super::settings::clipped(&served.kind)));
                }
                Some(None) => looked.push(format!("{candidate} (which has other resources only)")),
                None => looked.push(format!("{candidate} (which is not there)")),
            }
        }
        Err(NoRuns::NotServed { kind: settings.kind.clone(), looked })
    }
}

/// What may be read of the cluster itself is no question of a Role for runs.
fn closed(error: ClusterError) -> NoRuns {
    match error {
        ClusterError::Refused { code, message, .. } => NoRuns::Closed(format!("{code} {message}")),
        other => NoRuns::Cluster(other),
    }
}

/// A missing permission is told at the start, not by the first push.
async fn may_read(api: &Api) -> Result<(), ClusterError> {
    match api.page(1, None).await {
        Ok(_) | Err(Failed::TooLarge) => Ok(()),
        Err(Failed::Cluster(error)) => Err(error),
        Err(Failed::NotThere) => Err(ClusterError::Unavailable(format!("list {}: not found", api.resource))),
    }
}
