//! Labels over REST.

use crate::client::Client;
use pawl_world::{Change, Permission, World};
use serde_json::json;

#[tokio::test]
async fn a_label_is_created_once_whatever_its_letter_case() {
    let world = World::start().await;
    world.repository("acme/shop");
    let client = Client::of(&world);
    let made = client.post("/repos/acme/shop/labels", json!({ "name": "Ready", "color": "0E8A16", "description": "Go." })).await;
    assert_eq!((made.status, &made.json["color"], &made.json["description"]), (201, &json!("0e8a16"), &json!("Go.")));
    let again = client.post("/repos/acme/shop/labels", json!({ "name": "ready", "color": "0e8a16" })).await;
    assert_eq!((again.status, &again.json["errors"][0]["code"]), (422, &json!("already_exists")));
    assert_eq!(world.repository("acme/shop").label_definitions().len(), 1);
}

#[tokio::test]
async fn names_of_51_characters_long_descriptions_and_colours_with_a_hash_are_invalid() {
    let world = World::start().await;
    world.repository("acme/shop");
    let client = Client::of(&world);
    for bad in [
        json!({ "name": "x".repeat(51), "color": "ededed" }),
        json!({ "name": "a", "color": "ededed", "description": "x".repeat(101) }),
        json!({ "name": "a", "color": "#ededed" }),
    ] {
        let answer = client.post("/repos/acme/shop/labels", bad).await;
        assert_eq!((answer.status, &answer.json["errors"][0]["code"]), (422, &json!("invalid")));
    }
    let longest = json!({ "name": "é".repeat(50), "color": "ededed", "description": "x".repeat(100) });
    assert_eq!(client.post("/repos/acme/shop/labels", longest).await.status, 201);
}

#[tokio::test]
async fn setting_an_unknown_label_creates_it_grey_and_answers_the_full_list() {
    let world = World::start().await;
    let shop = world.repository("acme/shop");
    let pull = shop.open_pull("alice", "feature-x");
    pull.label_by("bob", "theirs");
    let client = Client::of(&world);
    let answer = client.post("/repos/acme/shop/issues/1/labels", json!({ "labels": ["mine"] })).await;
    assert_eq!((answer.status, answer.names()), (200, vec!["theirs", "mine"]));
    assert_eq!((&answer.json[1]["color"], &answer.json[1]["description"]), (&json!("ededed"), &json!(null)));
}

#[tokio::test]
async fn setting_a_label_in_another_letter_case_sets_the_one_there_is() {
    let world = World::start().await;
    let shop = world.repository("acme/shop");
    shop.define_label_by("bob", "Ready", "0e8a16", "");
    let pull = shop.open_pull("alice", "feature-x");
    let client = Client::of(&world);
    client.post("/repos/acme/shop/issues/1/labels", json!({ "labels": ["READY"] })).await;
    client.post("/repos/acme/shop/issues/1/labels", json!({ "labels": ["ready"] })).await;
    assert_eq!(pull.labels(), ["Ready"]);
    assert_eq!(pull.label_history().len(), 1, "setting what is there is no event");
}

#[tokio::test]
async fn removing_a_label_answers_the_rest_and_404_when_it_is_not_there() {
    let world = World::start().await;
    let pull = world.repository("acme/shop").open_pull("alice", "feature-x");
    pull.label_by("bob", "a: b/c").label_by("bob", "stays");
    let client = Client::of(&world);
    let path = "/repos/acme/shop/issues/1/labels/a%3A%20b%2Fc";
    let answer = client.call("DELETE", path).await;
    assert_eq!((answer.status, answer.names()), (200, vec!["stays"]));
    let again = client.call("DELETE", path).await;
    assert_eq!((again.status, &again.json["message"]), (404, &json!("Label does not exist")));
}

#[tokio::test]
async fn the_hundred_and_first_label_of_an_item_is_refused_and_none_of_its_batch_is_set() {
    let world = World::start().await;
    let pull = world.repository("acme/shop").open_pull("alice", "feature-x");
    for n in 0..99 {
        pull.label_by("bob", &format!("label {n}"));
    }
    let client = Client::of(&world);
    let answer = client.post("/repos/acme/shop/issues/1/labels", json!({ "labels": ["one", "two"] })).await;
    assert_eq!((answer.status, pull.labels().len()), (422, 99));
    assert_eq!(client.post("/repos/acme/shop/issues/1/labels", json!({ "labels": ["one"] })).await.status, 200);
}

