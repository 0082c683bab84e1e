//! The published schema of fixtures: it and the reader name the same fields, and every fixture here is valid by it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{files, root};
use pawl_workbench::fixture;
use serde_json::Value;
use std::collections::BTreeSet;

fn schema() -> Value {
    serde_json::from_slice(&std::fs::read(root().join("docs/fixture.schema.json")).unwrap()).unwrap()
}

/// Where each object of the schema stands in a fixture: the text before it, in JSON, and what closes it.
const PLACES: [(&str, &str); 21] = [
    ("", "@"),
    ("step", r#"{"steps":[@]}"#),
    ("facts", r#"{"facts":@}"#),
    ("expect", r#"{"expect":@}"#),
    ("actor", r#"{"facts":{"threads":[{"id":"t","author":@}]}}"#),
    ("long_head", r#"{"facts":{"head":@}}"#),
    ("review", r#"{"facts":{"reviews":[@]}}"#),
    ("comment", r#"{"facts":{"comments":[@]}}"#),
    ("thread", r#"{"facts":{"threads":[@]}}"#),
    ("long_reaction", r#"{"facts":{"reactions":[@]}}"#),
    ("check", r#"{"facts":{"checks":[@]}}"#),
    ("run", r#"{"facts":{"runs":[@]}}"#),
    ("label_event", r#"{"facts":{"label_history":[@]}}"#),
    ("memory", r#"{"facts":{"memory":@}}"#),
    ("long_edit", r#"{"edits":[@]}"#),
    ("long_push", r#"{"news":[{"pushed":@}]}"#),
    ("long_news", r#"{"news":[@]}"#),
    ("long_stop", r#"{"expect":{"stops":[@]}}"#),
    ("long_request", r#"{"expect":{"requests":[@]}}"#),
    ("long_notice", r#"{"expect":{"notices":[@]}}"#),
    ("long_refused", r#"{"expect":{"refused":[@]}}"#),
];

/// What the reader says of a field in a place.
fn complaint(place: &str, field: &str) -> String {
    let text = place.replace('@', &format!(r#"{{"{field}":[[]]}}"#));
    fixture::read("a.yaml", &files(&[("a.yaml", &text)])).map_or_else(|error| error.to_string(), |_| String::new())
}

#[test]
fn w3_the_schema_and_the_reader_name_the_same_fields() {
    let schema = schema();
    for (name, place) in PLACES {
        let object = if name.is_empty() { &schema } else { &schema["$defs"][name] };
        let named: BTreeSet<&str> =
            object["properties"].as_object().unwrap_or_else(|| panic!("{name}")).keys().map(String::as_str).collect();
        // What the reader knows, in its own words: all of it, as nothing here is called anything like that.
        let told = complaint(place, "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq");
        let known = told.split("known here are ").nth(1).unwrap_or_else(|| panic!("{name}: {told}")).lines().next().unwrap();
        let known: BTreeSet<&str> = known.split(", ").collect();
        assert_eq!(named, known, "the schema's {name:?} and the reader differ");
        for field in named {
            assert!(!complaint(place, field).contains("unknown field"), "{name}.{field}");
        }
    }
    let objects: BTreeSet<&str> = schema["$defs"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, one)| one.get("properties").is_some())
        .map(|(name, _)| name.as_str())
        .collect();
    let placed: BTreeSet<&str> = PLACES.iter().map(|(name, _)| *name).filter(|name| !name.is_empty()).collect();
    assert_eq!(objects, placed, "every object of the schema stands in a place that is checked");
}

#[test]
fn w3_every_fixture_of_this_repository_is_valid_by_the_schema() {
    let read = |bytes: &[u8]| -> Value {
        let options = serde_saphyr::options! { strict_booleans: true };
        serde_saphyr::from_slice_with_options(bytes, options).unwrap()
    };
    let check = jsonschema::options().should_validate_formats(true).build(&schema()).unwrap();
    let mut checked = 0;
    for folder in ["guest/remediation/fixtures", "guest/welcome/fixtures"] {
        for (name, bytes) in pawl_builder::gather(&root().join(folder)).unwrap().iter().filter(|(name, _)| fixture::is_fixture(name)) {
            let value = read(bytes);
            let wrong: Vec<String> = check.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
            assert!(wrong.is_empty(), "{folder}/{name}:\n{}", wrong.join("\n"));
            checked += 1;
        }
    }
    for (name, text) in pawl_workbench::template::files("hello", None).unwrap().iter().filter(|(name, _)| fixture::is_fixture(name)) {
        let value = read(text.as_bytes());
        assert!(check.is_valid(&value), "{name}");
        checked += 1;
    }
    assert!(checked > 18, "{checked}");
    for bad in [r#"{"expect":{"lables":[]}}"#, r#"{"steps":[]}"#, r#"{"news":["shouted"]}"#, r#"{"facts":{"state":"opened"}}"#] {
        assert!(!check.is_valid(&serde_json::from_str(bad).unwrap()), "{bad}");
    }
}
