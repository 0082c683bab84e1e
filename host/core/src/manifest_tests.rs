//! Manifests that contradict themselves, settings that do not fit, and the labels to create.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

fn owned(family: &str) -> OwnedLabel {
    OwnedLabel {
        family: Family::new(family),
        create_up_to: 2,
        create_up_to_setting: None,
        colour: "0e8a16".into(),
        description: "why".into(),
    }
}

fn heeded(family: &str, create: bool) -> HeededLabel {
    HeededLabel {
        family: Family::new(family),
        interrupts: true,
        severity: Severity::High,
        action: "halt".into(),
        message: "stop".into(),
        colour: "000000".into(),
        create,
    }
}

fn setting(name: &str, kind: SettingKind, default: Value) -> SettingSpec {
    SettingSpec { name: name.into(), kind, default, description: String::new() }
}

fn manifest() -> Manifest {
    Manifest {
        name: "mirror".into(),
        version: "1.0.0".into(),
        description: String::new(),
        owns: vec![owned("seen"), owned("round-{n}")],
        heeds: vec![heeded("stop", true), heeded("task-{n}", false)],
        needs: Needs::default(),
        wakes_on: Wakes::default(),
        wants: Capabilities::default(),
        settings: vec![
            setting("limit", SettingKind::Plain, Value::Number(3)),
            setting("marker", SettingKind::Pattern, Value::Text("(?i)please".into())),
            setting("people", SettingKind::Plain, Value::Texts(vec!["alice".into()])),
        ],
        memory_version: 2,
        reads_memory: vec![1, 2],
        states: vec![StateSpec { name: "idle".into(), sentence: String::new(), terminal: false }],
        commands: Vec::new(),
    }
}

fn complaint(change: impl FnOnce(&mut Manifest)) -> String {
    let mut manifest = manifest();
    change(&mut manifest);
    manifest.check().unwrap_err()
}

#[test]
fn a_manifest_that_contradicts_itself_is_refused_with_one_sentence() {
    assert_eq!(manifest().check(), Ok(()));
    assert_eq!(complaint(|m| m.name = "Mirror".into()), "name \"Mirror\" is not 1 to 40 of a-z, 0-9 and -");
    assert_eq!(complaint(|m| m.name = "m".repeat(41)), format!("name {:?} is not 1 to 40 of a-z, 0-9 and -", "m".repeat(41)));
    assert_eq!(complaint(|m| m.owns[0].colour = "#fff".into()), "label seen: colour \"#fff\" is not six hexadecimal digits");
    assert_eq!(complaint(|m| m.owns[0].description = "x".repeat(101)), "label seen: the description is longer than 100 characters");
    assert_eq!(complaint(|m| m.owns.push(owned("Round-7"))), "label Round-7 is owned twice");
    assert_eq!(complaint(|m| m.heeds.push(heeded("SEEN", true))), "label seen is both owned and heeded");
    assert_eq!(complaint(|m| m.owns[1].create_up_to_setting = Some("people".into())), "label round-{n}: \"people\" is no number setting");
    assert!(complaint(|m| m.settings[1].default = Value::Text("(".into())).starts_with("setting marker: "));
    assert_eq!(complaint(|m| m.states.clear()), "no states are declared");
    assert_eq!(complaint(|m| m.reads_memory = vec![1]), "memory version 2 is not among the versions it reads");
    assert!(complaint(|m| m.owns.push(owned(&"x".repeat(51)))).ends_with("is longer than 50 characters"));
}

#[test]
fn settings_are_the_configured_value_else_the_default_in_the_manifests_order() {
    let configured = BTreeMap::from([("limit".to_owned(), Value::Number(5))]);
    let settled = manifest().settle_settings(&configured).unwrap();
    let names: Vec<&str> = settled.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["limit", "marker", "people"]);
    assert_eq!((&settled[0].value, &settled[1].value), (&Value::Number(5), &Value::Text("(?i)please".into())));
}

#[test]
fn a_setting_that_does_not_fit_says_what_would() {
    let error = |name: &str, value: Value| manifest().settle_settings(&BTreeMap::from([(name.to_owned(), value)])).unwrap_err();
    assert_eq!(error("limits", Value::Number(5)).to_string(), "policy \"mirror\" has no setting \"limits\"; it has: limit, marker, people");
    assert_eq!(
        error("limit", Value::Text("5".into())).to_string(),
        "setting \"limit\" of policy \"mirror\" must be a whole number, not a text"
    );
    assert!(matches!(error("marker", Value::Text("(".into())), BadSetting::Pattern { .. }));
    assert!(matches!(error("people", Value::Flag(true)), BadSetting::Type { want: "a list of texts", got: "true or false", .. }));
}

#[test]
fn a1_1_the_labels_to_create_follow_the_setting_and_its_limit() {
    let names = |limit: i64| {
        let mut manifest = manifest();
        manifest.owns[1].create_up_to_setting = Some("limit".into());
        let settings = manifest.settle_settings(&BTreeMap::from([("limit".to_owned(), Value::Number(limit))])).unwrap();
        manifest.labels_to_create(&settings).into_iter().map(|s| s.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names(3), ["seen", "round-1", "round-2", "round-3", "stop"], "a heeded family without `create` is left to people");
    assert_eq!(names(-1), ["seen", "round-1", "round-2", "stop"], "a limit that is no count leaves the manifest's own");
    assert_eq!(names(1_000_000).len(), 2 + CREATE_UP_TO as usize);
}
