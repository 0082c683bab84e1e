//! The schema as the executor and the validator need it, read from `schema.graphql` beside this file.

use graphql_parser::schema::{Definition, Field, Type, TypeDefinition, parse_schema};
use std::collections::BTreeMap;
use std::sync::LazyLock;

const SDL: &str = include_str!("schema.graphql");

/// A type of a field or argument.
pub(crate) type Shape = Type<'static, String>;

/// A field: its arguments and its type.
#[derive(Debug, Clone)]
pub(crate) struct FieldShape {
    pub arguments: BTreeMap<String, Shape>,
    pub result: Shape,
}

/// A named type.
#[derive(Debug, Clone)]
pub(crate) enum Named {
    Object { fields: BTreeMap<String, FieldShape>, interfaces: Vec<String> },
    Interface { fields: BTreeMap<String, FieldShape> },
    Union { members: Vec<String> },
    Enum { values: Vec<String> },
    Input { fields: BTreeMap<String, Shape> },
    Scalar,
}

/// Every named type.
#[derive(Debug)]
pub(crate) struct Schema(BTreeMap<String, Named>);

const BUILT_IN: [&str; 5] = ["Int", "Float", "String", "Boolean", "ID"];

fn fields(fields: Vec<Field<'static, String>>) -> BTreeMap<String, FieldShape> {
    let arguments = |field: &Field<'static, String>| {
        field.arguments.iter().map(|argument| (argument.name.clone(), argument.value_type.clone())).collect()
    };
    fields.into_iter().map(|field| (field.name.clone(), FieldShape { arguments: arguments(&field), result: field.field_type })).collect()
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(Schema::read);

/// The schema, read once.
pub(crate) fn schema() -> &'static Schema {
    &SCHEMA
}

impl Schema {
    fn read() -> Self {
        let document = parse_schema::<String>(SDL).expect("the schema beside this file is well-formed").into_static();
        let mut types: BTreeMap<String, Named> = BUILT_IN.iter().map(|name| ((*name).to_owned(), Named::Scalar)).collect();
        for definition in document.definitions {
            let Definition::TypeDefinition(definition) = definition else { continue };
            let (name, named) = match definition {
                TypeDefinition::Object(one) => {
                    (one.name, Named::Object { fields: fields(one.fields), interfaces: one.implements_interfaces })
                }
                TypeDefinition::Interface(one) => (one.name, Named::Interface { fields: fields(one.fields) }),
                TypeDefinition::Union(one) => (one.name, Named::Union { members: one.types }),
                TypeDefinition::Enum(one) => (one.name, Named::Enum { values: one.values.into_iter().map(|value| value.name).collect() }),
                TypeDefinition::InputObject(one) => {
                    (one.name, Named::Input { fields: one.fields.into_iter().map(|field| (field.name, field.value_type)).collect() })
                }
                TypeDefinition::Scalar(one) => (one.name, Named::Scalar),
            };
            types.insert(name, named);
        }
        Self(types)
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Named> {
        self.0.get(name)
    }

    /// A field of an object or interface.
    pub(crate) fn field(&self, on: &str, field: &str) -> Option<&FieldShape> {
        match self.named(on)? {
            Named::Object { fields, .. } | Named::Interface { fields } => fields.get(field),
            _ => None,
        }
    }

    /// Whether values of the type are selected from, rather than shown.
    pub(crate) fn is_composite(&self, name: &str) -> bool {
        matches!(self.named(name), Some(Named::Object { .. } | Named::Interface { .. } | Named::Union { .. }))
    }

    /// Whether an object of this type answers to that type condition.
    pub(crate) fn is_a(&self, object: &str, condition: &str) -> bool {
        if object == condition {
            return true;
        }
        match self.named(condition) {
            Some(Named::Union { members }) => members.iter().any(|member| member == object),
            Some(Named::Interface { .. }) => {
                matches!(self.named(object), Some(Named::Object { interfaces, .. }) if interfaces.iter().any(|one| one == condition))
            }
            _ => false,
        }
    }

    /// Names of all object types, in order.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, named)| matches!(named, Named::Object { .. })).map(|(name, _)| name.as_str())
    }
}

/// The name inside lists and non-null marks.
pub(crate) fn base(shape: &Shape) -> &str {
    match shape {
        Type::NamedType(name) => name,
        Type::ListType(inner) | Type::NonNullType(inner) => base(inner),
    }
}
