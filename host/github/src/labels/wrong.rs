//! How labels must not be written. Only planted faults come here.

use super::{DOING, names};
use crate::budget::Urgency;
use crate::call::{Call, Spend};
use crate::client::GitHub;
use crate::error::GitHubError;
use crate::path;
use http::Method;
use pawl_core::label::{Delta, Label};
use pawl_core::subject::Subject;
use serde_json::json;

impl GitHub {
    /// Reads the list and puts the whole of it back with the difference: what anybody does in between is lost.
    pub(super) async fn replace_all(&self, subject: &Subject, delta: &Delta, urgency: Urgency) -> Result<Vec<Label>, GitHubError> {
        let path = format!("{}/labels", path::issue(DOING, subject)?);
        let mut labels = names(&self.rest(Call::get(DOING, format!("{path}?per_page=100"), &subject.repository)).await?)?;
        labels.retain(|label| !delta.remove.contains(label));
        labels.extend(delta.add.iter().cloned());
        let body = json!({ "labels": labels });
        let put = Call::write(DOING, Method::PUT, path, Some(&body), &subject.repository).spending(Spend::Write(urgency));
        names(&self.rest(put).await?)
    }

    /// Takes labels away, and sets others by a call of its own: whoever reads in between sees neither.
    pub(super) async fn remove_then_add(&self, subject: &Subject, delta: &Delta, urgency: Urgency) -> Result<Vec<Label>, GitHubError> {
        let removing = Delta { add: Vec::new(), remove: delta.remove.clone() };
        let adding = Delta { add: delta.add.clone(), remove: Vec::new() };
        let mut labels = Vec::new();
        for part in [removing, adding].iter().filter(|part| !part.is_empty()) {
            labels = self.write_by_name(subject, part, urgency).await?;
        }
        Ok(labels)
    }
}
