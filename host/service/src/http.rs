//! HTTP: two listeners. `http` takes deliveries and signals from outside; `admin` is for people and probes inside.

mod admin;
mod answer;
mod argo;
mod bearer;
mod by_hand;
mod cleanup;
mod door;
mod policies;
mod signals;
mod webhook;

pub use by_hand::BY;

use crate::host::Host;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use pawl_github::webhook::Verifier;
use secrecy::SecretString;
use std::sync::Arc;

/// Largest body of the signal API, in bytes.
pub const SIGNAL_BODY_BYTES: usize = 1024 * 1024;

/// What the routes from outside need.
#[derive(Debug)]
pub struct Gate {
    /// The host.
    pub host: Arc<Host>,
    /// Checks webhook signatures.
    pub verifier: Verifier,
    /// Bearer tokens of the signal API; empty when it is off.
    pub signal_tokens: Vec<SecretString>,
    /// Bearer tokens of sensors; empty when they are off.
    pub argo_tokens: Vec<SecretString>,
}

/// The routes from outside.
pub fn outside(gate: Arc<Gate>) -> Router {
    let max_body_bytes = gate.host.config.http.max_body_bytes;
    Router::new()
        .route("/v1/events/github", post(webhook::receive).layer(DefaultBodyLimit::max(max_body_bytes)))
        .route("/v1/events/argo", post(argo::receive).layer(DefaultBodyLimit::max(max_body_bytes)))
        .route("/api/v1/signals", post(signals::receive).layer(DefaultBodyLimit::max(SIGNAL_BODY_BYTES)))
        .route("/livez", get(admin::livez))
        .fallback(answer::not_found)
        .with_state(gate)
}

/// The routes for people and probes.
pub fn inside(gate: Arc<Gate>) -> Router {
    Router::new()
        .route("/livez", get(admin::livez))
        .route("/readyz", get(admin::readyz))
        .route("/api/v1/state", get(admin::state))
        .route("/api/v1/subjects/{owner}/{name}/{number}", get(admin::subject))
        .route("/api/v1/cancellations", get(admin::cancellations))
        .route("/api/v1/explain", get(admin::explain))
        .route("/metrics", get(admin::metrics))
        .route("/v1/admin/policies/{name}/rollback", get(policies::rollback_of).post(policies::rollback))
        .route("/v1/admin/policies/{name}/activate", get(policies::activate_of).post(policies::activate))
        .route("/v1/admin/cleanup", get(cleanup::would).post(cleanup::does))
        .route("/v1/admin/subjects/{owner}/{name}/{number}/retry", get(by_hand::retry_of).post(by_hand::retry))
        .route("/v1/admin/subjects/{owner}/{name}/{number}/discard", get(by_hand::discard_of).post(by_hand::discard))
        .fallback(answer::not_found)
        .with_state(gate)
}
