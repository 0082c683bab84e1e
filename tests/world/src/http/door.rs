//! One request from question to answer, whichever way it came: over loopback or within the process.

use super::Shared;
use super::answer::Answer;
use super::ask::Ask;
use super::faults::{Fault, Reply};
use super::limits::{CONCURRENT, Limited};
use super::log::{Outcome, Seen};
use super::said::Said;
use super::tape;
use crate::clock::dated;
use crate::graphql;
use crate::rest;
use crate::state::State;
use crate::state::app::Who;
use axum::extract::Request;
use http::Response;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

/// No answer: the connection broke.
#[derive(Debug)]
pub(crate) struct Lost;

/// What a request is answered with.
pub(crate) type Answered = Result<Response<Said>, Lost>;

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

/// Answers a request. One that waits at a gate must not keep a stopped world alive.
pub(crate) async fn answer(shared: &Shared, request: Request) -> Answered {
    let mut stop = shared.stop.subscribe();
    tokio::select! {
        answered = respond(shared, request) => answered,
        _ = stop.wait_for(|stop| *stop) => Err(Lost),
    }
}

async fn respond(shared: &Shared, request: Request) -> Answered {
    let Some(ask) = Ask::read(request).await else {
        return Ok(said(shared, &Answer::error(413, "Payload too large"), &[]));
    };
    let (_under_way, at_once) = UnderWay::begin(&shared.under_way);
    if at_once > CONCURRENT && shared.limits().enforced {
        let answer = refused_at_once();
        answered(shared, &ask, false, &answer);
        return Ok(said(shared, &answer, &[]));
    }
    let faults = shared.faults().meet(&ask);
    for fault in &faults {
        match fault {
            Fault::CutBefore => {
                note(shared, &ask, false, Outcome::Cut);
                return Err(Lost);
            }
            Fault::AnswerBefore(reply) => return Ok(replied(shared, &ask, false, reply)),
            Fault::Delay(time) => tokio::time::sleep(*time).await,
            Fault::HoldBefore(gate) => gate.pass().await,
            Fault::Meanwhile(act) => act(),
            _ => {}
        }
    }
    let (mut answer, applied) = carry_out(shared, &ask, &faults);
    for fault in &faults {
        match fault {
            Fault::CutAfter => {
                note(shared, &ask, applied, Outcome::Cut);
                return Err(Lost);
            }
            Fault::AnswerAfter(reply) => return Ok(replied(shared, &ask, applied, reply)),
            Fault::HoldAfter(gate) => gate.pass().await,
            Fault::Blank(pointer) if ask.graphql.is_some() => blank(&mut answer, pointer),
            _ => {}
        }
    }
    answered(shared, &ask, applied, &answer);
    Ok(said(shared, &answer, &faults))
}

/// A part of a GraphQL answer is missing, as when GitHub could not load it, and an error beside the data says so.
fn blank(answer: &mut Answer, pointer: &str) {
    let Some(part) = answer.body.as_mut().and_then(|body| body.pointer_mut(&format!("/data{pointer}"))).filter(|part| !part.is_null())
    else {
        return;
    };
    *part = Value::Null;
    let key = |word: &str| word.parse::<usize>().map_or_else(|_| Value::from(word), Value::from);
    let path: Vec<Value> = pointer.split('/').skip(1).map(key).collect();
    let message = "Something went wrong while executing your query. Please include `D0:12` when reporting this issue.";
    let error = json!({ "path": path, "message": message, "locations": [{ "line": 1, "column": 1 }] });
    if let Some(body) = &mut answer.body {
        match body.get_mut("errors").and_then(Value::as_array_mut) {
            Some(errors) => errors.push(error),
            None => body["errors"] = json!([error]),
        }
    }
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
        let lag = faults.iter().find_map(|fault| match fault {
            Fault::Stale { changes } => Some(*changes),
            Fault::Lag { seconds } => Some(state.changes_within(*seconds)),
            _ => None,
        });
        let failing: Vec<&str> =
            faults.iter().filter_map(|fault| if let Fault::FailField(key) = fault { Some(key.as_str()) } else { None }).collect();
        let execute = |state: &mut State| graphql::answer(state, ask, &login, &budget, &failing);
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

fn replied(shared: &Shared, ask: &Ask, applied: bool, reply: &Reply) -> Response<Said> {
    let answer = Answer { status: reply.status, headers: reply.headers.clone(), body: Some(reply.body.clone()) };
    answered(shared, ask, applied, &answer);
    said(shared, &answer, &[])
}

/// Logs an answer, and keeps it where answers are kept.
fn answered(shared: &Shared, ask: &Ask, applied: bool, answer: &Answer) {
    note(shared, ask, applied, Outcome::Answered(answer.status));
    if let Some(tape) = shared.tape().as_mut() {
        tape.push(tape::exchange(ask, answer));
    }
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

/// The response, with whatever is to happen to its body. It says what time it is in the world.
fn said(shared: &Shared, answer: &Answer, faults: &[Fault]) -> Response<Said> {
    let date = dated(shared.state().now());
    let builder = Response::builder().status(answer.status).header("date", date);
    let mut builder = builder.header("x-github-api-version-selected", "2022-11-28");
    for (name, value) in &answer.headers {
        builder = builder.header(*name, value);
    }
    let mut body = Vec::new();
    if let Some(json) = &answer.body {
        builder = builder.header("content-type", "application/json; charset=utf-8");
        body = serde_json::to_vec(json).expect("names are texts");
    }
    let mut breaks_off = false;
    for fault in faults {
        match fault {
            // JSON may end in blanks.
            Fault::Bloat(bytes) => body.resize(body.len().max(*bytes), b' '),
            Fault::Truncate => body.truncate(body.len() / 2),
            Fault::BreakOff => {
                body.truncate(body.len() / 2);
                breaks_off = true;
            }
            _ => {}
        }
    }
    builder.body(Said::new(body, breaks_off)).expect("statuses and headers of the world are well-formed")
}
