//! GET of many: selectors, pages, and the version that a watch can go on from.

use super::{Answer, shown};
use crate::ask::Ask;
use crate::kind::Kind;
use crate::selector::Selector;
use crate::status::Refusal;
use crate::store::{Key, Objects, Store};
use serde_json::{Value, json};
use std::ops::Bound;
use std::sync::Arc;

/// The selectors of a request.
pub(super) fn selector(ask: &Ask) -> Result<Selector, Refusal> {
    Selector::read(ask.parameter("labelSelector"), ask.parameter("fieldSelector"))
}

/// A version in the query; absent when there is none.
pub(super) fn version_asked(ask: &Ask) -> Result<Option<u64>, Refusal> {
    match ask.parameter("resourceVersion") {
        "" => Ok(None),
        told => told
            .parse()
            .map(Some)
            .map_err(|_| Refusal::bad_request(format!("invalid resource version {told:?}: strconv.ParseUint: invalid syntax"))),
    }
}

/// Everything of this kind within a namespace, or within all.
pub(super) fn all<'a>(
    objects: &'a Objects,
    kind: &Kind,
    namespace: Option<&'a str>,
) -> impl Iterator<Item = (&'a Key, &'a Arc<Value>)> + use<'a> {
    let resource = kind.resource();
    let first = Key { resource: resource.clone(), namespace: namespace.unwrap_or_default().to_owned(), name: String::new() };
    let of = move |key: &Key| key.resource == resource && namespace.is_none_or(|namespace| namespace == key.namespace);
    objects.range((Bound::Included(first), Bound::Unbounded)).take_while(move |(key, _)| of(key))
}

/// What the selectors of the request match.
pub(super) fn selected(objects: &Objects, ask: &Ask, kind: &Kind, namespace: Option<&str>) -> Result<Vec<(Key, Arc<Value>)>, Refusal> {
    let selector = selector(ask)?;
    let matching = all(objects, kind, namespace).filter(|(_, object)| selector.selects(object));
    Ok(matching.map(|(key, object)| (key.clone(), Arc::clone(object))).collect())
}

/// A list as Kubernetes shows it. Items of built-in kinds do not repeat what they are.
pub(super) fn listed(kind: &Kind, objects: &[Arc<Value>], revision: u64) -> Value {
    let item = |object: &Arc<Value>| {
        let mut item = shown(kind, object);
        if !kind.is_custom()
            && let Some(fields) = item.as_object_mut()
        {
            fields.remove("apiVersion");
            fields.remove("kind");
        }
        item
    };
    let items: Vec<Value> = objects.iter().map(item).collect();
    json!({
        "kind": kind.list_name(), "apiVersion": kind.api_version(), "metadata": { "resourceVersion": revision.to_string() }, "items": items
    })
}

/// The revision that a list shows: the present one, an exact one, or that of its first page.
fn revision(store: &Store, ask: &Ask) -> Result<u64, Refusal> {
    let asked = version_asked(ask)?;
    match (ask.parameter("resourceVersionMatch"), asked) {
        ("" | "NotOlderThan", Some(least)) if least > store.revision => Err(Refusal::too_new(least, store.revision)),
        ("Exact", Some(0) | None) => Err(Refusal::bad_request("resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\"")),
        ("Exact", Some(exact)) => Ok(exact),
        ("NotOlderThan", None) => Err(Refusal::bad_request("resourceVersionMatch is forbidden unless resourceVersion is provided")),
        ("" | "NotOlderThan", _) => Ok(store.revision),
        (other, _) => Err(Refusal::bad_request(format!("resourceVersionMatch: Unsupported value: {other:?}"))),
    }
}

/// Where a page begins: behind this name, at that revision.
fn page(told: &str) -> Option<(u64, String, String)> {
    let mut parts = told.splitn(3, '/');
    let revision = parts.next()?.parse().ok()?;
    Some((revision, parts.next()?.to_owned(), parts.next()?.to_owned()))
}

/// GET of a collection.
pub(super) fn list(store: &Store, ask: &Ask, kind: &Kind, namespace: Option<&str>) -> Result<Answer, Refusal> {
    let limit = match ask.parameter("limit") {
        "" => usize::MAX,
        told => told.parse().map_err(|_| Refusal::bad_request(format!("invalid limit: {told:?}")))?,
    };
    let limit = if limit == 0 { usize::MAX } else { limit };
    let (revision, behind) = match ask.parameter("continue") {
        "" => (revision(store, ask)?, None),
        told => {
            let (revision, namespace, name) =
                page(told).ok_or_else(|| Refusal::bad_request(format!("continue key is not valid: {told:?}")))?;
            (revision, Some((namespace, name)))
        }
    };
    let objects = store.at(revision)?;
    let mut found = selected(&objects, ask, kind, namespace)?;
    found.retain(|(key, _)| behind.as_ref().is_none_or(|(space, name)| (&key.namespace, &key.name) > (space, name)));
    let remaining = found.len().saturating_sub(limit);
    found.truncate(limit);
    let last = found.last().map(|(key, _)| format!("{revision}/{}/{}", key.namespace, key.name));
    let objects: Vec<Arc<Value>> = found.into_iter().map(|(_, object)| object).collect();
    let mut list = listed(kind, &objects, revision);
    if let Some(last) = last.filter(|_| remaining > 0) {
        list["metadata"]["continue"] = last.into();
        // With selectors a real server cannot know how many are left.
        if selector(ask)?.is_everything() {
            list["metadata"]["remainingItemCount"] = remaining.into();
        }
    }
    Ok(Answer::Json(200, list))
}
