//! Through an Argo Events sensor: the same deliveries, wrapped, end in the same records.

use crate::house::{House, SENSOR_TOKEN, labels};
use pawl_core::comment::Patterns;
use pawl_core::record::Record;
use pawl_github::webhook;
use pawl_service::sensor;
use pawl_world::Delivery;
use serde_json::{Value, json};

/// What a GitHub EventSource makes of a delivery.
fn sourced(delivery: &Delivery) -> Value {
    let mut body = delivery.payload();
    body["X-GitHub-Event"] = json!(delivery.event);
    body["X-GitHub-Delivery"] = json!(delivery.guid);
    body
}

/// Tells one story; each delivery goes by `tell`. The record at the end, without what differs between any two runs.
async fn story(by_sensor: bool) -> Value {
    let house = House::start().await;
    let pull = house.repo.open_pull(crate::house::IMPLEMENTER, "umbrellas");
    let first = pull.head();
    let tell = async || {
        while let Some(next) = house.world.waiting().into_iter().next() {
            if by_sensor {
                house.world.lose_next();
                let wrapped = json!({ "body": sourced(&next) });
                let (status, answer) = house.post("/v1/events/argo", SENSOR_TOKEN, &wrapped.to_string()).await;
                assert_eq!((status, answer), (202, Value::Null), "the answer is empty");
            } else {
                house.world.deliver_next().await;
            }
            house.running().host().queue.rest().await;
        }
        house.tick();
    };
    tell().await;
    pull.review(crate::house::QA, pawl_world::Verdict::ChangesRequested);
    tell().await;
    pull.label_by("alice", "task-7");
    tell().await;
    pull.push_by(crate::house::IMPLEMENTER);
    tell().await;
    assert_eq!(labels(&pull), ["iteration-1", "remediation-in-progress", "task-7"]);
    let id = pawl_core::subject::SubjectId { repository: house.repo.id(), number: pull.number() };
    let record: Record = house.running().host().store.load(id).await.unwrap().unwrap();
    // The world draws commits from one counter with everything else, so how often it was asked shows in them.
    let text = serde_json::to_string(&record).unwrap().replace(&first, "the first commit").replace(&pull.head(), "the second commit");
    serde_json::from_str(&text).unwrap()
}

/// V1: a delivery ends in identical records whether it came raw or through a sensor.
#[tokio::test]
async fn v1_through_a_sensor_or_raw_the_records_are_the_same() {
    let raw = story(false).await;
    let wrapped = story(true).await;
    // The two stories are told in two worlds at different times, so ids of reviews and times differ; everything else is the same.
    for field in ["subject", "inbox", "labels_outstanding", "head", "state", "ended", "generation", "next_seq"] {
        assert_eq!(raw[field], wrapped[field], "{field}");
    }
    assert_eq!(raw["seen"].as_array().unwrap().len(), wrapped["seen"].as_array().unwrap().len());
    let commits =
        |record: &Value| record["pushes"].as_array().unwrap().iter().map(|p| (p["commit"].clone(), p["by"].clone())).collect::<Vec<_>>();
    assert_eq!(commits(&raw), commits(&wrapped));
    let part = |record: &Value| {
        let part = &record["parts"]["remediation"];
        (part["labels"].clone(), part["state"].clone(), part["cursor"].clone(), part["requests"].clone(), part["held"].clone())
    };
    assert_eq!(part(&raw), part(&wrapped));
}

/// V1: down to the last field, whatever the shape.
#[tokio::test]
async fn v1_every_delivery_reads_the_same_raw_and_through_a_sensor() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    pull.label_by("alice", "task-7").comment("alice", "/pawl remediate");
    house.fix(&pull).await;
    pull.merge_by("alice");
    let arrived = pawl_core::Timestamp::now();
    let read = |event: &str, delivery: &str, body: &[u8]| webhook::read(event, delivery, body, arrived, &Patterns::default()).unwrap();
    let deliveries = house.world.deliveries();
    assert!(deliveries.len() > 20, "{}", deliveries.len());
    for delivery in deliveries {
        let raw = read(&delivery.event, &delivery.guid, &delivery.body);
        let body = sourced(&delivery);
        for shape in [body.clone(), json!({ "body": body }), json!({ "body": body.to_string() }), json!(body.to_string())] {
            let unwrapped = sensor::unwrap(shape.to_string().as_bytes(), |_| None).unwrap();
            assert_eq!(read(&unwrapped.event, &unwrapped.delivery, &unwrapped.body), raw, "{shape}");
        }
    }
}

#[tokio::test]
async fn v1_a_sensor_without_its_token_or_with_a_shape_that_cannot_be_read_is_told_the_yaml() {
    let house = House::start().await;
    let (status, answer) = house.post("/v1/events/argo", "guess", "{}").await;
    assert!(status == 401 && answer.to_string().contains("secureHeaders"), "{status} {answer}");
    for body in ["", "{}", "[]", "{\"data\":\"x\"}"] {
        let (status, answer) = house.post("/v1/events/argo", SENSOR_TOKEN, body).await;
        assert!(status == 400 && answer.to_string().contains("useRawData: true"), "{status} {answer}");
    }
}

#[tokio::test]
async fn q1_one_delivery_told_raw_and_by_a_sensor_is_one() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    pull.review(crate::house::QA, pawl_world::Verdict::ChangesRequested);
    let review = house.world.waiting().remove(0);
    let wrapped = sourced(&review).to_string();
    assert_eq!(house.post("/v1/events/argo", SENSOR_TOKEN, &wrapped).await.0, 202);
    assert!(house.world.deliver_next().await.unwrap().answer.contains("duplicate"));
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-1", "needs-remediation"]);
    house.nothing_else_happened();
}
