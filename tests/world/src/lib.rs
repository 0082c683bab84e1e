//! A GitHub of one's own: stateful, over HTTP on loopback, for tests and demonstrations.
//!
//! It answers the part of REST and GraphQL that Pawl uses, with GitHub's status codes, limits and oddities, and it remembers
//! who did what. Webhooks are queued and go out when a test pumps them, in any order it likes. Nothing is random and nothing
//! waits for a wall clock: the same story gives the same ids, times and answers.
//!
//! It knows no other crate of this workspace, and so cannot share their mistakes.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use pawl_world::{Verdict, World};
//!
//! let world = World::start().await;
//! let shop = world.repository("acme/shop");
//! let pull = shop.open_pull("alice", "feature-x");
//! pull.review("acme-qa[bot]", Verdict::ChangesRequested);
//! pull.label_by("bob", "pause");
//! assert_eq!(pull.labels(), ["pause"]);
//! assert_eq!(world.waiting().last().unwrap().action.as_deref(), Some("labeled"));
//! # });
//! ```

#![forbid(unsafe_code)]

mod clock;
mod graphql;
mod http;
mod rest;
mod shape;
mod state;
mod story;
mod webhook;

pub use crate::clock::DAWN;
pub use crate::http::{Exchange, Face, Fault, Gate, Met, Outcome, Reply, Said, Seen, When};
pub use crate::rest::routes::routes;
pub use crate::state::model::{Change, LabelChange, Permission, Verdict};
pub use crate::story::{Pull, Repo, Settings, Subject, Time, World};
pub use crate::webhook::{Attempt, Delivery, KINDS, Oddities, Often, signature};
