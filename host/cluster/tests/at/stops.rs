//! Stopping runs: one at a time, with others who act meanwhile, and what the server hears of it.

use super::seconds;
use http::{Request, Response};
use pawl_apiserver::{Server, Service, When};
use pawl_cluster::Runs;
use pawl_core::plan::Stop;
use pawl_core::stop::StopState;
use pawl_core::turn::Trouble;
use serde_json::Value;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use tokio::time::sleep;

/// The first deletion of a run.
pub fn delete() -> When {
    When::on("delete", "coderuns")
}

/// Stops one run, with the usual patience.
pub async fn stop(runs: &Runs, stop: &Stop) -> StopState {
    let [stopping] = runs.stop(std::slice::from_ref(stop), seconds(10)).await.try_into().unwrap();
    assert_eq!(stopping.stop, *stop);
    stopping.state
}

/// Why a stop failed.
pub fn trouble(state: StopState) -> Trouble {
    match state {
        StopState::Failed(trouble) => trouble,
        other => panic!("{other:?}"),
    }
}

/// Lets something happen after so many seconds.
pub fn later(server: &Server, after_seconds: u64, act: impl FnOnce(&Server) + Send + 'static) {
    let server = server.clone();
    tokio::spawn(async move {
        sleep(seconds(after_seconds)).await;
        act(&server);
    });
}

/// A line that writes down what deletions say.
#[derive(Clone)]
pub struct Heard {
    pub server: Service,
    pub deletions: Arc<Mutex<Vec<Value>>>,
}

impl tower_service::Service<Request<kube::client::Body>> for Heard {
    type Response = Response<pawl_apiserver::Body>;
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<kube::client::Body>) -> Self::Future {
        let mut to = self.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = body.collect_bytes().await?;
            if head.method == http::Method::DELETE {
                to.deletions.lock().unwrap().push(serde_json::from_slice(&body)?);
            }
            Ok(to.server.call(Request::from_parts(head, kube::client::Body::from(body))).await?)
        })
    }
}
