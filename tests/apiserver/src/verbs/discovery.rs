//! What the server says about itself: version, groups, resources.

use super::Answer;
use crate::ask::{Ask, Target};
use crate::kind::Kind;
use crate::store::Store;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The Kubernetes version that the server behaves like.
const MINOR: &str = "36";
/// How a client asks for all of discovery in one document.
const AGGREGATED: &str = "as=APIGroupDiscoveryList";

/// Absent where nothing lies.
pub(super) fn answer(store: &Store, ask: &Ask, target: &Target) -> Option<Answer> {
    let of_group = |wanted: &str| store.kinds().iter().filter(|k| k.group == wanted).cloned().collect::<Vec<_>>();
    let aggregated = ask.accept.contains(AGGREGATED) && ask.accept.contains("v=v2;");
    let json = match target {
        Target::Page(path) => return page(path),
        Target::Core if aggregated => return Some(aggregate(&BTreeMap::from([(String::new(), of_group(""))]))),
        Target::Core => json!({
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{ "clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1:443" }],
        }),
        Target::Groups if aggregated => return Some(aggregate(&groups(store))),
        Target::Groups => {
            let groups: Vec<Value> = groups(store).iter().map(|(name, kinds)| group(name, kinds)).collect();
            json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups })
        }
        Target::Group(name) => {
            let mut group = group(name, groups(store).get(name)?);
            group["kind"] = "APIGroup".into();
            group["apiVersion"] = "v1".into();
            group
        }
        Target::Resources { group, version } => {
            let kinds: Vec<_> = of_group(group).into_iter().filter(|kind| kind.version == *version).collect();
            let first = kinds.first()?;
            let resources: Vec<Value> = kinds.iter().flat_map(|kind| resources(kind)).collect();
            json!({ "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": first.api_version(), "resources": resources })
        }
        Target::Objects { .. } => return None,
    };
    Some(Answer::Json(200, json))
}

fn page(path: &str) -> Option<Answer> {
    match path {
        "/healthz" | "/livez" | "/readyz" => Some(Answer::Text(200, "ok")),
        "/version" => Some(Answer::Json(
            200,
            json!({
                "major": "1", "minor": MINOR, "gitVersion": format!("v1.{MINOR}.0"), "gitCommit": "", "gitTreeState": "clean",
                "buildDate": "2026-11-20T12:00:00Z", "goVersion": "", "compiler": "", "platform": "linux/amd64",
            }),
        )),
        _ => None,
    }
}

/// All kinds by group, without the core group.
fn groups(store: &Store) -> BTreeMap<String, Vec<Arc<Kind>>> {
    let mut groups: BTreeMap<String, Vec<Arc<Kind>>> = BTreeMap::new();
    for kind in store.kinds().iter().filter(|kind| !kind.group.is_empty()) {
        groups.entry(kind.group.clone()).or_default().push(Arc::clone(kind));
    }
    groups
}

fn versions(kinds: &[Arc<Kind>]) -> Vec<&str> {
    let mut versions: Vec<&str> = kinds.iter().map(|kind| kind.version.as_str()).collect();
    // Stable ones first, and of these the newest: `v2` before `v1` before `v1beta1`.
    versions.sort_by_key(|version| (version.contains("alpha"), version.contains("beta"), std::cmp::Reverse((version.len(), *version))));
    versions.dedup();
    versions
}

fn group(name: &str, kinds: &[Arc<Kind>]) -> Value {
    let said = |version: &&str| json!({ "groupVersion": format!("{name}/{version}"), "version": version });
    let all: Vec<Value> = versions(kinds).iter().map(said).collect();
    json!({ "name": name, "versions": all, "preferredVersion": all.first() })
}

fn verbs(kind: &Kind) -> Vec<&'static str> {
    let mut verbs = vec!["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    if kind.shape == crate::kind::Shape::Namespace {
        verbs.retain(|verb| *verb != "deletecollection");
    }
    verbs
}

const STATUS_VERBS: [&str; 3] = ["get", "patch", "update"];

fn resources(kind: &Kind) -> Vec<Value> {
    let mut main = json!({
        "name": kind.plural, "singularName": kind.singular, "namespaced": kind.namespaced, "kind": kind.name, "verbs": verbs(kind),
    });
    if !kind.short_names.is_empty() {
        main["shortNames"] = json!(kind.short_names);
    }
    let name = format!("{}/status", kind.plural);
    let status = json!({ "name": name, "singularName": "", "namespaced": kind.namespaced, "kind": kind.name, "verbs": STATUS_VERBS });
    if kind.has_status { vec![main, status] } else { vec![main] }
}

/// Everything in one document, `apidiscovery.k8s.io/v2`.
fn aggregate(groups: &BTreeMap<String, Vec<Arc<Kind>>>) -> Answer {
    let resource = |kind: &Arc<Kind>| {
        let of = json!({ "group": kind.group, "version": kind.version, "kind": kind.name });
        let mut said = json!({
            "resource": kind.plural, "responseKind": of, "scope": if kind.namespaced { "Namespaced" } else { "Cluster" },
            "singularResource": kind.singular, "verbs": verbs(kind),
        });
        if !kind.short_names.is_empty() {
            said["shortNames"] = json!(kind.short_names);
        }
        if kind.has_status {
            said["subresources"] = json!([{ "subresource": "status", "responseKind": of, "verbs": STATUS_VERBS }]);
        }
        said
    };
    let version = |kinds: &[Arc<Kind>], version: &str| {
        let resources: Vec<Value> = kinds.iter().filter(|kind| kind.version == version).map(resource).collect();
        json!({ "version": version, "resources": resources, "freshness": "Current" })
    };
    let item = |(name, kinds): (&String, &Vec<Arc<Kind>>)| {
        let versions: Vec<Value> = versions(kinds).into_iter().map(|of| version(kinds, of)).collect();
        let metadata = if name.is_empty() { json!({}) } else { json!({ "name": name }) };
        json!({ "metadata": metadata, "versions": versions })
    };
    let items: Vec<Value> = groups.iter().map(item).collect();
    Answer::Discovery(json!({ "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items }))
}
