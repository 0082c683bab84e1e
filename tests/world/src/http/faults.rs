//! Misfortune on request: which request it meets, and what happens to it. Counted, or drawn from a seed.

use super::Gate;
use super::ask::Ask;
use crate::World;
use serde_json::{Value, json};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Which requests are meant. Every condition must hold; then they are counted.
#[derive(Debug, Clone)]
pub struct When {
    method: Option<String>,
    path: Option<String>,
    operation: Option<String>,
    writes: Option<bool>,
    skip: u32,
    times: u32,
    chance: Option<(u8, fastrand::Rng)>,
}

impl When {
    /// The first request of any kind.
    #[must_use]
    pub fn any() -> Self {
        Self { method: None, path: None, operation: None, writes: None, skip: 0, times: 1, chance: None }
    }

    /// The first REST request with this method and path; a segment `*` stands for any one, a last segment `**` for any rest.
    #[must_use]
    pub fn rest(method: &str, path: &str) -> Self {
        Self { method: Some(method.to_owned()), path: Some(path.to_owned()), ..Self::any() }
    }

    /// The first GraphQL request with an operation of this name, or with a field of this name at its top.
    #[must_use]
    pub fn graphql(name: &str) -> Self {
        Self { operation: Some(name.to_owned()), ..Self::any() }
    }

    /// The first request that could change something.
    #[must_use]
    pub fn write() -> Self {
        Self { writes: Some(true), ..Self::any() }
    }

    /// The first request that changes nothing.
    #[must_use]
    pub fn read() -> Self {
        Self { writes: Some(false), ..Self::any() }
    }

    /// Only the n-th of them; the first is 1.
    #[must_use]
    pub fn nth(mut self, n: u32) -> Self {
        self.skip = n.saturating_sub(1);
        self.times = 1;
        self
    }

    /// As many of them, one after the other.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// All of them, until the faults are cleared.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(u32::MAX)
    }

    /// Of those counted, only so many in a hundred, drawn from a seed: the same requests in the same order meet the same fate.
    #[must_use]
    pub fn sometimes(mut self, percent: u8, seed: u64) -> Self {
        self.times = u32::MAX;
        self.chance = Some((percent, fastrand::Rng::with_seed(seed)));
        self
    }

    fn strikes(&mut self) -> bool {
        self.chance.as_mut().is_none_or(|(percent, drawn)| drawn.u8(0..100) < *percent)
    }

    fn matches(&self, ask: &Ask) -> bool {
        let method = self.method.as_deref().is_none_or(|method| ask.method.as_str().eq_ignore_ascii_case(method));
        let path = self.path.as_deref().is_none_or(|pattern| path_matches(pattern, &ask.path));
        let operation = self.operation.as_deref().is_none_or(|name| {
            ask.graphql.as_ref().is_some_and(|peek| peek.name.as_deref() == Some(name) || peek.fields.iter().any(|field| field == name))
        });
        method && path && operation && self.writes.is_none_or(|writes| writes == ask.is_write())
    }
}

fn path_matches(pattern: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    for wanted in pattern.split('/') {
        if wanted == "**" {
            return true;
        }
        match parts.next() {
            Some(part) if wanted == "*" || wanted == part => {}
            _ => return false,
        }
    }
    parts.next().is_none()
}

/// An answer that a fault gives instead of the real one.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers; GitHub's usual ones are not added.
    pub headers: Vec<(&'static str, String)>,
    /// JSON body.
    pub body: Value,
}

impl Reply {
    /// A status with GitHub's plain error body.
    #[must_use]
    pub fn status(status: u16, message: &str) -> Self {
        Self { status, headers: Vec::new(), body: json!({ "message": message, "status": status.to_string() }) }
    }

    /// 502, as GitHub answers when it is unwell.
    #[must_use]
    pub fn bad_gateway() -> Self {
        Self::status(502, "Server Error")
    }

