//! The part of kustomize that `deploy/` uses: resources, a namespace, images, and patches that are merged. Whatever else a
//! kustomization asks for is refused, so nothing is left out in silence.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Kinds that are in no namespace.
const CLUSTER_WIDE: [&str; 1] = ["CustomResourceDefinition"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Kustomization {
    api_version: String,
    kind: String,
    namespace: Option<String>,
    resources: Vec<String>,
    #[serde(default)]
    images: Vec<Image>,
    #[serde(default)]
    patches: Vec<Patch>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Image {
    name: String,
    new_name: String,
    new_tag: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Patch {
    path: String,
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the repository").to_owned()
}

/// A text file of the repository.
pub fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every object of a YAML file.
pub fn objects(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let read: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(read.iter().all(Value::is_object), "{} holds something that is no object", path.display());
    read
}

/// What a folder of `deploy/` installs.
pub fn rendered(folder: &str) -> Vec<Value> {
    build(&root().join("deploy").join(folder))
}

/// The one object of this kind.
pub fn one<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    let mut of_kind = objects.iter().filter(|object| object["kind"] == kind);
    let found = of_kind.next().unwrap_or_else(|| panic!("there is no {kind}"));
    assert!(of_kind.next().is_none(), "there is more than one {kind}");
    found
}

fn build(folder: &Path) -> Vec<Value> {
    let path = folder.join("kustomization.yaml");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let asked: Kustomization = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!((asked.api_version.as_str(), asked.kind.as_str()), ("kustomize.config.k8s.io/v1beta1", "Kustomization"));
    let mut built = Vec::new();
    for resource in &asked.resources {
        let path = folder.join(resource);
        built.extend(if path.is_dir() { build(&path) } else { objects(&path) });
    }
    for patch in &asked.patches {
        for patch in objects(&folder.join(&patch.path)) {
            apply(&patch, &mut built);
        }
    }
    for object in &mut built {
        if let Some(namespace) = &asked.namespace {
            place(object, namespace);
        }
        asked.images.iter().for_each(|image| rename(object, image));
    }
    built
}

/// Kustomize merges the lists of kinds that it knows by their keys, which this does not; where it knows none, it merges like this.
fn apply(patch: &Value, built: &mut [Value]) {
    let is_plain = patch["kind"] == "ConfigMap" || patch["apiVersion"].as_str().is_some_and(|version| version.starts_with("argoproj.io/"));
    assert!(is_plain, "a patch of a {} would be merged otherwise by kustomize", patch["kind"]);
    let target = built.iter_mut().find(|object| identity(object) == identity(patch));
    merge(target.unwrap_or_else(|| panic!("{:?} is patched and not there", identity(patch))), patch);
}

fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    for (field, value) in patch {
        assert!(!value.is_null(), "{field} is removed by a patch, which this does not do");
        merge(&mut target[field], value);
    }
}

fn place(object: &mut Value, namespace: &str) {
    if CLUSTER_WIDE.iter().any(|kind| object["kind"] == *kind) {
        return;
    }
    object["metadata"]["namespace"] = namespace.into();
    if object["kind"] == "RoleBinding" {
        for subject in object["subjects"].as_array_mut().unwrap() {
            subject["namespace"] = namespace.into();
        }
    }
}

fn rename(object: &mut Value, image: &Image) {
    for list in ["containers", "initContainers"] {
        let containers = object.pointer_mut(&format!("/spec/template/spec/{list}")).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let used = container["image"].as_str().unwrap();
            // A tag is behind the last colon, unless that belongs to a port.
            let name = used.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map_or(used, |(name, _)| name);
            if name == image.name {
                container["image"] = format!("{}:{}", image.new_name, image.new_tag).into();
            }
        }
    }
}

fn identity(object: &Value) -> (String, String, String) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&object["apiVersion"]), text(&object["kind"]), text(&object["metadata"]["name"]))
}

fn by_identity(objects: Vec<Value>) -> BTreeMap<(String, String, String), Value> {
    let count = objects.len();
    let sorted: BTreeMap<_, _> = objects.into_iter().map(|object| (identity(&object), object)).collect();
    assert_eq!(sorted.len(), count, "two objects have the same name");
    sorted
}

/// What kustomize itself says, where it or kubectl is installed.
fn told(folder: &Path) -> Option<String> {
    let run = |program: &str, verb: &str| Command::new(program).arg(verb).arg(folder).output().ok();
    let output = run("kustomize", "build").or_else(|| run("kubectl", "kustomize"))?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn v7_every_folder_renders_as_kustomize_does() {
    for folder in ["base", "argo", "example"] {
        let ours = by_identity(rendered(folder));
        assert!(ours.len() >= 2, "{folder}: {ours:?}");
        let Some(said) = told(&root().join("deploy").join(folder)) else {
            eprintln!("not compared: neither kustomize nor kubectl is installed");
            continue;
        };
        let theirs = by_identity(serde_saphyr::from_multiple(&said).unwrap());
        assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>(), "{folder}");
        for (identity, object) in &ours {
            assert_eq!(object, &theirs[identity], "{folder}: {identity:?}");
        }
    }
}

/// V7: the example is the base with a team's own namespace, image, configuration and repositories, and nothing else.
#[test]
fn v7_an_overlay_changes_what_is_its_own() {
    let (base, example) = (rendered("base"), rendered("example"));
    assert!(example.iter().all(|object| object["metadata"]["namespace"] == "shop-agents"));
    assert_eq!(one(&example, "RoleBinding")["subjects"][0]["namespace"], "shop-agents");
    let image = |objects: &[Value]| one(objects, "Deployment")["spec"]["template"]["spec"]["containers"][0]["image"].clone();
    assert_eq!(image(&base), "registry.example.org/pawl:0.1.0");
    assert_eq!(image(&example), "registry.acme.example/tools/pawl:0.1.0");
    assert_ne!(one(&base, "ConfigMap")["data"], one(&example, "ConfigMap")["data"]);
    let source = &one(&example, "EventSource")["spec"]["github"]["pawl"];
    assert_eq!(source["webhook"]["url"], "https://hooks.acme.example");
    assert_eq!(source["webhook"]["port"], "12000", "what a patch does not name stays");
    for kind in ["Role", "Service", "PodDisruptionBudget", "NetworkPolicy"] {
        assert_eq!(one(&base, kind)["spec"], one(&example, kind)["spec"], "{kind}");
        assert_eq!(one(&base, kind)["rules"], one(&example, kind)["rules"], "{kind}");
    }
}
