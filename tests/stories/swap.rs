//! Policies are swapped while pawl runs, and shadows are asked beside them.

use crate::house::{House, QA, labels};
use futures::{StreamExt, stream};
use pawl_artifacts::variant;
use pawl_service::http::BY;
use pawl_service::kept::digest;
use pawl_service::swap;
use pawl_world::Verdict;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// A house whose policy comes from a file, and that file.
async fn house_with(more: &str, component: &[u8]) -> (House, PathBuf) {
    let folder = tempfile::tempdir().unwrap().keep();
    let path = folder.join("remediation.wasm");
    std::fs::write(&path, component).unwrap();
    let source = format!("source = {path:?}");
    (House::start_from(&source, more).await, path)
}

/// Looks until the component of this digest was taken over or refused. What has changed is believed at the second look, and pawl looks by
/// itself too.
async fn looked(house: &House, digest: &str) {
    loop {
        swap::look(house.running().host(), false).await;
        let shown = policy(house).await;
        if shown["digest"] == digest || shown["not_taken_over"]["digest"] == digest {
            return;
        }
    }
}

/// Looks often enough to take over whatever is to be taken over.
async fn looked_in_vain(house: &House) {
    for _ in 0..3 {
        swap::look(house.running().host(), true).await;
    }
}

/// Its bytes appear at once, as a mount of a ConfigMap swaps them.
fn put(path: &std::path::Path, bytes: &[u8]) {
    let beside = path.with_extension("new");
    std::fs::write(&beside, bytes).unwrap();
    std::fs::rename(beside, path).unwrap();
}

async fn policy(house: &House) -> Value {
    house.get("/api/v1/state").await.1["policies"][0].clone()
}

