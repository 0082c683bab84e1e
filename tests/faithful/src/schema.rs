//! From a schema inside an OpenAPI description to a check of one JSON value.
//!
//! REST is described in OpenAPI 3.0, where `nullable` stands beside `type` and whatever stands beside `$ref` means nothing; webhooks in
//! 3.1, which is JSON Schema 2020-12. Both become the latter, stricter in one point: a field that no description of an object
//! names is a mistake, unless that object is described as open.

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{Draft, ValidationError};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Keywords that only explain, or speak to generators of code.
const IDLE: [&str; 12] = [
    "description",
    "title",
    "example",
    "examples",
    "default",
    "deprecated",
    "readOnly",
    "discriminator",
    "externalDocs",
    "x-github",
    "x-github-breaking-changes",
    "nullable",
];
/// Keywords whose value is taken over as it is.
const PLAIN: [&str; 14] = [
    "type",
    "format",
    "enum",
    "required",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
];
/// Keywords whose value is a list of schemas of the same place.
const BRANCHES: [&str; 3] = ["allOf", "anyOf", "oneOf"];
/// Where shared schemas are in a description, and in what becomes of it.
const SHARED: &str = "#/components/schemas/";

/// How much of a wrong value is told, in characters.
const VALUE_CHARS: usize = 60;
/// How many of the mistakes of a value are told; they tend to repeat.
const MOST_TOLD: usize = 12;

/// What is wrong with a value by a schema of a description, place by place.
///
/// # Panics
/// When the schema uses a keyword that is not understood here: it must not be passed over in silence.
pub(crate) fn mistakes(description: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut turned = Turned { description, shared: BTreeMap::new() };
    let mut whole = turned.place(schema);
    let shared: Map<String, Value> = turned.shared.into_iter().map(|(name, schema)| (key(&name), schema)).collect();
    whole["$defs"] = shared.into();
    let check = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true).build(&whole);
    let check = check.unwrap_or_else(|error| panic!("the description holds no good schema: {error}"));
    let mut told = Vec::new();
    for error in check.iter_errors(value) {
        tell(&error, &mut told);
    }
    told.dedup();
    told.truncate(MOST_TOLD);
    told
}

/// Names of shared schemas hold characters that pointers escape.
fn key(name: &str) -> String {
    name.replace(['~', '/', '%'], "_")
}

/// The description, and the shared schemas that were needed so far.
struct Turned<'d> {
    description: &'d Value,
    shared: BTreeMap<String, Value>,
}

impl<'d> Turned<'d> {
    /// A schema of its own place: a body, a field, an item. Fields that it does not name are mistakes there.
    fn place(&mut self, schema: &Value) -> Value {
        let mut turned = self.turn(schema);
        if self.names_fields(schema) {
            turned["unevaluatedProperties"] = false.into();
        }
        turned
    }

    /// A shared schema.
    fn shared(&self, reference: &str) -> (String, &'d Value) {
        let name = reference.strip_prefix(SHARED).unwrap_or_else(|| panic!("{reference} is no reference to a shared schema"));
        let schema = self.description["components"]["schemas"].get(name);
        (name.to_owned(), schema.unwrap_or_else(|| panic!("the description lacks {reference}")))
    }

    /// Whether the schema says which fields an object has, in every branch that speaks of objects at all.
    fn names_fields(&self, schema: &Value) -> bool {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            return self.names_fields(self.shared(reference).1);
        }
        if schema.get("properties").is_some() {
            return true;
        }
        let branches: Vec<&Value> =
            BRANCHES.iter().filter_map(|keyword| schema.get(keyword)?.as_array()).flatten().filter(|one| self.is_of_objects(one)).collect();
        !branches.is_empty() && branches.iter().all(|one| self.names_fields(one))
    }

    fn is_of_objects(&self, schema: &Value) -> bool {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            return self.is_of_objects(self.shared(reference).1);
        }
        let kind = &schema["type"];
        let named = kind == "object" || kind.as_array().is_some_and(|kinds| kinds.iter().any(|one| one == "object"));
        named || schema.get("properties").is_some() || BRANCHES.iter().any(|keyword| schema.get(keyword).is_some())
    }

    fn turn(&mut self, schema: &Value) -> Value {
        let Some(fields) = schema.as_object() else {
            return schema.clone();
        };
        if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
            let (name, shared) = self.shared(reference);
            let turned = json!({ "$ref": format!("#/$defs/{}", key(&name)) });
            if !self.shared.contains_key(&name) {
                // Held before it is turned: shared schemas lead back to themselves.
                self.shared.insert(name.clone(), Value::Bool(true));
                let schema = self.turn(shared);
                self.shared.insert(name, schema);
            }
            return turned;
        }
        let mut turned = Map::new();
        for (keyword, value) in fields {
            match keyword.as_str() {
                idle if IDLE.contains(&idle) => {}
                plain if PLAIN.contains(&plain) => {
                    turned.insert(keyword.clone(), value.clone());
                }
                branches if BRANCHES.contains(&branches) => {
                    let schemas: Vec<Value> = value.as_array().into_iter().flatten().map(|one| self.turn(one)).collect();
                    turned.insert(keyword.clone(), schemas.into());
                }
                "properties" => {
                    let properties = value.as_object().into_iter().flatten();
                    let schemas: Map<String, Value> = properties.map(|(name, one)| (name.clone(), self.place(one))).collect();
                    turned.insert(keyword.clone(), schemas.into());
                }
                "items" | "additionalProperties" => {
                    turned.insert(keyword.clone(), self.place(value));
                }
                other => panic!("the description uses {other:?}, which is not understood here"),
            }
        }
        if fields.get("nullable") == Some(&Value::Bool(true)) { or_null(turned) } else { turned.into() }
    }
}

