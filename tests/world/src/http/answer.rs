//! What the world says, before it becomes bytes.

use crate::state::Reject;
use serde_json::{Value, json};

/// An answer of the API.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    /// Absent for 204.
    pub body: Option<Value>,
}

const DOCUMENTATION: &str = "https://docs.github.com/rest";

impl Answer {
    pub(crate) fn json(status: u16, body: impl Into<Value>) -> Self {
        Self { status, headers: Vec::new(), body: Some(body.into()) }
    }

    pub(crate) fn ok(body: impl Into<Value>) -> Self {
        Self::json(200, body)
    }

    pub(crate) fn empty() -> Self {
        Self { status: 204, headers: Vec::new(), body: None }
    }

    /// GitHub's error body.
    pub(crate) fn error(status: u16, message: &str) -> Self {
        Self::json(status, json!({ "message": message, "documentation_url": DOCUMENTATION, "status": status.to_string() }))
    }

    pub(crate) fn not_found() -> Self {
        Self::error(404, "Not Found")
    }

    /// A 422 that names what is wrong with which field.
    pub(crate) fn invalid(resource: &str, field: &str, code: &str, message: &str) -> Self {
        Self::json(
            422,
            json!({
                "message": "Validation Failed", "documentation_url": DOCUMENTATION, "status": "422",
                "errors": [{ "resource": resource, "field": field, "code": code, "message": message }],
            }),
        )
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl From<Reject> for Answer {
    fn from(reject: Reject) -> Self {
        match reject {
            Reject::NotFound => Self::not_found(),
            Reject::Gone => Self::error(410, "This issue was deleted"),
            Reject::Forbidden => Self::error(403, "Resource not accessible by personal access token"),
            Reject::Invalid { resource, field, code, message } => Self::invalid(resource, field, code, &message),
        }
    }
}
