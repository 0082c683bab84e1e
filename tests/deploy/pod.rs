//! The pod and what leads to it: ports, files, time to end, and who it may be.

use crate::render::{one, rendered, root, text};
use crate::settings::config;
use serde_json::{Value, json};
use std::path::Path;

/// After draining, claims are given back; and a process takes a moment to end.
const GIVE_BACK_SECONDS: u64 = 10;

fn pod(objects: &[Value]) -> &Value {
    &one(objects, "Deployment")["spec"]["template"]["spec"]
}

fn container(objects: &[Value]) -> &Value {
    let [container] = pod(objects)["containers"].as_array().unwrap().as_slice() else { panic!("there is more than one container") };
    container
}

fn named<'a>(list: &'a Value, name: &str) -> &'a Value {
    let found = list.as_array().unwrap().iter().find(|one| one["name"] == name);
    found.unwrap_or_else(|| panic!("nothing in {list} is called {name}"))
}

/// The volume in which a path lies, and whether it is mounted for reading only.
fn volume<'a>(objects: &'a [Value], path: &Path) -> (&'a Value, bool) {
    let mounts = container(objects)["volumeMounts"].as_array().unwrap();
    let mount = mounts.iter().find(|mount| path.starts_with(mount["mountPath"].as_str().unwrap()));
    let mount = mount.unwrap_or_else(|| panic!("{} lies in no volume", path.display()));
    (named(&pod(objects)["volumes"], mount["name"].as_str().unwrap()), mount["readOnly"] == true)
}

#[test]
fn v7_every_port_is_one_that_is_listened_on() {
    let objects = rendered("base");
    let settings = config(&objects);
    let ports = &container(&objects)["ports"];
    assert_eq!(named(ports, "http")["containerPort"], settings.http.listen.port());
    assert_eq!(named(ports, "admin")["containerPort"], settings.admin.listen.port());
    assert!(settings.http.listen.ip().is_unspecified() && settings.admin.listen.ip().is_unspecified(), "a loopback address reaches nobody");
    let [port] = one(&objects, "Service")["spec"]["ports"].as_array().unwrap().as_slice() else {
        panic!("the admin port is for the inside")
    };
    assert_eq!(port["targetPort"], "http");
    let rules = one(&objects, "NetworkPolicy")["spec"]["ingress"].as_array().unwrap();
    let open: Vec<&Value> =
        rules.iter().filter(|rule| rule.get("from").is_none()).flat_map(|rule| rule["ports"].as_array().unwrap()).collect();
    assert_eq!(open, [&json!({ "port": settings.http.listen.port(), "protocol": "TCP" })]);
    let near: Vec<&Value> =
        rules.iter().filter(|rule| rule.get("from").is_some()).flat_map(|rule| rule["ports"].as_array().unwrap()).collect();
    assert_eq!(near, [&json!({ "port": settings.admin.listen.port(), "protocol": "TCP" })]);
}

