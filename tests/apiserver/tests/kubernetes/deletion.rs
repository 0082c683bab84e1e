//! How objects, namespaces and definitions go.

use crate::line::{CONFIG, Line, RUNS, config, run, runs};
use crate::watching::Watch;
use pawl_apiserver::{Server, Settings};
use serde_json::{Value, json};

const A: &str = "/apis/pawl.test/v1/namespaces/default/runs/a";
const DEFINITION: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/runs.pawl.test";

fn server(controllers: bool) -> Server {
    let server = Server::with(&Settings { controllers, ..Settings::default() });
    server.define(&runs());
    server
}

fn foreground() -> Value {
    json!({ "kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Foreground" })
}

#[tokio::test]
async fn a_foreground_delete_is_answered_by_the_object_and_then_the_garbage_collector_lets_it_go() {
    let server = server(true);
    let line = Line::to(&server);
    server.create(RUNS, &run("a", &[]));
    let mut watch = Watch::open(&server.service(), RUNS, &format!("resourceVersion={}", server.revision())).await;
    let answer = line.delete(A, &foreground()).await;
    assert_eq!((answer.status, answer.at("/kind")), (200, "Run"));
    assert_eq!(answer.json["metadata"]["finalizers"], json!(["foregroundDeletion"]));
    assert_eq!(answer.json["metadata"]["generation"], 2, "a deletion counts as a change of the specification");
    assert_eq!(server.get(A), None);
    assert_eq!((watch.told().await, watch.told().await), ("MODIFIED a".to_owned(), "DELETED a".to_owned()));
}

#[tokio::test]
async fn without_controllers_a_foreground_delete_and_a_deleted_namespace_linger() {
    let server = server(false);
    let line = Line::to(&server);
    server.create(RUNS, &run("a", &[]));
    assert_eq!(line.delete(A, &foreground()).await.status, 200);
    assert!(server.get(A).unwrap()["metadata"]["deletionTimestamp"].is_string());
    server.namespace("gone").create("/api/v1/namespaces/gone/configmaps", &config("a", "1"));
    line.delete("/api/v1/namespaces/gone", &Value::Null).await;
    assert_eq!(server.get("/api/v1/namespaces/gone").unwrap()["status"]["phase"], "Terminating");
    assert_eq!(server.list("/api/v1/namespaces/gone/configmaps").len(), 1);
}

#[tokio::test]
async fn a_finalizer_of_ones_own_outlives_a_foreground_delete() {
    let server = server(true);
    let line = Line::to(&server);
    server.create(RUNS, &run("a", &["pawl.test/hold"]));
    line.delete(A, &foreground()).await;
    assert_eq!(server.get(A).unwrap()["metadata"]["finalizers"], json!(["pawl.test/hold"]));
    line.merge(A, &json!({ "metadata": { "finalizers": [] } })).await;
    assert_eq!(server.get(A), None);
}

#[tokio::test]
async fn a_namespace_goes_when_the_last_thing_in_it_has_gone() {
    let server = server(true);
    let line = Line::to(&server);
    server.namespace("gone").create("/api/v1/namespaces/gone/configmaps", &config("a", "1"));
    let held = "/apis/pawl.test/v1/namespaces/gone/runs/a";
    server.create("/apis/pawl.test/v1/namespaces/gone/runs", &run("a", &["pawl.test/hold"]));
    line.delete("/api/v1/namespaces/gone", &Value::Null).await;
    assert_eq!(server.list("/api/v1/namespaces/gone/configmaps"), Vec::<Value>::new());
    assert!(server.get(held).unwrap()["metadata"]["deletionTimestamp"].is_string());
    assert!(server.get("/api/v1/namespaces/gone").is_some());
    line.merge(held, &json!({ "metadata": { "finalizers": null } })).await;
    assert_eq!(server.get("/api/v1/namespaces/gone"), None);
}

#[tokio::test]
async fn a_definition_takes_its_objects_with_it_and_waits_for_those_that_are_held() {
    for controllers in [true, false] {
        let server = server(controllers);
        let line = Line::to(&server);
        server.create(RUNS, &run("a", &["pawl.test/hold"]));
        server.create(RUNS, &run("b", &[]));
        line.delete(DEFINITION, &Value::Null).await;
        assert_eq!(line.get(RUNS).await.names(), ["a"]);
        line.merge(A, &json!({ "metadata": { "finalizers": null } })).await;
        assert_eq!((line.get(DEFINITION).await.status, line.get(RUNS).await.status), (404, 404));
    }
}

#[tokio::test]
async fn an_object_made_anew_under_an_old_name_has_another_uid() {
    let server = server(true);
    let line = Line::to(&server);
    let old = server.create(CONFIG, &config("a", "1"));
    line.delete(&format!("{CONFIG}/a"), &Value::Null).await;
    server.advance(60);
    let new = server.create(CONFIG, &config("a", "1"));
    assert_ne!(old["metadata"]["uid"], new["metadata"]["uid"]);
    assert_eq!(
        (&old["metadata"]["creationTimestamp"], &new["metadata"]["creationTimestamp"]),
        (&json!("2026-11-20T12:00:00Z"), &json!("2026-11-20T12:01:00Z"))
    );
    let options = json!({ "preconditions": { "uid": old["metadata"]["uid"] } });
    let answer = line.delete(&format!("{CONFIG}/a"), &options).await;
    assert_eq!((answer.status, answer.at("/reason")), (409, "Conflict"));
}

#[tokio::test]
async fn a_dry_run_is_answered_and_changes_nothing() {
    let server = server(true);
    let line = Line::to(&server);
    let before = server.revision();
    assert_eq!(line.post(&format!("{CONFIG}?dryRun=All"), &config("a", "1")).await.status, 201);
    assert_eq!((server.get(&format!("{CONFIG}/a")), server.revision()), (None, before));
    server.create(CONFIG, &config("a", "1"));
    assert_eq!(line.delete(&format!("{CONFIG}/a?dryRun=All"), &Value::Null).await.status, 200);
    assert!(server.get(&format!("{CONFIG}/a")).is_some());
}
