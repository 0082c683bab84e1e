//! What GitHub publishes of itself, and whether something fits it: REST exchanges, webhooks, GraphQL documents and answers.
//!
//! It judges by GitHub's own descriptions and knows no other crate of this workspace, so that it can share nobody's mistakes. Its
//! tests hold the world and the host's adapter against them; `cargo xtask descriptions` fetches what they need.

#![forbid(unsafe_code)]

mod descriptions;
mod graphql;
mod rest;
mod schema;
mod shown;
mod subset;
mod webhooks;

pub use descriptions::{Descriptions, Missing};
pub use graphql::GraphQl;
pub use rest::{Call, Rest};
pub use webhooks::Webhooks;
