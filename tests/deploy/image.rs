//! The image: what it runs is what the Deployment starts, as the user that the Deployment names.

use crate::render::{one, rendered, text};
use serde_json::json;

#[test]
fn v7_the_image_holds_what_the_deployment_starts() {
    let file = text("deploy/Containerfile");
    let line = |start: &str| file.lines().rev().find_map(|line| line.strip_prefix(start)).unwrap_or_else(|| panic!("no {start}")).trim();
    let objects = rendered("base");
    let pod = &one(&objects, "Deployment")["spec"]["template"]["spec"];
    let entry: Vec<String> = serde_json::from_str(line("ENTRYPOINT")).unwrap();
    assert_eq!(pod["containers"][0]["command"], json!(entry));
    assert_eq!(line("COPY --from=build ").rsplit(' ').next(), Some(entry[0].as_str()));
    let context = &pod["securityContext"];
    assert_eq!(line("USER "), format!("{}:{}", context["runAsUser"], context["runAsGroup"]));
    assert_eq!(context["fsGroup"], context["runAsGroup"], "the group may write to its data and read its secrets");
    let workspace: toml::Table = toml::from_str(&text("Cargo.toml")).unwrap();
    let package = &workspace["workspace"]["package"];
    assert!(file.contains(&format!("rust:{}-", package["rust-version"].as_str().unwrap())), "built by another Rust");
    let image = pod["containers"][0]["image"].as_str().unwrap();
    assert_eq!(image.rsplit(':').next(), package["version"].as_str(), "the tag is the version");
}
