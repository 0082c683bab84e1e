//! PATCH: RFC 7396 (merge) and RFC 6902 (a list of operations).

use super::revise::{Part, revise};
use crate::ask::Ask;
use crate::decode;
use crate::json_patch;
use crate::kind::Kind;
use crate::metadata::text;
use crate::status::{Refusal, Wrong};
use crate::store::{Key, Store};
use serde_json::Value;
use std::sync::Arc;

/// Carries out the patch on the object as it is now.
pub(super) fn patch(store: &mut Store, ask: &Ask, kind: &Kind, key: &Key, part: Part) -> Result<Arc<Value>, Refusal> {
    let old = store.get(key).cloned().ok_or_else(|| Refusal::not_found(kind, &key.name))?;
    let body = || serde_json::from_slice::<Value>(&ask.body).map_err(|e| Refusal::bad_request(format!("error decoding patch: {e}")));
    let new = match ask.content_type.as_str() {
        "application/merge-patch+json" => {
            let patch = body()?;
            if !patch.is_object() {
                return Err(Refusal::bad_request("error decoding patch: a merge patch of an object is an object"));
            }
            merged(old.as_ref().clone(), &patch)
        }
        "application/json-patch+json" => json_patch::apply(old.as_ref().clone(), &body()?)?,
        _ => {
            let message = "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, \
                           application/merge-patch+json";
            return Err(Refusal::unsupported_media(message));
        }
    };
    let new = decode::shaped(kind, restored(kind, new), ask.parameter("fieldValidation") == "Strict")?;
    for field in ["name", "namespace", "uid"] {
        let told = text(&new, field);
        if told != text(&old, field) {
            let wrong = Wrong::invalid(&format!("metadata.{field}"), &format!("{told:?}"), "field is immutable");
            return Err(Refusal::invalid(&kind.group, &kind.name, &key.name, &[wrong]));
        }
    }
    revise(store, kind, key, new, part)
}

/// The stored version becomes that of the path.
fn restored(kind: &Kind, mut object: Value) -> Value {
    if kind.is_custom()
        && let Some(fields) = object.as_object_mut()
    {
        fields.insert("apiVersion".to_owned(), kind.api_version().into());
    }
    object
}

/// RFC 7396.
fn merged(mut target: Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    if !target.is_object() {
        target = Value::Object(serde_json::Map::new());
    }
    if let Some(fields) = target.as_object_mut() {
        for (field, value) in patch {
            if value.is_null() {
                fields.remove(field);
            } else {
                let before = fields.remove(field).unwrap_or(Value::Null);
                fields.insert(field.clone(), merged(before, value));
            }
        }
    }
    target
}

#[cfg(test)]
mod tests {
    use super::merged;
    use serde_json::json;

    #[test]
    fn a_merge_goes_into_objects_replaces_lists_and_takes_away_nulls() {
        let target = json!({ "a": { "b": 1, "c": [1, 2] }, "d": 3, "e": 4 });
        let patch = json!({ "a": { "c": [3], "n": { "x": null, "y": 1 } }, "d": null, "e": { "f": 5 } });
        assert_eq!(merged(target, &patch), json!({ "a": { "b": 1, "c": [3], "n": { "y": 1 } }, "e": { "f": 5 } }));
    }
}
