//! What people and probes ask: health, the state of everything, one subject, and why.

use super::{Gate, answer};
use crate::cancellations::Wanted;
use crate::cluster::{self, OnCluster};
use crate::{budget, circuits, explain, schema, skew};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use pawl_core::subject::SubjectId;
use std::collections::HashMap;
use std::sync::Arc;

pub async fn livez() -> &'static str {
    "ok\n"
}

/// Ready to take deliveries: what the store is kept in answers a read now, both listeners listen, and shutdown has not begun. Whether it
/// can be written shows when a delivery comes, which is answered 503 if not. `?verbose` says more; an unreachable GitHub delays labels but
/// loses nothing, so it is named and does not count, and so are missing permissions and tasks that were begun anew after a defect.
pub async fn readyz(State(gate): State<Arc<Gate>>, Query(query): Query<HashMap<String, String>>) -> Response {
    let host = &gate.host;
    let store = host.store.answers().await;
    // Without runs a policy that needs them cannot decide: deliveries go to a replica that can, and stay with their sender till then.
    let missing = host.cluster.as_ref().filter(|_| cluster::needs_runs(host)).and_then(OnCluster::missing);
    let is_ready = store.is_ok() && missing.is_none() && host.tasks.are_well() && !host.is_draining();
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    if !query.contains_key("verbose") {
        return (status, if is_ready { "ok\n" } else { "not ready\n" }).into_response();
    }
    let store = store.map_or_else(|e| format!("failed: {e}"), |()| "ok".into());
    let drain = if host.is_draining() { "draining" } else { "ok" };
    let mut text = format!(
        "store {store}\nruns {}\nshutdown {drain}\npolicies {}\nqueue {} waiting, {} running\n",
        missing.unwrap_or_else(|| if host.cluster.is_some() { "ok".into() } else { "no cluster is configured".into() }),
        host.policies().names().join(", "),
        host.queue.len(),
        host.queue.running().len(),
    );
    for (name, why) in host.swaps.refused() {
        text.push_str(&format!("policy {name}: what runs goes on; not taken over: {why}\n"));
    }
    for (name, ended) in host.tasks.ended() {
        let (then, times) = (if ended.is_down { "is down" } else { "was begun anew" }, ended.times);
        text.push_str(&format!("task {name} {then} after a defect, {times} times in all: {}\n", ended.why));
    }
    for refused in host.cluster.iter().flat_map(OnCluster::refusals) {
        text.push_str(&format!("permission missing: {refused}\n"));
    }
    for (upstream, circuit) in circuits::json(host).as_object().into_iter().flatten() {
        text.push_str(&format!("{}\n", circuits::line(upstream, circuit)));
    }
    for budget in budget::json(&host.github.budgets()).as_array().into_iter().flatten() {
        text.push_str(&format!("{}\n", budget::line(budget)));
    }
    text.push_str(&format!("{}\n", skew::line(&skew::json(host))));
    for (repository, drifted) in host.schemas.drifted() {
        text.push_str(&format!("labels of {repository}: {} drifted; {} repairs them\n", drifted.len(), schema::repair(&repository)));
    }
    (status, text).into_response()
}

pub async fn metrics(State(gate): State<Arc<Gate>>) -> Response {
    ([(axum::http::header::CONTENT_TYPE, "text/plain; version=0.0.4")], crate::metrics::text(&gate.host)).into_response()
}

pub async fn state(State(gate): State<Arc<Gate>>) -> Response {
    match crate::state::state(&gate.host).await {
        Ok(state) => Json(state).into_response(),
        Err(error) => answer::error(StatusCode::SERVICE_UNAVAILABLE, error),
    }
}

pub async fn subject(State(gate): State<Arc<Gate>>, Path((owner, name, number)): Path<(String, String, u32)>) -> Response {
    let host = &gate.host;
    let found = async {
        let Some(repository) = host.store.repository_named(&format!("{owner}/{name}")).await? else { return Ok(None) };
        host.store.load(SubjectId { repository: repository.id, number }).await
    };
    match found.await {
        Ok(Some(record)) => Json(crate::state::subject(host, &record)).into_response(),
        Ok(None) => {
            let shown: String = format!("{owner}/{name}#{number}").chars().take(200).collect();
            answer::error(
                StatusCode::NOT_FOUND,
                format!("nothing has been told about {shown} yet; is the webhook set up for its repository?"),
            )
        }
        Err(error) => answer::error(StatusCode::SERVICE_UNAVAILABLE, error),
    }
}

pub async fn cancellations(State(gate): State<Arc<Gate>>, wanted: Result<Query<Wanted>, QueryRejection>) -> Response {
    let Ok(Query(wanted)) = wanted else {
        return answer::error(
            StatusCode::BAD_REQUEST,
            "what can be asked for is ?subject=owner/name#number, ?task=7 and ?correlation=<operation id>",
        );
    };
    match crate::cancellations::list(&gate.host, &wanted).await {
        Ok(list) => Json(list).into_response(),
        Err(error) => answer::error(StatusCode::SERVICE_UNAVAILABLE, error),
    }
}

pub async fn explain(State(gate): State<Arc<Gate>>, Query(query): Query<HashMap<String, String>>) -> Response {
    let Some(of) = query.get("of").filter(|of| !of.is_empty() && of.len() <= 300) else {
        return answer::error(
            StatusCode::BAD_REQUEST,
            "say what to explain: ?of=<delivery id>, ?of=owner/name#number or ?of=<operation id>",
        );
    };
    let limit = query.get("limit").and_then(|l| l.parse().ok()).unwrap_or(40).clamp(1, 500);
    let (folder, of) = (gate.host.journal.folder().to_owned(), of.clone());
    let found = tokio::task::spawn_blocking(move || explain::find(&folder, &of, limit)).await;
    match found {
        Ok(lines) => Json(lines).into_response(),
        Err(error) => answer::error(StatusCode::INTERNAL_SERVER_ERROR, error),
    }
}