#[tokio::test]
async fn replacing_the_list_loses_what_people_added_and_the_log_can_tell() {
    let world = World::start().await;
    let pull = world.repository("acme/shop").open_pull("alice", "feature-x");
    pull.label_by("bob", "theirs");
    let client = Client::of(&world);
    client.call_with("PUT", "/repos/acme/shop/issues/1/labels", json!({ "labels": ["mine"] })).await;
    assert_eq!(pull.labels(), ["mine"]);
    assert_eq!(world.count("PUT"), 1);
    let lost = world.label_changes().into_iter().find(|change| change.change == Change::Removed).unwrap();
    assert_eq!((lost.label.as_str(), lost.actor.as_str()), ("theirs", "pawl-agent"));
}

#[tokio::test]
async fn a_definition_is_edited_and_deleted_with_everything_that_carries_it() {
    let world = World::start().await;
    let shop = world.repository("acme/shop");
    shop.define_label_by("bob", "old", "0e8a16", "was");
    let pull = shop.open_pull("alice", "feature-x");
    pull.label_by("bob", "old");
    let client = Client::of(&world);
    let edited = client.call_with("PATCH", "/repos/acme/shop/labels/OLD", json!({ "new_name": "new", "color": "fbca04" })).await;
    assert_eq!((edited.status, &edited.json["name"], &edited.json["description"]), (200, &json!("new"), &json!("was")));
    assert_eq!(pull.labels(), ["new"]);
    assert_eq!(client.call("DELETE", "/repos/acme/shop/labels/new").await.status, 204);
    assert_eq!(pull.labels(), Vec::<String>::new());
    assert_eq!(client.call("DELETE", "/repos/acme/shop/labels/new").await.status, 404);
}

#[tokio::test]
async fn lists_are_paged_with_links_by_the_repositorys_id() {
    let world = World::start().await;
    let shop = world.repository("acme/shop");
    for n in 0..5 {
        shop.define_label_by("bob", &format!("label-{n}"), "ededed", "");
    }
    let client = Client::of(&world);
    let first = client.get("/repos/acme/shop/labels?per_page=2").await;
    assert_eq!(first.names(), ["label-0", "label-1"]);
    let link = first.header("link");
    let next = link.split('<').nth(1).unwrap().split('>').next().unwrap();
    assert_eq!(next, format!("{}/repositories/{}/labels?per_page=2&page=2", world.url(), shop.id()));
    assert!(link.contains("page=3>; rel=\"last\""), "{link}");
    let last = client.get("/repos/acme/shop/labels?per_page=2&page=3").await;
    assert_eq!(last.names(), ["label-4"]);
    assert!(!last.header("link").contains("next"));
}

#[tokio::test]
async fn without_push_access_labels_are_refused_and_a_patch_drops_them_silently() {
    let world = World::start().await;
    let shop = world.repository("acme/shop");
    let pull = shop.open_pull("mallory", "feature-x");
    shop.grant("mallory", Permission::Read);
    let client = Client::with_token(&world, Some(world.token_for("mallory")));
    assert_eq!(client.post("/repos/acme/shop/issues/1/labels", json!({ "labels": ["a"] })).await.status, 403);
    let patched = client.call_with("PATCH", "/repos/acme/shop/issues/1", json!({ "labels": ["a"], "title": "new" })).await;
    assert_eq!((patched.status, &patched.json["title"]), (200, &json!("new")));
    assert_eq!(pull.labels(), Vec::<String>::new());
}

#[tokio::test]
async fn if_match_is_ignored() {
    let world = World::start().await;
    let pull = world.repository("acme/shop").open_pull("alice", "feature-x");
    let request = reqwest::Client::new().post(format!("{}/repos/acme/shop/issues/1/labels", world.url()));
    let request = request.bearer_auth(world.token()).header("if-match", "\"no such tag\"").json(&json!({ "labels": ["a"] }));
    assert_eq!(request.send().await.unwrap().status().as_u16(), 200);
    assert_eq!(pull.labels(), ["a"]);
}
