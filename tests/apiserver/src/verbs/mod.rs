//! What each verb does to the store, in one transaction.

mod create;
mod delete;
mod discovery;
mod list;
mod patch;
mod revise;
mod watch;

pub(crate) use watch::Watching;

use crate::access::Account;
use crate::ask::{Ask, Place, Target};
use crate::controllers;
use crate::decode;
use crate::kind::Kind;
use crate::status::Refusal;
use crate::store::{Key, Store};
use revise::Part;
use serde_json::Value;
use std::sync::Arc;

/// What the server says, before it becomes bytes.
#[derive(Debug)]
pub(crate) enum Answer {
    Json(u16, Value),
    /// All of discovery in one document; clients know it by its content type.
    Discovery(Value),
    Text(u16, &'static str),
    Watch(Box<Watching>),
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self::Json(refusal.code, refusal.to_json())
    }
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Json(status, _) | Self::Text(status, _) => *status,
            Self::Discovery(_) | Self::Watch(_) => 200,
        }
    }
}

/// What Go's router says where nothing lies.
const NOWHERE: Answer = Answer::Text(404, "404 page not found\n");

/// Does what is asked, if the account may; then lets the controllers do their part.
pub(crate) fn answer(store: &mut Store, ask: &Ask, account: &Account) -> Answer {
    let before = store.revision;
    let answer = match ask.parameter("dryRun") {
        "" => carry_out(store, ask, account),
        "All" => carry_out(&mut store.clone(), ask, account),
        other => Err(Refusal::bad_request(format!("invalid dryRun: {other:?}: supported values: \"All\""))),
    };
    if store.revision != before {
        controllers::settle(store);
    }
    answer.unwrap_or_else(Answer::from)
}

fn carry_out(store: &mut Store, ask: &Ask, account: &Account) -> Result<Answer, Refusal> {
    let (group, version, at) = match &ask.target {
        Some(Target::Objects { group, version, at }) => (group, version, at),
        Some(target) => return Ok(discovery::answer(store, ask, target).unwrap_or(NOWHERE)),
        None => return Ok(NOWHERE),
    };
    account.check(ask, group, at)?;
    let Some(kind) = store.kind(group, version, &at.resource) else { return Ok(NOWHERE) };
    if !kind.namespaced && at.namespace.is_some() || kind.namespaced && at.namespace.is_none() && at.name.is_some() {
        return Ok(NOWHERE);
    }
    if !accepts_json(&ask.accept) {
        return Err(Refusal::not_acceptable());
    }
    on_objects(store, ask, account, &kind, at)
}

fn accepts_json(accept: &str) -> bool {
    let plain = |part: &str| matches!(part.split(';').next().map(str::trim), Some("" | "*/*" | "application/*" | "application/json"));
    accept.split(',').any(plain)
}

fn on_objects(store: &mut Store, ask: &Ask, account: &Account, kind: &Arc<Kind>, at: &Place) -> Result<Answer, Refusal> {
    let namespace = at.namespace.as_deref().unwrap_or_default();
    let part = match at.subresource.as_deref() {
        None => Part::Main,
        Some("status") if kind.has_status => Part::Status,
        Some(_) if kind.is_custom() => return Err(Refusal::not_found(kind, at.name.as_deref().unwrap_or_default())),
        Some(_) => return Err(Refusal::no_such_resource()),
    };
    let everywhere = kind.namespaced && at.namespace.is_none();
    let Some(name) = &at.name else {
        return match ask.verb {
            "list" => list::list(store, ask, kind, at.namespace.as_deref()),
            "watch" => watch::watch(store, ask, kind, at.namespace.as_deref()).map(|watching| Answer::Watch(Box::new(watching))),
            _ if everywhere => Err(Refusal::method_not_allowed()),
            "create" => {
                let object = read(ask, kind)?;
                create::create(store, kind, namespace, object).map(|object| Answer::Json(201, shown(kind, &object)))
            }
            "deletecollection" => delete::delete_all(store, ask, kind, namespace),
            _ => Err(Refusal::method_not_allowed()),
        };
    };
    let key = Key::new(kind, namespace, name);
    match ask.verb {
        "get" => store.get(&key).map(|object| Answer::Json(200, shown(kind, object))).ok_or_else(|| Refusal::not_found(kind, name)),
        "update" => {
            let object = read(ask, kind)?;
            let may_create = || account.check_create(&kind.group, at);
            let (object, created) = revise::replace(store, kind, &key, object, part, may_create)?;
            Ok(Answer::Json(if created { 201 } else { 200 }, shown(kind, &object)))
        }
        "patch" => patch::patch(store, ask, kind, &key, part).map(|object| Answer::Json(200, shown(kind, &object))),
        "delete" if part == Part::Main => delete::delete(store, ask, kind, &key),
        _ => Err(Refusal::method_not_allowed()),
    }
}

/// The body as an object of this kind.
fn read(ask: &Ask, kind: &Kind) -> Result<Value, Refusal> {
    if !matches!(ask.content_type.as_str(), "" | "application/json") {
        let message = "the body of the request was in an unknown format - accepted media types include: application/json";
        return Err(Refusal::unsupported_media(message));
    }
    decode::object(kind, &ask.body, ask.parameter("fieldValidation") == "Strict")
}

/// An object in the version that was asked for.
fn shown(kind: &Kind, object: &Value) -> Value {
    let mut object = object.clone();
    object["apiVersion"] = kind.api_version().into();
    object
}
