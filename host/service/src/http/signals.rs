//! `POST /api/v1/signals`: an agent or a workflow tells something about a subject. One signal, or a list of them.

use super::door::{self, Bearer, Refusal};
use super::{Gate, answer};
use crate::host::Host;
use crate::intake::{self, Receipt};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use pawl_core::Timestamp;
use pawl_core::news::{Actor, ActorKind, Event, News, SIGNAL_PARAMETERS};
use pawl_core::subject::{Repository, Subject, SubjectKind};
use pawl_github::GitHubError;
use pawl_github::webhook::Reading;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most signals in one list.
const SIGNALS: usize = 100;

/// One signal.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignalBody {
    /// `owner/name#number`.
    subject: String,
    /// The sender's own id: the same id is the same signal.
    id: String,
    /// What is told, such as `build_finished`.
    name: String,
    /// When it happened; now when absent.
    #[serde(default)]
    at: Option<String>,
    /// Who tells it.
    #[serde(default)]
    actor: Option<String>,
    /// What belongs to it.
    #[serde(default)]
    parameters: BTreeMap<String, String>,
    /// Whether the subject is an issue rather than a pull request.
    #[serde(default)]
    issue: bool,
}

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
    let body = serde_json::from_slice::<Value>(&entered.body);
    match body.map_err(|error| Refusal::unreadable(format!("the body is not JSON: {error}")))? {
        Value::Array(list) if list.len() > SIGNALS => {
            Err(Refusal::invalid(format!("{} signals at once, the limit is {SIGNALS}; send them in several lists", list.len())))
        }
        Value::Array(list) => Ok(take_list(host, list).await),
        one => {
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
    let signal: SignalBody = serde_json::from_value(body).map_err(|e| Refusal::invalid(format!("the signal does not read: {e}")))?;
    let arrived = Timestamp::now();
    let news = news_of(&signal, arrived)?;
    let subject = find_subject(host, &signal).await?;
    let delivery = news.id.clone();
    let reading = Reading::Subjects { subjects: vec![subject], news: vec![news] };
    let receipt = intake::take(host, "signal", &delivery, reading, wants_outcome).await?;
    Ok((delivery, receipt))
}

fn news_of(signal: &SignalBody, arrived: Timestamp) -> Result<News, Refusal> {
    let is_word = |text: &str, longest: usize| {
        (1..=longest).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':' | b'/'))
    };
    if !is_word(&signal.id, 120) {
        return Err(Refusal::invalid(
            "id must be 1 to 120 of A-Z a-z 0-9 _ - . : /; give every signal its own, so that a retry is told apart",
        ));
    }
    if !is_word(&signal.name, 60) {
        return Err(Refusal::invalid("name must be 1 to 60 of A-Z a-z 0-9 _ - . : /"));
    }
    if signal.parameters.len() > SIGNAL_PARAMETERS {
        return Err(Refusal::invalid(format!("{} parameters, the limit is {SIGNAL_PARAMETERS}", signal.parameters.len())));
    }
    if let Some((name, _)) = signal.parameters.iter().find(|(k, v)| k.len() > 60 || v.len() > 500) {
        let shown: String = name.chars().take(60).collect();
        return Err(Refusal::invalid(format!("parameter {shown:?} is longer than 60 bytes in its name or 500 in its value")));
    }
    let at = match &signal.at {
        None => arrived,
        Some(text) => text.parse::<Timestamp>().map_err(|_| Refusal::invalid("at is no time; write one like 2026-11-20T12:00:00Z"))?,
    };
    let actor = signal.actor.as_ref().map(|login| Actor {
        login: login.chars().take(100).collect(),
        id: None,
        kind: ActorKind::Bot,
        permission: None,
    });
    let event = Event::Signal { name: signal.name.clone(), parameters: signal.parameters.clone() };
    Ok(News { id: News::signal_id(&signal.id), at, arrived, actor, event })
}

async fn find_subject(host: &Host, signal: &SignalBody) -> Result<Subject, Refusal> {
    let bad = || Refusal::invalid("subject must be owner/name#number, such as acme/shop#12");
    let (full_name, number) = signal.subject.split_once('#').ok_or_else(bad)?;
    let (owner, name) = full_name.split_once('/').ok_or_else(bad)?;
    let number: u32 = number.parse().map_err(|_| bad())?;
    let kind = if signal.issue { SubjectKind::Issue } else { SubjectKind::PullRequest };
    let mut repository = Repository { id: 0, owner: owner.to_owned(), name: name.to_owned() };
    if number == 0 || !repository.has_honest_names() {
        return Err(bad());
    }
    let known = host.store.repository_id(full_name).await;
    match known.map_err(|e| Refusal::Later { message: e.to_string() })? {
        Some(id) => repository.id = id,
        None => {
            repository = host.github.repository_by_name(owner, name).await.map_err(|error| match error {
                GitHubError::Gone { .. } => {
                    Refusal::invalid(format!("GitHub knows no repository {owner}/{name}, or hides it from the token"))
                }
                error => Refusal::Later { message: error.to_string() },
            })?;
        }
    }
    Ok(Subject { repository, number, kind })
}
