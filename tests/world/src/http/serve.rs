//! One request from bytes to bytes.

use super::answer::Answer;
use super::ask::Ask;
use super::faults::{Fault, Faults, Reply};
use super::limits::{CONCURRENT, Limited, Limits};
use super::line::{Line, Lines};
use super::log::{Outcome, Seen};
use crate::graphql::{self, Schema};
use crate::rest;
use crate::state::State;
use crate::state::app::Who;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use axum::{Router, ServiceExt};
use serde_json::json;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What the server, the story and the pump share.
pub(crate) struct Shared {
    state: Mutex<State>,
    faults: Mutex<Faults>,
    log: Mutex<Vec<Seen>>,
    limits: Mutex<Limits>,
    under_way: AtomicUsize,
    pub schema: Schema,
    pub client: reqwest::Client,
    pub stop: watch::Sender<bool>,
}

/// A test that panicked under the lock has failed already; the others may go on.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn new(state: State, client: reqwest::Client) -> Self {
        Self {
            state: Mutex::new(state),
            faults: Mutex::default(),
            log: Mutex::default(),
            limits: Mutex::default(),
            under_way: AtomicUsize::new(0),
            schema: Schema::read(),
            client,
            stop: watch::Sender::new(false),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        locked(&self.faults)
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Vec<Seen>> {
        locked(&self.log)
    }

    /// What everybody has left.
    pub(crate) fn limits(&self) -> MutexGuard<'_, Limits> {
        locked(&self.limits)
    }
}

/// A request under way.
struct UnderWay<'a>(&'a AtomicUsize);

