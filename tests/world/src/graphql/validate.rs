//! What GitHub refuses before it executes anything. A document that is wrong in any place answers errors and no data.

use super::schema::{FieldShape, Named, Schema, Shape, base};
use super::{Directive, Document, Field, Fragment, Operation, SelectionSet, Written};
use graphql_parser::Pos;
use graphql_parser::query::{Definition, Selection, Type, TypeCondition};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

struct Check<'d> {
    schema: &'d Schema,
    fragments: BTreeMap<&'d str, &'d Fragment>,
    /// Types of the declared variables, and whether they have a default.
    variables: BTreeMap<&'d str, (&'d Shape, bool)>,
    used_variables: BTreeSet<String>,
    used_fragments: BTreeSet<String>,
    operation: String,
    errors: Vec<Value>,
}

/// Everything that is wrong with an operation; empty when it may be executed.
pub(crate) fn check(schema: &Schema, document: &Document, operation: &Operation<'_>) -> Vec<Value> {
    let fragments = document.definitions.iter().filter_map(|definition| match definition {
        Definition::Fragment(fragment) => Some((fragment.name.as_str(), fragment)),
        Definition::Operation(_) => None,
    });
    let declared = operation.variables.iter().map(|one| (one.name.as_str(), (&one.var_type, one.default_value.is_some())));
    let mut check = Check {
        schema,
        fragments: fragments.collect(),
        variables: declared.collect(),
        used_variables: BTreeSet::new(),
        used_fragments: BTreeSet::new(),
        operation: operation.name.map_or_else(|| "anonymous operation".to_owned(), str::to_owned),
        errors: Vec::new(),
    };
    for variable in operation.variables {
        let name = base(&variable.var_type);
        if schema.named(name).is_none() {
            check.say(variable.position, "undefinedType", format!("{name} isn't a defined input type (on ${})", variable.name));
        }
    }
    let root = if operation.mutation { "Mutation" } else { "Query" };
    check.selection(root, operation.selection);
    for variable in operation.variables {
        if !check.used_variables.contains(&variable.name) {
            let message = format!("Variable ${} is declared by {} but not used", variable.name, check.operation);
            check.say(variable.position, "variableNotUsed", message);
        }
    }
    let unused: Vec<_> = check
        .fragments
        .values()
        .filter(|one| !check.used_fragments.contains(&one.name))
        .map(|one| (one.position, one.name.clone()))
        .collect();
    for (position, name) in unused {
        check.say(position, "useAndDefineFragment", format!("Fragment {name} was defined, but not used"));
    }
    check.errors
}

