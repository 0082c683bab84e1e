//! The labels of a repository: there before they are needed, made once, and what a person changed about them is told, not undone.

use crate::house::{House, PERSON, labels};
use pawl_service::schema;
use pawl_world::Fault;
use pawl_world::When;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

const HOUR: Duration = Duration::from_secs(3600);

/// A person gives a label another look, in the browser.
async fn repaint(house: &House, label: &str, colour: &str, description: &str) {
    let answer = reqwest::Client::new()
        .patch(format!("{}/repos/acme/shop/labels/{label}", house.world.url()))
        .bearer_auth(house.world.token_for(PERSON))
        .header("user-agent", "a browser")
        .json(&json!({ "color": colour, "description": description }))
        .send()
        .await
        .unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
}

/// What pawl itself asked of the repository's labels.
fn label_calls(house: &House, method: &str) -> usize {
    let is_one = |path: &str| path.split('?').next() == Some("/repos/acme/shop/labels");
    house.world.requests().iter().filter(|seen| seen.method == method && is_one(&seen.path)).count()
}

async fn drifted(house: &House) -> Value {
    house.get("/api/v1/state").await.1["labels_drifted"].clone()
}

/// A1.1: with colour and description, up to the last iteration, once per repository.
#[tokio::test]
async fn a1_1_all_labels_are_there_before_the_first_is_needed_and_are_made_once() {
    let house = House::start().await;
    let first = house.pull("umbrellas").await;
    let defined = house.repo.label_definitions();
    assert!(first.labels().is_empty(), "nothing needed one yet");
    for (name, colour) in [
        ("needs-remediation", "d93f0b"),
        ("remediation-in-progress", "fbca04"),
        ("ready-for-qa", "0e8a16"),
        ("approved", "0e8a16"),
        ("failed-remediation", "b60205"),
        ("iteration-1", "5319e7"),
        ("iteration-10", "5319e7"),
        ("skip-automation", "000000"),
    ] {
        let found = defined.iter().find(|(n, _, _)| n == name).unwrap_or_else(|| panic!("{name} is missing: {defined:?}"));
        assert!(found.1 == colour && !found.2.is_empty(), "{found:?}");
    }
    let made = label_calls(&house, "POST");
    assert!(made >= defined.len(), "{made} calls for {} labels", defined.len());
    let second = house.pull("parasols").await;
    house.feedback(&second).await;
    assert_eq!(label_calls(&house, "POST"), made);
    assert_eq!(drifted(&house).await, json!([]));
}

/// A1.1: another replica makes one of them at the same moment, and not as it should look.
#[tokio::test]
async fn a1_1_a_label_that_somebody_else_makes_first_is_a_success_and_its_drift_is_told() {
    let house = House::start().await;
    let repo = house.repo.clone();
    house.world.fault(
        When::rest("POST", "/repos/acme/shop/labels").nth(2),
        Fault::meanwhile(move || {
            for label in ["approved", "failed-remediation", "iteration-1", "iteration-2"] {
                if !repo.label_definitions().iter().any(|(name, _, _)| name == label) {
                    repo.define_label_by("another-replica", label, "eeeeee", "");
                }
            }
        }),
    );
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    assert_eq!(labels(&pull), ["iteration-1", "needs-remediation"]);
    let drifted = drifted(&house).await;
    assert!(drifted[0]["labels"].as_array().unwrap().iter().any(|l| l["has"]["colour"] == "eeeeee"), "{drifted}");
    house.nothing_else_happened();
}

/// A1.1: seen in an hour at the latest, by one reading; repaired by nobody but the command.
#[tokio::test]
async fn a1_1_what_a_person_repainted_is_shown_with_the_command_that_repairs_it_and_left_alone() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    let host = house.running().host().clone();
    // What pawl made is compared once more after its own webhooks.
    schema::check(&host, Instant::now() + HOUR).await;
    let compared = Instant::now() + HOUR;
    let before = house.repo.label_definitions();
    repaint(&house, "approved", "123456", "mine").await;
    house.world.lose_all();
    house.world.forget_requests();
    schema::check(&host, compared + HOUR - Duration::from_secs(60)).await;
    assert_eq!((label_calls(&house, "GET"), drifted(&house).await), (0, json!([])), "not more often than once an hour");
    schema::check(&host, compared + HOUR).await;
    assert_eq!(label_calls(&house, "GET"), 1, "one reading");
    let shown = drifted(&house).await;
    assert_eq!(shown[0]["repository"], "acme/shop");
    assert_eq!(shown[0]["repair"], "pawl labels sync acme/shop --confirm");
    let wants = before.iter().find(|(name, _, _)| name == "approved").unwrap();
    assert_eq!(
        shown[0]["labels"],
        json!([{ "label": "approved", "has": { "colour": "123456", "description": "mine" },
                 "wants": { "colour": wants.1, "description": wants.2 } }])
    );
    assert!(house.read("/readyz?verbose").await.contains("labels of acme/shop: 1 drifted; pawl labels sync acme/shop --confirm"));
    house.feedback(&pull).await;
    assert!(house.repo.label_definitions().iter().any(|(name, colour, _)| name == "approved" && colour == "123456"), "left alone");
    assert_eq!(house.world.count("PATCH"), 0);

    // Its webhook shortens the hour.
    repaint(&house, "approved", &wants.1, &wants.2).await;
    house.settle().await;
    schema::check(&host, compared + HOUR * 2).await;
    assert_eq!(drifted(&house).await, json!([]));
    house.nothing_else_happened();
}

/// A1.1: deleted by a person, with and without its webhook; made again with its colour when it is needed.
#[tokio::test]
async fn a1_1_a_deleted_label_is_made_again_when_it_is_needed() {
    for is_told in [true, false] {
        let house = House::start().await;
        let pull = house.pull("umbrellas").await;
        let before = house.repo.label_definitions();
        house.repo.delete_label_by(PERSON, "needs-remediation");
        if is_told {
            house.settle().await;
        } else {
            house.world.lose_all();
        }
        house.feedback(&pull).await;
        assert_eq!(labels(&pull), ["iteration-1", "needs-remediation"], "told {is_told}");
        let sorted = |mut labels: Vec<(String, String, String)>| {
            labels.sort();
            labels
        };
        assert_eq!(sorted(house.repo.label_definitions()), sorted(before), "told {is_told}");
        house.nothing_else_happened();
    }
}
