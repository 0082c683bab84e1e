//! `POST /api/v1/signals`: an agent or a workflow tells something about a subject. One signal, or a list of them.

use super::door::{self, Bearer, Refusal};
use super::{Gate, answer};
use crate::host::Host;
use crate::intake::{self, Receipt};
use crate::signal::{self, Bad, Told};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use pawl_core::store::Named;
use pawl_core::subject::{Repository, Subject};
use pawl_github::GitHubError;
use pawl_github::webhook::Reading;
use serde_json::{Value, json};
use std::sync::Arc;

pub async fn receive(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    respond(&gate, request).await.unwrap_or_else(|refusal| refusal.answer(&gate.host, "a signal"))
}

async fn respond(gate: &Gate, request: Request) -> Result<Response, Refusal> {
    let host = &gate.host;
    let bearer = Bearer {
        tokens: &gate.signal_tokens,
        shut: "signals are off: no token is configured; set signals.token_files or PAWL_SIGNAL_TOKEN",
        wrong: "the bearer token is missing or wrong; send Authorization: Bearer <token of signals.token_files>",
    };
    let limit = format!("{} bytes; send fewer signals at once", super::SIGNAL_BODY_BYTES);
    let entered = door::enter(gate, request, Some(bearer), &limit).await?;
    let limit_or_form = |bad: Bad| match bad {
        Bad::NotJson(_) => Refusal::unreadable(bad.to_string()),
        Bad::TooMany(_) => Refusal::invalid(bad.to_string()),
    };
    match signal::told(&entered.body).map_err(limit_or_form)? {
        Told::List(list) => Ok(take_list(host, list).await),
        Told::One(one) => {
            let (id, receipt) = take(host, one, entered.wait.is_some()).await?;
            let (status, body) = answer::receipt(&id, receipt, entered.wait).await;
            Ok((status, Json(body)).into_response())
        }
    }
}

/// A list is answered one by one; one that fails stops no other. 200 when all are durable, 207 when not.
async fn take_list(host: &Host, list: Vec<Value>) -> Response {
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for one in list {
        let subject = one.get("subject").and_then(Value::as_str).unwrap_or("?").chars().take(200).collect::<String>();
        match take(host, one, false).await {
            Ok((id, receipt)) => successful.push(json!({ "subject": subject, "delivery": id, "status": receipt.status.word() })),
            Err(refusal) => {
                let retry = matches!(refusal, Refusal::Later { .. });
                failed.push(json!({ "subject": subject, "error": refusal.message(), "retry": retry }));
            }
        }
    }
    let status = if failed.is_empty() { StatusCode::ACCEPTED } else { StatusCode::MULTI_STATUS };
    (status, Json(json!({ "successful": successful, "failed": failed }))).into_response()
}

async fn take(host: &Host, body: Value, wants_outcome: bool) -> Result<(String, Receipt), Refusal> {
    let signal = signal::read(body, host.arrival()).map_err(Refusal::invalid)?;
    let repository = find_repository(host, &signal.owner, &signal.name).await?;
    let subject = Subject { repository, number: signal.number, kind: signal.kind };
    let delivery = signal.news.id.clone();
    let reading = Reading::Subjects { subjects: vec![subject], news: vec![signal.news] };
    let receipt = intake::take(host, "signal", &delivery, reading, wants_outcome).await?;
    Ok((delivery, receipt))
}

/// Whose name it is, as GitHub said when it was last asked; what only deliveries say is no answer, and it is asked now.
async fn find_repository(host: &Host, owner: &str, name: &str) -> Result<Repository, Refusal> {
    let later = |message: String| Refusal::Later { message };
    let known = host.store.repository_named(&format!("{owner}/{name}")).await.map_err(|error| later(error.to_string()))?;
    if let Some(Named { id, is_confirmed: true }) = known {
        return Ok(Repository { id, owner: owner.to_owned(), name: name.to_owned() });
    }
    let found = host.github.repository_by_name(owner, name).await.map_err(|error| match error {
        GitHubError::Gone { .. } => Refusal::invalid(format!("GitHub knows no repository {owner}/{name}, or hides it from the token")),
        error => later(error.to_string()),
    })?;
    host.store.confirm_name(&found).await.map_err(|error| later(error.to_string()))?;
    Ok(found)
}
