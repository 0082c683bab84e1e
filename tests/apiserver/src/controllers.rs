//! How objects go: at once, or when nothing holds them any more.
//!
//! With `controllers` the server also does at once what in a cluster the controller-manager does: it empties a namespace that is
//! deleted, and lets go what was deleted with foreground propagation or as an orphan. Objects that belong to others by an owner
//! reference are left alone.

use crate::kind::{DEFINITIONS, NAMESPACES};
use crate::metadata::{self, finalizers, is_being_deleted, set};
use crate::store::{Key, Store};
use serde_json::{Value, json};
use std::sync::Arc;

/// Put on what is deleted with foreground propagation, until its dependents are gone.
pub(crate) const FOREGROUND: &str = "foregroundDeletion";
/// Put on what is deleted and leaves its dependents behind.
pub(crate) const ORPHAN: &str = "orphan";
/// Put on a definition that is deleted, until its objects are gone.
const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";

/// Begins or does the deletion. Answers the object if something still holds it.
pub(crate) fn delete(store: &mut Store, key: &Key, finalizer: Option<&str>) -> Option<Arc<Value>> {
    let old = store.get(key)?.clone();
    let mut held_by = finalizers(&old);
    // What is deleted already takes no new finalizer, not even the server's own.
    let own = if key.resource == DEFINITIONS { has_objects(store, &old).then_some(CLEANUP) } else { finalizer };
    if let Some(own) = own.filter(|own| !is_being_deleted(&old) && !held_by.iter().any(|f| f == own)) {
        held_by.push(own.to_owned());
    }
    if held_by.is_empty() && key.resource != NAMESPACES {
        store.remove(key);
        return None;
    }
    if is_being_deleted(&old) {
        return Some(old);
    }
    let mut dying = old.as_ref().clone();
    set(&mut dying, "deletionTimestamp", store.clock.written());
    if key.resource == NAMESPACES {
        dying["status"]["phase"] = "Terminating".into();
    } else {
        set(&mut dying, "finalizers", held_by);
        set(&mut dying, "deletionGracePeriodSeconds", 0);
        if let Some(generation) = dying["metadata"]["generation"].as_i64() {
            set(&mut dying, "generation", generation + 1);
        }
    }
    Some(store.put(key, dying))
}

/// Goes on with every deletion that has begun, as far as it can go.
pub(crate) fn settle(store: &mut Store) {
    let mut before = None;
    while before != Some(store.revision) {
        before = Some(store.revision);
        for key in store.dying() {
            match key.resource.as_str() {
                DEFINITIONS => empty_definition(store, &key),
                NAMESPACES if store.controllers => empty_namespace(store, &key),
                _ if store.controllers => collect(store, &key),
                _ => {}
            }
        }
    }
}

fn has_objects(store: &Store, definition: &Value) -> bool {
    let resource = resource_of(definition);
    store.objects().keys().any(|key| key.resource == resource)
}

fn resource_of(definition: &Value) -> &str {
    metadata::text(definition, "name")
}

/// The server itself takes the objects of a definition with it.
fn empty_definition(store: &mut Store, key: &Key) {
    let Some(definition) = store.get(key).cloned() else { return };
    let resource = resource_of(&definition);
    let all: Vec<Key> = store.objects().keys().filter(|key| key.resource == resource).cloned().collect();
    for key in &all {
        delete(store, key, None);
    }
    if !has_objects(store, &definition) {
        release(store, key, &[CLEANUP]);
    }
}

fn empty_namespace(store: &mut Store, key: &Key) {
    let within = |other: &&Key| other.namespace == key.name;
    let all: Vec<Key> = store.objects().keys().filter(within).cloned().collect();
    for key in &all {
        delete(store, key, None);
    }
    let held = store.get(key).is_some_and(|namespace| !finalizers(namespace).is_empty());
    if !held && !store.objects().keys().any(|other| within(&other)) {
        store.remove(key);
    }
}

/// What the garbage collector does for something that nothing belongs to.
fn collect(store: &mut Store, key: &Key) {
    release(store, key, &[FOREGROUND, ORPHAN]);
}

/// Takes these finalizers off; without any the object goes.
fn release(store: &mut Store, key: &Key, names: &[&str]) {
    let Some(old) = store.get(key).cloned() else { return };
    let left: Vec<String> = finalizers(&old).into_iter().filter(|f| !names.contains(&f.as_str())).collect();
    if left.is_empty() {
        store.remove(key);
    } else if left != finalizers(&old) {
        let mut object = old.as_ref().clone();
        set(&mut object, "finalizers", json!(left));
        store.put(key, object);
    }
}
