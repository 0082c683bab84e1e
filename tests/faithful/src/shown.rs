//! Whether the data of a GraphQL answer is what its document asked for.

use apollo_compiler::ast::Type;
use apollo_compiler::executable::{Field, Operation, Selection, SelectionSet};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{ExecutableDocument, Schema};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// One look at an answer.
struct Look<'s> {
    schema: &'s Schema,
    document: &'s ExecutableDocument,
    wrong: Vec<String>,
}

/// What is wrong with `data` as the answer to an operation.
pub(crate) fn mistakes(schema: &Schema, document: &ExecutableDocument, operation: &Operation, data: &Value) -> Vec<String> {
    let mut look = Look { schema, document, wrong: Vec::new() };
    match data {
        Value::Object(data) => look.object(&operation.selection_set, data, "data"),
        other => look.wrong.push(format!("data: {other} is no object")),
    }
    look.wrong
}

impl Look<'_> {
    fn object(&mut self, selected: &SelectionSet, shown: &Map<String, Value>, place: &str) {
        let kind = shown.get("__typename").and_then(Value::as_str).map(str::to_owned);
        if let Some(kind) = &kind
            && !self.is_a(kind, &selected.ty)
        {
            self.wrong.push(format!("{place}: a {kind} is no {}", selected.ty));
        }
        let mut asked = BTreeSet::new();
        self.fields(selected, kind.as_deref(), true, shown, place, &mut asked);
        let foreign = shown.keys().filter(|key| !asked.contains(*key));
        self.wrong.extend(foreign.map(|key| format!("{place}.{key}: was not asked for")));
    }

    /// Fields of one selection. Under a condition on the type that nothing tells whether it holds, they may be missing.
    fn fields(
        &mut self,
        selected: &SelectionSet,
        kind: Option<&str>,
        sure: bool,
        shown: &Map<String, Value>,
        place: &str,
        asked: &mut BTreeSet<String>,
    ) {
        for selection in &selected.selections {
            let (inner, condition) = match selection {
                Selection::Field(field) => {
                    let key = field.response_key().to_string();
                    match shown.get(&key) {
                        Some(value) => self.value(field, field.ty(), value, &format!("{place}.{key}")),
                        None if sure => self.wrong.push(format!("{place}.{key}: is missing")),
                        None => {}
                    }
                    asked.insert(key);
                    continue;
                }
                Selection::InlineFragment(one) => (&one.selection_set, one.type_condition.as_ref()),
                Selection::FragmentSpread(one) => match one.fragment_def(self.document) {
                    Some(fragment) => (&fragment.selection_set, Some(fragment.type_condition())),
                    None => continue,
                },
            };
            let holds = match (condition, kind) {
                (None, _) => Some(true),
                (Some(condition), Some(kind)) => Some(self.is_a(kind, condition)),
                (Some(condition), None) if self.is_a(&selected.ty, condition) => Some(true),
                (Some(_), None) => None,
            };
            if holds != Some(false) {
                self.fields(inner, kind, sure && holds == Some(true), shown, place, asked);
            }
        }
    }

    fn is_a(&self, kind: &str, condition: &str) -> bool {
        kind == condition || self.schema.is_subtype(condition, kind)
    }

    fn value(&mut self, field: &Field, ty: &Type, value: &Value, place: &str) {
        match (ty, value) {
            (Type::NonNullNamed(_) | Type::NonNullList(_), Value::Null) => self.wrong.push(format!("{place}: must not be null")),
            (_, Value::Null) => {}
            (Type::List(inner) | Type::NonNullList(inner), Value::Array(items)) => {
                items.iter().enumerate().for_each(|(index, item)| self.value(field, inner, item, &format!("{place}.{index}")));
            }
            (Type::List(_) | Type::NonNullList(_), other) => self.wrong.push(format!("{place}: {other} is no list")),
            (Type::Named(name) | Type::NonNullNamed(name), value) => match (self.schema.types.get(name), value) {
                (Some(ExtendedType::Object(_) | ExtendedType::Interface(_) | ExtendedType::Union(_)), Value::Object(inner)) => {
                    self.object(&field.selection_set, inner, place);
                }
                (Some(named), value) if is_leaf(name, named, value) => {}
                _ => self.wrong.push(format!("{place}: {value} is no {name}")),
            },
        }
    }
}

/// Whether a value is one of a scalar or an enum, as GitHub writes it.
fn is_leaf(name: &str, named: &ExtendedType, value: &Value) -> bool {
    match (named, name) {
        (ExtendedType::Enum(known), _) => value.as_str().is_some_and(|text| known.values.contains_key(text)),
        (_, "Int") => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        (_, "Float") => value.is_number(),
        (_, "Boolean") => value.is_boolean(),
        (_, "ID") => value.as_str().is_some_and(|text| !text.is_empty()),
        (_, "DateTime") => value.as_str().is_some_and(|text| text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok()),
        (_, "GitTimestamp") => value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
        (_, "GitObjectID") => value.as_str().is_some_and(|text| text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())),
        (_, "BigInt") => value.as_str().is_some_and(|text| text.parse::<i64>().is_ok()),
        (_, "URI") => value.as_str().is_some_and(|text| text.contains(':') || text.starts_with('/')),
        (ExtendedType::Scalar(_), _) => value.is_string(),
        _ => false,
    }
}
