//! The client: one call, once, within its time, counted, its limits noted.

use crate::answer::{Answer, Asked, number};
use crate::error::GitHubError;
use crate::labels::LabelIds;
use crate::settings::{BadSettings, Settings, base, derived_graphql, origin};
use http::header::LOCATION;
use http::{HeaderMap, Method, Uri};
use http_body_util::{BodyExt, Limited};
use octocrab::Octocrab;
use octocrab::service::middleware::retry::RetryConfig;
use pawl_core::Timestamp;
use pawl_core::subject::Repository;
use secrecy::ExposeSecret;
use serde_json::Value;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tracing::Instrument;

/// Largest answer that is read, in bytes: 100 comments and reviews of GitHub's longest, with room for escapes.
const ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// Redirects followed for one call. GitHub answers one for a renamed repository.
const REDIRECTS: usize = 3;

/// How many calls were made since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Calls {
    /// Calls that only read.
    pub reads: u64,
    /// Calls that write, whether they succeeded or not.
    pub writes: u64,
}

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

/// GitHub, as one account sees it. Share it by reference or in an `Arc`.
#[derive(Debug)]
pub struct GitHub {
    rest: Octocrab,
    rest_base: Uri,
    graphql: Octocrab,
    graphql_path: String,
    whole_timeout: Duration,
    reads: AtomicU64,
    writes: AtomicU64,
    limits: Mutex<Limits>,
    pub(crate) label_ids: LabelIds,
}

/// One call.
pub(crate) struct Call<'a> {
    pub(crate) doing: &'static str,
    pub(crate) method: Method,
    /// Path and query, below the base.
    pub(crate) path: String,
    pub(crate) body: Option<&'a Value>,
    /// The repository that is meant, so that a redirect to another is not followed.
    pub(crate) repository_id: Option<u64>,
}

impl<'a> Call<'a> {
    pub(crate) fn get(doing: &'static str, path: String, repository: &Repository) -> Self {
        Self { doing, method: Method::GET, path, body: None, repository_id: Some(repository.id) }
    }

    pub(crate) fn write(doing: &'static str, method: Method, path: String, body: Option<&'a Value>, repository: &Repository) -> Self {
        Self { doing, method, path, body, repository_id: Some(repository.id) }
    }
}

impl GitHub {
    /// A client. Nothing is asked yet, and nothing global is installed: without an installed TLS provider, ring is used.
    /// Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// When an address or the token cannot be used.
    pub fn new(settings: &Settings) -> Result<Self, BadSettings> {
        let rest_base = base(&settings.api_url)?;
        let graphql = match &settings.graphql_url {
            Some(url) => base(url)?,
            None => derived_graphql(&settings.api_url)?,
        };
        let token = settings.token.expose_secret();
        if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(BadSettings::Token);
        }
        let client = |base: String| {
            Octocrab::builder()
                .base_uri(base)
                .and_then(|builder| {
                    builder
                        .personal_token(settings.token.clone())
                        .add_retry_config(RetryConfig::None)
                        .set_connect_timeout(Some(settings.connect_timeout))
                        .build()
                })
                .map_err(|error| BadSettings::Client(error.to_string()))
        };
        Ok(Self {
            rest: client(rest_base.to_string())?,
            graphql: client(origin(&graphql))?,
            graphql_path: graphql.path().to_owned(),
            rest_base,
            whole_timeout: settings.connect_timeout + settings.read_timeout,
            reads: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            limits: Mutex::default(),
            label_ids: LabelIds::default(),
        })
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

