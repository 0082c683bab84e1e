//! `POST /api/v1/signals`: an agent or a workflow tells something about a subject. One signal, or a list of them.

use super::{Gate, answer, bearer};
use crate::host::{Counters, Host};
use crate::intake::{self, NotTaken, Receipt};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pawl_core::Timestamp;
use pawl_core::news::{Actor, ActorKind, Event, News, SIGNAL_PARAMETERS};
use pawl_core::subject::{Repository, Subject, SubjectKind};
use pawl_github::GitHubError;
use pawl_github::webhook::Reading;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
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

/// Why a signal is not taken.
struct Refused {
    status: StatusCode,
    message: String,
}

impl Refused {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }
}

pub async fn receive(
    State(gate): State<Arc<Gate>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let host = &gate.host;
    if host.is_draining() {
        return answer::again(&NotTaken::Full("this process is shutting down"));
    }
    let refuse = |status: StatusCode, message: &str| {
        Counters::count(&host.counters.refused);
        answer::error(status, message)
    };
    if let Err(message) = authorize(&gate.signal_tokens, &headers) {
        return refuse(StatusCode::UNAUTHORIZED, message);
    }
    let body = match body {
        Ok(body) => body,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return refuse(
                StatusCode::PAYLOAD_TOO_LARGE,
                &format!("the body is larger than {} bytes; send fewer signals at once", super::SIGNAL_BODY_BYTES),
            );
        }
        Err(rejection) => return refuse(StatusCode::BAD_REQUEST, &format!("the body cannot be read: {}", rejection.body_text())),
    };
    let wait = match query.get("wait").map(|w| answer::parse_wait(w)).transpose() {
        Ok(wait) => wait,
        Err(message) => return refuse(StatusCode::BAD_REQUEST, &message),
    };
    match serde_json::from_slice::<Value>(&body) {
        Err(error) => refuse(StatusCode::BAD_REQUEST, &format!("the body is not JSON: {error}")),
        Ok(Value::Array(list)) if list.len() > SIGNALS => refuse(
            StatusCode::UNPROCESSABLE_ENTITY,
            &format!("{} signals at once, the limit is {SIGNALS}; send them in several lists", list.len()),
        ),
        Ok(Value::Array(list)) => take_list(host, list).await,
        Ok(one) => match take(host, one, wait.is_some()).await {
            Ok((id, receipt)) => {
                let (status, body) = answer::receipt(&id, receipt, wait).await;
                (status, Json(body)).into_response()
            }
            Err(refused) if refused.status == StatusCode::SERVICE_UNAVAILABLE => {
                let mut response = answer::error(refused.status, &refused.message);
                response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
                response
            }
            Err(refused) => refuse(refused.status, &refused.message),
        },
    }
}

/// A list is answered one by one; one that fails stops no other. 200 when all are durable, 207 when not.
async fn take_list(host: &Host, list: Vec<Value>) -> Response {
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for one in list {
        let subject = one.get("subject").and_then(Value::as_str).unwrap_or("?").chars().take(200).collect::<String>();
        match take(host, one, false).await {
            Ok((id, receipt)) => successful.push(json!({ "subject": subject, "delivery": id, "status": receipt.status.word() })),
            Err(refused) => failed.push(json!({ "subject": subject, "error": refused.message, "retry": refused.status.is_server_error() })),
        }
    }
    let status = if failed.is_empty() { StatusCode::ACCEPTED } else { StatusCode::MULTI_STATUS };
    (status, Json(json!({ "successful": successful, "failed": failed }))).into_response()
}

fn authorize(tokens: &[SecretString], headers: &HeaderMap) -> Result<(), &'static str> {
    if tokens.is_empty() {
        return Err("signals are off: no token is configured; set signals.token_files or PAWL_SIGNAL_TOKEN");
    }
    if bearer::is_allowed(tokens, headers) {
        return Ok(());
    }
    Err("the bearer token is missing or wrong; send Authorization: Bearer <token of signals.token_files>")
}

async fn take(host: &Host, body: Value, wants_outcome: bool) -> Result<(String, Receipt), Refused> {
    let signal: SignalBody = serde_json::from_value(body).map_err(|e| Refused::invalid(format!("the signal does not read: {e}")))?;
    let arrived = Timestamp::now();
    let news = news_of(&signal, arrived)?;
    let subject = find_subject(host, &signal).await?;
    let delivery = news.id.clone();
    let reading = Reading::Subjects { subjects: vec![subject], news: vec![news] };
    match intake::take(host, "signal", &delivery, reading, wants_outcome).await {
        Ok(receipt) => Ok((delivery, receipt)),
        Err(NotTaken::TooLarge) => Err(Refused::invalid(NotTaken::TooLarge.to_string())),
        Err(not_taken) => Err(Refused::new(StatusCode::SERVICE_UNAVAILABLE, not_taken.to_string())),
    }
}

fn news_of(signal: &SignalBody, arrived: Timestamp) -> Result<News, Refused> {
    let is_word = |text: &str, longest: usize| {
        (1..=longest).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':' | b'/'))
    };
    if !is_word(&signal.id, 120) {
        return Err(Refused::invalid(
            "id must be 1 to 120 of A-Z a-z 0-9 _ - . : /; give every signal its own, so that a retry is told apart",
        ));
    }
    if !is_word(&signal.name, 60) {
        return Err(Refused::invalid("name must be 1 to 60 of A-Z a-z 0-9 _ - . : /"));
    }
    if signal.parameters.len() > SIGNAL_PARAMETERS {
        return Err(Refused::invalid(format!("{} parameters, the limit is {SIGNAL_PARAMETERS}", signal.parameters.len())));
    }
    if let Some((name, _)) = signal.parameters.iter().find(|(k, v)| k.len() > 60 || v.len() > 500) {
        let shown: String = name.chars().take(60).collect();
        return Err(Refused::invalid(format!("parameter {shown:?} is longer than 60 bytes in its name or 500 in its value")));
    }
    let at = match &signal.at {
        None => arrived,
        Some(text) => text.parse::<Timestamp>().map_err(|_| Refused::invalid("at is no time; write one like 2026-11-20T12:00:00Z"))?,
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

async fn find_subject(host: &Host, signal: &SignalBody) -> Result<Subject, Refused> {
    let bad = || Refused::invalid("subject must be owner/name#number, such as acme/shop#12");
    let (full_name, number) = signal.subject.split_once('#').ok_or_else(bad)?;
    let (owner, name) = full_name.split_once('/').ok_or_else(bad)?;
    let number: u32 = number.parse().map_err(|_| bad())?;
    let kind = if signal.issue { SubjectKind::Issue } else { SubjectKind::PullRequest };
    let mut repository = Repository { id: 0, owner: owner.to_owned(), name: name.to_owned() };
    if number == 0 || !repository.has_honest_names() {
        return Err(bad());
    }
    let known = host.store.repository_id(full_name).await;
    match known.map_err(|e| Refused::new(StatusCode::SERVICE_UNAVAILABLE, e.to_string()))? {
        Some(id) => repository.id = id,
        None => {
            repository = host.github.repository_by_name(owner, name).await.map_err(|error| match error {
                GitHubError::Gone { .. } => {
                    Refused::invalid(format!("GitHub knows no repository {owner}/{name}, or hides it from the token"))
                }
                error => Refused::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
            })?;
        }
    }
    Ok(Subject { repository, number, kind })
}
