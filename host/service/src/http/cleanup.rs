//! `/v1/admin/cleanup`: GET says what a cleanup would do, POST does it; `?subject=owner/name#number` about one subject only.

use super::{Gate, answer, by_hand};
use crate::by_hand::NotDone;
use crate::cleanup::{self, Answered, Tally};
use crate::host::Host;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use pawl_core::record::NothingToDo;
use pawl_core::subject::{Subject, SubjectId};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;

type Asked = Query<HashMap<String, String>>;

pub async fn would(State(gate): State<Arc<Gate>>, Query(query): Asked) -> Response {
    respond(&gate.host, query.get("subject"), true).await
}

pub async fn does(State(gate): State<Arc<Gate>>, Query(query): Asked, headers: HeaderMap) -> Response {
    let by = match by_hand::by(&headers) {
        Ok(by) => by,
        Err(refused) => return *refused,
    };
    gate.host.journal.write("cleanup", json!({ "by": by, "shown": query.get("subject"), "what": "asked for" }));
    respond(&gate.host, query.get("subject"), false).await
}

async fn respond(host: &Host, subject: Option<&String>, is_dry: bool) -> Response {
    let id = format!("cleanup:{}", host.operation());
    let Some(named) = subject else {
        return match cleanup::pass(host, &id, is_dry).await {
            Ok(tally) => Json(tally).into_response(),
            Err(error) => answer::error(StatusCode::SERVICE_UNAVAILABLE, error),
        };
    };
    let subject = match find(host, named).await {
        Ok(subject) => subject,
        Err(error) => return by_hand::not_done(named, &error),
    };
    let mut tally = Tally::default();
    match cleanup::one(host, &subject, &id, is_dry).await {
        Ok(Some(Answered { refused: Some(refused), .. })) => answer::error(StatusCode::CONFLICT, refused),
        answered => {
            tally.add(&subject, answered);
            Json(tally).into_response()
        }
    }
}

async fn find(host: &Host, named: &str) -> Result<Subject, NotDone> {
    let (full_name, number) = named.split_once('#').ok_or(NotDone::Unknown)?;
    let number = number.parse().map_err(|_| NotDone::Unknown)?;
    let repository = host.store.repository_named(full_name).await?.ok_or(NotDone::Unknown)?;
    let record = host.store.load(SubjectId { repository: repository.id, number }).await?.ok_or(NotDone::Unknown)?;
    match record.ended {
        Some(reason) => Err(NothingToDo::Ended(reason).into()),
        None => Ok(record.subject),
    }
}