    /// What remained of the rate limits at the last answers.
    #[must_use]
    pub fn limits(&self) -> Limits {
        *self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A REST call. Redirects keep method and body, which HTTP libraries do not: a POST turned into a GET would read as done.
    pub(crate) async fn rest(&self, call: Call<'_>) -> Result<Answer, GitHubError> {
        let mut path = call.path;
        for _ in 0..=REDIRECTS {
            let answer = self.send(&self.rest, call.doing, call.method.clone(), &path, call.body, call.method != Method::GET).await?;
            self.note(&answer.headers, |limits, limit| limits.rest = Some(limit));
            if !matches!(answer.status.as_u16(), 301 | 302 | 307 | 308) {
                return answer.good();
            }
            path = self.redirected(&answer)?;
            if let (Some(meant), Some(found)) = (call.repository_id, repository_id_in(&path))
                && meant != found
            {
                return Err(GitHubError::Moved { doing: call.doing, expected_id: meant });
            }
        }
        Err(Asked { doing: call.doing, is_write: false }.unavailable("too many redirects"))
    }

    /// Posts a GraphQL document; the answer may be good and carry errors nevertheless.
    pub(crate) async fn post_graphql(&self, doing: &'static str, body: &Value, is_write: bool) -> Result<Answer, GitHubError> {
        let answer = self.send(&self.graphql, doing, Method::POST, &self.graphql_path, Some(body), is_write).await?;
        self.note(&answer.headers, |limits, limit| limits.graphql = Some(limit));
        answer.good()
    }

    async fn send(
        &self,
        client: &Octocrab,
        doing: &'static str,
        method: Method,
        path: &str,
        body: Option<&Value>,
        is_write: bool,
    ) -> Result<Answer, GitHubError> {
        let asked = Asked { doing, is_write };
        let counter = if is_write { &self.writes } else { &self.reads };
        counter.fetch_add(1, Ordering::Relaxed);
        let span = tracing::debug_span!("github", doing, %method, path);
        let request = client
            .build_request(http::request::Builder::new().method(method).uri(path), body)
            .map_err(|error| asked.refused(0, format!("the request cannot be built: {error}")))?;
        let whole = async {
            let response = client.execute(request).await.map_err(|error| transport(asked, &error))?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, ANSWER_BYTES).collect().await;
            let body = body.map_err(|error| asked.unavailable(format!("its answer broke off: {error}")))?.to_bytes().to_vec();
            Ok(Answer { asked, status: parts.status, headers: parts.headers, body })
        };
        match tokio::time::timeout(self.whole_timeout, whole.instrument(span)).await {
            Ok(answer) => answer,
            Err(_) => Err(asked.unavailable(format!("no whole answer within {} s", self.whole_timeout.as_secs_f32()))),
        }
    }

    /// Where a redirect leads, as a path below our base; only GitHub itself is followed.
    fn redirected(&self, answer: &Answer) -> Result<String, GitHubError> {
        let asked = Asked { is_write: false, ..answer.asked };
        let location = answer.headers.get(LOCATION).and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<Uri>().ok());
        let location = location.ok_or_else(|| asked.unavailable("a redirect to nowhere"))?;
        if location.authority().is_some_and(|authority| Some(authority) != self.rest_base.authority()) {
            return Err(asked.refused(answer.status.as_u16(), "a redirect to another host is not followed"));
        }
        let path = location.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let base = self.rest_base.path().trim_end_matches('/');
        Ok(path.strip_prefix(base).filter(|rest| rest.starts_with('/')).unwrap_or(path).to_owned())
    }

    fn note(&self, headers: &HeaderMap, set: impl FnOnce(&mut Limits, Limit)) {
        let Some(remaining) = number(headers, "x-ratelimit-remaining") else { return };
        let resets_at = number(headers, "x-ratelimit-reset").and_then(|seconds| Timestamp::from_second(seconds).ok());
        let limit = Limit { remaining, limit: number(headers, "x-ratelimit-limit"), resets_at };
        set(&mut self.limits.lock().unwrap_or_else(PoisonError::into_inner), limit);
    }
}

/// The repository that a path by id is about; GitHub redirects to such paths.
fn repository_id_in(path: &str) -> Option<u64> {
    path.strip_prefix("/repositories/")?.split(['/', '?']).next()?.parse().ok()
}

/// A call that got no answer. Only a refused connection proves that nothing was written.
fn transport(asked: Asked, error: &octocrab::Error) -> GitHubError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut innermost = String::new();
    let mut was_refused = false;
    while let Some(error) = cause {
        innermost = error.to_string();
        was_refused |= error.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused);
        cause = error.source();
    }
    let asked = Asked { is_write: asked.is_write && !was_refused, ..asked };
    asked.unavailable(innermost)
}
