//! The face without sockets: a tower service, for a client in the same process. It works on a paused clock.

use crate::body::Body;
use crate::serve::respond;
use crate::shared::{Shared, cut};
use bytes::Bytes;
use http::{Request, Response};
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Answers requests of one account, or of whoever shows a token of their own.
///
/// A request that has been sent goes on also when the client drops the future: what is on a network cannot be called back. An error
/// is a broken connection. It must be called within a tokio runtime.
#[derive(Clone)]
pub struct Service {
    shared: Arc<Shared>,
    token: Option<String>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").finish_non_exhaustive()
    }
}

impl Service {
    pub(crate) fn new(shared: Arc<Shared>, token: Option<String>) -> Self {
        Self { shared, token }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

impl<B> tower_service::Service<Request<B>> for Service
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Response<Body>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (head, body) = request.into_parts();
        let under_way = tokio::spawn(respond(Arc::clone(&self.shared), head, body, self.token.clone()));
        Box::pin(async move { under_way.await.unwrap_or_else(|_| Err(cut())) })
    }
}
