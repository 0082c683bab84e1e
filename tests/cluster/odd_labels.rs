//! Words that are no legal labels of Kubernetes: people write them on pull requests and into runs, and they disturb nothing.

use super::cast::Cast;
use super::claims::nobody_keeps_a_claim;
use super::house::{House, PERSON};
use super::pushes::all_is_done;
use serde_json::{Value, json};

/// Words that no label value and no selector may hold.
fn odd() -> [String; 6] {
    [
        "task 101".to_owned(),
        "task-101/part,b in (x)".to_owned(),
        "\u{1f980} task-101".to_owned(),
        "-task-101-".to_owned(),
        "task=101,agent!=tess".to_owned(),
        "x".repeat(300),
    ]
}

/// A run that says so in every place that is read; what its labels can hold is in its labels.
fn run(n: usize, word: &str, head: &str) -> Value {
    json!({
        "apiVersion": "agents.platform/v1", "kind": "CodeRun",
        "metadata": {
            "name": format!("odd-{n}"), "labels": { "agent": "tess", "repository": "acme-shop", "head-sha": head },
            "annotations": { "task-id": word, "pr-number": word },
        },
        "spec": { "branch": word, "githubApp": word, "repositoryUrl": word, "env": { "PR_NUMBER": word, "COMMIT_SHA": word } },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn k2_words_that_are_no_labels_of_kubernetes_disturb_nothing() {
    let house = House::start(3).await;
    let mut casts = [Cast::open(&house, 1), Cast::open(&house, 2)];
    house.pass(1).await;
    let mut odd_runs = Vec::new();
    for cast in &mut casts {
        // GitHub's own limit is fifty characters.
        for word in odd() {
            let word: String = word.chars().take(50).collect();
            cast.pull.label_by(PERSON, &word);
            cast.carried.push(word);
        }
        cast.start_qa(&house.api).await;
        cast.start_decoys(&house.api).await;
        cast.review();
        let head = cast.pull.head();
        for word in odd() {
            let run = run(odd_runs.len(), &word, &head);
            odd_runs.push(house.api.run(&run, "Running").await);
        }
    }
    house.pass(10).await;
    house.rest().await;
    for cast in &mut casts {
        cast.push(&house.api).await;
    }
    house.pass(1).await;
    house.rest().await;
    all_is_done(&house, &casts).await;
    let there = house.api.list(&house.api.runs()).await;
    let is_well =
        |uid: &&String| there.iter().any(|run| run["metadata"]["uid"] == ***uid && run["metadata"]["deletionTimestamp"].is_null());
    assert_eq!(odd_runs.iter().filter(is_well).count(), odd_runs.len(), "who does not say clearly whose it is, is kept");
    nobody_keeps_a_claim(&house).await;
}
