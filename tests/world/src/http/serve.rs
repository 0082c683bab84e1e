//! What all parts of the world share, and the server on loopback.

use super::door;
use super::faults::Faults;
use super::limits::Limits;
use super::line::{Line, Lines};
use super::log::Seen;
use super::tape::Exchange;
use crate::state::State;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use axum::{Router, ServiceExt};
use std::io;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What the server, the story and the pump share.
pub(crate) struct Shared {
    state: Mutex<State>,
    faults: Mutex<Faults>,
    log: Mutex<Vec<Seen>>,
    tape: Mutex<Option<Vec<Exchange>>>,
    limits: Mutex<Limits>,
    pub under_way: AtomicUsize,
    client: OnceLock<reqwest::Client>,
    pub stop: watch::Sender<bool>,
}

/// A test that panicked under the lock has failed already; the others may go on.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn new(state: State) -> Self {
        Self {
            state: Mutex::new(state),
            faults: Mutex::default(),
            log: Mutex::default(),
            tape: Mutex::default(),
            limits: Mutex::default(),
            under_way: AtomicUsize::new(0),
            client: OnceLock::new(),
            stop: watch::Sender::new(false),
        }
    }

    /// For webhooks to receivers nearby: it trusts no certificate and asks no proxy, which also makes it quick to build.
    pub(crate) fn client(&self) -> &reqwest::Client {
        self.client.get_or_init(|| {
            let builder = reqwest::Client::builder().tls_certs_only([]).no_proxy();
            builder.build().expect("a client without certificates needs only the provider that is installed")
        })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        locked(&self.faults)
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Vec<Seen>> {
        locked(&self.log)
    }

    /// Exchanges, where they are kept.
    pub(crate) fn tape(&self) -> MutexGuard<'_, Option<Vec<Exchange>>> {
        locked(&self.tape)
    }

    /// What everybody has left.
    pub(crate) fn limits(&self) -> MutexGuard<'_, Limits> {
        locked(&self.limits)
    }
}

/// Serves until told to stop, and until every connection has ended.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) -> io::Result<()> {
    let mut stop = shared.stop.subscribe();
    let router = Router::new().fallback(move |ConnectInfo(line): ConnectInfo<Line>, request: Request| {
        let shared = Arc::clone(&shared);
        async move { respond(&shared, &line, request).await }
    });
    let service = ServiceExt::<Request>::into_make_service_with_connect_info::<Line>(router);
    axum::serve(Lines(listener), service)
        .with_graceful_shutdown(async move {
            let _ = stop.wait_for(|stop| *stop).await;
        })
        .await
}

/// A lost answer is a connection that ends without one more byte.
async fn respond(shared: &Arc<Shared>, line: &Line, request: Request) -> Response {
    match door::answer(shared, request).await {
        Ok(response) => response.map(Body::new),
        Err(_) => {
            line.cut();
            Response::new(Body::empty())
        }
    }
}
