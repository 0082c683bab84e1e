//! The documents say what is: the policy in the README compiles, and every setting is described.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_first_policy_in_the_readme_is_the_one_that_is_compiled() {
    let source = read("guest/welcome/src/lib.rs");
    let shown = source.split("\n#[cfg(test)]").next().unwrap().trim_end();
    assert!(read("README.md").contains(shown), "copy guest/welcome/src/lib.rs up to its test into README.md");
}

#[test]
fn every_field_of_the_configuration_is_described() {
    let source = ["config.rs", "config/policy.rs", "config/retention.rs"].map(|file| read(&format!("host/service/src/{file}"))).join("\n");
    let described = read("docs/configuration.md");
    let fields: Vec<&str> = source
        .lines()
        .filter_map(|l| l.strip_prefix("    pub ")?.split_once(": "))
        .map(|(name, _)| name)
        .filter(|name| !name.contains(' '))
        .collect();
    assert!(fields.len() > 25, "{fields:?}");
    for field in fields {
        assert!(
            described.contains(&format!("`{field}`"))
                || described.contains(&format!("`[{field}]`"))
                || described.contains(&format!("[{field}."))
                || described.contains(&format!(".{field}]")),
            "docs/configuration.md lacks {field}"
        );
    }
}

#[test]
fn every_link_between_the_documents_leads_somewhere() {
    for document in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "docs/configuration.md",
        "docs/http.md",
        "docs/benchmarks.md",
        "docs/cluster.md",
        "docs/first-policy.md",
        "docs/fixtures.md",
        "docs/workbench.md",
        "deploy/README.md",
    ] {
        let folder = root().join(document).parent().unwrap().to_owned();
        let text = read(document);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap();
            assert!(path.is_empty() || path.starts_with("http") || folder.join(path).exists(), "{document} links to {target}");
        }
    }
}

/// Rows of a table: the first two cells.
fn figures(text: &str) -> Vec<(&str, &str)> {
    text.lines()
        .filter_map(|line| line.strip_prefix("| ")?.split_once(" | "))
        .map(|(figure, rest)| (figure.trim(), rest.split('|').next().unwrap_or_default().trim()))
        .collect()
}

#[test]
fn the_numbers_in_the_readme_are_those_of_the_benchmarks() {
    let (readme, benchmarks) = (read("README.md"), read("docs/benchmarks.md"));
    let costs = readme.split("\n## What it costs\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let (shown, measured) = (figures(costs), figures(&benchmarks));
    let shown: Vec<_> = shown.into_iter().filter(|(figure, _)| !["figure", "---"].contains(figure)).collect();
    assert!(shown.len() >= 8, "{shown:?}");
    for row in shown {
        assert!(measured.contains(&row), "docs/benchmarks.md does not say {row:?}; copy the row from there into README.md");
    }
}

/// V1: the routes that are served are the ones that are described.
#[test]
fn every_route_is_described() {
    let source = read("host/service/src/http.rs");
    let described = read("docs/http.md");
    for route in source.split(".route(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(described.contains(route), "docs/http.md lacks {route}");
    }
}

#[test]
fn the_example_configuration_is_read() {
    let config = pawl_service::config::Config::read(&root().join("deploy/pawl.toml")).unwrap();
    assert_eq!(config.policy.keys().collect::<Vec<_>>(), ["remediation"]);
}
