//! `POST /v1/events/github`: a raw webhook. The signature is checked on the raw bytes before anything is parsed.

use super::door::{self, Refusal};
use super::{Gate, answer};
use crate::intake;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

pub async fn receive(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    take(&gate, request).await.unwrap_or_else(|refusal| refusal.answer(&gate.host, "a delivery"))
}

async fn take(gate: &Gate, request: Request) -> Result<Response, Refusal> {
    let host = &gate.host;
    let limit = format!("{} bytes; http.max_body_bytes sets the limit", host.config.http.max_body_bytes);
    let entered = door::enter(gate, request, None, &limit).await?;
    let unsigned = |message: String| Refusal::new(StatusCode::UNAUTHORIZED, message);
    let signature = entered.once("x-hub-signature-256").map_err(unsigned)?;
    gate.verifier.verify(Some(signature), &entered.body).map_err(|error| unsigned(error.to_string()))?;
    let event = entered.once("x-github-event").map_err(Refusal::unreadable)?;
    let delivery = entered.once("x-github-delivery").map_err(Refusal::unreadable)?;
    let reading = door::read(host, event, delivery, &entered.body)?;
    let receipt = intake::take(host, event, delivery, reading, entered.wait.is_some()).await?;
    let (status, body) = answer::receipt(delivery, receipt, entered.wait).await;
    Ok((status, Json(body)).into_response())
}
