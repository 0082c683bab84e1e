//! Label writes: a difference, added first and then removed, so that no subject is ever without the label it should have.
//!
//! Never replaces a list: whatever people set meanwhile would be lost. GitHub has no compare-and-swap for labels.

mod ids;
mod wrong;

use crate::answer::{Answer, Asked};
use crate::budget::Urgency;
use crate::call::{Call, Spend, Whose};
use crate::client::GitHub;
use crate::error::GitHubError;
use crate::graphql::Graph;
use crate::path;
use http::Method;
pub(crate) use ids::LabelIds;
use pawl_core::label::{Delta, Label, LabelSpec};
use pawl_core::planted::{self, Fault};
use pawl_core::subject::{Repository, Subject};
use serde::Deserialize;
use serde_json::{Value, json};

const DOING: &str = "write labels";

/// How the one-request write ended.
enum Moved {
    /// The labels afterwards.
    Done(Vec<Label>),
    /// GitHub does not know a node id that we do.
    StaleId,
}

#[derive(Deserialize)]
struct LabelName {
    name: String,
}

#[derive(Deserialize)]
struct Payload {
    labelable: Option<Labelable>,
}

#[derive(Deserialize)]
struct Labelable {
    labels: Option<LabelNodes>,
}

#[derive(Deserialize)]
struct LabelNodes {
    nodes: Vec<Option<LabelName>>,
}

impl GitHub {
    /// Carries out `delta` on the subject and returns all labels it has afterwards, as GitHub's last answer lists them;
    /// the caller compares them with the wish. An empty delta costs no call and returns nothing.
    ///
    /// One GraphQL request when the node ids of all labels are known (from [`GitHub::observe`], [`GitHub::repository_labels`]
    /// or [`GitHub::ensure_labels`]), else REST: one POST, then a DELETE per label. `node_id` is the pull request's own
    /// (not its issue's), from the observation. A label that does not exist in the repository is created without colour
    /// by REST, so create labels beforehand. What is urgent may use the reserved share of the write budget.
    ///
    /// # Errors
    /// [`GitHubError::maybe_applied`] tells whether part of it may have been written; repeating the call is harmless.
    #[tracing::instrument(level = "debug", skip_all, fields(%subject, %delta))]
    pub async fn write_labels(
        &self,
        subject: &Subject,
        node_id: &str,
        delta: &Delta,
        urgency: Urgency,
    ) -> Result<Option<Vec<Label>>, GitHubError> {
        if delta.is_empty() {
            return Ok(None);
        }
        if planted::is(Fault::ReplaceInsteadOfDelta) {
            return self.replace_all(subject, delta, urgency).await.map(Some);
        }
        if planted::is(Fault::RemoveFirst) {
            return self.remove_then_add(subject, delta, urgency).await.map(Some);
        }
        let repository = subject.repository.id;
        for is_second in [false, true] {
            let Some(ids) = self.label_ids.of(repository, &delta.add).zip(self.label_ids.of(repository, &delta.remove)) else { break };
            if let Moved::Done(labels) = self.move_labels(subject, node_id, &ids, urgency).await? {
                // A label that was renamed keeps its id: then the answer lacks what we asked for, and the id must not be used again.
                let is_as_asked =
                    delta.add.iter().all(|label| labels.contains(label)) && !delta.remove.iter().any(|label| labels.contains(label));
                if !is_as_asked {
                    self.label_ids.forget(repository);
                }
                return Ok(Some(labels));
            }
            self.label_ids.forget(repository);
            let wanted = self.label_ids.specs_of(repository, &delta.add);
            if is_second || wanted.is_empty() {
                break;
            }
            // Somebody deleted a label: it is made again as it should look. By name it would be made without colour and description.
            self.recreate(&subject.repository, &wanted).await?;
        }
        self.write_by_name(subject, delta, urgency).await.map(Some)
    }

    /// Creates those of the labels that are missing, and learns the ids of all that are there.
    async fn recreate(&self, repository: &Repository, wanted: &[LabelSpec]) -> Result<(), GitHubError> {
        let repository = self.by_its_names(repository).await?;
        for spec in self.compare_labels(&repository, wanted).await?.missing {
            self.create_label(&repository, &spec).await?;
        }
        Ok(())
    }

    /// The repository by its names, as long as they lead to it: what goes by name must not reach another one that took the name over.
    async fn by_its_names(&self, repository: &Repository) -> Result<Repository, GitHubError> {
        let named = self.repository_by_name(&repository.owner, &repository.name).await?;
        if named.id == repository.id { Ok(named) } else { Err(GitHubError::Moved { doing: DOING, expected_id: repository.id }) }
    }

    /// One request, two aliases; none for an empty list. Aliases run in order and are no transaction.
    async fn move_labels(
        &self,
        subject: &Subject,
        node_id: &str,
        (add, remove): &(Vec<String>, Vec<String>),
        urgency: Urgency,
    ) -> Result<Moved, GitHubError> {
        let (document, last) = document(!add.is_empty(), !remove.is_empty());
        let variables = json!({ "id": node_id, "add": add, "rem": remove });
        let graph = {
            let whose = Whose::Repository(&subject.repository);
            self.graph_spending(DOING, whose, &document, used(variables, &document), Spend::Write(urgency)).await?
        };
        if !graph.errors.is_empty() && graph.errors.iter().all(crate::graphql::GraphError::is_not_found) {
            return Ok(Moved::StaleId);
        }
        if let Some(error) = graph.error() {
            return Err(error);
        }
        labels_of(&graph, last).map(Moved::Done)
    }

