//! What the three doors from outside have in common: who may come in, how much may be brought, and what is said to whoever is turned
//! away. Each route shows only what is its own.

use super::{Gate, answer, bearer};
use crate::host::{Counters, Host};
use crate::intake::NotTaken;
use axum::body::Bytes;
use axum::extract::{FromRequest, Query, Request};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use pawl_core::store::StoreError;
use pawl_github::webhook::{self, Reading};
use secrecy::SecretString;
use serde_json::json;
use std::collections::HashMap;
use std::time::Duration;

/// Why a request is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Sending the same again cannot help.
    ForGood {
        /// 400, 401, 413 or 422.
        status: StatusCode,
        /// What is wrong, and the way out.
        message: String,
    },
    /// Nothing of it is durable; whoever sent it keeps it and comes again.
    Later {
        /// What is in the way.
        message: String,
    },
}

/// Who may come in by a bearer token.
#[derive(Debug, Clone, Copy)]
pub struct Bearer<'a> {
    /// Any one of these; without one the door is shut.
    pub tokens: &'a [SecretString],
    /// Said when there is none.
    pub shut: &'static str,
    /// Said to whoever carries another.
    pub wrong: &'static str,
}

/// A request that came in.
#[derive(Debug)]
pub struct Entered {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its whole body.
    pub body: Bytes,
    /// How long its sender waits for the outcome, where it does.
    pub wait: Option<Duration>,
}

impl Refusal {
    /// For good, with a status.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self::ForGood { status, message: message.into() }
    }

    /// 400: it cannot be read.
    pub fn unreadable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 422: it can be read, but never mean anything.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    /// What stands in the answer.
    pub fn message(&self) -> &str {
        match self {
            Self::ForGood { message, .. } | Self::Later { message } => message,
        }
    }

    /// The answer; it is counted and logged. `what` was refused, such as `a delivery`.
    pub fn answer(&self, host: &Host, what: &str) -> Response {
        match self {
            Self::ForGood { status, message } => {
                Counters::count(&host.counters.refused);
                tracing::warn!(status = status.as_u16(), "{what} is refused: {message}");
                answer::error(*status, message)
            }
            Self::Later { message } => {
                tracing::warn!("{what} cannot be taken now: {message}");
                answer::later(message)
            }
        }
    }
}

impl From<NotTaken> for Refusal {
    fn from(not_taken: NotTaken) -> Self {
        match not_taken {
            NotTaken::TooLarge | NotTaken::Store(StoreError::TooLarge { .. }) => Self::invalid(not_taken.to_string()),
            NotTaken::Full(_) | NotTaken::Store(_) => Self::Later { message: not_taken.to_string() },
        }
    }
}

/// Lets a request in. Whoever needs a bearer and has none is turned away before a byte of the body is read. `limit` names the largest
/// body, and what sets it.
///
/// # Errors
/// What to answer instead.
pub async fn enter(gate: &Gate, request: Request, bearer: Option<Bearer<'_>>, limit: &str) -> Result<Entered, Refusal> {
    if gate.host.is_draining() {
        return Err(Refusal::Later { message: "this process is shutting down; send it again".into() });
    }
    if let Some(Bearer { tokens, shut, wrong }) = bearer
        && !bearer::is_allowed(tokens, request.headers())
    {
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, if tokens.is_empty() { shut } else { wrong }));
    }
    let headers = request.headers().clone();
    let query = Query::<HashMap<String, String>>::try_from_uri(request.uri());
    let body = Bytes::from_request(request, &()).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body is larger than {limit}")),
        _ => Refusal::unreadable(format!("the body cannot be read: {}; send it whole", rejection.body_text())),
    })?;
    let query = query.map_err(|rejection| Refusal::unreadable(format!("the query cannot be read: {}", rejection.body_text())))?;
    let wait = query.get("wait").map(|text| answer::parse_wait(text)).transpose().map_err(Refusal::unreadable)?;
    Ok(Entered { headers, body, wait })
}

impl Entered {
    /// A header's text; empty when it is missing or no text.
    ///
    /// # Errors
    /// When it is there twice: which one counts would be a guess, and another guess than that of whoever checked it before.
    pub fn once(&self, name: &'static str) -> Result<&str, String> {
        let mut values = self.headers.get_all(name).iter();
        let first = values.next().and_then(|value| value.to_str().ok()).unwrap_or_default().trim();
        match values.next() {
            Some(_) => Err(format!("{name} is there more than once; let no proxy add headers to what GitHub sends")),
            None => Ok(first),
        }
    }
}

/// Reads a delivery that is believed. What cannot be read is recorded all the same.
///
/// # Errors
/// 400, with what is wrong.
pub fn read(host: &Host, event: &str, delivery: &str, body: &[u8]) -> Result<Reading, Refusal> {
    answer::check_delivery(event, delivery).map_err(Refusal::unreadable)?;
    webhook::read(event, delivery, body, host.arrival(), &host.policies().patterns).map_err(|error| {
        let reason = error.to_string();
        host.journal.write("delivery", json!({ "delivery": delivery, "event": event, "status": "refused", "reason": reason }));
        Refusal::unreadable(reason)
    })
}
