//! One account's way to GitHub: its budget, its gate, its limits, and for an installation its token. Limits of one installation
//! never hold another up.

use crate::answer::{Asked, number};
use crate::budget::{Budget, Urgency, WriteBudget, WritesLeft};
use crate::error::{GitHubError, LimitedBy};
use crate::flight::Flight;
use crate::gate::{Gate, Interface, Sent, Told};
use http::HeaderMap;
use pawl_core::Timestamp;
use secrecy::SecretString;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Longest wait that is believed and told, in seconds: primary limits renew within the hour.
pub(crate) const WAIT_MAX_SECONDS: u32 = 3_600;

/// A rate limit as GitHub last told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Calls (REST) or points (GraphQL) left.
    pub remaining: i64,
    /// Of how many, where GitHub says.
    pub limit: Option<i64>,
    /// When it is full again.
    pub resets_at: Option<Timestamp>,
}

/// The limits of both interfaces; none before the first answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// REST.
    pub rest: Option<Limit>,
    /// GraphQL.
    pub graphql: Option<Limit>,
}

/// Where an installation, or the one token, stands with its limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountBudget {
    /// The installation; none for a plain token, and for the App itself.
    pub installation: Option<u64>,
    /// The account whose repositories it is for, where that is known.
    pub owner: Option<String>,
    /// What is left of our own write budget.
    pub writes: WritesLeft,
    /// What GitHub last told.
    pub limits: Limits,
    /// How many more seconds nothing is sent to one of the interfaces because GitHub said so.
    pub closed_for_seconds: Option<u32>,
}

/// An installation's token.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) secret: SecretString,
    pub(crate) expires_at: Timestamp,
    /// Tells tokens apart without looking into them.
    pub(crate) serial: u64,
}

#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) installation: Option<u64>,
    pub(crate) owner: Option<String>,
    pub(crate) token: Flight<Token>,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    budget: Budget,
    gate: Gate,
    limits: Limits,
}

impl Lane {
    pub(crate) fn new(installation: Option<u64>, owner: Option<String>, rates: WriteBudget) -> Self {
        let inner = Inner { budget: Budget::new(rates), gate: Gate::default(), limits: Limits::default() };
        Self { installation, owner, token: Flight::default(), inner: Mutex::new(inner) }
    }

    /// Errs while a known limit lasts.
    pub(crate) fn pass(&self, asked: Asked, interface: Interface, now: Instant) -> Result<(), GitHubError> {
        match self.inner().gate.closed_for(interface, now) {
            Some(wait) => Err(busy(asked, wait, LimitedBy::KnownLimit)),
            None => Ok(()),
        }
    }

    /// Takes writes from the budget; how many of them can be had at once.
    pub(crate) fn take(&self, asked: Asked, writes: u32, urgency: Urgency, now: Instant) -> Result<u32, GitHubError> {
        self.inner().budget.take(writes, urgency, now).map_err(|wait| busy(asked, wait, LimitedBy::WriteBudget))
    }

    /// Notes what the headers of any answer tell.
    pub(crate) fn note(&self, interface: Interface, headers: &HeaderMap, day: Timestamp, now: Instant) {
        let Some(remaining) = number(headers, "x-ratelimit-remaining") else { return };
        // Searching and the like are counted apart; what they tell is not about us.
        let resource = headers.get("x-ratelimit-resource").and_then(|value| value.to_str().ok());
        let own = match interface {
            Interface::Rest => "core",
            Interface::GraphQl => "graphql",
        };
        if resource.is_some_and(|resource| resource != own) {
            return;
        }
        let resets_at = number(headers, "x-ratelimit-reset").and_then(|seconds| Timestamp::from_second(seconds).ok());
        let limit = Limit { remaining, limit: number(headers, "x-ratelimit-limit"), resets_at };
        let mut inner = self.inner();
        match interface {
            Interface::Rest => inner.limits.rest = Some(limit),
            Interface::GraphQl => inner.limits.graphql = Some(limit),
        }
        if let Some(at) = resets_at.filter(|_| remaining == 0) {
            let wait = (at.as_second() - day.as_second()).clamp(0, WAIT_MAX_SECONDS.into());
            inner.gate.spent(interface, Duration::from_secs(wait.unsigned_abs()), now);
        }
    }

    /// An answer named a limit.
    pub(crate) fn limited(&self, asked: Asked, sent: Sent, told: Told, now: Instant) -> GitHubError {
        let wait = self.inner().gate.limited(sent, told, now);
        busy(asked, wait, LimitedBy::GitHub)
    }

    pub(crate) fn went_well(&self, sent: Sent) {
        self.inner().gate.went_well(sent);
    }

    pub(crate) fn limits(&self) -> Limits {
        self.inner().limits
    }

    pub(crate) fn report(&self, now: Instant) -> AccountBudget {
        let inner = self.inner();
        let closed = inner.gate.closed_for(Interface::Rest, now).max(inner.gate.closed_for(Interface::GraphQl, now));
        AccountBudget {
            installation: self.installation,
            owner: self.owner.clone(),
            writes: inner.budget.left(now),
            limits: inner.limits,
            closed_for_seconds: closed.map(whole_seconds),
        }
    }

    /// Whether forgetting it would forget nothing that matters.
    pub(crate) fn is_idle(&self, now: Instant) -> bool {
        let inner = self.inner();
        let is_open = [Interface::Rest, Interface::GraphQl].iter().all(|interface| inner.gate.closed_for(*interface, now).is_none());
        is_open && inner.budget.is_idle(now)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn busy(asked: Asked, wait: Duration, limited_by: LimitedBy) -> GitHubError {
    GitHubError::Busy { doing: asked.doing, retry_after_seconds: whole_seconds(wait), limited_by }
}

/// Rounded up: coming a moment too early is coming in vain.
fn whole_seconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(WAIT_MAX_SECONDS).clamp(1, WAIT_MAX_SECONDS)
}
