//! One request from bytes to bytes: faults, the transaction, the log.

use crate::access::Account;
use crate::ask::Ask;
use crate::body::Body;
use crate::faults::Fault;
use crate::log::{Outcome, Seen};
use crate::reply::Reply;
use crate::shared::{Shared, cut};
use crate::status::Refusal;
use crate::stream::{Stream, WAITING};
use crate::verbs::{self, Answer};
use bytes::Bytes;
use http::request::Parts;
use http::{Response, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::Value;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Longest body that is read, in bytes.
pub(crate) const BODY_BYTES: usize = 3 * 1024 * 1024;

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";
const DISCOVERY: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// Answers one request. An error is a broken connection.
pub(crate) async fn respond<B>(shared: Arc<Shared>, head: Parts, body: B, token: Option<String>) -> io::Result<Response<Body>>
where
    B: http_body::Body<Data = Bytes> + Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let body = match Limited::new(body, BODY_BYTES).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::too_large(BODY_BYTES)),
        Err(_) => return Err(cut()),
    };
    let (body, too_large) = body.map_or_else(|refusal| (Bytes::new(), Some(refusal)), |body| (body, None));
    let mut ask = Ask::new(&head, body);
    ask.token = ask.token.or(token);
    Request { user: user_of(&shared, &ask), shared, ask, stood_still: AtomicBool::new(false) }.carry_out(too_large).await
}

fn user_of(shared: &Shared, ask: &Ask) -> Option<String> {
    ask.token.as_ref().and_then(|token| shared.accounts().get(token).map(|account| account.user.clone()))
}

/// A request under way.
struct Request {
    shared: Arc<Shared>,
    ask: Ask,
    user: Option<String>,
    stood_still: AtomicBool,
}

impl Request {
    async fn carry_out(self, too_large: Option<Refusal>) -> io::Result<Response<Body>> {
        self.reachable(false).await?;
        let faults = self.shared.faults().meet(&self.ask, self.user.as_deref());
        for fault in &faults {
            match fault {
                Fault::CutBefore => return self.lost(false),
                Fault::AnswerBefore(reply) => return Ok(self.replied(false, reply)),
                Fault::DelayBefore(time) => tokio::time::sleep(*time).await,
                Fault::HoldBefore(gate) => gate.pass().await,
                Fault::Meanwhile(act) => act(),
                _ => {}
            }
        }
        self.reachable(false).await?;
        let events_left =
            faults.iter().find_map(|fault| if let Fault::CutWatch { after_events } = fault { Some(*after_events) } else { None });
        let apply = || match too_large.clone() {
            Some(refusal) => Done::refused(refusal),
            None => self.apply(events_left),
        };
        let mut done = apply();
        if faults.iter().any(|fault| matches!(fault, Fault::Twice)) {
            let first = done.applied;
            done = apply();
            done.applied |= first;
        }
        for fault in &faults {
            match fault {
                Fault::CutAfter => return self.lost(done.applied),
                Fault::AnswerAfter(reply) => return Ok(self.replied(done.applied, reply)),
                Fault::DelayAfter(time) => tokio::time::sleep(*time).await,
                Fault::HoldAfter(gate) => gate.pass().await,
                _ => {}
            }
        }
        self.reachable(done.applied).await?;
        self.note(done.applied, Outcome::Answered(done.said.status()));
        Ok(done.said.response())
    }

    /// Nothing passes in an outage, and nothing moves while the server is frozen.
    async fn reachable(&self, applied: bool) -> io::Result<()> {
        if self.shared.is_frozen() {
            self.stood_still.store(true, Ordering::Relaxed);
        }
        self.shared.fair().await.inspect_err(|_| self.note(applied, Outcome::Cut))
    }

    /// Authenticates and does it.
    fn apply(&self, events_left: Option<usize>) -> Done {
        let account = match &self.ask.token {
            None => Some(Account::anonymous()),
            Some(token) => self.shared.accounts().get(token).cloned(),
        };
        let Some(account) = account else { return Done::refused(Refusal::unauthorized()) };
        self.shared.transact(|store| {
            let before = store.revision;
            let said = match verbs::answer(store, &self.ask, &account) {
                Answer::Watch(watching) => Said::Events(Stream::open(&self.shared, store, watching, events_left)),
                answer => Said::Whole(answer),
            };
            Done { said, applied: store.revision != before }
        })
    }

    fn lost(&self, applied: bool) -> io::Result<Response<Body>> {
        self.note(applied, Outcome::Cut);
        Err(cut())
    }

    fn replied(&self, applied: bool, reply: &Reply) -> Response<Body> {
        self.note(applied, Outcome::Answered(reply.status));
        response(reply.status, if reply.is_json { JSON } else { TEXT }, &reply.headers, Body::whole(reply.body.clone()))
    }

    fn note(&self, applied: bool, outcome: Outcome) {
        let ask = &self.ask;
        let place = ask.place().cloned().unwrap_or_default();
        let group = if let Some(crate::ask::Target::Objects { group, .. }) = &ask.target { group.clone() } else { String::new() };
        self.shared.log().push(Seen {
            verb: ask.verb,
            method: ask.method.to_string(),
            path: ask.path.clone(),
            group,
            resource: place.subresource.map_or(place.resource.clone(), |sub| format!("{}/{sub}", place.resource)),
            namespace: place.namespace,
            name: ask.name(),
            user: self.user.clone(),
            applied,
            stood_still: self.stood_still.load(Ordering::Relaxed),
            outcome,
        });
    }
}

/// What became of a request.
struct Done {
    said: Said,
    applied: bool,
}

/// An answer, or a watch that has begun.
enum Said {
    Whole(Answer),
    Events(Stream),
}

impl Done {
    fn refused(refusal: Refusal) -> Self {
        Self { said: Said::Whole(refusal.into()), applied: false }
    }
}

impl Said {
    fn status(&self) -> u16 {
        match self {
            Self::Whole(answer) => answer.status(),
            Self::Events(_) => 200,
        }
    }

    fn response(self) -> Response<Body> {
        match self {
            Self::Whole(Answer::Json(status, json)) => response(status, JSON, &[], Body::whole(in_bytes(&json))),
            Self::Whole(Answer::Discovery(json)) => response(200, DISCOVERY, &[], Body::whole(in_bytes(&json))),
            Self::Whole(Answer::Text(status, text)) => response(status, TEXT, &[], Body::whole(text)),
            // Every watch has become a stream in its transaction.
            Self::Whole(Answer::Watch(_)) => response(200, JSON, &[], Body::whole("")),
            Self::Events(stream) => {
                let (sender, events) = tokio::sync::mpsc::channel(WAITING);
                tokio::spawn(stream.flow(sender));
                response(200, JSON, &[], Body::events(events))
            }
        }
    }
}

/// By the serializer, which is faster than what `Display` makes of the same value.
fn in_bytes(json: &Value) -> Vec<u8> {
    serde_json::to_vec(json).expect("names are texts")
}

fn response(status: u16, content_type: &str, headers: &[(&'static str, String)], body: Body) -> Response<Body> {
    let mut builder = Response::builder().status(status).header(header::CONTENT_TYPE, content_type);
    for (name, value) in headers {
        builder = builder.header(*name, value);
    }
    builder.body(body).expect("statuses and headers of the server are well-formed")
}
