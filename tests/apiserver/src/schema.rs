//! Schemas of custom resources: what is pruned, what is filled in, and what is refused.
//!
//! It knows types, properties, required fields, items, additional properties, enumerations, bounds, lengths, defaults, `nullable`
//! and the extensions for unknown fields and for numbers that may be texts. Patterns, formats, combinations (`anyOf` and its like) and
//! rules in CEL are not looked at.

use crate::status::Wrong;
use serde_json::{Map, Value};

const UNKNOWN_FIELDS: &str = "x-kubernetes-preserve-unknown-fields";
const INT_OR_STRING: &str = "x-kubernetes-int-or-string";
const EMBEDDED: &str = "x-kubernetes-embedded-resource";

/// Drops fields that the schema does not know, and fills in defaults. At the root, identity and metadata stay.
pub(crate) fn prune(schema: &Value, value: &mut Value) {
    prune_at(schema, value, true);
}

fn prune_at(schema: &Value, value: &mut Value, is_resource: bool) {
    match value {
        Value::Object(object) => {
            if schema[UNKNOWN_FIELDS] != true && schema.get("additionalProperties").is_none() {
                let known = |field: &str| schema["properties"].get(field).is_some() || is_resource && is_identity(field);
                object.retain(|field, _| known(field));
            }
            for (field, of) in schema["properties"].as_object().into_iter().flatten() {
                if let Some(default) = of.get("default")
                    && object.get(field).is_none_or(|value| value.is_null() && of["nullable"] != true)
                {
                    object.insert(field.clone(), default.clone());
                }
            }
            for (field, value) in object.iter_mut().filter(|(field, _)| !(is_resource && is_identity(field))) {
                let of = schema["properties"].get(field).or_else(|| schema.get("additionalProperties"));
                if let Some(of) = of.filter(|of| of.is_object()) {
                    prune_at(of, value, of[EMBEDDED] == true);
                }
            }
        }
        Value::Array(items) => {
            if let Some(of) = schema.get("items") {
                items.iter_mut().for_each(|item| prune_at(of, item, of[EMBEDDED] == true));
            }
        }
        _ => {}
    }
}

fn is_identity(field: &str) -> bool {
    matches!(field, "apiVersion" | "kind" | "metadata")
}

/// Everything in which the value is not as the schema wants it.
pub(crate) fn check(schema: &Value, value: &Value) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    check_at(schema, value, "", &mut wrong);
    wrong
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn check_at(schema: &Value, value: &Value, at: &str, wrong: &mut Vec<Wrong>) {
    if value.is_null() && schema["nullable"] == true {
        return;
    }
    let found = type_of(value);
    let wanted = schema["type"].as_str().unwrap_or_default();
    let either = schema[INT_OR_STRING] == true && matches!(found, "integer" | "string");
    if !(wanted.is_empty() || wanted == found || wanted == "number" && found == "integer" || either) {
        wrong.push(Wrong::mistyped(at, &format!("{found:?}"), wanted));
        return;
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        wrong.push(Wrong::unsupported(at, &value.to_string(), &allowed.iter().map(Value::to_string).collect::<Vec<_>>()));
    }
    match value {
        Value::Object(object) => check_object(schema, object, at, wrong),
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                check_at(&schema["items"], item, &format!("{at}[{i}]"), wrong);
            }
        }
        Value::Number(number) => {
            let number = number.as_f64().unwrap_or_default();
            let bound = |name: &str| schema[name].as_f64();
            if let Some(least) = bound("minimum").filter(|least| number < *least) {
                wrong.push(Wrong::invalid(at, &value.to_string(), &format!("{at} in body should be greater than or equal to {least}")));
            }
            if let Some(most) = bound("maximum").filter(|most| number > *most) {
                wrong.push(Wrong::invalid(at, &value.to_string(), &format!("{at} in body should be less than or equal to {most}")));
            }
        }
        Value::String(text) => {
            let length = text.chars().count() as u64;
            if let Some(least) = schema["minLength"].as_u64().filter(|least| length < *least) {
                wrong.push(Wrong::invalid(at, &value.to_string(), &format!("{at} in body should be at least {least} chars long")));
            }
            if let Some(most) = schema["maxLength"].as_u64().filter(|most| length > *most) {
                wrong.push(Wrong::too_long(at, usize::try_from(most).unwrap_or(usize::MAX)));
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

fn check_object(schema: &Value, object: &Map<String, Value>, at: &str, wrong: &mut Vec<Wrong>) {
    let below = |field: &str| if at.is_empty() { field.to_owned() } else { format!("{at}.{field}") };
    for field in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !object.contains_key(field) {
            wrong.push(Wrong::required(&below(field), ""));
        }
    }
    for (field, value) in object.iter().filter(|(field, _)| !(at.is_empty() && is_identity(field))) {
        let of = schema["properties"].get(field).or_else(|| schema.get("additionalProperties"));
        if let Some(of) = of.filter(|of| of.is_object()) {
            check_at(of, value, &below(field), wrong);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{check, prune};
    use serde_json::{Value, json};

    fn schema() -> Value {
        json!({ "type": "object", "required": ["spec"], "properties": {
            "spec": { "type": "object", "required": ["taskId"], "properties": {
                "taskId": { "type": "integer", "minimum": 1 },
                "mode": { "type": "string", "enum": ["a", "b"], "default": "a" },
                "env": { "type": "object", "additionalProperties": { "type": "string" } },
                "free": { "type": "object", "x-kubernetes-preserve-unknown-fields": true },
            } },
            "status": { "type": "object", "nullable": true },
        } })
    }

    #[test]
    fn what_the_schema_does_not_know_is_dropped_and_defaults_come_in() {
        let mut value = json!({
            "kind": "X", "metadata": { "name": "x" }, "junk": 1,
            "spec": { "taskId": 7, "junk": 2, "env": { "ANY": "x" }, "free": { "any": { "deep": 1 } } },
        });
        prune(&schema(), &mut value);
        let spec = json!({ "taskId": 7, "mode": "a", "env": { "ANY": "x" }, "free": { "any": { "deep": 1 } } });
        assert_eq!(value, json!({ "kind": "X", "metadata": { "name": "x" }, "spec": spec }));
        assert_eq!(check(&schema(), &value), []);
    }

    #[test]
    fn wrong_types_missing_fields_and_values_out_of_bounds_are_all_named() {
        let value = json!({ "spec": { "mode": "c", "env": { "A": 1 } }, "status": null });
        assert_eq!(check(&schema(), &value).len(), 3, "{:?}", check(&schema(), &value));
        assert_eq!(check(&schema(), &json!({})).len(), 1);
        assert_eq!(check(&schema(), &json!({ "spec": { "taskId": 0 } })).len(), 1);
        assert_eq!(check(&schema(), &json!({ "spec": { "taskId": "7" } })).len(), 1);
    }
}
