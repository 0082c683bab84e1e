//! Sending what waits: in order, twice, in disorder, or not at all, as the test says.

use super::{Delivery, HOOK_ID, Target, Tried, signature};
use crate::World;
use crate::http::Shared;
use crate::state::State;
use crate::state::app::ID;
use std::sync::Arc;

/// Most deliveries that one `deliver_all` sends; more means that two sides answer each other for ever.
const MOST_AT_ONCE: usize = 100_000;

/// One attempt to deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Which delivery.
    pub guid: String,
    /// The receiver's status; absent when there was no answer.
    pub status: Option<u16>,
    /// The receiver's body, or what went wrong.
    pub answer: String,
}

impl World {
    /// Says where webhooks go and what they are signed with. What waits goes out when it is pumped, or at once
    /// where hooks run by themselves.
    pub fn hook_to(&self, url: impl Into<String>, secret: impl Into<String>) {
        let mut state = self.shared.state();
        state.outbox.target = Some(Target { url: url.into(), secret: secret.into() });
        state.outbox.bell.notify_one();
    }

    /// Queues the `ping` that GitHub sends for a new hook.
    pub fn ping(&self) {
        self.shared.state().announce_ping();
    }

    /// Queues any payload under any event name: for what the world does not do by itself.
    pub fn announce(&self, event: &str, payload: &serde_json::Value) -> String {
        let mut state = self.shared.state();
        let action = payload.get("action").and_then(serde_json::Value::as_str).map(str::to_owned);
        let position = state.queue(event, action.as_deref(), payload);
        state.outbox.all[position].guid.clone()
    }

    /// What waits to be sent, in order.
    #[must_use]
    pub fn waiting(&self) -> Vec<Delivery> {
        let state = self.shared.state();
        state.outbox.queue.iter().map(|position| state.outbox.all[*position].clone()).collect()
    }

    /// Every delivery there ever was, sent or not.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.shared.state().outbox.all.clone()
    }

    /// Sends the first that waits. Nothing when nothing waits.
    pub async fn deliver_next(&self) -> Option<Attempt> {
        deliver_next(&self.shared).await
    }

    /// Sends everything that waits, also what comes to wait meanwhile. A receiver's error is recorded and not retried:
    /// GitHub does not redeliver by itself.
    pub async fn deliver_all(&self) -> Vec<Attempt> {
        let mut attempts = Vec::new();
        while let Some(attempt) = deliver_next(&self.shared).await {
            attempts.push(attempt);
            assert!(attempts.len() < MOST_AT_ONCE, "{MOST_AT_ONCE} deliveries and still more: does each one cause another?");
        }
        attempts
    }

    /// Sends a delivery again under its old guid, whether it waits or not. Nothing when there is none of that guid.
    pub async fn redeliver(&self, guid: &str) -> Option<Attempt> {
        let position = self.shared.state().outbox.all.iter().position(|delivery| delivery.guid == guid)?;
        send(&self.shared, position).await
    }

    /// Loses the first that waits. Answers what was lost.
    pub fn lose_next(&self) -> Option<Delivery> {
        let mut state = self.shared.state();
        let position = state.outbox.queue.pop_front()?;
        Some(state.outbox.all[position].clone())
    }

    /// Loses everything that waits and matches. Answers how many.
    pub fn lose_where(&self, lost: impl Fn(&Delivery) -> bool) -> usize {
        let mut state = self.shared.state();
        let before = state.outbox.queue.len();
        let outbox = &mut state.outbox;
        outbox.queue.retain(|position| !lost(&outbox.all[*position]));
        before - outbox.queue.len()
    }

    /// Loses everything that waits. Answers how many.
    pub fn lose_all(&self) -> usize {
        self.lose_where(|_| true)
    }

    /// Puts the first that waits behind the others as well, so that it arrives twice.
    pub fn duplicate_next(&self) {
        let queue = &mut self.shared.state().outbox.queue;
        if let Some(position) = queue.front().copied() {
            queue.push_back(position);
        }
    }

    /// Makes everything that waits arrive twice, the copies after the originals.
    pub fn duplicate_all(&self) {
        let queue = &mut self.shared.state().outbox.queue;
        let copies = queue.clone();
        queue.extend(copies);
    }

    /// The last that waits goes first.
    pub fn reverse(&self) {
        self.shared.state().outbox.queue.make_contiguous().reverse();
    }

    /// Any order; the same seed gives the same one.
    pub fn shuffle(&self, seed: u64) {
        fastrand::Rng::with_seed(seed).shuffle(self.shared.state().outbox.queue.make_contiguous());
    }
}

/// Sends whatever is queued as soon as it is, until the world stops. Without a hook it waits for one.
pub(crate) async fn pump(shared: Arc<Shared>) {
    let mut stop = shared.stop.subscribe();
    let bell = Arc::clone(&shared.state().outbox.bell);
    let send_all = async {
        loop {
            bell.notified().await;
            while shared.state().outbox.target.is_some() && deliver_next(&shared).await.is_some() {}
        }
    };
    tokio::select! {
        () = send_all => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

pub(crate) async fn deliver_next(shared: &Arc<Shared>) -> Option<Attempt> {
    let position = shared.state().outbox.queue.pop_front()?;
    send(shared, position).await
}

async fn send(shared: &Arc<Shared>, position: usize) -> Option<Attempt> {
    let (delivery, target) = {
        let state = shared.state();
        (state.outbox.all.get(position)?.clone(), state.outbox.target.clone())
    };
    let attempt = match target {
        None => Attempt { guid: delivery.guid, status: None, answer: "no hook is set; call hook_to first".to_owned() },
        Some(target) => post(shared, &delivery, &target).await,
    };
    attempted(&mut shared.state(), position, attempt.clone());
    Some(attempt)
}

/// Notes what became of an attempt, for whoever lists them.
pub(super) fn attempted(state: &mut State, position: usize, attempt: Attempt) {
    let redelivery = !state.outbox.all[position].attempts.is_empty();
    let tried = Tried {
        id: if redelivery { state.ids.number() } else { state.outbox.all[position].id },
        position,
        at: state.now(),
        redelivery,
        status: attempt.status,
    };
    state.outbox.tried.push(tried);
    state.outbox.all[position].attempts.push(attempt);
}

async fn post(shared: &Shared, delivery: &Delivery, target: &Target) -> Attempt {
    let request = shared
        .client()
        .post(&target.url)
        .header("content-type", "application/json")
        .header("user-agent", "GitHub-Hookshot/044aadd")
        .header("x-github-event", &delivery.event)
        .header("x-github-delivery", &delivery.guid)
        .header("x-github-hook-id", HOOK_ID.to_string())
        .header("x-github-hook-installation-target-id", ID.to_string())
        .header("x-github-hook-installation-target-type", "integration")
        .header("x-hub-signature-256", signature(&target.secret, &delivery.body))
        .body(delivery.body.clone());
    let guid = delivery.guid.clone();
    match request.send().await {
        Err(error) => Attempt { guid, status: None, answer: error.to_string() },
        Ok(answer) => {
            let status = Some(answer.status().as_u16());
            let answer = answer.text().await.unwrap_or_else(|error| error.to_string());
            Attempt { guid, status, answer }
        }
    }
}
