//! Planted faults stay where they are: nothing that is shipped can make them, and each is planted somewhere.

use super::tree::sources;
use super::walls::packages;
use pawl_core::planted::Fault;

/// The one crate that plants.
const PLANTS: &str = "pawl-simulate";
/// Where its manifest and the feature's own lie.
const MANIFESTS: [&str; 2] = ["host/core/Cargo.toml", "tests/simulate/Cargo.toml"];

#[test]
fn no_crate_but_the_simulation_enables_planted_faults() {
    let mut broken = Vec::new();
    for package in packages() {
        let name = package.name.as_str();
        let imports = package.dependencies.iter().filter(|imported| imported.features.iter().any(|feature| feature == "planted"));
        broken.extend(imports.filter(|_| name != PLANTS).map(|imported| format!("{name} -> {} with planted", imported.name)));
        let enables = |(_, enabled): &(&String, &Vec<String>)| enabled.iter().any(|feature| feature.ends_with("planted"));
        broken.extend(package.features.iter().filter(enables).map(|(feature, _)| format!("{name}: its feature {feature} enables planted")));
    }
    // Whatever is no member of the workspace has manifests as well.
    let manifests = sources("").into_iter().filter(|s| s.path.ends_with("Cargo.toml") && s.text.contains("planted"));
    broken.extend(manifests.filter(|s| !MANIFESTS.contains(&s.path.as_str())).map(|s| s.path));
    assert!(broken.is_empty(), "planted faults are the simulation's alone:\n{}", broken.join("\n"));
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
