//! `label` and `repository`: what concerns a whole repository.

use super::payload::{RepositoryPart, bounded};
use super::read::{BadPayload, Delivery, Reading, RepositoryChange, ignored};
use serde::Deserialize;

#[derive(Deserialize)]
struct AboutRepository {
    action: String,
    repository: RepositoryPart,
}

pub(super) fn read_label(delivery: &Delivery<'_>) -> Result<Reading, BadPayload> {
    let told: AboutRepository = delivery.payload()?;
    Ok(Reading::Labels { repository: told.repository.checked()? })
}

pub(super) fn read_repository(delivery: &Delivery<'_>) -> Result<Reading, BadPayload> {
    let told: AboutRepository = delivery.payload()?;
    let repository = told.repository.checked()?;
    let change = match told.action.as_str() {
        "renamed" => RepositoryChange::Renamed,
        "transferred" => RepositoryChange::Transferred,
        "deleted" => RepositoryChange::Deleted,
        other => return Ok(ignored(format!("a repository that was {:?} keeps its subjects", bounded(other, 40)))),
    };
    Ok(Reading::Repository { repository, change })
}
