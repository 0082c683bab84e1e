//! DELETE: of one object, with preconditions, and of a whole list.

use super::{Answer, list, shown};
use crate::ask::Ask;
use crate::controllers::{self, FOREGROUND, ORPHAN};
use crate::kind::Kind;
use crate::metadata::text;
use crate::status::{self, Refusal};
use crate::store::{Key, Store};
use serde_json::Value;

/// What a client says about a delete, in the body or in the query.
#[derive(Debug, Default)]
struct Options {
    uid: Option<String>,
    version: Option<String>,
    propagation: String,
}

impl Options {
    fn read(ask: &Ask) -> Result<Self, Refusal> {
        let body: Value = match &ask.body[..] {
            b"" => Value::Null,
            body => serde_json::from_slice(body)
                .map_err(|e| Refusal::bad_request(format!("couldn't get version/kind; json parse error: {e}")))?,
        };
        let told = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let propagation = told("/propagationPolicy").unwrap_or_else(|| ask.parameter("propagationPolicy").to_owned());
        if !matches!(propagation.as_str(), "" | "Foreground" | "Background" | "Orphan") {
            return Err(Refusal::bad_request(format!("invalid propagationPolicy: {propagation:?}")));
        }
        Ok(Self { uid: told("/preconditions/uid"), version: told("/preconditions/resourceVersion"), propagation })
    }

    fn check(&self, kind: &Kind, key: &Key, object: &Value) -> Result<(), Refusal> {
        let pairs = [
            (&self.uid, "UID", text(object, "uid"), "The object might have been deleted and then recreated"),
            (&self.version, "ResourceVersion", text(object, "resourceVersion"), "The object might have been modified"),
        ];
        for (wanted, what, real, perhaps) in pairs {
            if let Some(wanted) = wanted.as_ref().filter(|wanted| *wanted != real) {
                let why = format!("the {what} in the precondition ({wanted}) does not match the {what} in record ({real}). {perhaps}");
                // Kubernetes names the kind here, not the resource.
                return Err(Refusal::conflict(&kind.group, &kind.name, &key.name, &why));
            }
        }
        Ok(())
    }

    /// The finalizer that lets the garbage collector have its turn first.
    fn finalizer(&self) -> Option<&'static str> {
        match self.propagation.as_str() {
            "Foreground" => Some(FOREGROUND),
            "Orphan" => Some(ORPHAN),
            _ => None,
        }
    }
}

/// One object. What can go at once is answered by a `Status`, what lingers by the object.
pub(super) fn delete(store: &mut Store, ask: &Ask, kind: &Kind, key: &Key) -> Result<Answer, Refusal> {
    let options = Options::read(ask)?;
    let object = store.get(key).cloned().ok_or_else(|| Refusal::not_found(kind, &key.name))?;
    options.check(kind, key, &object)?;
    let uid = text(&object, "uid").to_owned();
    Ok(match controllers::delete(store, key, options.finalizer()) {
        Some(lingering) => Answer::Json(200, shown(kind, &lingering)),
        None => Answer::Json(200, status::success(kind, &key.name, &uid)),
    })
}

/// Everything that the selectors match. A parameter that is no selector selects nothing, and so everything goes.
pub(super) fn delete_all(store: &mut Store, ask: &Ask, kind: &Kind, namespace: &str) -> Result<Answer, Refusal> {
    let options = Options::read(ask)?;
    let within = kind.namespaced.then_some(namespace);
    let keys: Vec<Key> = list::selected(store.objects(), ask, kind, within)?.into_iter().map(|(key, _)| key).collect();
    let mut gone = Vec::new();
    for key in keys {
        let object = store.get(&key).cloned().ok_or_else(|| Refusal::not_found(kind, &key.name))?;
        options.check(kind, &key, &object)?;
        gone.push(controllers::delete(store, &key, options.finalizer()).unwrap_or(object));
    }
    Ok(Answer::Json(200, list::listed(kind, &gone, store.revision)))
}