    /// The secondary limit: 403 with `retry-after` in seconds.
    #[must_use]
    pub fn secondary_limit(retry_after_seconds: u32) -> Self {
        let mut reply = Self::status(403, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.");
        reply.headers.push(("retry-after", retry_after_seconds.to_string()));
        reply
    }

    /// The secondary limit as it comes at times: 403 without a word about how long to wait.
    #[must_use]
    pub fn secondary_limit_untold() -> Self {
        Self { headers: Vec::new(), ..Self::secondary_limit(0) }
    }

    /// The primary limit: 403, nothing left until `resets_at`, in seconds since 1970.
    #[must_use]
    pub fn primary_limit(resets_at: i64) -> Self {
        let mut reply = Self::status(403, "API rate limit exceeded for user ID 1.");
        reply.headers.push(("x-ratelimit-remaining", "0".to_owned()));
        reply.headers.push(("x-ratelimit-reset", resets_at.to_string()));
        reply
    }

    /// 429 without a word about how long to wait.
    #[must_use]
    pub fn too_many_untold() -> Self {
        Self { headers: Vec::new(), ..Self::too_many(0) }
    }

    /// 429 with `retry-after` in seconds.
    #[must_use]
    pub fn too_many(retry_after_seconds: u32) -> Self {
        Self { status: 429, ..Self::secondary_limit(retry_after_seconds) }
    }

    /// GraphQL's way to say that a limit is reached: a 200 with an error of type `RATE_LIMITED`.
    #[must_use]
    pub fn graphql_rate_limited() -> Self {
        let error = json!({ "type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1." });
        Self { status: 200, headers: Vec::new(), body: json!({ "errors": [error] }) }
    }
}

/// What happens to a request.
#[derive(Clone)]
pub enum Fault {
    /// The connection breaks before anything was done.
    CutBefore,
    /// This answer instead; nothing was done.
    AnswerBefore(Reply),
    /// It is done, and the reply is lost with the connection.
    CutAfter,
    /// It is done, and this is the answer.
    AnswerAfter(Reply),
    /// It is done, and half of the JSON arrives, as a complete HTTP response.
    Truncate,
    /// It is done, and half of the JSON arrives; then the connection breaks.
    BreakOff,
    /// It is done, and blanks make its answer that many bytes long.
    Bloat(usize),
    /// It is done, and of a GraphQL answer the part at this pointer below `data` (such as `/repository/pullRequest/reviews`) is
    /// missing, with an error that says so.
    Blank(String),
    /// It waits that long first. For demonstrations; tests use gates.
    Delay(Duration),
    /// It waits at a gate before anything is done.
    HoldBefore(Gate),
    /// It is done, and the reply waits at a gate.
    HoldAfter(Gate),
    /// A GraphQL read sees pull requests and issues as they were before the last changes.
    Stale {
        /// How many changes it lags behind.
        changes: usize,
    },
    /// A GraphQL read sees pull requests and issues as they were so many seconds ago.
    Lag {
        /// How far it lags behind.
        seconds: u32,
    },
    /// The mutation field with this alias (or name) fails and does nothing; the other fields of the request go on.
    FailField(String),
    /// Something else happens first: somebody acts between a client's read and its write.
    Meanwhile(Arc<dyn Fn() + Send + Sync>),
}

impl Fault {
    /// Something else happens right before the request is carried out. The closure may use the world as any test does.
    pub fn meanwhile(act: impl Fn() + Send + Sync + 'static) -> Self {
        Self::Meanwhile(Arc::new(act))
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::CutBefore => "CutBefore",
            Self::AnswerBefore(_) => "AnswerBefore",
            Self::CutAfter => "CutAfter",
            Self::AnswerAfter(_) => "AnswerAfter",
            Self::Truncate => "Truncate",
            Self::BreakOff => "BreakOff",
            Self::Bloat(_) => "Bloat",
            Self::Blank(_) => "Blank",
            Self::Delay(_) => "Delay",
            Self::HoldBefore(_) => "HoldBefore",
            Self::HoldAfter(_) => "HoldAfter",
            Self::Stale { .. } => "Stale",
            Self::Lag { .. } => "Lag",
            Self::FailField(_) => "FailField",
            Self::Meanwhile(_) => "Meanwhile",
        };
        f.write_str(name)
    }
}

/// A request that a fault may meet.
#[derive(Debug, Clone, Copy)]
pub struct Met<'a> {
    /// HTTP method.
    pub method: &'a str,
    /// Path as sent.
    pub path: &'a str,
    /// Name of the GraphQL operation, where it has one.
    pub operation: Option<&'a str>,
    /// Whether it could change something.
    pub is_write: bool,
}

/// Decides of each request what happens to it.
type Fate = Box<dyn FnMut(Met<'_>) -> Vec<Fault> + Send>;

/// The faults that are set, each with how many matching requests it has seen.
#[derive(Default)]
pub(crate) struct Faults {
    set: Vec<(When, Fault, u32)>,
    fate: Option<Fate>,
}

impl Faults {
    /// Everything that is to happen to this request.
    pub(crate) fn meet(&mut self, ask: &Ask) -> Vec<Fault> {
        let operation = ask.graphql.as_ref().and_then(|peek| peek.name.as_deref());
        let met = Met { method: ask.method.as_str(), path: &ask.path, operation, is_write: ask.is_write() };
        let mut due = self.fate.as_mut().map_or_else(Vec::new, |fate| fate(met));
        for (when, fault, seen) in self.set.iter_mut().filter(|(when, _, _)| when.matches(ask)) {
            *seen += 1;
            if *seen > when.skip && *seen - when.skip <= when.times && when.strikes() {
                due.push(fault.clone());
            }
        }
        self.set.retain(|(when, _, seen)| *seen < when.skip.saturating_add(when.times));
        due
    }

    pub(crate) fn clear(&mut self) {
        self.set.clear();
        self.fate = None;
    }
}

impl World {
    /// Sets a fault. Several may meet one request; each counts for itself.
    pub fn fault(&self, when: When, fault: Fault) {
        self.shared.faults().set.push((when, fault, 0));
    }

    /// Asks `fate` of every request what is to happen to it, before the faults that are set.
    pub fn let_fate_decide(&self, fate: impl FnMut(Met<'_>) -> Vec<Fault> + Send + 'static) {
        self.shared.faults().fate = Some(Box::new(fate));
    }

    /// Takes all faults back.
    pub fn clear_faults(&self) {
        self.shared.faults().clear();
    }

    /// How many faults still wait for their request.
    #[must_use]
    pub fn faults_left(&self) -> usize {
        self.shared.faults().set.len()
    }
}
