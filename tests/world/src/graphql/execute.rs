//! Execution: selections collected, fields resolved in order, errors beside the data.

use super::resolve::{Arguments, Found, Thing, resolve};
use super::schema::{Schema, Shape};
use super::{Directive, Document, Failure, Field, Fragment, Operation, SelectionSet, values};
use crate::http::limits::Budget;
use crate::state::State;
use graphql_parser::query::{Definition, Selection, Type, TypeCondition};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// One execution.
pub(crate) struct Run<'r> {
    pub state: &'r mut State,
    pub login: &'r str,
    pub budget: Budget,
    schema: &'r Schema,
    fragments: BTreeMap<&'r str, &'r Fragment>,
    variables: Map<String, Value>,
    failing: &'r [&'r str],
    path: Vec<Value>,
    failures: Vec<Value>,
}

/// Fields that answer under one key, in the order of the document.
type Group<'r> = (String, Vec<&'r Field>);

impl<'r> Run<'r> {
    pub(crate) fn new(
        schema: &'r Schema,
        state: &'r mut State,
        document: &'r Document,
        login: &'r str,
        variables: Map<String, Value>,
        budget: Budget,
        failing: &'r [&'r str],
    ) -> Self {
        let fragments = document.definitions.iter().filter_map(|definition| match definition {
            Definition::Fragment(fragment) => Some((fragment.name.as_str(), fragment)),
            Definition::Operation(_) => None,
        });
        Self { state, login, budget, schema, fragments: fragments.collect(), variables, failing, path: Vec::new(), failures: Vec::new() }
    }

    pub(crate) fn into_failures(self) -> Vec<Value> {
        self.failures
    }

    /// The value of `data`.
    pub(crate) fn operation(&mut self, operation: &Operation<'r>) -> Value {
        let root = if operation.mutation { "Mutation" } else { "Query" };
        self.select(&Thing::Root, root, &[operation.selection]).unwrap_or(Value::Null)
    }

    /// The selected fields of a thing. Nothing when one of them failed that may not be null.
    fn select(&mut self, thing: &Thing, on: &str, sets: &[&'r SelectionSet]) -> Option<Value> {
        let mut groups = Vec::new();
        for set in sets {
            self.collect(on, set, &mut groups);
        }
        let mut data = Map::new();
        for (key, fields) in groups {
            let field = fields[0];
            if field.name == "__typename" {
                data.insert(key, on.into());
                continue;
            }
            let schema = self.schema;
            let shape = &schema.field(on, &field.name)?.result;
            self.path.push(key.as_str().into());
            let value = self.field(thing, on, &key, &fields, shape);
            self.path.pop();
            if value.is_null() && matches!(shape, Type::NonNullType(_)) {
                return None;
            }
            data.insert(key, value);
        }
        Some(Value::Object(data))
    }

    /// Fields by response key; fragments that do not concern this type are left out.
    fn collect(&self, on: &str, set: &'r SelectionSet, groups: &mut Vec<Group<'r>>) {
        for item in &set.items {
            match item {
                Selection::Field(field) if self.included(&field.directives) => {
                    let key = field.alias.as_ref().unwrap_or(&field.name);
                    match groups.iter_mut().find(|(known, _)| known == key) {
                        Some((_, fields)) => fields.push(field),
                        None => groups.push((key.clone(), vec![field])),
                    }
                }
                Selection::InlineFragment(inline) if self.included(&inline.directives) => {
                    let fits = inline.type_condition.as_ref().is_none_or(|TypeCondition::On(name)| self.schema.is_a(on, name));
                    if fits {
                        self.collect(on, &inline.selection_set, groups);
                    }
                }
                Selection::FragmentSpread(spread) if self.included(&spread.directives) => {
                    if let Some(fragment) = self.fragments.get(spread.fragment_name.as_str()) {
                        let TypeCondition::On(name) = &fragment.type_condition;
                        if self.schema.is_a(on, name) {
                            self.collect(on, &fragment.selection_set, groups);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn included(&self, directives: &[Directive]) -> bool {
        directives.iter().all(|directive| {
            let condition =
                directive.arguments.iter().find(|(name, _)| name == "if").and_then(|(_, value)| values::value(value, &self.variables));
            let condition = condition.and_then(|value| value.as_bool()).unwrap_or(false);
            if directive.name == "skip" { !condition } else { condition }
        })
    }

    fn field(&mut self, thing: &Thing, on: &str, key: &str, fields: &[&'r Field], shape: &Shape) -> Value {
        let field = fields[0];
        let given = field.arguments.iter().filter_map(|(name, value)| Some((name.clone(), values::value(value, &self.variables)?)));
        let arguments = Arguments(given.collect());
        let found = if on == "Mutation" && self.failing.contains(&key) {
            // GitHub's words for a failure on its side.
            let message = "Something went wrong while executing your query. Please include `D0:11` when reporting this issue.";
            Err(Failure { kind: None, message: message.to_owned() })
        } else {
            resolve(self, thing, on, &field.name, &arguments)
        };
        let found = found.unwrap_or_else(|failure| {
            self.failed(&failure, field);
            Found::Value(Value::Null)
        });
        let sets: Vec<&'r SelectionSet> = fields.iter().map(|field| &field.selection_set).collect();
        self.complete(shape, found, &sets)
    }

    fn failed(&mut self, failure: &Failure, field: &Field) {
        let mut error = json!({
            "path": self.path, "message": failure.message,
            "locations": [{ "line": field.position.line, "column": field.position.column }],
        });
        if let Some(kind) = failure.kind {
            error["type"] = kind.into();
        }
        self.failures.push(error);
    }

    fn complete(&mut self, shape: &Shape, found: Found, sets: &[&'r SelectionSet]) -> Value {
        match found {
            Found::Value(value) => value,
            Found::One(thing) => {
                let declared = super::schema::base(shape);
                let concrete = thing.concrete(self.state).unwrap_or(declared).to_owned();
                self.select(&thing, &concrete, sets).unwrap_or(Value::Null)
            }
            Found::Many(things) => {
                let mut list = Vec::with_capacity(things.len());
                for (index, thing) in things.into_iter().enumerate() {
                    self.path.push(index.into());
                    list.push(self.complete(shape, thing.map_or(Found::Value(Value::Null), Found::One), sets));
                    self.path.pop();
                }
                Value::Array(list)
            }
        }
    }
}
