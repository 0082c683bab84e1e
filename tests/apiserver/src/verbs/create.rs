//! POST: a new object.

use super::revise::{Part, checked};
use crate::kind::{Kind, NAMESPACES, Shape};
use crate::metadata::{self, is_being_deleted, set, text};
use crate::names::NAME_BYTES;
use crate::schema;
use crate::status::{Refusal, Wrong};
use crate::store::{Key, Store};
use crate::{decode, definition};
use serde_json::{Value, json};
use std::sync::Arc;

/// Letters that a generated name has behind its beginning.
const SUFFIX_BYTES: usize = 5;

/// Creates the object, with everything that only the server may say.
pub(super) fn create(store: &mut Store, kind: &Kind, namespace: &str, mut object: Value) -> Result<Arc<Value>, Refusal> {
    let told = text(&object, "namespace");
    if kind.namespaced && !told.is_empty() && told != namespace {
        return Err(Refusal::bad_request("the namespace of the provided object does not match the namespace sent on the request"));
    }
    named(store, kind, &mut object)?;
    let name = text(&object, "name").to_owned();
    if kind.namespaced {
        may_come_into(store, kind, namespace, &name)?;
    }
    let has_version = metadata::version(&object).map_err(Refusal::internal)? != 0;
    system_fields(store, kind, namespace, &mut object);
    first_state(store, kind, &mut object);
    checked(kind, &object, Part::Main)?;
    let key = Key::new(kind, namespace, &name);
    if has_version {
        return Err(Refusal::internal("resourceVersion should not be set on objects to be created"));
    }
    if let Some(there) = store.get(&key) {
        return Err(Refusal::already_exists(kind, &name, is_being_deleted(there)));
    }
    Ok(store.put(&key, object))
}

/// Gives a name to what has only the beginning of one.
fn named(store: &mut Store, kind: &Kind, object: &mut Value) -> Result<(), Refusal> {
    let beginning = text(object, "generateName").to_owned();
    if text(object, "name").is_empty() {
        if beginning.is_empty() {
            let wrong = Wrong::required("metadata.name", "name or generateName is required");
            return Err(Refusal::invalid(&kind.group, &kind.name, "", &[wrong]));
        }
        let kept: String = beginning.chars().take(NAME_BYTES - SUFFIX_BYTES).collect();
        let name = kept + &store.suffix();
        set(object, "name", name);
    }
    Ok(())
}

/// A namespace must be there, and must stay.
fn may_come_into(store: &Store, kind: &Kind, namespace: &str, name: &str) -> Result<(), Refusal> {
    let spaces = store.kind("", "v1", NAMESPACES).expect("every server has namespaces");
    match store.get(&Key::new(&spaces, "", namespace)) {
        None => Err(Refusal::not_found(&spaces, namespace)),
        Some(space) if is_being_deleted(space) => Err(Refusal::terminating(kind, name, namespace)),
        Some(_) => Ok(()),
    }
}

fn system_fields(store: &mut Store, kind: &Kind, namespace: &str, object: &mut Value) {
    let (uid, now) = (store.uid(), store.clock.written());
    for field in ["resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds"] {
        set(object, field, Value::Null);
    }
    set(object, "uid", uid);
    set(object, "creationTimestamp", now);
    set(object, "generation", if kind.has_generation { json!(1) } else { Value::Null });
    set(object, "namespace", if kind.namespaced { namespace.into() } else { Value::Null });
}

/// What a fresh object of its kind looks like.
fn first_state(store: &Store, kind: &Kind, object: &mut Value) {
    if kind.has_status
        && let Some(object) = object.as_object_mut()
    {
        object.remove("status");
    }
    match &kind.shape {
        Shape::Namespace => {
            object["spec"] = json!({ "finalizers": ["kubernetes"] });
            object["status"] = json!({ "phase": "Active" });
            // Selectors find a namespace by its name; the server sees to that itself.
            let name = text(object, "name").to_owned();
            if object["metadata"].get("labels").is_none() {
                set(object, "labels", json!({}));
            }
            object["metadata"]["labels"][decode::NAME_LABEL] = name.into();
        }
        Shape::Definition => {
            definition::complete(object);
            definition::establish(object, &store.clock.written());
        }
        Shape::Custom(of) => schema::prune(of, object),
        Shape::ConfigMap | Shape::Lease | Shape::Event => {}
    }
}
