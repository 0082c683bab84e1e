//! One call to the API server: within its time, and its answer judged by what happens next.

use crate::error::ClusterError;
use std::time::Duration;
use tokio::time::timeout;

/// How long to leave an overloaded server alone; it says a second itself, in a header that the client does not hand on.
const OVERLOADED: Duration = Duration::from_secs(1);

/// What is asked for, for the sentence that says it failed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) verb: &'static str,
    pub(crate) resource: &'static str,
}

/// Carries a call out within `patience`.
pub(crate) async fn within<T>(patience: Duration, asked: Asked, call: impl Future<Output = kube::Result<T>>) -> Result<T, ClusterError> {
    match timeout(patience, call).await {
        Ok(answer) => answer.map_err(|error| judged(asked, &error)),
        Err(_) => {
            Err(ClusterError::Unavailable(format!("no answer to {} {} within {} s", asked.verb, asked.resource, patience.as_secs_f64())))
        }
    }
}

fn judged(asked: Asked, error: &kube::Error) -> ClusterError {
    let kube::Error::Api(status) = error else {
        return ClusterError::Unavailable(format!("{} {}: {error}", asked.verb, asked.resource));
    };
    let message: String = status.message.chars().take(300).collect();
    match status.code {
        409 => ClusterError::Conflict(asked.resource.to_owned()),
        429 => ClusterError::Overloaded { message, retry_after: OVERLOADED },
        400..=499 => ClusterError::Refused { code: status.code, verb: asked.verb, resource: asked.resource, message },
        _ => ClusterError::Unavailable(format!("{} {}: {} {message}", asked.verb, asked.resource, status.code)),
    }
}
