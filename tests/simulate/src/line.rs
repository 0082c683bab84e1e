//! The line between a replica and the outside: it delays, loses, repeats, holds and cuts, as a seed says.

use bytes::Bytes;
use fastrand::Rng;
use http_body::{Body, Frame};
use std::future::pending;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::time::sleep;

/// Whether anything gets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Everything, as the weather lets it.
    Open,
    /// Nothing for now: what is sent waits on its way, and so do replies.
    Held,
    /// Nothing: requests fail before they arrive, and replies are lost.
    Cut,
    /// Whoever sent has died: what is on its way still arrives, nothing new is sent, and nobody hears a reply.
    Dead,
}

/// What single requests meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weather {
    /// Longest delay of a request, and of its reply, in milliseconds.
    pub delay_ms: u32,
    /// Of a hundred requests, how many never arrive.
    pub lost_requests: u8,
    /// Of a hundred replies, how many never arrive.
    pub lost_replies: u8,
    /// Of a hundred requests, how many arrive twice.
    pub twice: u8,
}

/// One line. Clones are the same line.
#[derive(Debug, Clone)]
pub struct Line {
    state: Arc<State>,
    weather: Arc<Mutex<Weather>>,
    dice: Arc<Mutex<Rng>>,
}

/// The condition, and whoever waits for another one: they are woken in the order in which they came.
#[derive(Debug)]
struct State {
    condition: Mutex<Condition>,
    changed: Notify,
}

/// What one request meets.
struct Fate {
    there: Duration,
    back: Duration,
    is_lost: bool,
    is_unheard: bool,
    is_told: bool,
    is_twice: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn reset() -> io::Error {
    io::ErrorKind::ConnectionReset.into()
}

impl Line {
    /// A good line; `seed` is for the weather to come.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            state: Arc::new(State { condition: Mutex::new(Condition::Open), changed: Notify::new() }),
            weather: Arc::default(),
            dice: Arc::new(Mutex::new(Rng::with_seed(seed))),
        }
    }

    /// From now on the line is like this.
    pub fn set(&self, condition: Condition) {
        *lock(&self.state.condition) = condition;
        self.state.changed.notify_waiters();
    }

    /// From now on requests meet this.
    pub fn set_weather(&self, weather: Weather) {
        *lock(&self.weather) = weather;
    }

    fn is(&self, condition: Condition) -> bool {
        *lock(&self.state.condition) == condition
    }

    async fn not_held(&self) {
        loop {
            // Begun before looking, so that no change in between is missed.
            let mut changed = pin!(self.state.changed.notified());
            changed.as_mut().enable();
            if *lock(&self.state.condition) != Condition::Held {
                return;
            }
            changed.await;
        }
    }

    fn fate(&self) -> Fate {
        let weather = *lock(&self.weather);
        let mut dice = lock(&self.dice);
        // In microseconds: two requests that are sent together seldom arrive together.
        let mut delay = || Duration::from_micros(dice.u64(200..=1_000 + u64::from(weather.delay_ms) * 1_000));
        let (there, back) = (delay(), delay());
        let mut of_hundred = |n: u8| dice.u8(0..100) < n;
        Fate {
            there,
            back,
            is_lost: of_hundred(weather.lost_requests),
            is_unheard: of_hundred(weather.lost_replies),
            is_told: of_hundred(60),
            is_twice: of_hundred(weather.twice),
        }
    }

    /// Carries a request there and its reply back. `arrive` is what happens there; it is told whether the request arrives twice.
    ///
    /// # Errors
    /// The line broke. Some losses are never told: then this does not end.
    pub async fn carry<T, F, A>(self, arrive: F) -> io::Result<T>
    where
        T: Send + 'static,
        F: FnOnce(bool) -> A + Send + 'static,
        A: Future<Output = io::Result<T>> + Send,
    {
        let fate = self.fate();
        let broken = || async move { if fate.is_told { Err(reset()) } else { pending().await } };
        if self.is(Condition::Cut) || self.is(Condition::Dead) || fate.is_lost {
            return broken().await;
        }
        // On its way a request does not end with whoever sent it: a delayed one arrives after its sender has given up or died.
        let (tell, told) = oneshot::channel();
        let line = self.clone();
        tokio::spawn(async move {
            sleep(fate.there).await;
            line.not_held().await;
            if line.is(Condition::Cut) {
                return;
            }
            let reply = arrive(fate.is_twice).await;
            sleep(fate.back).await;
            tell.send(reply).ok();
        });
        let reply = told.await;
        self.not_held().await;
        match reply {
            Ok(reply) if self.is(Condition::Open) && !fate.is_unheard => reply,
            _ => broken().await,
        }
    }
}

/// The body of a reply, which goes on only while the line does: a watch lasts for minutes.
pub struct Carried<B> {
    body: Pin<Box<B>>,
    state: Arc<State>,
    changed: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl<B> Carried<B> {
    /// This body over this line.
    pub fn over(line: &Line, body: B) -> Self {
        let state = Arc::clone(&line.state);
        Self { body: Box::pin(body), changed: change(&state), state }
    }
}

/// Ends with the next change after it was first polled.
fn change(state: &Arc<State>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    let state = Arc::clone(state);
    Box::pin(async move { state.changed.notified().await })
}

impl<B: Body<Data = Bytes, Error = io::Error>> Body for Carried<B> {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        while self.changed.as_mut().poll(context).is_ready() {
            self.changed = change(&self.state);
        }
        let condition = *lock(&self.state.condition);
        match condition {
            Condition::Cut | Condition::Dead => Poll::Ready(Some(Err(reset()))),
            Condition::Held => Poll::Pending,
            Condition::Open => Poll::Ready(ready!(self.body.as_mut().poll_frame(context))),
        }
    }
}
