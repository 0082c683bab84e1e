//! PUT, and what PUT and PATCH have in common: an object that exists gets a new content, if nobody was faster.

use super::create;
use crate::kind::{Kind, Shape};
use crate::metadata::{self, finalizers, is_being_deleted, set, text};
use crate::names;
use crate::status::{Refusal, Wrong};
use crate::store::{Key, Store};
use crate::{definition, schema};
use serde_json::{Value, json};
use std::sync::Arc;

/// Most bytes of all values of a ConfigMap together.
const CONFIG_BYTES: usize = 1024 * 1024;
/// Most bytes of any object in the store; etcd's limit.
const OBJECT_BYTES: usize = 1536 * 1024;

/// Which part of an object a request writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Main,
    Status,
}

/// PUT. Answers the object and whether it is new.
pub(super) fn replace(
    store: &mut Store,
    kind: &Kind,
    key: &Key,
    mut object: Value,
    part: Part,
    may_create: impl FnOnce() -> Result<(), Refusal>,
) -> Result<(Arc<Value>, bool), Refusal> {
    let name = text(&object, "name");
    if name.is_empty() {
        set(&mut object, "name", key.name.as_str());
    } else if name != key.name {
        let message = format!("the name of the object ({name}) does not match the name on the URL ({})", key.name);
        return Err(Refusal::bad_request(message));
    }
    let namespace = text(&object, "namespace");
    if !namespace.is_empty() && namespace != key.namespace {
        let message = format!("the namespace of the object ({namespace}) does not match the namespace on the URL ({})", key.namespace);
        return Err(Refusal::bad_request(message));
    }
    let uid = text(&object, "uid");
    let there = store.get(key);
    let real = there.map(|there| text(there, "uid")).unwrap_or_default();
    if !uid.is_empty() && uid != real {
        let why = format!(
            "StorageError: invalid object, Code: 4, Key: /registry/{}/{}/{}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in \
             precondition: {uid}, UID in object meta: {real}",
            kind.plural, key.namespace, key.name
        );
        return Err(Refusal::conflict(&kind.group, &kind.plural, &key.name, &why));
    }
    if there.is_some() {
        return revise(store, kind, key, object, part).map(|object| (object, false));
    }
    if !kind.created_by_put || part == Part::Status {
        return Err(Refusal::not_found(kind, &key.name));
    }
    if metadata::version(&object).map_err(Refusal::internal)? != 0 {
        return Err(Refusal::stale(kind, &key.name));
    }
    may_create()?;
    create::create(store, kind, &key.namespace, object).map(|object| (object, true))
}

/// Writes the new content, or finds that there is nothing to write.
pub(super) fn revise(store: &mut Store, kind: &Kind, key: &Key, new: Value, part: Part) -> Result<Arc<Value>, Refusal> {
    let old = store.get(key).cloned().ok_or_else(|| Refusal::not_found(kind, &key.name))?;
    in_time(kind, key, &old, &new)?;
    let mut new = content(kind, &old, new, part);
    keep_what_is_the_servers(kind, &old, &mut new);
    if kind.has_generation && part == Part::Main && specification(kind, &old) != specification(kind, &new) {
        let generation = old["metadata"]["generation"].as_i64().unwrap_or_default();
        set(&mut new, "generation", generation + 1);
    }
    no_new_finalizers(kind, &old, &new)?;
    checked(kind, &new, part)?;
    if new == *old {
        return Ok(old);
    }
    if is_being_deleted(&new) && finalizers(&new).is_empty() && kind.shape != Shape::Namespace {
        store.remove(key);
        return Ok(Arc::new(new));
    }
    Ok(store.put(key, new))
}

/// Compares the version that the writer knows with the one that is.
fn in_time(kind: &Kind, key: &Key, old: &Value, new: &Value) -> Result<(), Refusal> {
    let known = metadata::version(new).map_err(Refusal::internal)?;
    if known == 0 && !kind.replaced_blindly {
        let wrong = Wrong::invalid("metadata.resourceVersion", "0x0", "must be specified for an update");
        // Kubernetes names the resource here, not the kind.
        return Err(Refusal::invalid(&kind.group, &kind.plural, &key.name, &[wrong]));
    }
    if known != 0 && metadata::version(old) != Ok(known) {
        return Err(Refusal::stale(kind, &key.name));
    }
    Ok(())
}

