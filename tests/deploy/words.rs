//! What people are told to do in docs/cluster.md: the secrets that it has them make are those that are asked for.

use crate::argo::pair;
use crate::render::{one, rendered, root, text};
use crate::settings::config;
use pawl_service::config::Config;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Every file of a configuration that holds a secret.
pub fn secret_files(config: &Config) -> Vec<PathBuf> {
    let github = &config.github;
    let one_each = github.token_file.iter().chain(&github.app_key_file);
    let lists = [&github.webhook_secret_files, &config.signals.token_files, &config.argo.token_files];
    one_each.chain(lists.into_iter().flatten()).cloned().collect()
}

/// The keys that the commands in the page give this Secret.
fn told(secret: &str) -> BTreeSet<String> {
    let page = text("docs/cluster.md");
    let command = page.split("kubectl create secret generic ").find(|rest| rest.split_whitespace().next() == Some(secret));
    let command = command.unwrap_or_else(|| panic!("the page makes no Secret {secret}"));
    // A command ends with the first line that does not go on.
    let more = command.lines().take_while(|line| line.ends_with('\\')).count();
    let words = command.lines().take(more + 1).flat_map(str::split_whitespace);
    let key = |word: &str| {
        word.strip_prefix("--from-file=").or_else(|| word.strip_prefix("--from-literal="))?.split('=').next().map(str::to_owned)
    };
    words.filter_map(key).collect()
}

fn asked(value: &Value, secret: &str, keys: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let (Some(name), Some(key)) = (fields.get("name"), fields.get("key"))
                && name == secret
            {
                keys.insert(key.as_str().unwrap().to_owned());
            }
            fields.values().for_each(|value| asked(value, secret, keys));
        }
        Value::Array(items) => items.iter().for_each(|item| asked(item, secret, keys)),
        _ => {}
    }
}

#[test]
fn v7_the_secrets_that_the_page_makes_are_those_that_are_read() {
    let base = rendered("base");
    let volumes = one(&base, "Deployment")["spec"]["template"]["spec"]["volumes"].as_array().unwrap();
    let names: Vec<&Value> = volumes.iter().filter_map(|volume| volume.pointer("/secret/secretName")).collect();
    assert_eq!(names, ["pawl"]);
    let files = secret_files(&config(&base));
    let read: BTreeSet<String> = files.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(told("pawl"), read);
    let (source, sensor) = pair();
    let mut keys = BTreeSet::new();
    asked(&source["spec"], "pawl-sensor", &mut keys);
    asked(&sensor["spec"], "pawl-sensor", &mut keys);
    assert_eq!(told("pawl-sensor"), keys);
}

#[test]
fn v7_every_folder_that_the_page_installs_is_there() {
    let page = text("docs/cluster.md");
    let folders: Vec<&str> = page.split("apply -k ").skip(1).filter_map(|rest| rest.split_whitespace().next()).collect();
    assert!(folders.contains(&"deploy/base") && folders.contains(&"deploy/argo"), "{folders:?}");
    for folder in folders {
        assert!(root().join(folder).join("kustomization.yaml").exists(), "{folder}");
    }
    let namespace = one(&rendered("base"), "Deployment")["metadata"]["namespace"].as_str().unwrap().to_owned();
    assert!(page.contains(&format!("kubectl create namespace {namespace}")));
    assert!(page.matches("--namespace ").count() > 2 && page.split("--namespace ").skip(1).all(|rest| rest.starts_with(&namespace)));
}
