//! What the server says about itself.

use crate::line::{Line, run, runs};
use pawl_apiserver::Server;
use serde_json::{Value, json};

fn named<'a>(list: &'a Value, field: &str, name: &str) -> &'a Value {
    list.as_array().unwrap().iter().find(|item| item[field] == name).unwrap_or_else(|| panic!("{name} is not in {list}"))
}

#[tokio::test]
async fn a_custom_resource_is_found_as_soon_as_it_is_defined() {
    let server = Server::new();
    let line = Line::to(&server);
    assert_eq!(line.get("/apis/pawl.test/v1").await.status, 404);
    assert_eq!(line.get("/apis/pawl.test").await.status, 404);
    server.define(&runs());
    let groups = line.get("/apis").await.json;
    let group = named(&groups["groups"], "name", "pawl.test");
    assert_eq!(group["preferredVersion"], json!({ "groupVersion": "pawl.test/v1", "version": "v1" }));
    assert_eq!(line.get("/apis/pawl.test").await.json["versions"], group["versions"]);
    let resources = line.get("/apis/pawl.test/v1").await.json;
    assert_eq!(resources["groupVersion"], "pawl.test/v1");
    let main = named(&resources["resources"], "name", "runs");
    assert_eq!((&main["kind"], &main["namespaced"], &main["singularName"]), (&json!("Run"), &json!(true), &json!("run")));
    assert_eq!(named(&resources["resources"], "name", "runs/status")["verbs"], json!(["get", "patch", "update"]));
}

#[tokio::test]
async fn the_built_in_resources_are_where_kubernetes_has_them() {
    let line = Line::to(&Server::new());
    assert_eq!(line.get("/api").await.json["versions"], json!(["v1"]));
    for (path, resource, kind) in [
        ("/api/v1", "namespaces", "Namespace"),
        ("/api/v1", "configmaps", "ConfigMap"),
        ("/apis/coordination.k8s.io/v1", "leases", "Lease"),
        ("/apis/events.k8s.io/v1", "events", "Event"),
        ("/apis/apiextensions.k8s.io/v1", "customresourcedefinitions", "CustomResourceDefinition"),
    ] {
        let resources = line.get(path).await.json;
        assert_eq!(named(&resources["resources"], "name", resource)["kind"], kind);
    }
    assert_eq!(line.get("/version").await.at("/major"), "1");
    assert_eq!(line.get("/readyz").await.text, "ok");
    assert_eq!(line.get("/nothing").await.text, "404 page not found\n");
}

#[tokio::test]
async fn several_versions_of_a_resource_show_the_same_objects() {
    let server = Server::new();
    let line = Line::to(&server);
    let mut definition = runs();
    let mut old = definition["spec"]["versions"][0].clone();
    (old["name"], old["storage"]) = ("v1alpha1".into(), false.into());
    definition["spec"]["versions"].as_array_mut().unwrap().push(old);
    server.define(&definition);
    server.create("/apis/pawl.test/v1/namespaces/default/runs", &run("a", &[]));
    let path = "/apis/pawl.test/v1alpha1/namespaces/default/runs/a";
    let mut object = line.get(path).await.json;
    assert_eq!(object["apiVersion"], "pawl.test/v1alpha1");
    object["spec"]["taskId"] = 8.into();
    assert_eq!(line.put(path, &object).await.status, 200);
    assert_eq!(line.merge(path, &json!({ "metadata": { "labels": { "a": "b" } } })).await.at("/apiVersion"), "pawl.test/v1alpha1");
    let stored = server.get("/apis/pawl.test/v1/namespaces/default/runs/a").unwrap();
    assert_eq!((&stored["apiVersion"], &stored["spec"]["taskId"]), (&json!("pawl.test/v1"), &json!(8)));
    assert_eq!(line.get("/apis/pawl.test").await.json["preferredVersion"]["version"], "v1");
}

#[tokio::test]
async fn a_definition_that_makes_no_sense_is_refused() {
    let server = Server::new();
    let line = Line::to(&server);
    let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    for (pointer, value) in [
        ("/metadata/name", json!("other.pawl.test")),
        ("/spec/scope", json!("Everywhere")),
        ("/spec/versions/0/storage", json!(false)),
        ("/spec/versions/0/schema", json!({})),
        ("/spec/names/kind", json!("")),
    ] {
        let mut definition = runs();
        *definition.pointer_mut(pointer).unwrap() = value;
        let answer = line.post(path, &definition).await;
        assert_eq!((answer.status, answer.at("/reason")), (422, "Invalid"), "{pointer}: {}", answer.text);
    }
    assert_eq!(server.list(path).len(), 0);
}

/// Clients that know it ask for everything in one document.
#[tokio::test]
async fn discovery_comes_in_one_document_where_that_is_asked_for() {
    let server = Server::new();
    server.define(&runs());
    let ask = async |path: &str| {
        let accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
        let request = http::Request::get(path).header("accept", accept).body(bytes::Bytes::new()).unwrap();
        let answer = Line::to(&server).try_send(request).await.unwrap();
        assert!(answer.header("content-type").ends_with(";as=APIGroupDiscoveryList"), "clients know it by that");
        answer.json
    };
    let groups = ask("/apis").await;
    assert_eq!(groups["kind"], "APIGroupDiscoveryList");
    let group = groups["items"].as_array().unwrap().iter().find(|item| item["metadata"]["name"] == "pawl.test").unwrap();
    let resource = named(&group["versions"][0]["resources"], "resource", "runs");
    assert_eq!((&resource["scope"], &resource["responseKind"]["kind"]), (&json!("Namespaced"), &json!("Run")));
    assert_eq!(resource["subresources"][0]["subresource"], "status");
    named(&ask("/api").await["items"][0]["versions"][0]["resources"], "resource", "configmaps");
}