async fn order(house: &House, verb: &str, forgets: bool) -> (u16, Value) {
    let url = format!("http://{}/v1/admin/policies/remediation/{verb}?forget-memory={forgets}", house.running().inside);
    let answer = reqwest::Client::new().post(url).header(BY, "alice").send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn h6_a_new_component_takes_over_between_turns_and_the_labels_go_on() {
    let (house, path) = house_with("", &variant(1)).await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    put(&path, &variant(2));
    looked(&house, &digest(&variant(2))).await;
    assert_eq!(policy(&house).await["digest"], json!(digest(&variant(2))));
    house.fix(&pull).await;
    house.complete(&pull).await;
    assert_eq!(labels(&pull), ["iteration-1", "ready-for-qa"], "what was remembered goes on");
    let decided: BTreeSet<String> =
        house.journal().iter().filter(|l| l["kind"] == "decided").map(|l| l["digest"].as_str().unwrap().to_owned()).collect();
    assert_eq!(decided, BTreeSet::from([digest(&variant(1)), digest(&variant(2))]), "H7: each decision names its component");
    house.nothing_else_happened();
}

#[tokio::test]
async fn h6_what_does_not_pass_the_checks_is_not_taken_over_and_everybody_who_looks_sees_why() {
    let (house, path) = house_with("", &variant(1)).await;
    let pull = house.pull("umbrellas").await;
    let mut cut = variant(2);
    cut.truncate(2_000);
    for (bytes, why) in [(cut, "cannot be loaded"), (pawl_artifacts::hostile().to_vec(), "which calls itself \"hostile\"")] {
        put(&path, &bytes);
        looked(&house, &digest(&bytes)).await;
        let shown = policy(&house).await;
        assert_eq!(shown["digest"], json!(digest(&variant(1))), "the last good one stays");
        assert_eq!(shown["not_taken_over"]["digest"], json!(digest(&bytes)));
        let (reason, ready, metrics) = (
            shown["not_taken_over"]["reason"].to_string().replace("\\\"", "\""),
            house.read("/readyz?verbose").await,
            house.read("/metrics").await,
        );
        assert!(reason.contains(why), "{reason}");
        assert!(ready.contains("policy remediation: what runs goes on; not taken over:") && ready.contains(why), "{ready}");
        assert!(metrics.contains("pawl_policy_refused{policy=\"remediation\"} 1"), "{metrics}");
    }
    house.feedback(&pull).await;
    assert_eq!(labels(&pull), ["iteration-1", "needs-remediation"], "deciding went on all the while");
    put(&path, &variant(3));
    looked(&house, &digest(&variant(3))).await;
    assert!(!house.read("/readyz?verbose").await.contains("not taken over"));
    let metrics = house.read("/metrics").await;
    assert!(metrics.contains("pawl_policy_activations_total{policy=\"remediation\"} 1"), "{metrics}");
    assert!(metrics.contains("pawl_policy_refusals_total{policy=\"remediation\"} 2"), "{metrics}");
    house.nothing_else_happened();
}

#[tokio::test]
async fn h6_a_file_that_is_gone_changes_nothing_and_is_told() {
    let (house, path) = house_with("", &variant(1)).await;
    std::fs::remove_file(&path).unwrap();
    looked(&house, "none").await;
    assert_eq!(policy(&house).await["digest"], json!(digest(&variant(1))));
    assert!(house.read("/readyz?verbose").await.contains("cannot read the component"));
}

#[tokio::test]
async fn h6_rollback_leads_back_to_what_ran_before_and_stays_until_the_file_holds_something_else() {
    let (mut house, path) = house_with("", &variant(1)).await;
    let (status, said) = order(&house, "rollback", false).await;
    assert_eq!(status, 409, "{said}");
    assert!(said["error"].as_str().unwrap().contains("nothing else ran as \"remediation\""), "{said}");
    put(&path, &variant(2));
    looked(&house, &digest(&variant(2))).await;
    let (status, said) = order(&house, "rollback", false).await;
    assert_eq!((status, &said["did"]["runs"]["digest"]), (200, &json!(digest(&variant(1)))), "{said}");
    looked_in_vain(&house).await;
    let shown = policy(&house).await;
    assert_eq!((&shown["digest"], &shown["rolled_back_from"]["digest"]), (&json!(digest(&variant(1))), &json!(digest(&variant(2)))));
    house.kill().await;
    house.serve().await;
    assert_eq!(policy(&house).await["digest"], json!(digest(&variant(1))), "a restart does not bring it back");
    put(&path, &variant(3));
    looked(&house, &digest(&variant(3))).await;
    assert_eq!(policy(&house).await["digest"], json!(digest(&variant(3))), "the next one takes over by itself");
    put(&path, &variant(2));
    looked_in_vain(&house).await;
    assert_eq!(policy(&house).await["digest"], json!(digest(&variant(3))), "that one is still not to run");
    let (status, _) = order(&house, "activate", false).await;
    assert_eq!(status, 200);
    assert_eq!(policy(&house).await["digest"], json!(digest(&variant(2))), "unless somebody says so");
}

#[tokio::test]
async fn h6_a_component_that_cannot_read_what_is_remembered_is_refused_with_the_count_unless_it_may_forget() {
    let (house, path) = house_with("", &variant(1)).await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    let host = house.running().host();
    let id = pawl_core::subject::SubjectId { repository: house.repo.id(), number: pull.number() };
    let record = host.store.load(id).await.unwrap().unwrap();
    host.store.commit(id, written_by_another(&record)).await.unwrap();
    put(&path, &variant(2));
    looked(&house, &digest(&variant(2))).await;
    let shown = policy(&house).await;
    let reason = shown["not_taken_over"]["reason"].as_str().unwrap();
    assert!(reason.contains("that of 1 subjects is of another") && reason.contains("--forget-memory"), "{reason}");
    let (status, said) = order(&house, "activate", true).await;
    assert_eq!(status, 200, "{said}");
    assert_eq!(policy(&house).await["digest"], json!(digest(&variant(2))));
    house.fix(&pull).await;
    assert_eq!(labels(&pull), ["iteration-1", "remediation-in-progress"], "it starts from the labels");
    house.nothing_else_happened();
}

/// The same record with a memory of version 99.
fn written_by_another(record: &pawl_core::record::Record) -> pawl_core::record::Commit {
    let mut parts = record.parts.clone();
    for part in parts.values_mut() {
        part.memory = Some(pawl_core::facts::Memory { version: 99, bytes: vec![1, 2, 3] });
    }
    pawl_core::record::Commit {
        operation: "of a later version".into(),
        generation: record.generation,
        subject: record.subject.clone(),
        parts,
        labels_outstanding: record.labels_outstanding,
        writes: record.writes.clone(),
        viewer: record.viewer.clone(),
        timeline: record.timeline.clone(),
        pushes: record.pushes.clone(),
        head: record.head.clone(),
        state: record.state,
        ended: None,
        past: Vec::new(),
        stopped: Vec::new(),
        at: record.looked_at.unwrap(),
    }
}

#[tokio::test]
async fn h5_a_shadow_of_the_live_policy_is_asked_the_same_and_what_it_would_do_is_counted_listed_and_explained() {
    let more = "[policy.remediation.shadow]\nsource = \"builtin\"\nsettings = { limit = 1 }\n";
    let (house, _) = house_with(more, &variant(1)).await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    house.fix(&pull).await;
    house.complete(&pull).await;
    house.feedback(&pull).await;
    assert_eq!(labels(&pull), ["iteration-2", "needs-remediation"], "the live one decides, by its own limit");
    let shadows =
        house.eventually("/api/v1/state", |state| state["shadows"]["counts"][0]["differed"].as_u64() > Some(0)).await["shadows"].clone();
    let difference = &shadows["differences"][0];
    assert_eq!((&difference["policy"], &difference["subject"]), (&json!("remediation"), &json!(format!("acme/shop#{}", pull.number()))));
    let state = difference["differences"].as_array().unwrap().iter().find(|one| one["what"] == "state").unwrap();
    assert_eq!((&state["live"], &state["shadow"]), (&json!("needs-remediation"), &json!("failed-remediation")));
    assert!(difference["shadow_reason"].as_str().unwrap().contains("limit"), "{difference}");
    assert!(house.journal().iter().any(|line| line["kind"] == "shadow"));
    assert!(house.read("/metrics").await.contains("pawl_shadow_differences_total{policy=\"remediation\""));
    house.nothing_else_happened();
}

#[tokio::test]
async fn h5_a_shadows_file_that_is_gone_is_told_until_it_is_back() {
    let twin = tempfile::tempdir().unwrap().keep().join("twin.wasm");
    put(&twin, &variant(2));
    let (house, _) = house_with(&format!("[policy.remediation.shadow]\nsource = {twin:?}\n"), &variant(1)).await;
    std::fs::remove_file(&twin).unwrap();
    looked_in_vain(&house).await;
    let ready = house.read("/readyz?verbose").await;
    assert!(ready.contains("remediation (shadow)") && ready.contains("cannot read the component"), "{ready}");
    put(&twin, &variant(2));
    looked_in_vain(&house).await;
    let ready = house.read("/readyz?verbose").await;
    assert!(!ready.contains("not taken over"), "{ready}");
    assert_eq!(policy(&house).await["shadow"]["digest"], json!(digest(&variant(2))), "it was asked all the while");
}

#[tokio::test]
async fn h5_a_policy_in_shadow_mode_decides_and_nothing_of_it_is_written() {
    let folder = tempfile::tempdir().unwrap().keep();
    std::fs::write(folder.join("hostile.wasm"), pawl_artifacts::hostile()).unwrap();
    let more = format!("[policy.hostile]\nmode = \"shadow\"\nsource = {folder:?}\n");
    let (house, _) = house_with(&more, &variant(1)).await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    assert_eq!(labels(&pull), ["iteration-1", "needs-remediation"]);
    let (_, subject) = house.get(&format!("/api/v1/subjects/acme/shop/{}", pull.number())).await;
    let part = &subject["policies"]["hostile"];
    assert_eq!((&part["state"], &part["labels"]), (&json!("hostile"), &json!(["hostile-1"])), "what it would do is there to be seen");
    assert_eq!(subject["settled"], json!(true));
    house.nothing_else_happened();
}

/// Deliveries, and swaps while they come. Of each hundred so many are raw webhooks; the others are signals.
const DELIVERIES: usize = 5_000;
const SWAPS: u8 = 50;
const RAW: usize = 20;
/// Of them the pull requests that they are about, and so many at once.
const PULLS: usize = 50;
const AT_ONCE: usize = 8;
/// What GitHub grants in an hour.
const ALLOWANCE: u32 = 5_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h6_fifty_swaps_under_five_thousand_deliveries_lose_none_and_mix_no_decision() {
    let (house, path) = house_with("", &variant(0)).await;
    let mut pulls = Vec::new();
    for n in 0..PULLS {
        pulls.push(house.pull(&format!("branch-{n}")).await);
    }
    let mut runs = vec![digest(&variant(0))];
    for n in 1..=SWAPS {
        put(&path, &variant(n));
        // It is not GitHub's patience that is tested here.
        house.world.set_graphql_left(ALLOWANCE);
        house.world.set_rest_left(ALLOWANCE);
        for i in 0..RAW {
            pulls[(usize::from(n) + i) % PULLS].review(QA, Verdict::Commented);
        }
        let of_this = 0..DELIVERIES / usize::from(SWAPS) - RAW;
        let told = stream::iter(of_this.map(|i| house.note(1 + i % PULLS, format!("{n}-{i}")))).buffer_unordered(AT_ONCE);
        let new = digest(&variant(n));
        let (answers, raw, ()) = tokio::join!(told.collect::<Vec<(u16, Value)>>(), house.world.deliver_all(), looked(&house, &new));
        assert_eq!(raw.len(), RAW);
        let bad = raw.iter().find(|attempt| attempt.status != Some(202));
        assert!(bad.is_none(), "{bad:?}");
        let bad = answers.iter().find(|(status, answer)| *status != 202 || answer["status"] != "accepted");
        assert!(bad.is_none(), "{bad:?}");
        assert_eq!(policy(&house).await["digest"], json!(new));
        runs.push(new);
    }
    house.settle().await;
    let journal = house.journal();
    // What decides is replaced between turns: the journal tells activations and decisions in the order in which they happened, and a turn
    // that began before one ends with what ran then.
    let (mut at, mut seen) = (0, BTreeSet::new());
    let mut of_turn: BTreeMap<&str, &str> = BTreeMap::new();
    for line in &journal {
        match (line["kind"].as_str(), line["did"].as_str()) {
            (Some("policy"), Some("activated")) => at = runs.iter().position(|digest| line["digest"] == json!(digest)).unwrap(),
            (Some("decided"), _) => {
                let (turn, by) = (line["operation"].as_str().unwrap(), line["digest"].as_str().unwrap());
                assert_eq!(*of_turn.entry(turn).or_insert(by), by, "one turn, one component");
                let place = runs.iter().position(|digest| digest == by).unwrap();
                assert!(place.abs_diff(at) <= 1, "decided by {place}, and {at} had taken over");
                let news = line["facts"]["news"].as_array().into_iter().flatten();
                seen.extend(
                    news.filter_map(|news| news["id"].as_str())
                        .filter(|id| id.contains("note-") || id.starts_with("review:"))
                        .map(str::to_owned),
                );
            }
            _ => {}
        }
    }
    assert_eq!((at, seen.len()), (usize::from(SWAPS), DELIVERIES), "each was decided about");
    house.nothing_else_happened();
}
