//! One call, once: authenticated, within its limits and its time, its answer judged.

use crate::answer::{Answer, Asked};
use crate::budget::Urgency;
use crate::client::GitHub;
use crate::error::GitHubError;
use crate::gate::{Interface, Sent};
use crate::lane::Lane;
use http::header::{AUTHORIZATION, LOCATION};
use http::{HeaderValue, Method, Uri};
use http_body_util::{BodyExt, Limited};
use pawl_core::subject::Repository;
use serde_json::Value;
use std::sync::atomic::Ordering;
use tracing::Instrument;

/// Largest answer that is read, in bytes: 100 comments and reviews of GitHub's longest, with room for escapes.
const ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// Redirects followed for one call. GitHub answers one for a renamed repository.
const REDIRECTS: usize = 3;

/// Whose repository a call is about, and so which installation makes it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Whose<'a> {
    /// This repository's owner.
    Repository(&'a Repository),
    /// The owner of the repository with this id, when its names are not known.
    Id(u64),
    /// Nobody's: about ourselves.
    Ours,
}

impl Whose<'_> {
    /// The repository that is meant, so that a redirect to another is not followed.
    fn id(self) -> Option<u64> {
        match self {
            Self::Repository(repository) => Some(repository.id).filter(|id| *id != 0),
            Self::Id(id) => Some(id),
            Self::Ours => None,
        }
    }
}

/// What a call costs of the write budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spend {
    /// It only reads.
    Nothing,
    /// One write.
    Write(Urgency),
    /// A write that was taken from the budget beforehand.
    Paid,
}

/// One REST call.
pub(crate) struct Call<'a> {
    pub(crate) doing: &'static str,
    pub(crate) whose: Whose<'a>,
    pub(crate) method: Method,
    /// Path and query, below the base.
    pub(crate) path: String,
    pub(crate) body: Option<&'a Value>,
    pub(crate) spend: Spend,
}

impl<'a> Call<'a> {
    pub(crate) fn get(doing: &'static str, path: String, repository: &'a Repository) -> Self {
        Self { doing, whose: Whose::Repository(repository), method: Method::GET, path, body: None, spend: Spend::Nothing }
    }

    pub(crate) fn write(doing: &'static str, method: Method, path: String, body: Option<&'a Value>, repository: &'a Repository) -> Self {
        Self { doing, whose: Whose::Repository(repository), method, path, body, spend: Spend::Write(Urgency::Normal) }
    }

    pub(crate) fn spending(self, spend: Spend) -> Self {
        Self { spend, ..self }
    }

    pub(crate) fn asked(&self) -> Asked {
        Asked { doing: self.doing, is_write: self.spend != Spend::Nothing }
    }
}

/// One HTTP request, as the wire sees it.
struct Wire<'a> {
    asked: Asked,
    interface: Interface,
    method: Method,
    path: &'a str,
    body: Option<&'a Value>,
    header: &'a HeaderValue,
}

impl GitHub {
    /// A REST call. Redirects keep method and body, which HTTP libraries do not: a POST turned into a GET would read as done.
    pub(crate) async fn rest(&self, call: Call<'_>) -> Result<Answer, GitHubError> {
        let asked = call.asked();
        let lane = self.lane(call.whose).await?;
        let (header, serial) = self.admitted(asked, &lane, Interface::Rest, call.spend).await?;
        let answer = self.exchange(&lane, &header, &call).await?;
        match self.renewed(asked, &lane, serial, &answer).await? {
            None => answer.good(),
            Some(header) => self.exchange(&lane, &header, &call).await?.good(),
        }
    }

    /// Takes several writes from the budget at once; how many of them could be had, at least one. The calls are then paid.
    pub(crate) async fn reserve(&self, asked: Asked, whose: Whose<'_>, writes: usize, urgency: Urgency) -> Result<u32, GitHubError> {
        self.outage.pass(asked, self.clock.steady())?;
        let lane = self.lane(whose).await?;
        lane.pass(asked, Interface::Rest, self.clock.steady())?;
        lane.take(asked, u32::try_from(writes).unwrap_or(u32::MAX), urgency, self.clock.steady())
    }

    /// Posts a GraphQL document. The answer's status is good; it may carry errors nevertheless. What became of it must be told
    /// by [`GitHub::limited_in_body`] or [`Lane::went_well`].
    pub(crate) async fn post_graphql(&self, asked: Asked, lane: &Lane, spend: Spend, body: &Value) -> Result<(Answer, Sent), GitHubError> {
        let (header, serial) = self.admitted(asked, lane, Interface::GraphQl, spend).await?;
        let wire = |header| Wire {
            asked,
            interface: Interface::GraphQl,
            method: Method::POST,
            path: &self.graphql_path,
            body: Some(body),
            header,
        };
        let (answer, sent) = self.send(lane, wire(&header)).await?;
        let (answer, sent) = match self.renewed(asked, lane, serial, &answer).await? {
            None => (answer, sent),
            Some(header) => self.send(lane, wire(&header)).await?,
        };
        Ok((answer.good()?, sent))
    }

