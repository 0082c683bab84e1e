//! What the world claims about GitHub, each claim by a client over HTTP.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod apps;
mod client;
mod faults;
mod graphql;
mod graphql_mistakes;
mod labels;
mod limits;
mod places;
mod talk;
mod webhooks;