impl Check<'_> {
    fn say(&mut self, at: Pos, code: &str, message: String) {
        let locations = json!([{ "line": at.line, "column": at.column }]);
        self.errors.push(json!({ "message": message, "locations": locations, "extensions": { "code": code } }));
    }

    fn selection(&mut self, on: &str, set: &SelectionSet) {
        for item in &set.items {
            match item {
                Selection::Field(field) => self.field(on, field),
                Selection::InlineFragment(inline) => {
                    self.directives(&inline.directives);
                    let TypeCondition::On(condition) = match &inline.type_condition {
                        Some(condition) => condition,
                        None => &TypeCondition::On(on.to_owned()),
                    };
                    self.fragment(on, condition, inline.position, &inline.selection_set);
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.directives);
                    let Some(fragment) = self.fragments.get(spread.fragment_name.as_str()).copied() else {
                        let message = format!("Fragment {} was used, but not defined", spread.fragment_name);
                        self.say(spread.position, "useAndDefineFragment", message);
                        continue;
                    };
                    // Checked once; a fragment that contains itself ends here too.
                    if self.used_fragments.insert(fragment.name.clone()) {
                        let TypeCondition::On(condition) = &fragment.type_condition;
                        self.fragment(on, condition, fragment.position, &fragment.selection_set);
                    }
                }
            }
        }
    }

    fn fragment(&mut self, on: &str, condition: &str, at: Pos, set: &SelectionSet) {
        if !self.schema.is_composite(condition) {
            return self.say(at, "undefinedType", format!("No such type {condition}, so it can't be a fragment condition"));
        }
        let possible = self.schema.objects().any(|object| self.schema.is_a(object, on) && self.schema.is_a(object, condition));
        if !possible {
            let message = format!("Fragment on {condition} can't be spread inside {on}");
            return self.say(at, "cannotSpreadFragment", message);
        }
        self.selection(condition, set);
    }

    fn field(&mut self, on: &str, field: &Field) {
        self.directives(&field.directives);
        if field.name == "__typename" {
            return;
        }
        let Some(shape) = self.schema.field(on, &field.name).cloned() else {
            let message = match self.schema.named(on) {
                Some(Named::Union { .. }) => format!("Selections can't be made directly on unions (see selections on {on})"),
                _ => format!("Field '{}' doesn't exist on type '{on}'", field.name),
            };
            return self.say(field.position, "undefinedField", message);
        };
        self.arguments(field, &shape);
        let result = base(&shape.result);
        match (self.schema.is_composite(result), field.selection_set.items.is_empty()) {
            (true, true) => {
                let message = format!(
                    "Field must have selections (field '{0}' returns {result} but has no selections. Did you mean '{0} {{ ... }}'?)",
                    field.name
                );
                self.say(field.position, "selectionMismatch", message);
            }
            (false, false) => {
                let message = format!("Selections can't be made on scalars (field '{}' returns {result} but has selections)", field.name);
                self.say(field.position, "selectionMismatch", message);
            }
            (true, false) => self.selection(result, &field.selection_set),
            (false, true) => {}
        }
    }

    fn arguments(&mut self, field: &Field, shape: &FieldShape) {
        for (name, value) in &field.arguments {
            match shape.arguments.get(name) {
                None => {
                    let message = format!("Field '{}' doesn't accept argument '{name}'", field.name);
                    self.say(field.position, "argumentNotAccepted", message);
                }
                Some(wanted) => self.value(field, name, wanted, value),
            }
        }
        // `dryRun` and `followRenames` are the arguments with defaults; neither is non-null.
        let required = shape.arguments.iter().filter(|(_, wanted)| matches!(wanted, Type::NonNullType(_)));
        let missing: Vec<&str> =
            required.map(|(name, _)| name.as_str()).filter(|name| !field.arguments.iter().any(|(given, _)| given == name)).collect();
        if !missing.is_empty() {
            let message = format!("Field '{}' is missing required arguments: {}", field.name, missing.join(", "));
            self.say(field.position, "missingRequiredArguments", message);
        }
    }

    /// A written value against the type that its place wants.
    fn value(&mut self, field: &Field, argument: &str, wanted: &Shape, value: &Written) {
        match (value, wanted) {
            (Written::Variable(name), _) => self.variable(field, argument, wanted, name),
            (_, Type::NonNullType(inner)) if !matches!(value, Written::Null) => self.value(field, argument, inner, value),
            (Written::List(items), Type::ListType(inner)) => items.iter().for_each(|item| self.value(field, argument, inner, item)),
            (one, Type::ListType(inner)) if !matches!(one, Written::Null) => self.value(field, argument, inner, one),
            (Written::Object(given), Type::NamedType(name)) => {
                let Some(Named::Input { fields }) = self.schema.named(name) else {
                    return self.mismatch(field, argument, value, wanted);
                };
                for (key, inner) in given {
                    match fields.get(key) {
                        Some(shape) => self.value(field, key, shape, inner),
                        None => {
                            let message = format!("InputObject '{name}' doesn't accept argument '{key}'");
                            self.say(field.position, "argumentNotAccepted", message);
                        }
                    }
                }
                for (key, shape) in fields {
                    if matches!(shape, Type::NonNullType(_)) && !given.contains_key(key) {
                        let message = format!("Argument '{key}' on InputObject '{name}' is required. Expected type {shape}");
                        self.say(field.position, "missingRequiredInputObjectAttribute", message);
                    }
                }
            }
            (_, Type::NamedType(name)) => {
                let fits = match (self.schema.named(name), value) {
                    (_, Written::Null) => true,
                    (Some(Named::Enum { values }), Written::Enum(word)) => values.contains(word),
                    (Some(Named::Enum { .. } | Named::Input { .. }), _) | (_, Written::Enum(_)) => false,
                    (_, Written::String(_)) => !matches!(name.as_str(), "Int" | "Boolean" | "Float"),
                    (_, Written::Int(_)) => matches!(name.as_str(), "Int" | "Float" | "ID"),
                    (_, Written::Boolean(_)) => name == "Boolean",
                    (_, Written::Float(_)) => name == "Float",
                    _ => false,
                };
                if !fits {
                    self.mismatch(field, argument, value, wanted);
                }
            }
            _ => self.mismatch(field, argument, value, wanted),
        }
    }

    fn mismatch(&mut self, field: &Field, argument: &str, value: &Written, wanted: &Shape) {
        let message = format!("Argument '{argument}' on Field '{}' has an invalid value ({value}). Expected type '{wanted}'.", field.name);
        self.say(field.position, "argumentLiteralsIncompatible", message);
    }

    fn variable(&mut self, field: &Field, argument: &str, wanted: &Shape, name: &str) {
        self.used_variables.insert(name.to_owned());
        let Some((declared, has_default)) = self.variables.get(name).copied() else {
            let message = format!("Variable ${name} is used by {} but not declared", self.operation);
            return self.say(field.position, "variableNotDefined", message);
        };
        if !goes_into(declared, has_default, wanted) {
            let message = format!("Type mismatch on variable ${name} and argument {argument} ({declared} / {wanted})");
            self.say(field.position, "variableMismatch", message);
        }
    }

    fn directives(&mut self, directives: &[Directive]) {
        for directive in directives {
            if !matches!(directive.name.as_str(), "include" | "skip") {
                self.say(directive.position, "undefinedDirective", format!("Directive @{} is not defined", directive.name));
            }
            for (_, value) in &directive.arguments {
                if let Written::Variable(name) = value {
                    self.used_variables.insert(name.clone());
                    if !self.variables.contains_key(name.as_str()) {
                        let message = format!("Variable ${name} is used by {} but not declared", self.operation);
                        self.say(directive.position, "variableNotDefined", message);
                    }
                }
            }
        }
    }
}

/// Whether a variable of the declared type may stand where the other is wanted.
fn goes_into(declared: &Shape, has_default: bool, wanted: &Shape) -> bool {
    match (declared, wanted) {
        (Type::NonNullType(declared), Type::NonNullType(wanted)) => goes_into(declared, false, wanted),
        (Type::NonNullType(declared), wanted) => goes_into(declared, false, wanted),
        (declared, Type::NonNullType(wanted)) => has_default && goes_into(declared, false, wanted),
        (Type::ListType(declared), Type::ListType(wanted)) => goes_into(declared, false, wanted),
        (Type::NamedType(declared), Type::NamedType(wanted)) => declared == wanted,
        _ => false,
    }
}
