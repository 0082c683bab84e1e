//! The walls: which crate may import which. Imports point one way: service, then the adapters, then core.

use super::tree::root;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::process::Command;
use std::sync::LazyLock;

/// What each crate of ours may import of ours, in what it ships. Tests may import more.
const WALLS: &[(&str, &[&str])] = &[
    ("pawl-core", &[]),
    ("pawl-sandbox", &["pawl-core"]),
    ("pawl-github", &["pawl-core"]),
    ("pawl-cluster", &["pawl-core"]),
    ("pawl-store", &["pawl-core"]),
    ("pawl-workbench", &["pawl-core", "pawl-sandbox", "pawl-github"]),
    (
        "pawl-service",
        &["pawl-core", "pawl-sandbox", "pawl-github", "pawl-cluster", "pawl-store", "pawl-workbench", "pawl-artifacts", "pawl-builder"],
    ),
    ("pawl-sdk", &[]),
    ("pawl-remediation", &["pawl-sdk"]),
    ("pawl-welcome", &["pawl-sdk"]),
    ("pawl-hostile", &["pawl-sdk"]),
    ("pawl-planted", &["pawl-sdk"]),
    ("pawl-builder", &[]),
    ("pawl-artifacts", &[]),
    ("pawl-world", &[]),
    ("pawl-apiserver", &[]),
    ("pawl-demo", &["pawl-world"]),
    ("pawl-faithful", &[]),
    (
        "pawl-bench",
        &[
            "pawl-core",
            "pawl-sandbox",
            "pawl-github",
            "pawl-cluster",
            "pawl-artifacts",
            "pawl-sdk",
            "pawl-remediation",
            "pawl-world",
            "pawl-apiserver",
            "pawl-tests",
        ],
    ),
    ("pawl-simulate", &["pawl-core", "pawl-github", "pawl-cluster", "pawl-service", "pawl-world", "pawl-apiserver"]),
    ("xtask", &["pawl-builder"]),
    ("pawl-tests", &["pawl-core", "pawl-sandbox", "pawl-workbench", "pawl-artifacts"]),
];

/// Crates that nothing in core's tree may be: core does nothing itself.
const NOT_IN_CORE: [&str; 9] = ["tokio", "wasmtime", "octocrab", "kube", "axum", "reqwest", "hyper", "mio", "rand"];

/// Crates beside the guests that build and embed them: they run on the host's side and know their bytes only.
const TOOLS: [&str; 2] = ["pawl-builder", "pawl-artifacts"];

/// Crates that only one of ours may import.
const ONE_OWNER: [(&str, &str); 4] =
    [("wasmtime", "pawl-sandbox"), ("octocrab", "pawl-github"), ("kube", "pawl-cluster"), ("redb", "pawl-store")];

static METADATA: LazyLock<Metadata> = LazyLock::new(|| {
    // What other platforms need is not fetched, and says nothing about ours.
    let options = ["--locked", "--filter-platform", &platform()].map(str::to_owned);
    MetadataCommand::new().manifest_path(root().join("Cargo.toml")).other_options(options).exec().expect("cargo reads its own workspace")
});

/// This machine's platform, as rustc calls it.
fn platform() -> String {
    let told = Command::new("rustc").arg("-vV").output().expect("rustc built this test").stdout;
    let told = String::from_utf8(told).expect("rustc speaks UTF-8");
    told.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host").to_owned()
}

/// The crates of this workspace.
pub fn packages() -> Vec<&'static Package> {
    METADATA.workspace_packages()
}

/// What each crate ships with: dependencies that are neither for tests nor for builds.
static SHIPPED: LazyLock<BTreeMap<&'static PackageId, Vec<&'static PackageId>>> = LazyLock::new(|| {
    let resolve = METADATA.resolve.as_ref().expect("metadata was asked for with its dependencies");
    let ships = |kinds: &[cargo_metadata::DepKindInfo]| kinds.iter().any(|k| k.kind == DependencyKind::Normal);
    resolve.nodes.iter().map(|node| (&node.id, node.deps.iter().filter(|d| ships(&d.dep_kinds)).map(|d| &d.pkg).collect())).collect()
});

fn name_of(id: &PackageId) -> &'static str {
    METADATA.packages.iter().find(|p| p.id == *id).map_or("?", |p| p.name.as_str())
}