impl<'a> UnderWay<'a> {
    /// Counts it, and how many there are with it.
    fn begin(counter: &'a AtomicUsize) -> (Self, usize) {
        let others = counter.fetch_add(1, Ordering::SeqCst);
        (Self(counter), others + 1)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Serves until told to stop, and until every connection has ended.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) -> io::Result<()> {
    let mut stop = shared.stop.subscribe();
    let router = Router::new().fallback(move |ConnectInfo(line): ConnectInfo<Line>, request: Request| {
        let shared = Arc::clone(&shared);
        async move { guarded(&shared, &line, request).await }
    });
    let service = ServiceExt::<Request>::into_make_service_with_connect_info::<Line>(router);
    axum::serve(Lines(listener), service)
        .with_graceful_shutdown(async move {
            let _ = stop.wait_for(|stop| *stop).await;
        })
        .await
}

/// A request that waits at a gate must not keep a stopped world alive.
async fn guarded(shared: &Arc<Shared>, line: &Line, request: Request) -> Response {
    let mut stop = shared.stop.subscribe();
    tokio::select! {
        response = respond(shared, line, request) => response,
        _ = stop.wait_for(|stop| *stop) => lost(line),
    }
}

fn lost(line: &Line) -> Response {
    line.cut();
    Response::new(Body::empty())
}

async fn respond(shared: &Arc<Shared>, line: &Line, request: Request) -> Response {
    let Some(ask) = Ask::read(request).await else {
        return bytes(&Answer::error(413, "Payload too large"), None);
    };
    let (_under_way, at_once) = UnderWay::begin(&shared.under_way);
    if at_once > CONCURRENT && shared.limits().enforced {
        let answer = refused_at_once();
        note(shared, &ask, false, Outcome::Answered(answer.status));
        return bytes(&answer, None);
    }
    let faults = shared.faults().meet(&ask);
    for fault in &faults {
        match fault {
            Fault::CutBefore => {
                note(shared, &ask, false, Outcome::Cut);
                return lost(line);
            }
            Fault::AnswerBefore(reply) => return replied(shared, &ask, false, reply),
            Fault::Delay(time) => tokio::time::sleep(*time).await,
            Fault::HoldBefore(gate) => gate.pass().await,
            Fault::Meanwhile(act) => act(),
            _ => {}
        }
    }
    let (answer, applied) = carry_out(shared, &ask, &faults);
    for fault in &faults {
        match fault {
            Fault::CutAfter => {
                note(shared, &ask, applied, Outcome::Cut);
                return lost(line);
            }
            Fault::AnswerAfter(reply) => return replied(shared, &ask, applied, reply),
            Fault::HoldAfter(gate) => gate.pass().await,
            _ => {}
        }
    }
    note(shared, &ask, applied, Outcome::Answered(answer.status));
    let half = faults.iter().any(|fault| matches!(fault, Fault::Truncate));
    bytes(&answer, half.then_some(2))
}

/// Authenticates, counts, and does it. Answers whether anything changed.
fn carry_out(shared: &Shared, ask: &Ask, faults: &[Fault]) -> (Answer, bool) {
    let mut state = shared.state();
    let request_id = state.ids.request();
    let is_graphql = ask.path == "/graphql";
    let who = match state.who(ask.token.as_deref()) {
        Ok(who) => who,
        Err(message) => return (Answer::error(401, &message).with("x-github-request-id", request_id), false),
    };
    if !is_graphql && rest::app::is_apps_own(ask) != (who == Who::App) || is_graphql && who == Who::App {
        // Each key opens its own doors: an App's web token no repository, and any other token nothing of the App's.
        let message = if who == Who::App { "Bad credentials" } else { "A JSON web token could not be decoded" };
        return (Answer::error(401, message).with("x-github-request-id", request_id), false);
    }
    let login = who.login().to_owned();
    let now = state.now();
    let (budget, limit) = shared.limits().spend(&who.key(), usize::from(is_graphql), ask.is_write(), now);
    state.app.acting_for = if let Who::Installation { owner, .. } = &who { Some(owner.clone()) } else { None };
    let before = state.revision;
    let mut answer = if let Some(limit) = limit {
        limited(is_graphql, limit)
    } else if is_graphql {
        let lag = faults.iter().find_map(|fault| if let Fault::Stale { changes } = fault { Some(*changes) } else { None });
        let failing: Vec<&str> =
            faults.iter().filter_map(|fault| if let Fault::FailField(key) = fault { Some(key.as_str()) } else { None }).collect();
        let execute = |state: &mut State| graphql::answer(&shared.schema, state, ask, &login, &budget, &failing);
        match lag {
            Some(changes) if !ask.is_write() => state.behind(changes, execute),
            _ => execute(&mut state),
        }
    } else if who == Who::App {
        rest::app::answer(&mut state, ask)
    } else {
        rest::answer(&mut state, ask, &login)
    };
    state.app.acting_for = None;
    answer.headers.extend(budget.headers(if is_graphql { "graphql" } else { "core" }));
    answer.headers.push(("x-github-request-id", request_id));
    (answer, state.revision != before)
}

fn limited(is_graphql: bool, limit: Limited) -> Answer {
    const PRIMARY: &str = "API rate limit exceeded for user ID 1.";
    const SECONDARY: &str = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
    match limit {
        Limited::Primary if is_graphql => Answer::ok(json!({ "errors": [{ "type": "RATE_LIMITED", "message": PRIMARY }] })),
        Limited::Primary => Answer::error(403, PRIMARY),
        Limited::Secondary(None) => Answer::error(403, SECONDARY),
        Limited::Secondary(Some(seconds)) => Answer::error(403, SECONDARY).with("retry-after", seconds.to_string()),
    }
}

fn refused_at_once() -> Answer {
    limited(false, Limited::Secondary(None))
}

fn replied(shared: &Shared, ask: &Ask, applied: bool, reply: &Reply) -> Response {
    note(shared, ask, applied, Outcome::Answered(reply.status));
    bytes(&Answer { status: reply.status, headers: reply.headers.clone(), body: Some(reply.body.clone()) }, None)
}

fn note(shared: &Shared, ask: &Ask, applied: bool, outcome: Outcome) {
    let account = shared.state().who(ask.token.as_deref()).ok().map(|who| who.login().to_owned());
    let peek = ask.graphql.as_ref();
    shared.log().push(Seen {
        method: ask.method.to_string(),
        path: ask.path.clone(),
        operation: peek.and_then(|peek| peek.name.clone()),
        fields: peek.map(|peek| peek.fields.clone()).unwrap_or_default(),
        account,
        write: ask.is_write(),
        applied,
        outcome,
    });
}

/// The response; with a divisor only that part of the body's bytes.
fn bytes(answer: &Answer, divisor: Option<usize>) -> Response {
    let mut builder = Response::builder().status(answer.status).header("x-github-api-version-selected", "2022-11-28");
    for (name, value) in &answer.headers {
        builder = builder.header(*name, value);
    }
    let mut body = Vec::new();
    if let Some(json) = &answer.body {
        builder = builder.header("content-type", "application/json; charset=utf-8");
        body = json.to_string().into_bytes();
        body.truncate(body.len() / divisor.unwrap_or(1));
    }
    builder.body(Body::from(body)).expect("statuses and headers of the world are well-formed")
}