    /// A limit that a GraphQL answer names in its body.
    pub(crate) fn limited_in_body(&self, lane: &Lane, answer: &Answer, sent: Sent) -> GitHubError {
        lane.limited(answer.asked, sent, answer.wait(self.day()), self.clock.steady())
    }

    /// Sends a call, and follows where it is redirected. Not judged, but for limits.
    pub(crate) async fn exchange(&self, lane: &Lane, header: &HeaderValue, call: &Call<'_>) -> Result<Answer, GitHubError> {
        let asked = call.asked();
        let mut path = call.path.clone();
        for _ in 0..=REDIRECTS {
            lane.pass(asked, Interface::Rest, self.clock.steady())?;
            let method = call.method.clone();
            let wire = Wire { asked, interface: Interface::Rest, method, path: &path, body: call.body, header };
            let (answer, sent) = self.send(lane, wire).await?;
            if !matches!(answer.status.as_u16(), 301 | 302 | 307 | 308) {
                if answer.status.is_success() {
                    lane.went_well(sent);
                }
                return Ok(answer);
            }
            path = self.redirected(&answer)?;
            if let (Some(meant), Some(found)) = (call.whose.id(), repository_id_in(&path))
                && meant != found
            {
                return Err(GitHubError::Moved { doing: call.doing, expected_id: meant });
            }
        }
        Err(Asked { doing: call.doing, is_write: false }.unavailable("too many redirects"))
    }

    /// Whether the call may be sent, and the header to send it with. What GitHub limits is asked first, then who we are, and
    /// the budget last, so that nothing is spent on a call that is not made.
    async fn admitted(&self, asked: Asked, lane: &Lane, interface: Interface, spend: Spend) -> Result<(HeaderValue, u64), GitHubError> {
        self.outage.pass(asked, self.clock.steady())?;
        lane.pass(asked, interface, self.clock.steady())?;
        let authorization = self.authorization(asked, lane).await?;
        if let Spend::Write(urgency) = spend {
            lane.take(asked, 1, urgency, self.clock.steady())?;
        }
        Ok(authorization)
    }

    /// After a 401 to an installation's token, which GitHub may take back at any time: a new one, once. Nothing was done by a
    /// call that was not let in.
    async fn renewed(&self, asked: Asked, lane: &Lane, serial: u64, answer: &Answer) -> Result<Option<HeaderValue>, GitHubError> {
        if answer.status.as_u16() != 401 || lane.installation.is_none() {
            return Ok(None);
        }
        lane.token.drop_if(|token| token.serial == serial).await;
        self.authorization(asked, lane).await.map(|(header, _)| Some(header))
    }

    /// One request, unless GitHub is left alone. Errs when no whole answer came, and when the answer is a limit.
    async fn send(&self, lane: &Lane, wire: Wire<'_>) -> Result<(Answer, Sent), GitHubError> {
        let ticket = self.outage.admit(wire.asked, self.clock.steady())?;
        // Boxed: whoever calls GitHub would carry its whole size about.
        let sent = Box::pin(self.send_now(lane, wire)).await;
        let has_failed = match &sent {
            Ok((answer, _)) => answer.is_failure(),
            Err(error) => matches!(error, GitHubError::Unavailable { .. }),
        };
        self.outage.ended(ticket, has_failed, self.clock.steady());
        sent
    }

    async fn send_now(&self, lane: &Lane, wire: Wire<'_>) -> Result<(Answer, Sent), GitHubError> {
        let Wire { asked, interface, method, path, body, header } = wire;
        let counter = if asked.is_write { &self.writes } else { &self.reads };
        counter.fetch_add(1, Ordering::Relaxed);
        let client = match interface {
            Interface::Rest => &self.rest,
            Interface::GraphQl => &self.graphql,
        };
        let span = tracing::debug_span!("github", doing = asked.doing, %method, path);
        let builder = http::request::Builder::new().method(method).uri(path).header(AUTHORIZATION, header.clone());
        let request =
            client.build_request(builder, body).map_err(|error| asked.refused(0, format!("the request cannot be built: {error}")))?;
        let sent = Sent { interface, is_write: asked.is_write, at: self.clock.steady() };
        let whole = async {
            let response = client.execute(request).await.map_err(|error| transport(asked, &error))?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, ANSWER_BYTES).collect().await;
            let body = body.map_err(|error| asked.unavailable(format!("its answer broke off: {error}")))?.to_bytes().to_vec();
            Ok(Answer { asked, status: parts.status, headers: parts.headers, body })
        };
        let answer = match tokio::time::timeout(self.whole_timeout, whole.instrument(span)).await {
            Ok(answer) => answer?,
            Err(_) => return Err(asked.unavailable(format!("no whole answer within {} s", self.whole_timeout.as_secs_f32()))),
        };
        let now = self.clock.steady();
        // A gateway before GitHub has a clock of its own.
        if !answer.status.is_server_error() {
            self.time.learn(&answer.headers, sent.at, now);
        }
        let day = self.day();
        lane.note(interface, &answer.headers, day, now);
        if answer.is_limited() { Err(lane.limited(asked, sent, answer.wait(day), now)) } else { Ok((answer, sent)) }
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
