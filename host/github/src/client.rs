//! The client: what it is made of, and what it can tell about itself.

use crate::answer::Asked;
use crate::auth::{AppKey, Credentials, plain};
use crate::budget::WriteBudget;
use crate::clock::Clock;
use crate::deliveries::Asks;
use crate::installations::{App, bearer};
use crate::labels::LabelIds;
use crate::lane::{AccountBudget, Lane, Limit, Limits};
use crate::outage::Outage;
use crate::settings::{BadSettings, Settings, base, derived_graphql, origin};
use crate::time::GitHubTime;
use crate::transport;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri};
use http_body::Body;
use octocrab::Octocrab;
use pawl_core::Timestamp;
use pawl_core::breaker::Circuit;
use std::error::Error;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tower_service::Service;

/// How many calls were made since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Calls {
    /// Calls that only read.
    pub reads: u64,
    /// Calls that write, whether they succeeded or not.
    pub writes: u64,
}

/// Who we are.
#[derive(Debug)]
pub(crate) enum Identity {
    Token { header: HeaderValue, lane: Arc<Lane> },
    App(Box<App>),
}

/// GitHub, as one account or App sees it. Share it by reference or in an `Arc`.
#[derive(Debug)]
pub struct GitHub {
    pub(crate) rest: Octocrab,
    pub(crate) rest_base: Uri,
    pub(crate) graphql: Octocrab,
    pub(crate) graphql_path: String,
    pub(crate) whole_timeout: Duration,
    pub(crate) clock: Clock,
    pub(crate) identity: Identity,
    pub(crate) write_budget: WriteBudget,
    pub(crate) reads: AtomicU64,
    pub(crate) writes: AtomicU64,
    pub(crate) label_ids: LabelIds,
    pub(crate) asks: Mutex<Asks>,
    pub(crate) outage: Outage,
    pub(crate) time: GitHubTime,
}

impl GitHub {
    /// A client. Nothing is asked yet, and nothing global is installed: without an installed TLS provider, ring is used.
    /// Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// When an address, the token or the App's key cannot be used.
    pub fn new(settings: &Settings) -> Result<Self, BadSettings> {
        Self::of(settings, |base| transport::over_http(base, settings.connect_timeout))
    }

    /// A client that reaches GitHub over `service` instead of TLS and TCP: through a proxy of one's own, or to a GitHub within
    /// the process. Everything else is as ever: addresses, time limits, limits of size, and how answers are judged.
    ///
    /// An error of the service counts as a connection that broke, and, but for [`std::io::ErrorKind::ConnectionRefused`] among its
    /// causes, leaves open whether a write was done. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// As [`GitHub::new`].
    pub fn over<S, B>(settings: &Settings, service: S) -> Result<Self, BadSettings>
    where
        S: Service<Request<Bytes>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        Self::of(settings, |base| transport::over(&base, service.clone()))
    }

    fn of(settings: &Settings, client: impl Fn(String) -> Result<Octocrab, BadSettings>) -> Result<Self, BadSettings> {
        let rest_base = base(&settings.api_url)?;
        let graphql = match &settings.graphql_url {
            Some(url) => base(url)?,
            None => derived_graphql(&settings.api_url)?,
        };
        let lane = || Lane::new(None, None, settings.write_budget);
        let identity = match &settings.credentials {
            Credentials::Token(token) => {
                plain(token)?;
                let asked = Asked { doing: "read the token", is_write: false };
                Identity::Token { header: bearer(asked, token).map_err(|_| BadSettings::Token)?, lane: Arc::new(lane()) }
            }
            Credentials::App { app_id, private_key_pem } => {
                Identity::App(Box::new(App::new(AppKey::new(*app_id, private_key_pem, settings.clock.now())?, lane())))
            }
        };
        Ok(Self {
            rest: client(rest_base.to_string())?,
            graphql: client(origin(&graphql))?,
            graphql_path: graphql.path().to_owned(),
            rest_base,
            whole_timeout: settings.connect_timeout + settings.read_timeout,
            clock: settings.clock.clone(),
            identity,
            write_budget: settings.write_budget,
            reads: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            label_ids: LabelIds::default(),
            asks: Mutex::default(),
            outage: Outage::new(settings.outage_wait, settings.clock.steady()),
            time: GitHubTime::new(settings.clock.steady()),
        })
    }

    /// GitHub's own time: the `Date` of its last answers, carried on by a clock that nobody sets. Nothing before the first answer.
    #[must_use]
    pub fn now(&self) -> Option<Timestamp> {
        self.time.at(self.clock.steady())
    }

    /// The latest that it may be by GitHub's clock: for what arrives now and names no time, which has happened after everything that
    /// GitHub told before. Nothing before the first answer.
    #[must_use]
    pub fn latest(&self) -> Option<Timestamp> {
        self.time.latest_at(self.clock.steady())
    }

    /// The time of day to compare GitHub's times with: its own, and before its first answer this machine's.
    pub(crate) fn day(&self) -> Timestamp {
        self.now().unwrap_or_else(|| self.clock.now())
    }

    /// All calls made since the start, for the journal.
    #[must_use]
    pub fn calls_made(&self) -> u64 {
        let Calls { reads, writes } = self.calls();
        reads + writes
    }

    /// Calls made since the start.
    #[must_use]
    pub fn calls(&self) -> Calls {
        Calls { reads: self.reads.load(Ordering::Relaxed), writes: self.writes.load(Ordering::Relaxed) }
    }

    /// Whether we act as an App: then installations have budgets of their own, and failed deliveries can be asked for again.
    #[must_use]
    pub fn is_app(&self) -> bool {
        matches!(self.identity, Identity::App(_))
    }

    /// Whether GitHub is up, as far as calls have shown. After [`pawl_core::breaker::FAILURES`] failures in a row no call is sent for
    /// `outage_wait`, then one: every other is answered [`crate::LimitedBy::Outage`] at once.
    #[must_use]
    pub fn circuit(&self) -> Circuit {
        self.outage.circuit(self.clock.steady())
    }

    /// Counts how often the circuit opened or closed, for whoever waits for it.
    #[must_use]
    pub fn circuit_changes(&self) -> tokio::sync::watch::Receiver<u64> {
        self.outage.changes()
    }

    /// What is left of each installation's limits and write budget, installations in the order of their ids; of a plain token
    /// one entry. An installation appears with its first call.
    #[must_use]
    pub fn budgets(&self) -> Vec<AccountBudget> {
        let now = self.clock.steady();
        self.lanes().iter().map(|lane| lane.report(now)).collect()
    }

    /// What remained of the rate limits at the last answers; of several installations the least.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let told: Vec<Limits> = self.lanes().iter().map(|lane| lane.limits()).collect();
        let least = |of: fn(&Limits) -> Option<Limit>| told.iter().filter_map(of).min_by_key(|limit| limit.remaining);
        Limits { rest: least(|limits| limits.rest), graphql: least(|limits| limits.graphql) }
    }

    fn lanes(&self) -> Vec<Arc<Lane>> {
        match &self.identity {
            Identity::Token { lane, .. } => vec![lane.clone()],
            Identity::App(app) => app.lanes(),
        }
    }
}
