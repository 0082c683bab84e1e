//! Answers: JSON with one shape for errors, and the outcome of the turns a sender waits for.

use crate::intake::Receipt;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pawl_core::turn::Outcome;
use serde_json::{Value, json};
use std::time::Duration;

/// Longest `?wait=`.
const WAIT_SECONDS: u64 = 30;
/// What a sender is asked to wait before coming again.
const RETRY_AFTER_SECONDS: u32 = 5;

/// `{"error": …}` with a status.
pub fn error(status: StatusCode, message: impl std::fmt::Display) -> Response {
    (status, Json(json!({ "error": message.to_string() }))).into_response()
}

/// 503 with `Retry-After`: nothing is durable, the sender keeps it.
pub fn later(message: impl std::fmt::Display) -> Response {
    let mut response = error(StatusCode::SERVICE_UNAVAILABLE, message);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
    response
}

/// 404 with the routes there are.
pub async fn not_found() -> Response {
    error(
        StatusCode::NOT_FOUND,
        "no such route; deliveries go to POST /v1/events/github or, through a sensor, POST /v1/events/argo, signals to POST /api/v1/signals, and the admin address has /readyz, /api/v1/state, /api/v1/subjects/{owner}/{name}/{number} and /api/v1/explain",
    )
}

/// Whether event and delivery id are what GitHub sends.
///
/// # Errors
/// One sentence for the sender.
pub fn check_delivery(event: &str, delivery: &str) -> Result<(), &'static str> {
    if event.is_empty() || event.len() > 60 {
        return Err("X-GitHub-Event is missing or too long; send deliveries as GitHub does");
    }
    let is_plain = delivery.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if delivery.is_empty() || delivery.len() > 80 || !is_plain {
        return Err("X-GitHub-Delivery is missing or no id; send deliveries as GitHub does");
    }
    Ok(())
}

/// Parses `5s`, `500ms` or `5`.
///
/// # Errors
/// One sentence for the sender.
pub fn parse_wait(text: &str) -> Result<Duration, String> {
    let bad = || format!("wait={:?} is no time; write wait=5s, at most {WAIT_SECONDS}s", text.chars().take(20).collect::<String>());
    let (digits, unit_ms) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(digits), _) => (digits, 1),
        (None, Some(digits)) => (digits, 1000),
        (None, None) => (text, 1000),
    };
    let wait = digits.parse::<u64>().map_err(|_| bad())?.checked_mul(unit_ms).map(Duration::from_millis).ok_or_else(bad)?;
    if wait > Duration::from_secs(WAIT_SECONDS) { Err(bad()) } else { Ok(wait) }
}

/// 202 with what became of the delivery, and the outcomes when the sender waits for them.
pub async fn receipt(delivery: &str, receipt: Receipt, wait: Option<Duration>) -> (StatusCode, Value) {
    let subjects: Vec<String> = receipt.subjects.iter().map(ToString::to_string).collect();
    let mut body = json!({ "status": receipt.status.word(), "delivery": delivery, "subjects": subjects });
    if let Some(reason) = receipt.reason {
        body["reason"] = json!(reason);
    }
    if let Some(wait) = wait {
        let deadline = tokio::time::Instant::now() + wait;
        let mut outcomes = Vec::new();
        for told in receipt.outcomes {
            outcomes.push(match tokio::time::timeout_at(deadline, told).await {
                Ok(Ok(outcome)) => outcome_json(&outcome),
                _ => pending_json(),
            });
        }
        body["outcomes"] = Value::Array(outcomes);
    }
    (StatusCode::ACCEPTED, body)
}

/// The turn takes longer than its sender waits.
pub fn pending_json() -> Value {
    json!({ "outcome": "pending", "reason": "the turn has not ended yet; it goes on" })
}

/// The outcome of a turn.
pub fn outcome_json(outcome: &Outcome) -> Value {
    let refused: Vec<Value> =
        outcome.refused.iter().map(|(policy, r)| json!({ "policy": policy, "news": r.news_id, "reason": r.reason })).collect();
    json!({ "outcome": outcome.ending.word(), "reason": outcome.reason, "refused": refused, "labels": outcome.labels_after })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v1_a_wait_is_read_in_seconds_or_milliseconds_and_bounded() {
        assert_eq!(parse_wait("5s"), Ok(Duration::from_secs(5)));
        assert_eq!(parse_wait("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse_wait("30"), Ok(Duration::from_secs(30)));
        for bad in ["", "s", "31s", "-1s", "1h", "99999999999999999999s", "1.5s"] {
            assert!(parse_wait(bad).is_err(), "{bad}");
        }
    }
}
