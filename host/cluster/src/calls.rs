//! One call to the API server: within its time, and its answer judged by what happens next.

use crate::error::ClusterError;
use pawl_core::planted::{self, Fault};
use std::time::Duration;
use tokio::time::timeout;

/// How long to leave an overloaded server alone; it says a second itself, in a header that the client does not hand on.
const OVERLOADED: Duration = Duration::from_secs(1);

/// What is asked for, for the sentence that says it failed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) verb: &'static str,
    pub(crate) resource: &'a str,
}

/// Carries a call out within `patience`.
pub(crate) async fn within<T>(
    patience: Duration,
    asked: Asked<'_>,
    call: impl Future<Output = kube::Result<T>>,
) -> Result<T, ClusterError> {
    in_time(patience, asked, call).await?.map_err(|error| judged(asked, &error))
}

/// A call that nobody gives up ends with its connection, after so long.
const CONNECTION: Duration = Duration::from_secs(60);

/// Waits no longer than `patience`.
pub(crate) async fn in_time<T>(patience: Duration, asked: Asked<'_>, call: impl Future<Output = T>) -> Result<T, ClusterError> {
    let patience = if planted::is(Fault::NoDeadline) { CONNECTION } else { patience };
    timeout(patience, call).await.map_err(|_| {
        ClusterError::Unavailable(format!("no answer to {} {} within {} s", asked.verb, asked.resource, patience.as_secs_f64()))
    })
}

/// Why a call failed.
pub(crate) fn judged(asked: Asked<'_>, error: &kube::Error) -> ClusterError {
    match error {
        kube::Error::Api(status) => refused(asked, status.code, &status.message, None),
        error => ClusterError::Unavailable(format!("{} {}: {error}", asked.verb, asked.resource)),
    }
}

/// What an answer means that is no success. `wait` is what the server asked for, when that is known.
pub(crate) fn refused(asked: Asked<'_>, code: u16, message: &str, wait: Option<Duration>) -> ClusterError {
    let message: String = message.trim().chars().take(300).collect();
    match code {
        409 => ClusterError::Conflict(asked.resource.to_owned()),
        429 => ClusterError::Overloaded { message, retry_after: wait.unwrap_or(OVERLOADED) },
        400..=499 => ClusterError::Refused { code, verb: asked.verb, resource: asked.resource.to_owned(), message },
        _ => ClusterError::Unavailable(format!("{} {}: {code} {message}", asked.verb, asked.resource)),
    }
}
