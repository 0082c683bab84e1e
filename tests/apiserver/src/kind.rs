//! Kinds of objects: what the server has by itself. Custom ones come with their definitions.

use crate::status::qualified;
use serde_json::Value;
use std::sync::Arc;

/// Resource of the namespaces, as keys of the store name it.
pub(crate) const NAMESPACES: &str = "namespaces";
/// Resource of the definitions of custom resources, as keys of the store name it.
pub(crate) const DEFINITIONS: &str = "customresourcedefinitions.apiextensions.k8s.io";

/// What an object of this kind looks like inside.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    Namespace,
    ConfigMap,
    Lease,
    /// Its fields are taken as they come; only metadata is looked at.
    Event,
    Definition,
    /// By the schema of its definition.
    Custom(Arc<Value>),
}

/// One resource in one version.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Kind {
    /// Empty for the core group.
    pub group: String,
    pub version: String,
    pub plural: String,
    pub singular: String,
    pub name: String,
    pub short_names: Vec<String>,
    pub namespaced: bool,
    /// Whether status is a resource of its own, which the main resource ignores.
    pub has_status: bool,
    /// Whether the server counts changes of the specification.
    pub has_generation: bool,
    /// Whether a PUT of a missing object creates it.
    pub created_by_put: bool,
    /// Whether a PUT needs no resourceVersion.
    pub replaced_blindly: bool,
    pub shape: Shape,
}

impl Kind {
    /// `v1`, or `coordination.k8s.io/v1`.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// `leases.coordination.k8s.io`: the resource in all its versions.
    pub(crate) fn resource(&self) -> String {
        qualified(&self.plural, &self.group)
    }

    pub(crate) fn is_custom(&self) -> bool {
        matches!(self.shape, Shape::Custom(_))
    }

    pub(crate) fn list_name(&self) -> String {
        format!("{}List", self.name)
    }

    fn built_in(group: &str, plural: &str, singular: &str, name: &str, shape: Shape) -> Self {
        Self {
            group: group.to_owned(),
            version: "v1".to_owned(),
            plural: plural.to_owned(),
            singular: singular.to_owned(),
            name: name.to_owned(),
            short_names: Vec::new(),
            namespaced: true,
            has_status: false,
            has_generation: false,
            created_by_put: false,
            replaced_blindly: false,
            shape,
        }
    }

    fn short(mut self, names: &[&str]) -> Self {
        self.short_names = names.iter().map(ToString::to_string).collect();
        self
    }
}

/// What every server has.
pub(crate) fn built_in() -> Vec<Arc<Kind>> {
    let namespaces = Kind {
        namespaced: false,
        has_status: true,
        replaced_blindly: true,
        ..Kind::built_in("", NAMESPACES, "namespace", "Namespace", Shape::Namespace).short(&["ns"])
    };
    let config_maps =
        Kind { replaced_blindly: true, ..Kind::built_in("", "configmaps", "configmap", "ConfigMap", Shape::ConfigMap).short(&["cm"]) };
    let leases = Kind { created_by_put: true, ..Kind::built_in("coordination.k8s.io", "leases", "lease", "Lease", Shape::Lease) };
    let events = Kind {
        created_by_put: true,
        replaced_blindly: true,
        ..Kind::built_in("events.k8s.io", "events", "event", "Event", Shape::Event).short(&["ev"])
    };
    let definitions = Kind {
        namespaced: false,
        has_status: true,
        has_generation: true,
        ..Kind::built_in(
            "apiextensions.k8s.io",
            "customresourcedefinitions",
            "customresourcedefinition",
            "CustomResourceDefinition",
            Shape::Definition,
        )
        .short(&["crd", "crds"])
    };
    [namespaces, config_maps, leases, events, definitions].map(Arc::new).into()
}
