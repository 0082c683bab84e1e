//! `/v1/admin/policies/{name}/rollback|activate`: GET says what it would do, POST does it. `?forget-memory=true` lets subjects whose memory
//! cannot be read start from their labels.

use super::by_hand::by;
use super::{Gate, answer};
use crate::candidate::component;
use crate::kept::digest;
use crate::swap;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use pawl_core::turn::Member;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;

type Wanted = Query<HashMap<String, String>>;

fn forgets(query: &HashMap<String, String>) -> bool {
    query.get("forget-memory").is_some_and(|value| value != "false")
}

pub async fn rollback_of(State(gate): State<Arc<Gate>>, Path(name): Path<String>) -> Response {
    let Some(runs) = runs(&gate, &name) else { return unknown(&gate, &name) };
    match swap::earlier(&gate.host, &name).into_iter().next() {
        Some(was) => Json(json!({ "policy": name, "would": { "from": runs, "to": was } })).into_response(),
        None => answer::error(StatusCode::CONFLICT, format!("nothing else ran as {name:?} here before, so there is nothing to go back to")),
    }
}

pub async fn rollback(State(gate): State<Arc<Gate>>, Path(name): Path<String>, Query(query): Wanted, headers: HeaderMap) -> Response {
    let by = match by(&headers) {
        Ok(by) => by,
        Err(refused) => return *refused,
    };
    if runs(&gate, &name).is_none() {
        return unknown(&gate, &name);
    }
    did(&name, Box::pin(swap::roll_back(&gate.host, &name, forgets(&query), by)).await)
}

pub async fn activate_of(State(gate): State<Arc<Gate>>, Path(name): Path<String>) -> Response {
    let (Some(runs), Some(policy)) = (runs(&gate, &name), gate.host.config.policy.get(&name)) else { return unknown(&gate, &name) };
    match component(&policy.source, &name) {
        Ok(bytes) => {
            let to = json!({ "digest": digest(&bytes), "source": policy.source });
            Json(json!({ "policy": name, "would": { "from": runs, "to": to } })).into_response()
        }
        Err(error) => answer::error(StatusCode::CONFLICT, format!("{error:#}")),
    }
}

pub async fn activate(State(gate): State<Arc<Gate>>, Path(name): Path<String>, Query(query): Wanted, headers: HeaderMap) -> Response {
    let by = match by(&headers) {
        Ok(by) => by,
        Err(refused) => return *refused,
    };
    if runs(&gate, &name).is_none() {
        return unknown(&gate, &name);
    }
    did(&name, Box::pin(swap::activate(&gate.host, &name, forgets(&query), by)).await)
}

/// The digest of what runs under this name.
fn runs(gate: &Gate, name: &str) -> Option<String> {
    gate.host.policies().named(name).map(|candidate| candidate.member.digest.clone())
}

fn unknown(gate: &Gate, name: &str) -> Response {
    let (shown, known): (String, _) = (name.chars().take(100).collect(), gate.host.policies().names().join(", "));
    answer::error(StatusCode::NOT_FOUND, format!("no policy {shown:?} runs here; {known} do"))
}

fn did(name: &str, result: anyhow::Result<Member>) -> Response {
    match result {
        Ok(member) => {
            let now = json!({ "digest": member.digest, "version": member.manifest.version });
            Json(json!({ "policy": name, "did": { "runs": now } })).into_response()
        }
        Err(error) => answer::error(StatusCode::CONFLICT, format!("{error:#}")),
    }
}
