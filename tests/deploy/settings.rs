//! The configuration in the ConfigMaps, read as the service reads it.

use crate::render::{one, rendered};
use pawl_service::cluster::ClusterConfig;
use pawl_service::config::Config;
use pawl_service::policies::Policies;
use serde_json::Value;

/// `pawl.toml` among these objects.
pub fn table(objects: &[Value]) -> toml::Table {
    let data = one(objects, "ConfigMap")["data"].as_object().unwrap();
    assert_eq!(data.keys().collect::<Vec<_>>(), ["pawl.toml"]);
    toml::from_str(data["pawl.toml"].as_str().unwrap()).unwrap()
}

/// A configuration as the service reads it from a file.
pub fn read(table: &toml::Table) -> Config {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pawl.toml");
    std::fs::write(&path, table.to_string()).unwrap();
    Config::read(&path).unwrap_or_else(|error| panic!("{error:#}"))
}

/// What these objects configure, as the service reads it.
pub fn config(objects: &[Value]) -> Config {
    read(&table(objects))
}

/// What replicas share.
pub fn shared(objects: &[Value]) -> ClusterConfig {
    config(objects).cluster.expect("without a table [cluster] each replica would work alone")
}

/// V7: every field of it is known, and every policy gets what it asks for.
#[test]
fn v7_the_service_reads_the_configuration_and_loads_its_policies() {
    for folder in ["base", "example"] {
        let objects = rendered(folder);
        let policies = Policies::load(&config(&objects), None).unwrap_or_else(|error| panic!("{folder}: {error:#}"));
        assert_eq!(policies.names(), ["remediation"], "{folder}");
    }
}

#[test]
fn v7_the_replicas_that_run_are_those_that_share_the_write_budget() {
    for folder in ["base", "example"] {
        let objects = rendered(folder);
        let shared = shared(&objects);
        assert_eq!(one(&objects, "Deployment")["spec"]["replicas"], shared.replicas, "{folder}");
        assert_eq!((shared.kubeconfig, shared.namespace), (None, None), "a pod has an account and a namespace of its own");
        assert_eq!(shared.runs_namespace, None, "the Role is for one namespace");
    }
}
