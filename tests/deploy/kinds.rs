//! Kubernetes' own kinds, read into its types and written again: a field that is lost on the way is misspelt or in the wrong place,
//! and an API server would drop it in silence or refuse the object.

use crate::render::{objects, rendered, root};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// What the type `T` does not keep of a value; empty when it is one, whole.
pub fn lost<T: DeserializeOwned + Serialize>(value: &Value) -> Vec<String> {
    match serde_json::from_value::<T>(value.clone()) {
        Ok(read) => differences("", value, &serde_json::to_value(read).unwrap()),
        Err(error) => vec![error.to_string()],
    }
}

fn differences(path: &str, written: &Value, read: &Value) -> Vec<String> {
    match (written, read) {
        (Value::Object(written), Value::Object(read)) => {
            let gone = written.iter().flat_map(|(field, value)| match read.get(field) {
                Some(kept) => differences(&format!("{path}.{field}"), value, kept),
                None => vec![format!("{path}.{field} is no field")],
            });
            let made = read.keys().filter(|field| !written.contains_key(*field)).map(|field| format!("{path}.{field} is missing"));
            gone.chain(made).collect()
        }
        (Value::Array(written), Value::Array(read)) if written.len() == read.len() => {
            let each = written.iter().zip(read).enumerate();
            each.flat_map(|(i, (written, read))| differences(&format!("{path}[{i}]"), written, read)).collect()
        }
        _ if written == read => Vec::new(),
        _ => vec![format!("{path} is {written} and becomes {read}")],
    }
}

/// What is wrong with an object of Kubernetes' own; `None` when its kind is somebody else's.
pub fn wrong(object: &Value) -> Option<Vec<String>> {
    let named = |field: &str| object[field].as_str().unwrap_or_default();
    Some(match (named("apiVersion"), named("kind")) {
        ("v1", "ServiceAccount") => lost::<ServiceAccount>(object),
        ("v1", "ConfigMap") => lost::<ConfigMap>(object),
        ("v1", "Service") => lost::<Service>(object),
        ("apps/v1", "Deployment") => lost::<Deployment>(object),
        ("rbac.authorization.k8s.io/v1", "Role") => lost::<Role>(object),
        ("rbac.authorization.k8s.io/v1", "RoleBinding") => lost::<RoleBinding>(object),
        ("networking.k8s.io/v1", "NetworkPolicy") => lost::<NetworkPolicy>(object),
        ("policy/v1", "PodDisruptionBudget") => lost::<PodDisruptionBudget>(object),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition") => lost::<CustomResourceDefinition>(object),
        _ => return None,
    })
}

#[test]
fn v7_every_object_is_read_by_kubernetes_types_without_loss() {
    let mut read = 0;
    let definition = objects(&root().join("deploy/test/coderuns.yaml"));
    for object in rendered("base").iter().chain(&rendered("example")).chain(&definition) {
        let Some(wrong) = wrong(object) else {
            assert_eq!(object["apiVersion"], "argoproj.io/v1alpha1", "nobody here knows a {}", object["kind"]);
            continue;
        };
        assert!(wrong.is_empty(), "{} {}: {wrong:#?}", object["kind"], object["metadata"]["name"]);
        read += 1;
    }
    assert_eq!(read, 8 + 8 + 1);
}

/// Changes one value of an object and says what is wrong with it then.
fn with(object: &Value, pointer: &str, field: &str, value: Value) -> Vec<String> {
    let mut object = object.clone();
    object.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is not there"))[field] = value;
    wrong(&object).unwrap()
}

#[test]
fn v7_a_misspelt_field_a_wrong_place_and_a_wrong_type_are_found() {
    let base = rendered("base");
    let deployment = crate::render::one(&base, "Deployment");
    let container = "/spec/template/spec/containers/0";
    assert_eq!(with(deployment, "/spec", "replica", json!(2)), [".spec.replica is no field"]);
    let misspelt = with(deployment, container, "livelinessProbe", json!({}));
    assert_eq!(misspelt, [".spec.template.spec.containers[0].livelinessProbe is no field"]);
    let misplaced = with(deployment, container, "terminationGracePeriodSeconds", json!(45));
    assert_eq!(misplaced, [".spec.template.spec.containers[0].terminationGracePeriodSeconds is no field"]);
    for (pointer, field, value) in [
        ("/spec", "replicas", json!("2")),
        ("/spec/template/spec/containers/0/env/1", "value", json!(1)),
        ("/spec/template/spec/containers/0/resources/limits", "cpu", json!({})),
    ] {
        assert_eq!(with(deployment, pointer, field, value).len(), 1, "{pointer}/{field}");
    }
    let role = crate::render::one(&base, "Role");
    assert_eq!(with(role, "/rules/0", "apiGroup", json!(["x"])), [".rules[0].apiGroup is no field"]);
}
