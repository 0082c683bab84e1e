//! `POST /v1/events/argo`: a delivery by way of an Argo Events sensor, authenticated by a bearer that the sensor sends in its
//! `secureHeaders`. Never waits, and answers empty bodies: a sensor reads neither. What is wrong for good is said all the same,
//! for the person who tries the sensor out.

use super::Gate;
use super::door::{self, Bearer, Refusal};
use crate::{intake, sensor};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

pub async fn receive(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let Err(refusal) = take(&gate, request).await else { return StatusCode::ACCEPTED.into_response() };
    let mut answer = refusal.answer(&gate.host, "a sensor's request");
    if matches!(refusal, Refusal::Later { .. }) {
        *answer.body_mut() = Body::empty();
        answer.headers_mut().remove(CONTENT_TYPE);
    }
    answer
}

async fn take(gate: &Gate, request: Request) -> Result<(), Refusal> {
    let host = &gate.host;
    let bearer = Bearer {
        tokens: &gate.argo_tokens,
        shut: "sensors are off: no token is configured; set argo.token_files or PAWL_ARGO_TOKEN",
        wrong: "the bearer token is missing or wrong; give the trigger's http secureHeaders with Authorization: Bearer <token of argo.token_files>",
    };
    let limit = format!("{} bytes; http.max_body_bytes sets the limit", host.config.http.max_body_bytes);
    let entered = door::enter(gate, request, Some(bearer), &limit).await?;
    let of_request = |name: &str| entered.headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let unwrapped = sensor::unwrap(&entered.body, of_request).map_err(|bad| Refusal::unreadable(bad.to_string()))?;
    let (event, delivery) = (unwrapped.event.as_str(), unwrapped.delivery.as_str());
    let reading = door::read(host, event, delivery, &unwrapped.body)?;
    intake::take(host, event, delivery, reading, false).await?;
    Ok(())
}
