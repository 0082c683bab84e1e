//! Whether one GraphQL schema is a part of another.

use apollo_compiler::Schema;
use apollo_compiler::ast::{FieldDefinition, InputValueDefinition};
use apollo_compiler::schema::ExtendedType;

/// Where `part` has something that `whole` does not, or has differently. What an argument or input field needs may not be left out
/// either: a request that leaves it out would be refused by the whole only.
pub(crate) fn mistakes(part: &Schema, whole: &Schema) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, own) in part.types.iter().filter(|(_, own)| !own.is_built_in()) {
        match whole.types.get(name) {
            None => wrong.push(format!("{name} is no type")),
            Some(theirs) => compare(name, own, theirs, &mut wrong),
        }
    }
    wrong
}

fn compare(name: &str, own: &ExtendedType, theirs: &ExtendedType, wrong: &mut Vec<String>) {
    match (own, theirs) {
        (ExtendedType::Scalar(_), ExtendedType::Scalar(_)) => {}
        (ExtendedType::Object(own), ExtendedType::Object(theirs)) => {
            let foreign = own.implements_interfaces.iter().filter(|one| !theirs.implements_interfaces.contains(*one));
            wrong.extend(foreign.map(|one| format!("{name} is no {}", one.name)));
            own.fields.values().for_each(|field| compare_field(name, field, theirs.fields.get(&field.name).map(|one| &***one), wrong));
        }
        (ExtendedType::Interface(own), ExtendedType::Interface(theirs)) => {
            own.fields.values().for_each(|field| compare_field(name, field, theirs.fields.get(&field.name).map(|one| &***one), wrong));
        }
        (ExtendedType::Union(own), ExtendedType::Union(theirs)) => {
            let foreign = own.members.iter().filter(|one| !theirs.members.contains(*one));
            wrong.extend(foreign.map(|one| format!("{} is no {name}", one.name)));
        }
        (ExtendedType::Enum(own), ExtendedType::Enum(theirs)) => {
            let foreign = own.values.keys().filter(|value| !theirs.values.contains_key(*value));
            wrong.extend(foreign.map(|value| format!("{name}.{value} is no value")));
        }
        (ExtendedType::InputObject(own), ExtendedType::InputObject(theirs)) => {
            let own: Vec<&InputValueDefinition> = own.fields.values().map(|one| &***one).collect();
            let theirs: Vec<&InputValueDefinition> = theirs.fields.values().map(|one| &***one).collect();
            compare_inputs(&own, &theirs, |field| format!("{name}.{field}"), wrong);
        }
        _ => wrong.push(format!("{name} is a type of another kind")),
    }
}

fn compare_field(on: &str, own: &FieldDefinition, theirs: Option<&FieldDefinition>, wrong: &mut Vec<String>) {
    let name = &own.name;
    let Some(theirs) = theirs else {
        wrong.push(format!("{on}.{name} is no field"));
        return;
    };
    if own.ty != theirs.ty {
        wrong.push(format!("{on}.{name} is {}, not {}", theirs.ty, own.ty));
    }
    let own: Vec<&InputValueDefinition> = own.arguments.iter().map(|one| &**one).collect();
    let theirs: Vec<&InputValueDefinition> = theirs.arguments.iter().map(|one| &**one).collect();
    compare_inputs(&own, &theirs, |argument| format!("{on}.{name}({argument})"), wrong);
}

fn compare_inputs(own: &[&InputValueDefinition], theirs: &[&InputValueDefinition], say: impl Fn(&str) -> String, wrong: &mut Vec<String>) {
    for one in own {
        match theirs.iter().find(|other| other.name == one.name) {
            None => wrong.push(format!("{} is not taken", say(&one.name))),
            Some(other) if other.ty != one.ty => wrong.push(format!("{} is {}, not {}", say(&one.name), other.ty, one.ty)),
            Some(other) if one.default_value.is_some() && other.default_value != one.default_value => {
                wrong.push(format!("{} has another default", say(&one.name)));
            }
            Some(_) => {}
        }
    }
    for other in theirs.iter().filter(|other| other.ty.is_non_null() && other.default_value.is_none()) {
        if !own.iter().any(|one| one.name == other.name) {
            wrong.push(format!("{} is required", say(&other.name)));
        }
    }
}
