//! The metadata of an object: what a client may say there, and what is wrong with it.

use crate::kind::{Kind, Shape};
use crate::names::{self, Why};
use crate::status::Wrong;
use serde_json::{Map, Value};

/// Everything that metadata may hold. The rest is dropped, and so is what the server alone writes down about writers.
const FIELDS: [&str; 13] = [
    "name",
    "generateName",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
];

/// Most bytes of all annotations together.
const ANNOTATION_BYTES: usize = 256 * 1024;

/// A text of metadata; empty when it is absent.
pub(crate) fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object["metadata"][field].as_str().unwrap_or_default()
}

/// Sets a field of metadata; null takes it away.
pub(crate) fn set(object: &mut Value, field: &str, value: impl Into<Value>) {
    let value = value.into();
    let Some(metadata) = object["metadata"].as_object_mut() else { return };
    if value.is_null() {
        metadata.remove(field);
    } else {
        metadata.insert(field.to_owned(), value);
    }
}

pub(crate) fn finalizers(object: &Value) -> Vec<String> {
    let listed = object["metadata"]["finalizers"].as_array().into_iter().flatten();
    listed.filter_map(Value::as_str).map(str::to_owned).collect()
}

pub(crate) fn is_being_deleted(object: &Value) -> bool {
    object["metadata"].get("deletionTimestamp").is_some()
}

/// The version that the object names, 0 when it names none.
pub(crate) fn version(object: &Value) -> Result<u64, String> {
    match text(object, "resourceVersion") {
        "" => Ok(0),
        told => told.parse().map_err(|_| format!("strconv.ParseUint: parsing {told:?}: invalid syntax")),
    }
}

/// Brings metadata into its form: known fields of the right types, nothing empty.
///
/// # Errors
/// With what could not be read; that is a bad request, no invalid object.
pub(crate) fn normalise(object: &mut Map<String, Value>) -> Result<(), String> {
    let metadata = object.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
    if metadata.is_null() {
        *metadata = Value::Object(Map::new());
    }
    let Some(metadata) = metadata.as_object_mut() else {
        return Err("json: cannot unmarshal into Go struct field .metadata of type v1.ObjectMeta".to_owned());
    };
    metadata.retain(|field, value| FIELDS.contains(&field.as_str()) && !is_empty(value));
    for (field, value) in metadata.iter() {
        let fits = match field.as_str() {
            "labels" | "annotations" => value.as_object().is_some_and(|all| all.values().all(Value::is_string)),
            "finalizers" => value.as_array().is_some_and(|all| all.iter().all(Value::is_string)),
            "ownerReferences" => value.as_array().is_some_and(|all| all.iter().all(Value::is_object)),
            "generation" | "deletionGracePeriodSeconds" => value.is_i64(),
            _ => value.is_string(),
        };
        if !fits {
            return Err(format!("json: cannot unmarshal {} into Go struct field ObjectMeta.metadata.{field}", json_type(value)));
        }
    }
    Ok(())
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Object(all) => all.is_empty(),
        _ => false,
    }
}

/// What Go calls a value of JSON.
pub(crate) fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn pairs<'a>(object: &'a Value, field: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let all = object["metadata"][field].as_object().into_iter().flatten();
    all.map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
}

/// Everything that is wrong with the metadata.
pub(crate) fn check(kind: &Kind, object: &Value) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    let mut note = |field: &str, shown: &str, result: Result<(), Why>| {
        if let Err(why) = result {
            wrong.push(Wrong::invalid(field, &format!("{shown:?}"), &why));
        }
    };
    let name = text(object, "name");
    note("metadata.name", name, if kind.shape == Shape::Namespace { names::dns_label(name) } else { names::subdomain(name) });
    for (key, value) in pairs(object, "labels") {
        note("metadata.labels", key, names::qualified_name(key));
        note("metadata.labels", value, names::label_value(value));
    }
    let mut annotation_bytes = 0;
    for (key, value) in pairs(object, "annotations") {
        note("metadata.annotations", key, names::qualified_name(&key.to_lowercase()));
        annotation_bytes += key.len() + value.len();
    }
    for finalizer in finalizers(object) {
        note("metadata.finalizers", &finalizer, names::qualified_name(&finalizer));
    }
    if annotation_bytes > ANNOTATION_BYTES {
        wrong.push(Wrong::too_long("metadata.annotations", ANNOTATION_BYTES));
    }
    for (i, owner) in object["metadata"]["ownerReferences"].as_array().into_iter().flatten().enumerate() {
        for field in ["apiVersion", "kind", "name", "uid"] {
            if owner[field].as_str().is_none_or(str::is_empty) {
                let at = format!("metadata.ownerReferences[{i}].{field}");
                wrong.push(Wrong::invalid(
                    &at,
                    "\"\"",
                    &format!("{} must not be empty", if field == "apiVersion" { "version" } else { field }),
                ));
            }
        }
    }
    wrong
}
