//! Answers that a fault gives instead of the real one, as a server gives them that is unwell.

use crate::status::failure;
use serde_json::Value;

/// An answer that a fault gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers beside the content type.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
    /// Whether the body is a JSON `Status`, and not plain text.
    pub is_json: bool,
}

impl Reply {
    fn of(code: u16, status: &Value) -> Self {
        Self { status: code, headers: Vec::new(), body: status.to_string(), is_json: true }
    }

    /// A `Status` of failure; `reason` as Kubernetes spells it, such as `InternalError`.
    #[must_use]
    pub fn status(code: u16, reason: &str, message: &str) -> Self {
        Self::of(code, &failure(code, reason, message))
    }

    /// 429 of an overloaded server: plain text, no `Status`, and `Retry-After` in seconds.
    #[must_use]
    pub fn too_many_requests(retry_after_seconds: u32) -> Self {
        let headers = vec![("retry-after", retry_after_seconds.to_string()), ("x-content-type-options", "nosniff".to_owned())];
        Self { status: 429, headers, body: "Too many requests, please try again later.\n".to_owned(), is_json: false }
    }

    /// 500, as when etcd changes its leader.
    #[must_use]
    pub fn internal_error() -> Self {
        Self::status(500, "InternalError", "Internal error occurred: etcdserver: leader changed")
    }

    /// 503, as during a restart.
    #[must_use]
    pub fn unavailable() -> Self {
        Self::status(503, "ServiceUnavailable", "the server is currently unable to handle the request")
    }

    /// 504: the server gave up waiting for itself, and does not know whether it was done.
    #[must_use]
    pub fn timeout() -> Self {
        Self::status(504, "Timeout", "Timeout: request did not complete within the allotted duration")
    }

    /// 409 of a writer that was too late.
    #[must_use]
    pub fn conflict(resource: &str, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Self::status(409, "Conflict", &format!("Operation cannot be fulfilled on {resource} \"{name}\": {why}"))
    }
}