/// The shortest path from a crate of ours to a crate called `to`, as `a -> b -> c`.
fn path(from: &Package, to: &str) -> Option<String> {
    let mut waiting = VecDeque::from([vec![*SHIPPED.get_key_value(&from.id)?.0]]);
    let mut been = BTreeSet::new();
    while let Some(path) = waiting.pop_front() {
        let last = *path.last()?;
        if path.len() > 1 && name_of(last) == to {
            return Some(path.into_iter().map(|id| name_of(id)).collect::<Vec<_>>().join(" -> "));
        }
        for next in SHIPPED.get(last).into_iter().flatten() {
            if been.insert(*next) {
                waiting.push_back(path.iter().copied().chain([*next]).collect());
            }
        }
    }
    None
}

fn package(name: &str) -> &'static Package {
    packages().into_iter().find(|p| p.name.as_str() == name).unwrap_or_else(|| panic!("the workspace has no crate {name}"))
}

#[test]
fn imports_among_our_crates_point_one_way() {
    let ours: Vec<&str> = packages().iter().map(|p| p.name.as_str()).collect();
    let mut broken = Vec::new();
    for package in packages() {
        let name = package.name.as_str();
        let Some((_, allowed)) = WALLS.iter().find(|(of, _)| *of == name) else {
            broken.push(format!("{name} stands in no wall: say what it may import"));
            continue;
        };
        for id in &SHIPPED[&package.id] {
            let imported = name_of(id);
            if ours.contains(&imported) && !allowed.contains(&imported) {
                broken.push(format!("{name} -> {imported}"));
            }
        }
    }
    assert!(broken.is_empty(), "forbidden imports:\n{}", broken.join("\n"));
}

#[test]
fn core_has_nothing_in_its_tree_that_could_do_anything() {
    let core = package("pawl-core");
    let found: Vec<String> = NOT_IN_CORE.iter().filter_map(|name| path(core, name)).collect();
    assert!(found.is_empty(), "core only thinks:\n{}", found.join("\n"));
}

#[test]
fn each_outside_library_is_seen_by_one_crate_only() {
    let mut broken = Vec::new();
    for package in packages() {
        for id in &SHIPPED[&package.id] {
            let imported = name_of(id);
            let owner = ONE_OWNER.iter().find(|(library, _)| *library == imported).map(|(_, owner)| *owner);
            if owner.is_some_and(|owner| owner != package.name.as_str()) {
                broken.push(format!("{} -> {imported}", package.name));
            }
        }
    }
    for (library, owner) in ONE_OWNER {
        assert!(path(package(owner), library).is_some(), "{owner} no longer imports {library}: the wall stands in the wrong place");
    }
    assert!(broken.is_empty(), "forbidden imports:\n{}", broken.join("\n"));
}

#[test]
fn guests_and_host_meet_only_in_the_contract() {
    let host: Vec<&str> = packages().iter().filter(|p| p.manifest_path.as_str().contains("/host/")).map(|p| p.name.as_str()).collect();
    assert!(host.contains(&"pawl-core") && host.contains(&"pawl-service"), "{host:?}");
    let is_guest = |p: &&Package| p.manifest_path.as_str().contains("/guest/") && !TOOLS.contains(&p.name.as_str());
    let guests: Vec<&str> = packages().into_iter().filter(is_guest).map(|p| p.name.as_str()).collect();
    assert!(guests.contains(&"pawl-sdk") && guests.contains(&"pawl-remediation"), "{guests:?}");
    let mut broken = Vec::new();
    for (from, to) in [(&guests[..], &host[..]), (&host[..], &guests[..])] {
        broken.extend(from.iter().flat_map(|from| to.iter().filter_map(|to| path(package(from), to))));
    }
    assert!(broken.is_empty(), "forbidden imports:\n{}", broken.join("\n"));
}

/// Crates that measure or simulate: tests in all but name, and nobody's dependency.
const MEASURES: [&str; 2] = ["pawl-bench", "pawl-simulate"];

#[test]
fn nobody_ships_the_service_or_the_tests() {
    let mut broken = Vec::new();
    for from in packages() {
        broken.extend(MEASURES.iter().filter_map(|to| path(from, to)));
        if MEASURES.contains(&from.name.as_str()) {
            continue;
        }
        broken.extend(["pawl-service", "pawl-tests"].iter().filter_map(|to| path(from, to)));
    }
    assert!(broken.is_empty(), "forbidden imports:\n{}", broken.join("\n"));
}
