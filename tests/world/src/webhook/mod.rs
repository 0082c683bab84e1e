//! Webhooks: what GitHub would tell the outside. Every change queues one; nothing is sent before somebody pumps.

mod announce;
mod hand;
mod kinds;
mod oddities;
mod pump;
mod sign;

pub use kinds::KINDS;
pub use oddities::{Oddities, Often};
pub use pump::Attempt;
pub(crate) use pump::pump;
pub use sign::signature;

use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::Notify;

/// One webhook that GitHub wants to deliver.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// `X-GitHub-Delivery`; a redelivery keeps it.
    pub guid: String,
    /// Number of its first attempt under `GET /app/hook/deliveries`.
    pub id: u64,
    /// `X-GitHub-Event`.
    pub event: String,
    /// The payload's `action`, where the event has one.
    pub action: Option<String>,
    /// When it came to be, seconds since 1970.
    pub at: i64,
    /// The raw bytes that are signed and sent.
    pub body: Bytes,
    /// What became of it so far.
    pub attempts: Vec<Attempt>,
}

impl Delivery {
    /// The payload as JSON.
    #[must_use]
    pub fn payload(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("the world wrote this payload itself")
    }
}

/// Id of the one hook.
pub(crate) const HOOK_ID: u64 = 1;
/// Statuses of a receiver that took a delivery.
pub(crate) const ACCEPTED: std::ops::Range<u16> = 200..300;

/// Deliveries, and those of them that wait to be sent.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    pub all: Vec<Delivery>,
    /// Every attempt, oldest first.
    pub tried: Vec<Tried>,
    /// Positions in `all`, in the order in which they go out.
    pub queue: VecDeque<usize>,
    pub target: Option<Target>,
    pub oddities: Oddities,
    /// Rings when something was queued.
    pub bell: Arc<Notify>,
}

/// One attempt as `GET /app/hook/deliveries` lists it.
#[derive(Debug, Clone)]
pub(crate) struct Tried {
    pub id: u64,
    /// In `Outbox::all`.
    pub position: usize,
    pub at: i64,
    pub redelivery: bool,
    pub status: Option<u16>,
}

/// Where webhooks go and what they are signed with.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub url: String,
    pub secret: String,
}
