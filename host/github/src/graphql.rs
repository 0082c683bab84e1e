//! GraphQL answers, which may carry data and errors at once.

use crate::answer::{Answer, Asked};
use crate::call::{Spend, Whose};
use crate::client::GitHub;
use crate::error::GitHubError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// An answer with its errors. The client library would drop either the data or the errors' types.
#[derive(Debug)]
pub(crate) struct Graph {
    pub(crate) answer: Answer,
    pub(crate) data: Option<Value>,
    pub(crate) errors: Vec<GraphError>,
}

/// One error of a GraphQL answer.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct GraphError {
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    extensions: Option<Extensions>,
    #[serde(default)]
    path: Option<Vec<Value>>,
    #[serde(default)]
    message: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Extensions {
    code: Option<String>,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    data: Option<Value>,
    #[serde(default)]
    errors: Option<Vec<GraphError>>,
}

impl GraphError {
    pub(crate) fn is_not_found(&self) -> bool {
        self.kind.as_deref() == Some("NOT_FOUND")
    }

    /// Whether the error is about this very field, given from the root.
    pub(crate) fn is_at(&self, path: &[&str]) -> bool {
        let own = self.path.as_deref().unwrap_or_default();
        own.len() == path.len() && own.iter().zip(path).all(|(own, key)| own.as_str() == Some(key))
    }

    fn is_limit(&self) -> bool {
        matches!(self.kind.as_deref(), Some("RATE_LIMITED" | "RATE_LIMIT")) || self.message.to_lowercase().contains("secondary rate limit")
    }

    /// Kinds that no repetition changes: permissions, and documents that this server does not understand.
    fn is_refusal(&self) -> bool {
        let kind = self.kind.as_deref().unwrap_or_default();
        let code = self.extensions.as_ref().and_then(|e| e.code.as_deref()).unwrap_or_default();
        matches!(kind, "FORBIDDEN" | "INSUFFICIENT_SCOPES" | "UNPROCESSABLE" | "MAX_NODE_LIMIT_EXCEEDED" | "NOT_FOUND")
            || matches!(code, "undefinedField" | "argumentNotAccepted" | "undefinedType" | "argumentLiteralsIncompatible")
    }
}

impl Graph {
    /// The data as `T`.
    ///
    /// # Errors
    /// When there is none or it does not read.
    pub(crate) fn data<T: DeserializeOwned>(&self) -> Result<T, GitHubError> {
        let data = self.data.clone().unwrap_or_default();
        serde_json::from_value(data).map_err(|error| self.answer.asked.unavailable(format!("its answer does not read: {error}")))
    }

    /// What the errors amount to; none when there are none.
    ///
    /// An answer with errors is never taken for whole: an empty list may be one that could not be read.
    pub(crate) fn error(&self) -> Option<GitHubError> {
        let asked = self.answer.asked;
        let first = self.errors.first()?;
        // A write of which one half succeeded must be looked at again, whatever became of the other half.
        let has_data = self.data.as_ref().and_then(Value::as_object).is_some_and(|data| data.values().any(|v| !v.is_null()));
        if let Some(refusal) = self.errors.iter().find(|error| error.is_refusal())
            && !(asked.is_write && has_data)
        {
            return Some(asked.refused(200, &refusal.message));
        }
        Some(asked.unavailable(if first.message.is_empty() { "an error without a message" } else { &first.message }))
    }
}

impl GitHub {
    /// Asks with a document that only reads. `Ok` means an answer came that reads as GraphQL; look at its errors.
    pub(crate) async fn graph(
        &self,
        doing: &'static str,
        whose: Whose<'_>,
        document: &str,
        variables: Value,
    ) -> Result<Graph, GitHubError> {
        self.graph_spending(doing, whose, document, variables, Spend::Nothing).await
    }

    /// Sends any document.
    pub(crate) async fn graph_spending(
        &self,
        doing: &'static str,
        whose: Whose<'_>,
        document: &str,
        variables: Value,
        spend: Spend,
    ) -> Result<Graph, GitHubError> {
        let asked = Asked { doing, is_write: spend != Spend::Nothing };
        let lane = self.lane(whose).await?;
        let body = json!({ "query": document, "variables": variables });
        let (answer, sent) = self.post_graphql(asked, &lane, spend, &body).await?;
        let Body { data, errors } = answer.json()?;
        let errors = errors.unwrap_or_default();
        if data.is_none() && errors.is_empty() {
            return Err(answer.asked.unavailable("its answer has neither data nor errors"));
        }
        if errors.iter().any(GraphError::is_limit) {
            return Err(self.limited_in_body(&lane, &answer, sent));
        }
        lane.went_well(sent);
        Ok(Graph { answer, data, errors })
    }
}
