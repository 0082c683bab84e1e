//! Variables and arguments: from a document's values to JSON.

use super::schema::{Named, Schema, Shape, base};
use super::{Variable, Written};
use graphql_parser::query::Type;
use serde_json::{Map, Value, json};

/// The JSON of a written value; variables are looked up. Absent when it is a variable that was not given.
pub(crate) fn value(written: &Written, variables: &Map<String, Value>) -> Option<Value> {
    Some(match written {
        Written::Variable(name) => return variables.get(name).cloned(),
        Written::Int(number) => number.as_i64().into(),
        Written::Float(number) => json!(number),
        Written::String(text) | Written::Enum(text) => text.as_str().into(),
        Written::Boolean(flag) => (*flag).into(),
        Written::Null => Value::Null,
        Written::List(items) => items.iter().filter_map(|item| value(item, variables)).collect::<Vec<_>>().into(),
        Written::Object(fields) => {
            let given = fields.iter().filter_map(|(name, field)| Some((name.clone(), value(field, variables)?)));
            given.collect::<Map<_, _>>().into()
        }
    })
}

/// Checks the variables that came along and fills in defaults. The error is GitHub's list of errors.
pub(crate) fn coerce_variables(
    schema: &Schema,
    definitions: &[Variable],
    given: &Map<String, Value>,
) -> Result<Map<String, Value>, Vec<Value>> {
    let mut variables = Map::new();
    let mut wrong = Vec::new();
    for definition in definitions {
        let default = definition.default_value.as_ref().and_then(|default| value(default, &Map::new()));
        let shape = &definition.var_type;
        match given.get(&definition.name).cloned().or(default) {
            None if !matches!(shape, Type::NonNullType(_)) => {}
            None => wrong.push(refused(definition, &Value::Null, "Expected value to not be null")),
            Some(value) => match check(schema, shape, &value) {
                Ok(()) => {
                    variables.insert(definition.name.clone(), value);
                }
                Err(why) => wrong.push(refused(definition, &value, &why)),
            },
        }
    }
    if wrong.is_empty() { Ok(variables) } else { Err(wrong) }
}

fn refused(definition: &Variable, value: &Value, why: &str) -> Value {
    json!({
        "message": format!("Variable ${} of type {} was provided invalid value", definition.name, definition.var_type),
        "locations": [{ "line": definition.position.line, "column": definition.position.column }],
        "extensions": { "value": value, "problems": [{ "path": [], "explanation": why }] },
    })
}

/// Whether a JSON value fits a type.
pub(crate) fn check(schema: &Schema, shape: &Shape, value: &Value) -> Result<(), String> {
    match shape {
        Type::NonNullType(inner) if value.is_null() => Err(format!("Expected value to not be null ({})", base(inner))),
        Type::NonNullType(inner) => check(schema, inner, value),
        _ if value.is_null() => Ok(()),
        Type::ListType(inner) => match value {
            Value::Array(items) => items.iter().try_for_each(|item| check(schema, inner, item)),
            // A single value stands for a list of one.
            one => check(schema, inner, one),
        },
        Type::NamedType(name) => check_named(schema, name, value),
    }
}

fn check_named(schema: &Schema, name: &str, value: &Value) -> Result<(), String> {
    let fits = match (schema.named(name), name) {
        (_, "Int") => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        (_, "Float") => value.is_number(),
        (_, "Boolean") => value.is_boolean(),
        (_, "ID") => value.is_string() || value.is_i64() || value.is_u64(),
        (Some(Named::Enum { values }), _) => value.as_str().is_some_and(|text| values.iter().any(|one| one == text)),
        (Some(Named::Input { fields }), _) => return check_input(schema, name, fields, value),
        (Some(Named::Scalar), _) => value.is_string(),
        _ => false,
    };
    if fits { Ok(()) } else { Err(format!("Could not coerce value {value} to {name}")) }
}

fn check_input(schema: &Schema, name: &str, fields: &std::collections::BTreeMap<String, Shape>, value: &Value) -> Result<(), String> {
    let Some(given) = value.as_object() else { return Err(format!("Could not coerce value {value} to {name}")) };
    if let Some(unknown) = given.keys().find(|key| !fields.contains_key(*key)) {
        return Err(format!("Field is not defined on {name}: {unknown}"));
    }
    fields.iter().try_for_each(|(field, shape)| check(schema, shape, given.get(field).unwrap_or(&Value::Null)))
}