#[test]
fn v7_every_file_of_the_configuration_lies_in_a_volume_of_its_kind() {
    for folder in ["base", "example"] {
        let objects = rendered(folder);
        let settings = config(&objects);
        for path in crate::words::secret_files(&settings) {
            let (volume, is_read_only) = volume(&objects, &path);
            assert!(volume["secret"].is_object() && is_read_only, "{} is a secret", path.display());
        }
        let (data, is_read_only) = volume(&objects, &settings.data);
        assert!(data["emptyDir"].is_object() && !is_read_only, "data is written to");
        let args: Vec<&str> = container(&objects)["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()).collect();
        let path = Path::new(args[args.iter().position(|arg| *arg == "--config").unwrap() + 1]);
        let (configuration, _) = volume(&objects, path);
        assert_eq!(configuration["configMap"]["name"], one(&objects, "ConfigMap")["metadata"]["name"]);
        assert!(one(&objects, "ConfigMap")["data"].get(path.file_name().unwrap().to_str().unwrap()).is_some());
        assert_eq!(named(&container(&objects)["env"], "PAWL_CONFIG")["value"], path.to_str().unwrap());
    }
}

#[test]
fn v7_the_command_line_is_one_that_pawl_knows() {
    let objects = rendered("base");
    let args = &container(&objects)["args"];
    assert_eq!(args, &json!(["serve", "--config", "/etc/pawl/pawl.toml", "--log", "json"]));
    let (commands, serve) = (text("host/service/src/cli/mod.rs"), text("host/service/src/cli/serve.rs"));
    assert!(commands.contains("    Serve(serve::Args),") && commands.contains("    config: PathBuf,"));
    assert!(serve.contains("    log: Log,") && serve.contains("    Json,"));
}

/// V7: a variable that nobody reads is a setting that does nothing.
#[test]
fn v7_every_variable_is_read_by_the_service() {
    let objects = rendered("base");
    let mut sources = String::new();
    gather(&root().join("host/service/src"), &mut sources);
    for variable in container(&objects)["env"].as_array().unwrap() {
        let name = variable["name"].as_str().unwrap();
        assert!(sources.contains(&format!("\"{name}\"")), "nobody reads {name}");
    }
}

#[test]
fn k7_a_holder_of_claims_is_known_by_the_uid_of_its_pod() {
    let objects = rendered("base");
    let variable = named(&container(&objects)["env"], pawl_service::cluster::POD_UID);
    assert_eq!(variable["valueFrom"]["fieldRef"]["fieldPath"], "metadata.uid");
}

fn gather(folder: &Path, sources: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, sources);
        } else {
            sources.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn v7_a_pod_has_longer_to_end_than_pawl_takes() {
    for folder in ["base", "example"] {
        let objects = rendered(folder);
        let grace = pod(&objects)["terminationGracePeriodSeconds"].as_u64().unwrap();
        let pause = container(&objects)["lifecycle"]["preStop"]["sleep"]["seconds"].as_u64().unwrap();
        assert!(grace >= pause + config(&objects).limits.drain_seconds + GIVE_BACK_SECONDS, "{folder}");
    }
}

/// V7: a pod that must not be evicted alone, found by everything that looks for it, and allowed nothing it does not need.
#[test]
fn v7_selectors_find_the_pod_and_the_pod_may_do_nothing_more_than_it_needs() {
    let objects = rendered("base");
    let deployment = &one(&objects, "Deployment")["spec"];
    let labels = &deployment["template"]["metadata"]["labels"];
    assert_eq!(labels, &json!({ "app.kubernetes.io/name": "pawl" }));
    let spread = &pod(&objects)["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"][0]["podAffinityTerm"];
    for selector in [
        &deployment["selector"]["matchLabels"],
        &one(&objects, "Service")["spec"]["selector"],
        &one(&objects, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        &one(&objects, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
        &spread["labelSelector"]["matchLabels"],
    ] {
        assert_eq!(selector, labels);
    }
    let least = one(&objects, "PodDisruptionBudget")["spec"]["minAvailable"].as_u64().unwrap();
    assert!((1..deployment["replicas"].as_u64().unwrap()).contains(&least), "nothing could be evicted, or all");
    assert_eq!(deployment["strategy"]["rollingUpdate"]["maxUnavailable"], 0);
    let (pod, container) = (pod(&objects), container(&objects));
    assert_eq!(
        (&pod["securityContext"]["runAsNonRoot"], &pod["securityContext"]["seccompProfile"]["type"]),
        (&json!(true), &json!("RuntimeDefault"))
    );
    let may = json!({ "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": { "drop": ["ALL"] } });
    assert_eq!(container["securityContext"], may);
    for resources in ["requests", "limits"] {
        for resource in ["cpu", "memory", "ephemeral-storage"] {
            assert!(container["resources"][resources][resource].is_string(), "{resources} name no {resource}");
        }
    }
    assert_eq!(pod["serviceAccountName"], one(&objects, "ServiceAccount")["metadata"]["name"]);
    assert_eq!(pod["automountServiceAccountToken"], true, "without a token there is no API server");
    assert_eq!(one(&objects, "ServiceAccount")["automountServiceAccountToken"], false);
}