/// The new content, where a request may write only a part of it.
fn content(kind: &Kind, old: &Value, mut new: Value, part: Part) -> Value {
    let other_way = |of: &Value, into: &mut Value| match (of.get("status"), into.as_object_mut()) {
        (Some(status), _) => into["status"] = status.clone(),
        (None, Some(into)) => drop(into.remove("status")),
        (None, None) => {}
    };
    match part {
        Part::Status => {
            let mut whole = old.clone();
            other_way(&new, &mut whole);
            new = whole;
        }
        Part::Main if kind.has_status => other_way(old, &mut new),
        Part::Main => {}
    }
    match &kind.shape {
        Shape::Custom(of) => schema::prune(of, &mut new),
        Shape::Definition => definition::complete(&mut new),
        Shape::Namespace => new["spec"] = old["spec"].clone(),
        Shape::ConfigMap | Shape::Lease | Shape::Event => {}
    }
    new
}

fn keep_what_is_the_servers(kind: &Kind, old: &Value, new: &mut Value) {
    // The stored version of a custom object stays; readers see the version that they ask for.
    new["apiVersion"] = old["apiVersion"].clone();
    let fields =
        ["namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"];
    for field in fields {
        set(new, field, old["metadata"].get(field).cloned().unwrap_or(Value::Null));
    }
    if kind.shape == Shape::Namespace && new["metadata"].get("labels").is_none() {
        set(new, "labels", json!({ crate::decode::NAME_LABEL: text(old, "name") }));
    }
}

/// Everything whose change counts.
fn specification(kind: &Kind, object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        fields.remove("metadata");
        if kind.has_status {
            fields.remove("status");
        }
    }
    object
}

fn no_new_finalizers(kind: &Kind, old: &Value, new: &Value) -> Result<(), Refusal> {
    let before = finalizers(old);
    let added: Vec<String> = finalizers(new).into_iter().filter(|f| !before.contains(f)).map(|f| format!("{f:?}")).collect();
    if added.is_empty() || !is_being_deleted(old) {
        return Ok(());
    }
    let why =
        format!("no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}", added.join(", "));
    Err(Refusal::invalid(&kind.group, &kind.name, text(old, "name"), &[Wrong::forbidden("metadata.finalizers", &why)]))
}

/// Refuses what is not valid, and what is too large.
pub(super) fn checked(kind: &Kind, object: &Value, part: Part) -> Result<(), Refusal> {
    let mut wrong = metadata::check(kind, object);
    match &kind.shape {
        Shape::ConfigMap => config_map(object, &mut wrong),
        Shape::Lease => lease(object, &mut wrong),
        Shape::Definition if part == Part::Main => wrong.extend(definition::check(object)),
        Shape::Custom(of) => wrong.extend(schema::check(of, object)),
        Shape::Namespace | Shape::Event | Shape::Definition => {}
    }
    if !wrong.is_empty() {
        return Err(Refusal::invalid(&kind.group, &kind.name, text(object, "name"), &wrong));
    }
    if serde_json::to_vec(object).is_ok_and(|json| json.len() > OBJECT_BYTES) {
        return Err(Refusal::internal("etcdserver: request is too large"));
    }
    Ok(())
}

fn config_map(object: &Value, wrong: &mut Vec<Wrong>) {
    let mut bytes = 0;
    for field in ["data", "binaryData"] {
        for (key, value) in object[field].as_object().into_iter().flatten() {
            if let Err(why) = names::config_key(key) {
                wrong.push(Wrong::invalid(&format!("{field}[{key}]"), &format!("{key:?}"), &why));
            }
            bytes += value.as_str().map_or(0, str::len);
        }
    }
    if bytes > CONFIG_BYTES {
        wrong.push(Wrong::too_long("[]", CONFIG_BYTES));
    }
}

fn lease(object: &Value, wrong: &mut Vec<Wrong>) {
    for (field, least, why) in
        [("leaseDurationSeconds", 1, "must be greater than 0"), ("leaseTransitions", 0, "must be greater than or equal to 0")]
    {
        if let Some(number) = object["spec"][field].as_i64().filter(|number| *number < least) {
            wrong.push(Wrong::invalid(&format!("spec.{field}"), &number.to_string(), why));
        }
    }
}