/// The same, or null. GitHub leaves null out of the `enum` of what it calls nullable; both together mean that null is one more.
fn or_null(mut schema: Map<String, Value>) -> Value {
    if let Some(Value::Array(values)) = schema.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
    if BRANCHES.iter().all(|keyword| !schema.contains_key(*keyword))
        && let Some(kind) = schema.remove("type")
    {
        schema.insert("type".to_owned(), json!([kind, "null"]));
        return schema.into();
    }
    json!({ "anyOf": [{ "type": "null" }, schema] })
}

/// Says what is wrong and where; of alternatives, by the one that comes closest: where the mistakes lie deepest, and are
/// fewest.
fn tell(error: &ValidationError<'_>, told: &mut Vec<String>) {
    let depth = |errors: &Vec<ValidationError<'_>>| errors.iter().map(|error| error.instance_path().as_str().len()).max();
    if let Kind::AnyOf { context } | Kind::OneOfNotValid { context } = error.kind()
        && let Some(closest) = context.iter().max_by_key(|errors| (depth(errors), std::cmp::Reverse(errors.len())))
        && !closest.is_empty()
    {
        closest.iter().for_each(|error| tell(error, told));
        return;
    }
    let mut value = error.instance().to_string();
    if value.chars().count() > VALUE_CHARS {
        value = format!("{}…", value.chars().take(VALUE_CHARS).collect::<String>());
    }
    told.push(format!("{}: {} (it is {value})", error.instance_path(), error.masked()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described() -> Value {
        json!({ "components": { "schemas": {
            "user": { "type": "object", "required": ["login"], "properties": { "login": { "type": "string" } } },
            "maybe-user": { "nullable": true, "type": "object", "required": ["login"], "properties": { "login": { "type": "string" } } },
            "thing": {
                "type": "object", "required": ["id", "by"],
                "properties": {
                    "id": { "type": "integer", "minimum": 1 },
                    "at": { "type": "string", "format": "date-time", "nullable": true },
                    "end": { "type": "string", "enum": ["good", "bad"], "nullable": true },
                    "by": { "$ref": "#/components/schemas/maybe-user", "description": "beside a reference: means nothing" },
                    "for": { "nullable": true, "anyOf": [{ "$ref": "#/components/schemas/user" }] },
                    "parts": { "type": "array", "items": { "$ref": "#/components/schemas/thing" } },
                    "free": { "type": "object", "additionalProperties": { "type": "string" } },
                },
            },
        } } })
    }

    fn wrong(value: Value) -> String {
        mistakes(&described(), &json!({ "$ref": "#/components/schemas/thing" }), &value).join("\n")
    }

    #[test]
    fn what_fits_is_not_complained_of() {
        let part = json!({ "id": 2, "by": null, "at": null, "end": null });
        let whole = json!({
            "id": 1, "by": { "login": "ada" }, "at": "2026-11-20T12:00:00Z", "end": "good", "for": null, "parts": [part],
            "free": { "any": "name" },
        });
        assert_eq!(wrong(whole), "");
    }

    #[test]
    fn every_planted_mistake_is_found_where_it_is() {
        let good = json!({ "id": 1, "by": null });
        for (field, planted, place) in [
            ("id", json!("1"), "/id: "),
            ("id", json!(0), "/id: "),
            ("id", json!(null), "/id: "),
            ("at", json!("yesterday"), "/at: "),
            ("end", json!("ugly"), "/end: "),
            ("by", json!({ "name": "ada" }), "/by: "),
            ("by", json!({ "login": "ada", "nmae": "Ada" }), "/by: "),
            ("for", json!({ "login": 1 }), "/for/login: "),
            ("parts", json!([{ "id": 1, "by": { "login": null } }]), "/parts/0/by/login: "),
            ("parts", json!(null), "/parts: "),
            ("free", json!({ "any": 1 }), "/free/any: "),
            ("unheard_of", json!(1), ": "),
        ] {
            let mut bad = good.clone();
            bad[field] = planted.clone();
            let told = wrong(bad);
            assert!(told.starts_with(place), "{field} = {planted}: {told:?}");
        }
        assert!(wrong(json!({ "id": 1 })).contains("\"by\" is a required"), "{}", wrong(json!({ "id": 1 })));
    }

    #[test]
    #[should_panic(expected = "not understood here")]
    fn a_keyword_that_is_not_understood_is_not_passed_over() {
        mistakes(&described(), &json!({ "if": { "type": "object" } }), &json!(1));
    }
}
