//! Looking into policies, alone and beside each other.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{bundled, load};
use pawl_core::manifest::Value;
use pawl_workbench::inspect::{Inspection, against};

#[test]
fn w2_an_inspection_tells_who_it_is_and_the_configuration_that_allows_it() {
    let told = Inspection::of(bundled(), pawl_artifacts::remediation(), "builtin");
    assert_eq!((told.digest.len(), told.imports.len(), told.contract), (64, 0, "0.1.0"));
    assert_eq!(told.bytes, pawl_artifacts::remediation().len());
    assert!(told.fixtures >= 12 && told.bad_fixtures.is_none());
    let table = told.table();
    for part in
        ["remediation", &told.digest, "imports    nothing", "pawl:policy@0.1.0", "iteration-{n}", "to stop CodeRun", "limit = 10", "merged"]
    {
        assert!(table.contains(part), "{part:?} is missing in:\n{table}");
    }
    assert!(told.grant.starts_with("[policy.remediation]\nlabels = [\"needs-remediation\", "), "{}", told.grant);
    assert!(told.grant.ends_with("stops = [\"CodeRun\"]\nnotices = true\n"), "{}", told.grant);
    assert!(told.labels.iter().any(|label| label.name.as_str() == "iteration-10"), "the label schema");
}

#[test]
fn w2_fixtures_that_do_not_read_are_told_and_stop_nothing() {
    let files = common::files(&[("a.yaml", "expect: { lables: [] }")]);
    let component = pawl_builder::embed(pawl_artifacts::hostile(), &files).unwrap();
    let told = Inspection::of(&load(&component), &component, "a.wasm");
    assert!(told.table().contains("did you mean `labels`?"), "{}", told.table());
    assert!(told.grant.contains("source = \"a.wasm\""), "{}", told.grant);
}

#[test]
fn w2_against_an_old_one_every_difference_is_listed_and_new_grants_are_told_in_words() {
    let old = bundled().manifest().clone();
    assert_eq!(against(&old, &old), []);
    let mut new = old.clone();
    new.version = "9.0.0".into();
    new.owns.retain(|owned| owned.family.as_str() != "approved");
    new.owns[0].colour = "123456".into();
    new.owns.push(pawl_core::manifest::OwnedLabel { family: pawl_core::label::Family::new("brand-new"), ..old.owns[0].clone() });
    new.needs.threads = true;
    new.wants.comments = true;
    new.wants.stops.push("Job".into());
    new.wants.notices = false;
    new.settings.retain(|spec| spec.name != "limit");
    new.settings[0].default = Value::Texts(vec!["ann".into()]);
    new.states.pop();
    new.memory_version = 2;
    new.reads_memory = vec![2];
    let changes = against(&old, &new);
    let told: Vec<String> =
        changes.iter().map(|change| format!("{} {} | {}", change.part, change.what, change.to_do.as_deref().unwrap_or("-"))).collect();
    for part in [
        "version -",
        "labels +brand-new | a new grant unless [policy.remediation] has labels = [\"*\"]: add \"brand-new\" to its labels",
        "labels -approved | it no longer writes approved",
        "`pawl labels sync` repairs",
        "needs +threads | it costs the host more reading; no grant is needed",
        "wants +to comment | a new grant: add comments = true under [policy.remediation]",
        "wants +to stop Job | a new grant: add stops = [\"Job\"] under [policy.remediation]",
        "wants -to tell people | -",
        "settings -limit | a configuration that sets limit is refused",
        "settings implementation-agents from ",
        "states -dormant | -",
        "memory version -1 +2 | it cannot read what the old one remembers (version 1)",
    ] {
        assert!(told.iter().any(|line| line.contains(part)), "{part:?} is missing in:\n{}", told.join("\n"));
    }
}
