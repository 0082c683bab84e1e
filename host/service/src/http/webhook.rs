//! `POST /v1/events/github`: a raw webhook. The signature is checked on the raw bytes before anything is parsed.

use super::{Gate, answer};
use crate::host::Counters;
use crate::intake;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use pawl_core::Timestamp;
use pawl_github::webhook;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;

pub async fn receive(
    State(gate): State<Arc<Gate>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let host = &gate.host;
    if host.is_draining() {
        return answer::again(&intake::NotTaken::Full("this process is shutting down"));
    }
    let refuse = |status: StatusCode, message: &str| {
        Counters::count(&host.counters.refused);
        tracing::warn!(status = status.as_u16(), "a delivery is refused: {message}");
        answer::error(status, message)
    };
    let body = match body {
        Ok(body) => body,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let limit = host.config.http.max_body_bytes;
            return refuse(
                StatusCode::PAYLOAD_TOO_LARGE,
                &format!("the body is larger than {limit} bytes; http.max_body_bytes sets the limit"),
            );
        }
        Err(rejection) => return refuse(StatusCode::BAD_REQUEST, &format!("the body cannot be read: {}", rejection.body_text())),
    };
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().trim().to_owned();
    if let Err(error) = gate.verifier.verify(Some(&header("x-hub-signature-256")), &body) {
        return refuse(StatusCode::UNAUTHORIZED, &error.to_string());
    }
    let (event, delivery) = (header("x-github-event"), header("x-github-delivery"));
    if let Err(message) = answer::check_delivery(&event, &delivery) {
        return refuse(StatusCode::BAD_REQUEST, message);
    }
    let wait = match query.get("wait").map(|w| answer::parse_wait(w)).transpose() {
        Ok(wait) => wait,
        Err(message) => return refuse(StatusCode::BAD_REQUEST, &message),
    };
    let reading = match webhook::read(&event, &delivery, &body, Timestamp::now(), &host.policies.patterns) {
        Ok(reading) => reading,
        Err(error) => {
            host.journal
                .write("delivery", json!({ "delivery": delivery, "event": event, "status": "refused", "reason": error.to_string() }));
            return refuse(StatusCode::BAD_REQUEST, &error.to_string());
        }
    };
    match intake::take(host, &event, &delivery, reading, wait.is_some()).await {
        Ok(receipt) => {
            let (status, body) = answer::receipt(&delivery, receipt, wait).await;
            (status, Json(body)).into_response()
        }
        Err(not_taken) => {
            tracing::error!(delivery, event, error = %not_taken, "a delivery could not be taken");
            answer::again(&not_taken)
        }
    }
}
