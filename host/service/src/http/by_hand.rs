//! `/v1/admin/subjects/{owner}/{name}/{number}/retry|discard`: GET says what it would do, POST does it. Only the inside listener has
//! them. A POST names who asks in a header of our own: no page of a browser can send that across sites without being asked first, and
//! nobody here answers such a question.

use super::{Gate, answer};
use crate::by_hand::{self, NotDone};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use pawl_core::subject::SubjectId;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// The header that says who asks.
pub const BY: &str = "x-pawl-by";
/// Longest name in it, in bytes.
const BY_BYTES: usize = 100;
/// How long a retry waits for the end of its turn.
const OUTCOME_PATIENCE: Duration = Duration::from_secs(20);

type Named = Path<(String, String, u32)>;

pub async fn retry_of(State(gate): State<Arc<Gate>>, Path(named): Named) -> Response {
    let found = async { by_hand::retry_of(&gate.host, find(&gate, &named).await?).await };
    said(&named, found.await.map(|would| json!({ "would": would })))
}

pub async fn discard_of(State(gate): State<Arc<Gate>>, Path(named): Named) -> Response {
    let found = async { by_hand::discard_of(&gate.host, find(&gate, &named).await?).await };
    said(&named, found.await.map(|would| json!({ "would": would })))
}

pub async fn retry(State(gate): State<Arc<Gate>>, Path(named): Named, headers: HeaderMap) -> Response {
    let by = match by(&headers) {
        Ok(by) => by,
        Err(refused) => return *refused,
    };
    let retried = async { by_hand::retry(&gate.host, find(&gate, &named).await?, by).await };
    let retried = match retried.await {
        Ok(retried) => retried,
        Err(error) => return said(&named, Err(error)),
    };
    let outcome = match tokio::time::timeout(OUTCOME_PATIENCE, retried.outcome).await {
        Ok(Ok(outcome)) => answer::outcome_json(&outcome),
        _ => answer::pending_json(),
    };
    said(&named, Ok(json!({ "did": retried.lifted, "turn": outcome })))
}

pub async fn discard(State(gate): State<Arc<Gate>>, Path(named): Named, headers: HeaderMap) -> Response {
    let by = match by(&headers) {
        Ok(by) => by,
        Err(refused) => return *refused,
    };
    let given_up = async { by_hand::discard(&gate.host, find(&gate, &named).await?, by).await };
    said(&named, given_up.await.map(|given_up| json!({ "did": given_up })))
}

async fn find(gate: &Gate, (owner, name, number): &(String, String, u32)) -> Result<SubjectId, NotDone> {
    let repository = gate.host.store.repository_named(&format!("{owner}/{name}")).await?.ok_or(NotDone::Unknown)?;
    Ok(SubjectId { repository: repository.id, number: *number })
}

/// Who asks. Boxed: a response is large, and most requests get another.
pub(super) fn by(headers: &HeaderMap) -> Result<&str, Box<Response>> {
    let by = headers.get(BY).and_then(|by| by.to_str().ok()).map(str::trim).unwrap_or_default();
    let is_name = (1..=BY_BYTES).contains(&by.len());
    let message = format!("say who asks in the header {BY}, in 1 to {BY_BYTES} letters; it stands in the journal");
    if is_name { Ok(by) } else { Err(Box::new(answer::error(StatusCode::FORBIDDEN, message))) }
}

fn said((owner, name, number): &(String, String, u32), result: Result<Value, NotDone>) -> Response {
    let shown: String = format!("{owner}/{name}#{number}").chars().take(200).collect();
    match result {
        Ok(mut body) => {
            body["subject"] = json!(shown);
            Json(body).into_response()
        }
        Err(error) => not_done(&shown, &error),
    }
}

/// Why nothing was done.
pub(super) fn not_done(shown: &str, error: &NotDone) -> Response {
    let status = match error {
        NotDone::Unknown => StatusCode::NOT_FOUND,
        NotDone::Nothing(_) => StatusCode::CONFLICT,
        NotDone::Busy | NotDone::NoClaim(_) | NotDone::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    let shown: String = shown.chars().take(200).collect();
    answer::error(status, format!("{shown}: {error}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn whoever_asks_for_a_change_says_who_he_is() {
        let with = |value: &str| HeaderMap::from_iter([(axum::http::HeaderName::from_static(BY), HeaderValue::from_str(value).unwrap())]);
        assert_eq!(by(&with(" alice ")).unwrap(), "alice");
        for bad in [HeaderMap::new(), with(""), with(" "), with(&"x".repeat(BY_BYTES + 1))] {
            assert_eq!(by(&bad).unwrap_err().status(), StatusCode::FORBIDDEN);
        }
    }
}