    async fn write_by_name(&self, subject: &Subject, delta: &Delta, urgency: Urgency) -> Result<Vec<Label>, GitHubError> {
        let subject = &Subject { repository: self.by_its_names(&subject.repository).await?, ..subject.clone() };
        let path = format!("{}/labels", path::issue(DOING, subject)?);
        // The whole difference is taken from the budget before its first call: half of one would be seen by people.
        let writes = usize::from(!delta.add.is_empty()) + delta.remove.len();
        let asked = Asked { doing: DOING, is_write: true };
        let mut paid = self.reserve(asked, Whose::Repository(&subject.repository), writes, urgency).await?;
        let mut spend = || {
            let is_paid = paid > 0;
            paid = paid.saturating_sub(1);
            if is_paid { Spend::Paid } else { Spend::Write(urgency) }
        };
        let mut labels = None;
        if !delta.add.is_empty() {
            let body = json!({ "labels": delta.add });
            labels = Some(names(
                &self.rest(Call::write(DOING, Method::POST, path.clone(), Some(&body), &subject.repository).spending(spend())).await?,
            )?);
        }
        for label in &delta.remove {
            let path = format!("{path}/{}", path::encoded(label.as_str()));
            labels = match self.rest(Call::write(DOING, Method::DELETE, path, None, &subject.repository).spending(spend())).await {
                Ok(answer) => Some(names(&answer)?),
                // It was not there any more, or the subject is gone; reading the list tells which.
                Err(GitHubError::Gone { .. }) => None,
                Err(error) => return Err(partly(error, !delta.add.is_empty())),
            };
        }
        match labels {
            Some(labels) => Ok(labels),
            None => names(&self.rest(Call::get(DOING, format!("{path}?per_page=100"), &subject.repository)).await?),
        }
    }
}

/// A removal that did not happen, after an addition that did: the write is half done.
fn partly(error: GitHubError, something_was_written: bool) -> GitHubError {
    match error {
        GitHubError::Unavailable { doing, message, .. } if something_was_written => {
            GitHubError::Unavailable { doing, maybe_applied: true, message }
        }
        other => other,
    }
}

fn names(answer: &Answer) -> Result<Vec<Label>, GitHubError> {
    let labels: Vec<LabelName> = answer.json()?;
    Ok(labels.into_iter().map(|label| Label::new(label.name)).collect())
}

/// The mutation, and the alias whose answer comes last.
fn document(adds: bool, removes: bool) -> (String, &'static str) {
    const LABELS: &str = "{ labelable { labels(first:100) { nodes { name } } } }";
    let mut document = "mutation Move($id:ID!".to_owned();
    for (is_used, variable) in [(adds, ",$add:[ID!]!"), (removes, ",$rem:[ID!]!")] {
        document.push_str(if is_used { variable } else { "" });
    }
    document.push_str(") {\n");
    if adds {
        document.push_str(&format!("  add: addLabelsToLabelable(input:{{labelableId:$id,labelIds:$add}}) {LABELS}\n"));
    }
    if removes {
        document.push_str(&format!("  rem: removeLabelsFromLabelable(input:{{labelableId:$id,labelIds:$rem}}) {LABELS}\n"));
    }
    document.push('}');
    (document, if removes { "rem" } else { "add" })
}

/// Only the variables that the document declares: some servers refuse others.
fn used(mut variables: Value, document: &str) -> Value {
    if let Some(variables) = variables.as_object_mut() {
        variables.retain(|name, _| document.contains(&format!("${name}:")));
    }
    variables
}

/// The labels in the payload of the alias that ran last.
fn labels_of(graph: &Graph, alias: &str) -> Result<Vec<Label>, GitHubError> {
    let payload = graph.data.as_ref().and_then(|data| data.get(alias)).cloned().unwrap_or_default();
    let payload: Option<Payload> = serde_json::from_value(payload).ok();
    payload
        .and_then(|payload| payload.labelable?.labels)
        .map(|labels| labels.nodes.into_iter().flatten().map(|label| Label::new(label.name)).collect())
        .ok_or_else(|| graph.answer.asked.unavailable("its answer does not list the labels"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g1_an_empty_list_has_no_alias_and_adding_comes_before_removing() {
        let (both, last) = document(true, true);
        assert!(both.find("add:").is_some_and(|add| both.find("rem:").is_some_and(|rem| add < rem)), "{both}");
        assert_eq!(last, "rem");
        let (add, last) = document(true, false);
        assert!(!add.contains("rem") && last == "add", "{add}");
        let (remove, last) = document(false, true);
        assert!(!remove.contains("add:") && !remove.contains("$add") && last == "rem", "{remove}");
        assert_eq!(used(json!({"id": 1, "add": [], "rem": []}), &remove), json!({"id": 1, "rem": []}));
    }
}
