//! Runs that change wake their subjects. After the pull request's own deliveries nothing arrives from outside any more, and the next pass of
//! the reconciler is an hour away.

use super::house::House;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn t2_t3_a_run_that_starts_and_succeeds_moves_its_pull_request_without_any_webhook() {
    let house = House::start().await;
    let pull = house.needs_remediation("umbrellas", &[]).await;
    house.run("fix", json!({ "github-app": "5DLabs-Rex", "pr-number": pull.number().to_string() }));
    house.phase("fix", "Running");
    house.gets(&pull, "remediation-in-progress").await;
    assert_eq!(pull.labels(), ["iteration-1", "remediation-in-progress"]);
    house.phase("fix", "Succeeded");
    house.gets(&pull, "ready-for-qa").await;
    assert_eq!(pull.labels(), ["iteration-1", "ready-for-qa"]);
    assert_eq!(*house.running.host().passes.borrow(), 1, "no pass of the reconciler helped");
}

#[tokio::test(flavor = "multi_thread")]
async fn t2_a_run_that_names_only_a_task_wakes_what_is_open_in_its_repository() {
    let house = House::start().await;
    let pull = house.needs_remediation("umbrellas", &["task-7"]).await;
    house.run("fix", json!({ "github-app": "5DLabs-Rex", "task-id": "7" }));
    house.phase("fix", "Running");
    house.gets(&pull, "remediation-in-progress").await;
    assert_eq!(*house.running.host().passes.borrow(), 1, "no pass of the reconciler helped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_a_pull_request_that_was_never_heard_of_wakes_nobody() {
    let house = House::start().await;
    let pull = house.needs_remediation("umbrellas", &[]).await;
    let turns = || house.running.host().counters.turns.load(std::sync::atomic::Ordering::Relaxed);
    let before = turns();
    for (name, number) in [("unknown", 4_000), ("none", 0)] {
        house.run(name, json!({ "github-app": "5DLabs-Rex", "pr-number": number.to_string() }));
        house.phase(name, "Running");
    }
    // Changes are heard in order: when this one has its effect, the others had theirs.
    house.run("fix", json!({ "github-app": "5DLabs-Rex", "pr-number": pull.number().to_string() }));
    house.phase("fix", "Running");
    house.gets(&pull, "remediation-in-progress").await;
    assert!((1..=2).contains(&(turns() - before)), "appearing and starting wake once each: {}", turns() - before);
    assert!(house.running.shutdown().await, "whoever follows runs ends when the host drains");
}
