//! GitHub at its edge: webhook bytes become news, questions become facts, label differences and requests become calls.
//!
//! Only this crate knows GitHub's formats and its client library. It makes each call once: retries, budgets and breakers are
//! the caller's, who is told by [`GitHubError`] what can happen next. It keeps no state but caches and counters.
#![forbid(unsafe_code)]

mod accounts;
mod answer;
mod client;
mod error;
mod facts;
mod graphql;
mod labels;
mod path;
mod pulls;
mod requests;
mod schema;
mod settings;
pub mod webhook;
mod words;

pub use client::{Calls, GitHub, Limit, Limits};
pub use error::GitHubError;
pub use requests::{CommentOutcome, REACTIONS, ReactionOutcome, marker_line};
pub use schema::{Drift, LabelReport, RepositoryLabel};
pub use settings::{BadSettings, Settings};
