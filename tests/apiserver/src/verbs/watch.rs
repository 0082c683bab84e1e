//! GET with `watch`: what a watch shows. How it flows is the concern of `stream.rs`.

use super::{list, shown};
use crate::ask::Ask;
use crate::kind::Kind;
use crate::metadata::set;
use crate::selector::Selector;
use crate::status::{Refusal, Wrong, failure};
use crate::store::{Change, Store};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// A watch that has been asked for.
#[derive(Debug)]
pub(crate) struct Watching {
    kind: Arc<Kind>,
    namespace: Option<String>,
    selector: Selector,
    /// Events that come at once.
    pub first: Vec<Value>,
    /// Everything up to here has been seen; nothing more comes where this is absent.
    pub from: Option<u64>,
    /// Whether it is told that the server has forgotten what it asks from.
    pub is_expired: bool,
    /// Whether bookmarks are wanted.
    pub bookmarks: bool,
    /// When it ends by itself, cleanly.
    pub lasts: Option<Duration>,
}

impl Watching {
    /// How this watch sees a change; absent when it does not concern it.
    pub(crate) fn event(&self, change: &Change) -> Option<Value> {
        let key = &change.key;
        if key.resource != self.kind.resource() || self.namespace.as_ref().is_some_and(|namespace| *namespace != key.namespace) {
            return None;
        }
        let selected = |object: &Option<Arc<Value>>| object.as_ref().filter(|object| self.selector.selects(object)).cloned();
        let (what, object) = match (selected(&change.old), selected(&change.new)) {
            (None, Some(new)) => ("ADDED", new),
            (Some(_), Some(new)) => ("MODIFIED", new),
            (Some(old), None) => ("DELETED", old),
            (None, None) => return None,
        };
        let mut object = shown(&self.kind, &object);
        // Whoever goes on from a deletion goes on after it.
        set(&mut object, "resourceVersion", change.revision.to_string());
        Some(json!({ "type": what, "object": object }))
    }

    /// An event that tells nothing but the version.
    pub(crate) fn bookmark(&self, revision: u64, ends_the_beginning: bool) -> Value {
        let mut metadata = json!({ "resourceVersion": revision.to_string() });
        if ends_the_beginning {
            metadata["annotations"] = json!({ "k8s.io/initial-events-end": "true" });
        }
        let object = json!({ "kind": self.kind.name, "apiVersion": self.kind.api_version(), "metadata": metadata });
        json!({ "type": "BOOKMARK", "object": object })
    }

    /// Whether there still is what it watches.
    pub(crate) fn is_served(&self, store: &Store) -> bool {
        store.kind(&self.kind.group, &self.kind.version, &self.kind.plural).is_some()
    }
}

/// Reads what is asked, and what comes at once.
pub(super) fn watch(store: &Store, ask: &Ask, kind: &Arc<Kind>, namespace: Option<&str>) -> Result<Watching, Refusal> {
    let asked = list::version_asked(ask)?;
    let wants_first = ask.parameter("sendInitialEvents");
    let matching = ask.parameter("resourceVersionMatch");
    allowed(wants_first, matching)?;
    let lasts = match ask.parameter("timeoutSeconds") {
        "" | "0" => None,
        told => Some(Duration::from_secs(told.parse().map_err(|_| Refusal::bad_request(format!("invalid timeoutSeconds: {told:?}")))?)),
    };
    let mut watching = Watching {
        kind: Arc::clone(kind),
        namespace: namespace.map(str::to_owned),
        selector: list::selector(ask)?,
        first: Vec::new(),
        from: Some(store.revision),
        is_expired: false,
        bookmarks: ask.parameter("allowWatchBookmarks") == "true",
        lasts,
    };
    let from = asked.filter(|version| *version > 0);
    if let Some(least) = from.filter(|least| *least > store.revision && wants_first == "true") {
        return Err(Refusal::too_new(least, store.revision));
    }
    // Without a version, or from "any", what there is comes first, unless the client says no.
    if wants_first == "true" || from.is_none() && wants_first != "false" {
        let there = list::selected(store.objects(), ask, kind, namespace)?;
        watching.first = there.iter().map(|(_, object)| json!({ "type": "ADDED", "object": shown(kind, object) })).collect();
        if wants_first == "true" && watching.bookmarks {
            watching.first.push(watching.bookmark(store.revision, true));
        }
    } else if let Some(from) = from {
        watching.from = Some(from);
        if let Some(oldest) = store.forgotten(from) {
            let status = failure(410, "Expired", &format!("too old resource version: {from} ({oldest})"));
            watching.first = vec![json!({ "type": "ERROR", "object": status })];
            watching.from = None;
            watching.is_expired = true;
        }
    }
    Ok(watching)
}

/// Which of the two parameters need each other.
fn allowed(wants_first: &str, matching: &str) -> Result<(), Refusal> {
    let wrong = match (wants_first, matching) {
        ("", "") | ("true" | "false", "NotOlderThan") => return Ok(()),
        ("", _) => {
            Wrong::forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")
        }
        ("true" | "false", "") => {
            Wrong::forbidden("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
        }
        ("true" | "false", other) => Wrong::unsupported("resourceVersionMatch", &format!("{other:?}"), &["\"NotOlderThan\"".to_owned()]),
        (other, _) => return Err(Refusal::bad_request(format!("invalid sendInitialEvents: {other:?}"))),
    };
    Err(Refusal::invalid("meta.k8s.io", "ListOptions", "", &[wrong]))
}
