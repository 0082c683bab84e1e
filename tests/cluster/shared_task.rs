//! One task, two open pull requests: what a run does not say of itself, nobody assumes.

use super::house::{House, IMPLEMENTER, PERSON};
use serde_json::{Value, json};

/// The label of the task that both are of.
const TASK: &str = "task-7";

/// QA runs of the task, by name: those that name it and nothing else, and those that name a branch or a pull request besides.
fn runs() -> [(&'static str, Value, Value); 5] {
    [
        ("by-number-a", json!({ "pr-number": "1" }), json!({})),
        ("by-number-b", json!({ "pr-number": "2" }), json!({})),
        ("by-branch-a", json!({}), json!({ "branch": "a" })),
        ("by-branch-b", json!({}), json!({ "branch": "b" })),
        ("by-task-only", json!({}), json!({})),
    ]
}

/// The names of the runs that are there and that nobody has asked to go, sorted.
async fn left(house: &House) -> Vec<String> {
    let runs = house.api.list(&house.api.runs()).await;
    let stays = |run: &&Value| run["metadata"]["deletionTimestamp"].is_null();
    let mut names: Vec<String> = runs.iter().filter(stays).map(|run| run["metadata"]["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn k1_a_push_to_one_of_two_pull_requests_of_a_task_stops_its_own_runs_and_keeps_what_may_be_the_others() {
    let house = House::start(1).await;
    let (a, b) = (house.repo.open_pull(IMPLEMENTER, "a"), house.repo.open_pull(IMPLEMENTER, "b"));
    for pull in [&a, &b] {
        pull.label_by(PERSON, TASK);
    }
    house.pass(1).await;
    for (name, labels, spec) in runs() {
        let mut labels = labels;
        labels["agent"] = json!("tess");
        labels["repository"] = json!("acme-shop");
        labels["task-id"] = json!("7");
        let object = json!({
            "apiVersion": "agents.platform/v1", "kind": "CodeRun", "spec": spec, "metadata": { "name": name, "labels": labels },
        });
        house.api.run(&object, "Running").await;
    }
    // A run that names no commit is told by its age from one that was started for a push.
    house.pass(10).await;
    house.rest().await;
    a.push_by(IMPLEMENTER);
    house.pass(1).await;
    house.rest().await;
    assert_eq!(left(&house).await, ["by-branch-b", "by-number-b", "by-task-only"], "K1: {:#}", house.why("acme/shop#1").await);
    assert!(a.has_label("remediation-in-progress") && !b.has_label("remediation-in-progress"));
    let told = house.why("acme/shop#1").await["policies"]["remediation"]["reason"].to_string();
    assert!(told.contains("run by-branch-b and 1 more may be superseded") && told.contains("so it is kept"), "K2: {told}");

    // When nobody else has the task any more, it is clear whose the run is; what names another branch is still not A's.
    b.unlabel_by(PERSON, TASK);
    a.label_by(PERSON, "size/S");
    house.pass(1).await;
    house.rest().await;
    assert_eq!(left(&house).await, ["by-branch-b", "by-number-b"], "K1: {:#}", house.why("acme/shop#1").await);
}
