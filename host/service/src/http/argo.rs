//! `POST /v1/events/argo`: a delivery by way of an Argo Events sensor, authenticated by a bearer that the sensor sends in its
//! `secureHeaders`. Never waits, and answers empty bodies: a sensor reads neither. What is wrong for good is said all the same,
//! for the person who tries the sensor out.

use super::{Gate, answer, bearer};
use crate::host::Counters;
use crate::intake;
use crate::sensor;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pawl_core::Timestamp;
use pawl_github::webhook;
use serde_json::json;
use std::sync::Arc;

pub async fn receive(State(gate): State<Arc<Gate>>, headers: HeaderMap, body: Result<Bytes, BytesRejection>) -> Response {
    let host = &gate.host;
    let refuse = |status: StatusCode, message: &str| {
        Counters::count(&host.counters.refused);
        tracing::warn!(status = status.as_u16(), "a sensor's request is refused: {message}");
        answer::error(status, message)
    };
    if host.is_draining() {
        return later();
    }
    if gate.argo_tokens.is_empty() {
        return refuse(StatusCode::UNAUTHORIZED, "sensors are off: no token is configured; set argo.token_files or PAWL_ARGO_TOKEN");
    }
    if !bearer::is_allowed(&gate.argo_tokens, &headers) {
        return refuse(
            StatusCode::UNAUTHORIZED,
            "the bearer token is missing or wrong; give the trigger's http secureHeaders with Authorization: Bearer <token of argo.token_files>",
        );
    }
    let body = match body {
        Ok(body) => body,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return refuse(
                StatusCode::PAYLOAD_TOO_LARGE,
                &format!("the body is larger than {} bytes; http.max_body_bytes sets the limit", host.config.http.max_body_bytes),
            );
        }
        Err(rejection) => return refuse(StatusCode::BAD_REQUEST, &format!("the body cannot be read: {}", rejection.body_text())),
    };
    let of_request = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let unwrapped = match sensor::unwrap(&body, of_request) {
        Ok(unwrapped) => unwrapped,
        Err(bad) => return refuse(StatusCode::BAD_REQUEST, &bad.to_string()),
    };
    let (event, delivery) = (unwrapped.event.as_str(), unwrapped.delivery.as_str());
    if let Err(message) = answer::check_delivery(event, delivery) {
        return refuse(StatusCode::BAD_REQUEST, message);
    }
    match webhook::read(event, delivery, &unwrapped.body, Timestamp::now(), &host.policies.patterns) {
        Err(error) => {
            host.journal
                .write("delivery", json!({ "delivery": delivery, "event": event, "status": "refused", "reason": error.to_string() }));
            refuse(StatusCode::BAD_REQUEST, &error.to_string())
        }
        Ok(reading) => match intake::take(host, event, delivery, reading, false).await {
            Ok(_) => StatusCode::ACCEPTED.into_response(),
            Err(intake::NotTaken::TooLarge) => refuse(StatusCode::UNPROCESSABLE_ENTITY, &intake::NotTaken::TooLarge.to_string()),
            Err(not_taken) => {
                tracing::error!(delivery, event, error = %not_taken, "a sensor's delivery could not be taken");
                later()
            }
        },
    }
}

fn later() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, HeaderValue::from_static("5"))]).into_response()
}
