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
            Self::Delay(_) => "Delay",
            Self::HoldBefore(_) => "HoldBefore",
            Self::HoldAfter(_) => "HoldAfter",
            Self::Stale { .. } => "Stale",
            Self::FailField(_) => "FailField",
            Self::Meanwhile(_) => "Meanwhile",
        };
        f.write_str(name)
    }
}

/// The faults that are set, each with how many matching requests it has seen.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<(When, Fault, u32)>);

impl Faults {
    /// Everything that is to happen to this request.
    pub(crate) fn meet(&mut self, ask: &Ask) -> Vec<Fault> {
        let mut due = Vec::new();
        for (when, fault, seen) in self.0.iter_mut().filter(|(when, _, _)| when.matches(ask)) {
            *seen += 1;
            if *seen > when.skip && *seen - when.skip <= when.times && when.strikes() {
                due.push(fault.clone());
            }
        }
        self.0.retain(|(when, _, seen)| *seen < when.skip.saturating_add(when.times));
        due
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

impl World {
    /// Sets a fault. Several may meet one request; each counts for itself.
    pub fn fault(&self, when: When, fault: Fault) {
        self.shared.faults().0.push((when, fault, 0));
    }

    /// Takes all faults back.
    pub fn clear_faults(&self) {
        self.shared.faults().clear();
    }

    /// How many faults still wait for their request.
    #[must_use]
    pub fn faults_left(&self) -> usize {
        self.shared.faults().0.len()
    }
}
