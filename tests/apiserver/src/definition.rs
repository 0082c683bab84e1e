//! Definitions of custom resources: from a CustomResourceDefinition to the kinds that it defines.

use crate::kind::{Kind, Shape};
use crate::metadata::text;
use crate::names;
use crate::status::Wrong;
use serde_json::{Value, json};
use std::sync::Arc;

fn field<'a>(definition: &'a Value, pointer: &str) -> &'a str {
    definition.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn versions(definition: &Value) -> impl Iterator<Item = &Value> {
    definition["spec"]["versions"].as_array().into_iter().flatten()
}

/// What the definition serves: one kind for each served version.
pub(crate) fn kinds(definition: &Value) -> Vec<Arc<Kind>> {
    let short_names = definition.pointer("/spec/names/shortNames").and_then(Value::as_array).into_iter().flatten();
    let short_names: Vec<String> = short_names.filter_map(Value::as_str).map(str::to_owned).collect();
    let served = versions(definition).filter(|version| version["served"] == true);
    let kind = |version: &Value| Kind {
        group: field(definition, "/spec/group").to_owned(),
        version: field(version, "/name").to_owned(),
        plural: field(definition, "/spec/names/plural").to_owned(),
        singular: field(definition, "/spec/names/singular").to_owned(),
        name: field(definition, "/spec/names/kind").to_owned(),
        short_names: short_names.clone(),
        namespaced: field(definition, "/spec/scope") == "Namespaced",
        has_status: version.pointer("/subresources/status").is_some(),
        has_generation: true,
        created_by_put: false,
        replaced_blindly: false,
        shape: Shape::Custom(Arc::new(version.pointer("/schema/openAPIV3Schema").cloned().unwrap_or(Value::Null))),
    };
    served.map(kind).map(Arc::new).collect()
}

/// Fills in what a definition may leave out.
pub(crate) fn complete(definition: &mut Value) {
    let kind = field(definition, "/spec/names/kind").to_owned();
    let Some(names) = definition.pointer_mut("/spec/names").and_then(Value::as_object_mut) else { return };
    names.entry("singular").or_insert_with(|| kind.to_lowercase().into());
    names.entry("listKind").or_insert_with(|| format!("{kind}List").into());
    if let Some(spec) = definition["spec"].as_object_mut() {
        spec.entry("conversion").or_insert_with(|| json!({ "strategy": "None" }));
    }
}

/// The status of a definition that is in force. A real server needs a moment for it; this one has it at once.
pub(crate) fn establish(definition: &mut Value, now: &str) {
    let condition = |kind: &str, reason: &str, message: &str| json!({ "type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": now });
    let stored = versions(definition).filter(|version| version["storage"] == true).map(|version| version["name"].clone());
    definition["status"] = json!({
        "acceptedNames": definition["spec"]["names"],
        "storedVersions": stored.collect::<Vec<_>>(),
        "conditions": [
            condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ],
    });
}

/// Everything that is wrong with a definition.
pub(crate) fn check(definition: &Value) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    for pointer in ["/spec/group", "/spec/scope", "/spec/names/plural", "/spec/names/kind"] {
        if field(definition, pointer).is_empty() {
            wrong.push(Wrong::required(&pointer[1..].replace('/', "."), ""));
        }
    }
    let scope = field(definition, "/spec/scope");
    if !matches!(scope, "" | "Namespaced" | "Cluster") {
        wrong.push(Wrong::unsupported("spec.scope", &format!("{scope:?}"), &["\"Cluster\"".to_owned(), "\"Namespaced\"".to_owned()]));
    }
    let expected = format!("{}.{}", field(definition, "/spec/names/plural"), field(definition, "/spec/group"));
    let name = text(definition, "name");
    if name != expected {
        wrong.push(Wrong::invalid("metadata.name", &format!("{name:?}"), "must be spec.names.plural+\".\"+spec.group"));
    }
    if versions(definition).filter(|version| version["storage"] == true).count() != 1 {
        let versions = definition["spec"]["versions"].to_string();
        wrong.push(Wrong::invalid("spec.versions", &versions, "must have exactly one version marked as storage version"));
    }
    for (i, version) in versions(definition).enumerate() {
        let name = field(version, "/name");
        if let Err(why) = names::dns_label(name) {
            wrong.push(Wrong::invalid(&format!("spec.versions[{i}].name"), &format!("{name:?}"), &why));
        }
        if version.pointer("/schema/openAPIV3Schema").is_none_or(|schema| !schema.is_object()) {
            wrong.push(Wrong::required(&format!("spec.versions[{i}].schema.openAPIV3Schema"), "schemas are required"));
        }
    }
    wrong
}
