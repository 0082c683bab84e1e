//! How requests travel: over HTTP as the client library does it, or over any service that somebody hands in.

use crate::settings::BadSettings;
use bytes::Bytes;
use http::header::USER_AGENT;
use http::{HeaderValue, Request, Response, Uri};
use http_body::Body;
use http_body_util::BodyExt;
use octocrab::service::middleware::base_uri::BaseUriLayer;
use octocrab::service::middleware::extra_headers::ExtraHeadersLayer;
use octocrab::service::middleware::retry::RetryConfig;
use octocrab::{AuthState, OctoBody, Octocrab, OctocrabBuilder};
use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tower_service::Service;

/// What failed on the way.
type Cause = Box<dyn Error + Send + Sync>;

/// The client library over TLS and TCP. It is given no token: which one goes out is decided call by call.
pub(crate) fn over_http(base: String, connect_timeout: Duration) -> Result<Octocrab, BadSettings> {
    Octocrab::builder()
        .base_uri(base)
        .and_then(|builder| builder.add_retry_config(RetryConfig::None).set_connect_timeout(Some(connect_timeout)).build())
        .map_err(|error| BadSettings::Client(error.to_string()))
}

/// The client library over a service.
pub(crate) fn over<S, B>(base: &str, service: S) -> Result<Octocrab, BadSettings>
where
    S: Service<Request<Bytes>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<Cause>,
    B: Body<Data = Bytes> + Send + Sync + 'static,
    B::Error: Into<Cause>,
{
    let base: Uri = base.parse().map_err(|_| BadSettings::Url { url: base.to_owned() })?;
    let agent = ExtraHeadersLayer::new(Arc::new(vec![(USER_AGENT, HeaderValue::from_static("octocrab"))]));
    let built = OctocrabBuilder::new_empty()
        .with_service(Whole(service))
        .with_layer(&agent)
        .with_layer(&BaseUriLayer::new(base))
        .with_auth(AuthState::None)
        .build();
    match built {
        Ok(client) => Ok(client),
        Err(never) => match never {},
    }
}

/// Hands a service requests whose body is whole.
#[derive(Clone)]
struct Whole<S>(S);

impl<S> Service<Request<OctoBody>> for Whole<S>
where
    S: Service<Request<Bytes>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<Cause>,
{
    type Response = S::Response;
    type Error = Cause;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, Cause>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Cause>> {
        self.0.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<OctoBody>) -> Self::Future {
        // The one that was polled ready makes the call; its clone waits to be polled for the next.
        let next = self.0.clone();
        let mut ready = std::mem::replace(&mut self.0, next);
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await?.to_bytes();
            ready.call(Request::from_parts(parts, body)).await.map_err(Into::into)
        })
    }
}
