//! The fuzz targets are built by hand only. So that they do not rot unseen, what their manifest names must be there.

use super::tree::{root, sources};
use std::path::Path;

/// Values of `key = "…"` in a manifest or an attribute.
fn values<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
    let start = format!("{key} = \"");
    text.match_indices(&start).filter_map(|(i, _)| text[i + start.len()..].split('"').next()).collect()
}

#[test]
fn every_fuzz_target_and_every_path_it_names_is_there() {
    let fuzz = root().join("fuzz");
    let manifest = std::fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    let paths = values(&manifest, "path");
    let targets: Vec<&str> = paths.iter().copied().filter(|path| path.starts_with("targets/")).collect();
    let crates: Vec<&str> = paths.iter().copied().filter(|path| path.starts_with("../")).collect();
    assert!(targets.len() >= 5 && crates.len() >= 2, "{paths:?}");
    for path in &targets {
        assert!(fuzz.join(path).is_file(), "fuzz/Cargo.toml names {path}");
        let name = Path::new(path).file_stem().unwrap().to_str().unwrap();
        assert!(values(&manifest, "name").contains(&name), "{name} is called otherwise than its file");
    }
    for path in crates {
        assert!(fuzz.join(path).join("Cargo.toml").is_file(), "fuzz/Cargo.toml names {path}");
    }
    for source in sources("fuzz/targets") {
        assert!(targets.iter().any(|path| source.path.ends_with(path)), "{} is no target in fuzz/Cargo.toml", source.path);
        for path in values(&source.text, "#[path").into_iter().filter(|path| path.starts_with("..")) {
            assert!(fuzz.join("targets").join(path).is_file(), "{} names {path}", source.path);
        }
    }
}

/// A file that a target takes as it is must find there all that it imports.
#[test]
fn what_a_fuzz_target_takes_as_a_file_imports_nothing_of_its_crate() {
    let path = "host/service/src/signal.rs";
    let text = std::fs::read_to_string(root().join(path)).unwrap();
    assert!(
        !text.contains("crate::") && !text.contains("super::super"),
        "{path} is compiled by fuzz/targets as well, outside of its crate"
    );
}
