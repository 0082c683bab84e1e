//! Planted faults stay where they are: nothing that is shipped can make them, and each is planted somewhere.
//!
//! There are two beds: mistakes of the host, which the simulation plants in core, and mistakes of a policy, which the workbench's tests
//! plant in the bundled one by a component of its own.

use super::tree::sources;
use super::walls::packages;
use cargo_metadata::DependencyKind;
use pawl_core::planted::Fault;

/// Who plants where. The workbench ships, so it plants in its tests alone.
const PLANTS: [(&str, &str, DependencyKind); 2] =
    [("pawl-simulate", "pawl-core", DependencyKind::Normal), ("pawl-workbench", "pawl-artifacts", DependencyKind::Development)];
/// The crate that is compiled with mistakes: the bundled policy's sources under another name, for tests alone.
const BED: &str = "pawl-planted";
/// The manifests that name the feature.
const MANIFESTS: [&str; 7] = [
    "Cargo.toml",
    "guest/artifacts/Cargo.toml",
    "guest/artifacts/planted/Cargo.toml",
    "guest/remediation/Cargo.toml",
    "host/core/Cargo.toml",
    "host/workbench/Cargo.toml",
    "tests/simulate/Cargo.toml",
];

#[test]
fn no_crate_but_those_that_test_with_them_enables_planted_faults() {
    let mut broken = Vec::new();
    for package in packages() {
        let name = package.name.as_str();
        let imports = package.dependencies.iter().filter(|imported| imported.features.iter().any(|feature| feature == "planted"));
        let plants = |imported: &&&cargo_metadata::Dependency| PLANTS.contains(&(name, imported.name.as_str(), imported.kind));
        broken.extend(imports.filter(|imported| !plants(&imported)).map(|imported| format!("{name} -> {} with planted", imported.name)));
        broken.extend(package.dependencies.iter().filter(|imported| imported.name == BED).map(|_| format!("{name} -> {BED}")));
        let enables = |(_, enabled): &(&String, &Vec<String>)| enabled.iter().any(|feature| feature.ends_with("planted"));
        broken.extend(
            package
                .features
                .iter()
                .filter(|_| name != BED)
                .filter(enables)
                .map(|(feature, _)| format!("{name}: its feature {feature} enables planted")),
        );
    }
    // Whatever is no member of the workspace has manifests as well.
    let manifests = sources("").into_iter().filter(|s| s.path.ends_with("Cargo.toml") && s.text.contains("planted"));
    broken.extend(manifests.filter(|s| !MANIFESTS.contains(&s.path.as_str())).map(|s| s.path));
    assert!(broken.is_empty(), "planted faults are those tests' alone:\n{}", broken.join("\n"));
}

#[test]
fn nothing_that_is_shipped_plants_a_fault() {
    let plants = |s: &super::tree::Source| s.path != "host/core/src/planted.rs" && s.text.contains("planted::with");
    let found: Vec<String> = sources("host").into_iter().chain(sources("xtask")).filter(plants).map(|s| s.path).collect();
    assert!(found.is_empty(), "only a test may make a mistake on purpose:\n{}", found.join("\n"));
}

#[test]
fn each_fault_has_its_place_in_the_host() {
    let host: Vec<_> = sources("host").into_iter().filter(|s| s.path != "host/core/src/planted.rs").collect();
    let is_nowhere = |fault: &Fault| !host.iter().any(|s| s.text.contains(&format!("planted::is(Fault::{fault:?})")));
    let nowhere: Vec<Fault> = Fault::ALL.into_iter().filter(is_nowhere).collect();
    assert!(nowhere.is_empty(), "nothing makes these mistakes: {nowhere:?}");
}
