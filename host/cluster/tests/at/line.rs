//! The line between one process and the API server: it delays, loses and cuts, as a seed says.

use fastrand::Rng;
use http::{Request, Response};
use kube::client::Body;
use std::future::pending;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::sleep;
use tower_service::Service;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// How the line is.
#[derive(Debug, Clone, Default)]
pub struct Weather {
    /// Longest delay of a request, and of its answer.
    pub delay: Duration,
    /// Of a hundred requests, how many never arrive.
    pub lost_requests: u8,
    /// Of a hundred answers, how many never arrive.
    pub lost_answers: u8,
    /// Nothing gets through: the process is cut off, or gone.
    pub is_cut: bool,
}

/// A line over a server's face.
#[derive(Clone)]
pub struct Line<S> {
    server: S,
    weather: Arc<Mutex<Weather>>,
    dice: Arc<Mutex<Rng>>,
}

impl<S> Line<S> {
    pub fn new(server: S, seed: u64) -> Self {
        Self { server, weather: Arc::default(), dice: Arc::new(Mutex::new(Rng::with_seed(seed))) }
    }

    pub fn set(&self, weather: Weather) {
        *self.weather.lock().unwrap() = weather;
    }
}

impl<S, B> Service<Request<Body>> for Line<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<Cause> + Send,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = Response<B>;
    type Error = Cause;
    type Future = Pin<Box<dyn Future<Output = Result<Response<B>, Cause>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Cause>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let weather = self.weather.lock().unwrap().clone();
        let (mut there, mut back, is_lost, is_unheard, is_told) = {
            let mut dice = self.dice.lock().unwrap();
            let mut delay = || weather.delay.mul_f64(dice.f64());
            let (there, back) = (delay(), delay());
            let mut of_hundred = |n: u8| dice.u8(0..100) < n;
            (there, back, of_hundred(weather.lost_requests) || weather.is_cut, of_hundred(weather.lost_answers), of_hundred(50))
        };
        if weather.delay.is_zero() {
            (there, back) = (Duration::ZERO, Duration::ZERO);
        }
        let mut server = self.server.clone();
        let later = Arc::clone(&self.weather);
        Box::pin(async move {
            // A loss is noticed at once, or never.
            let broken = || async move {
                if is_told { Err::<Response<B>, Cause>(io::Error::from(io::ErrorKind::ConnectionReset).into()) } else { pending().await }
            };
            if is_lost {
                return broken().await;
            }
            // On its way a request does not end with whoever sent it: a delayed one arrives after its sender has given up.
            let (tell, told) = tokio::sync::oneshot::channel();
            tokio::spawn(async move {
                sleep(there).await;
                let answer = server.call(request).await;
                sleep(back).await;
                tell.send(answer).ok();
            });
            let answer = told.await.map_err(|_| io::Error::from(io::ErrorKind::ConnectionReset))?;
            if is_unheard || later.lock().unwrap().is_cut {
                return broken().await;
            }
            answer.map_err(Into::into)
        })
    }
}
