//! GitHub at its edge: webhook bytes become news, questions become facts, label differences and requests become calls.
//!
//! Only this crate knows GitHub's formats and its client library. It makes each call once: retries and breakers are the
//! caller's, who is told by [`GitHubError`] what can happen next. Calls that GitHub's limits or our own write budget do not allow
//! are not made at all. It keeps no state but caches, counters and what it knows of these limits.
#![forbid(unsafe_code)]

mod accounts;
mod answer;
mod auth;
mod budget;
mod call;
mod client;
mod clock;
mod deliveries;
mod error;
mod facts;
mod flight;
mod gate;
mod graphql;
mod installations;
mod labels;
mod lane;
mod outage;
mod path;
mod pulls;
mod requests;
mod schema;
pub mod sensor;
mod settings;
mod time;
mod transport;
pub mod webhook;
mod words;

pub use auth::Credentials;
pub use budget::{Urgency, WriteBudget, WritesLeft};
pub use client::{Calls, GitHub};
pub use clock::Clock;
pub use deliveries::{DeliveryReport, Redelivery};
pub use error::{GitHubError, LimitedBy};
pub use lane::{AccountBudget, Limit, Limits};
pub use requests::{CommentOutcome, REACTIONS, ReactionOutcome, marker_line};
pub use schema::{Drift, LabelReport, RepositoryLabel, SchemaDifference};
pub use settings::{BadSettings, Settings};
