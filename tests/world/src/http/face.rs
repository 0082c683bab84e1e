//! The world without sockets: the same door as on loopback, as a service within the process.
//!
//! What goes wrong looks as it does to an HTTP client: a cut connection is an error of the service, a held answer a future that
//! does not end, a body that breaks off an error in the middle of it. Nothing waits for real input or output, so that a paused
//! Tokio clock runs through every wait at once.

use super::said::broken;
use super::{Said, Shared, door};
use crate::World;
use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_service::Service;

/// A world's REST and GraphQL, to be called within the process.
#[derive(Clone)]
pub struct Face(Arc<Shared>);

impl fmt::Debug for Face {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Face")
    }
}

impl Service<Request<Bytes>> for Face {
    type Response = Response<Said>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Response<Said>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let shared = Arc::clone(&self.0);
        Box::pin(async move { door::answer(&shared, request.map(Body::from)).await.map_err(|door::Lost| broken()) })
    }
}

impl World {
    /// The world as a service, beside its server or instead of it. What it is asked need not be addressed to [`World::url`].
    #[must_use]
    pub fn face(&self) -> Face {
        Face(Arc::clone(&self.shared))
    }
}
