//! The configuration in the ConfigMaps, read as the service reads it.

use crate::render::{one, rendered, text};
use pawl_service::config::Config;
use pawl_service::policies::Policies;
use serde::Deserialize;
use serde_json::Value;

/// The part `[cluster]` as `deploy/` uses it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shared {
    pub replicas: u64,
    pub runs: Runs,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runs {
    pub candidates: Vec<Candidate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    pub group: String,
    pub version: String,
    pub plural: String,
}

/// `pawl.toml` among these objects.
pub fn table(objects: &[Value]) -> toml::Table {
    let data = one(objects, "ConfigMap")["data"].as_object().unwrap();
    assert_eq!(data.keys().collect::<Vec<_>>(), ["pawl.toml"]);
    toml::from_str(data["pawl.toml"].as_str().unwrap()).unwrap()
}

/// What replicas share.
pub fn shared(objects: &[Value]) -> Shared {
    table(objects)["cluster"].clone().try_into().unwrap()
}

/// Whether the service of this tree is a replica among replicas already. Says so where it is not, for then less is checked.
pub fn knows_clusters() -> bool {
    let knows = text("host/service/src/config.rs").contains("pub cluster: ");
    if !knows {
        eprintln!("not checked against the service: it has no [cluster] yet");
    }
    knows
}

/// A configuration as the service reads it from a file.
pub fn read(mut table: toml::Table) -> Config {
    if !knows_clusters() {
        table.remove("cluster").unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pawl.toml");
    std::fs::write(&path, table.to_string()).unwrap();
    Config::read(&path).unwrap_or_else(|error| panic!("{error:#}"))
}

/// V7: every field of it is known, and every policy gets what it asks for.
#[test]
fn v7_the_service_reads_the_configuration_and_loads_its_policies() {
    for folder in ["base", "example"] {
        let objects = rendered(folder);
        let policies = Policies::load(&read(table(&objects)), None).unwrap_or_else(|error| panic!("{folder}: {error:#}"));
        assert_eq!(policies.names(), ["remediation"], "{folder}");
    }
}

#[test]
fn v7_the_replicas_that_run_are_those_that_share_the_write_budget() {
    for folder in ["base", "example"] {
        let objects = rendered(folder);
        assert_eq!(one(&objects, "Deployment")["spec"]["replicas"], shared(&objects).replicas, "{folder}");
    }
}
