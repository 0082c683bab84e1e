//! Comments and reactions over REST.

use crate::client::Client;
use pawl_world::World;
use serde_json::json;

#[tokio::test]
async fn comments_are_written_listed_and_filtered_by_time() {
    let world = World::start().await;
    let pull = world.repository("acme/shop").open_pull("alice", "feature-x");
    pull.comment("bob", "early");
    world.advance(10);
    let client = Client::of(&world);
    let made = client.post("/repos/acme/shop/issues/1/comments", json!({ "body": "late" })).await;
    assert_eq!((made.status, &made.json["user"]["login"]), (201, &json!("pawl-agent")));
    let all = client.get("/repos/acme/shop/issues/1/comments").await;
    assert_eq!(all.json.as_array().unwrap().len(), 2);
    let late = client.get("/repos/acme/shop/issues/1/comments?since=2026-11-20T12:00:05Z").await;
    assert_eq!((late.json.as_array().unwrap().len(), &late.json[0]["id"]), (1, &made.json["id"]));
    assert_eq!(client.post("/repos/acme/shop/issues/1/comments", json!({ "body": " " })).await.status, 422);
}

#[tokio::test]
async fn a_reaction_is_new_once() {
    let world = World::start().await;
    let pull = world.repository("acme/shop").open_pull("alice", "feature-x");
    let comment = pull.comment("bob", "look");
    let client = Client::of(&world);
    for path in ["/repos/acme/shop/issues/1/reactions".to_owned(), format!("/repos/acme/shop/issues/comments/{comment}/reactions")] {
        let first = client.post(&path, json!({ "content": "eyes" })).await;
        let second = client.post(&path, json!({ "content": "eyes" })).await;
        assert_eq!((first.status, second.status), (201, 200));
        assert_eq!(first.json["id"], second.json["id"]);
        assert_eq!(client.post(&path, json!({ "content": "shrug" })).await.status, 422);
        assert_eq!(client.get(&path).await.json.as_array().unwrap().len(), 1);
    }
    assert_eq!(pull.reactions(Some(comment)), [("pawl-agent".to_owned(), "eyes".to_owned())]);
}

#[tokio::test]
async fn a_pull_request_and_its_issue_object_have_different_node_ids() {
    let world = World::start().await;
    let pull = world.repository("acme/shop").open_pull("alice", "feature-x");
    let client = Client::of(&world);
    let as_pull = client.get("/repos/acme/shop/pulls/1").await.json;
    let as_issue = client.get("/repos/acme/shop/issues/1").await.json;
    assert_eq!(as_pull["node_id"], json!(pull.node_id()));
    assert_ne!(as_pull["node_id"], as_issue["node_id"]);
    assert_ne!(as_pull["id"], as_issue["id"]);
    let asked = client.graphql("query Q($id: ID!) { node(id: $id) { id } }", json!({ "id": as_issue["node_id"] })).await;
    assert_eq!(asked["errors"][0]["type"], "NOT_FOUND");
}
