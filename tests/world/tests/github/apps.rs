//! The App: how it proves itself, and what its installations may do.

use crate::client::Client;
use pawl_world::World;
use serde_json::json;

async fn installed() -> (World, u64) {
    let world = World::start().await;
    world.repository("acme/shop").open_pull("alice", "feature-x");
    let id = world.install_app("acme");
    (world, id)
}

async fn token(world: &World, installation: u64) -> Client {
    let answer = Client::of_app(world).post(&format!("/app/installations/{installation}/access_tokens"), json!({})).await;
    assert_eq!(answer.status, 201);
    Client::with_token(world, Some(answer.json["token"].as_str().unwrap().to_owned()))
}

#[tokio::test]
async fn a_web_token_is_good_only_with_the_right_signature_issuer_and_times() {
    let (world, _) = installed().await;
    let now = world.now();
    let id = world.app_id();
    let status = async |token: String| Client::with_token(&world, Some(token)).get("/app").await.status;
    let signed = |claims: serde_json::Value| world.app_web_token_with(&claims);
    assert_eq!(status(world.app_web_token()).await, 200);
    assert_eq!(status(signed(json!({ "iss": id.to_string(), "iat": now, "exp": now + 600 }))).await, 200);
    for (why, claims) in [
        ("another App", json!({ "iss": id + 1, "iat": now, "exp": now + 60 })),
        ("expired", json!({ "iss": id, "iat": now - 60, "exp": now })),
        ("too far in the future", json!({ "iss": id, "iat": now, "exp": now + 601 })),
        ("issued later", json!({ "iss": id, "iat": now + 1, "exp": now + 60 })),
        ("no issue time", json!({ "iss": id, "exp": now + 60 })),
        ("no end", json!({ "iss": id, "iat": now })),
    ] {
        assert_eq!(status(signed(claims)).await, 401, "{why}");
    }
    let good = world.app_web_token();
    let (signed_part, _) = good.rsplit_once('.').unwrap();
    assert_eq!(status(format!("{signed_part}.AAAA")).await, 401, "signed by nobody");
    assert_eq!(status("a.b.c".to_owned()).await, 401);
    world.advance(301);
    assert_eq!(status(good).await, 401, "over");
}

#[tokio::test]
async fn each_kind_of_token_opens_its_own_doors() {
    let (world, installation) = installed().await;
    let app = Client::of_app(&world);
    assert_eq!(app.get("/app").await.json["slug"], "pawl-app");
    assert_eq!(app.get("/repos/acme/shop").await.status, 401);
    assert_eq!(app.post("/graphql", json!({ "query": "{ viewer { login } }" })).await.status, 401);
    for client in [Client::of(&world), token(&world, installation).await] {
        for path in ["/app", "/app/hook/deliveries", "/repos/acme/shop/installation"] {
            assert_eq!(client.get(path).await.status, 401, "{path}");
        }
        assert_eq!(client.get("/repos/acme/shop").await.status, 200);
    }
}

#[tokio::test]
async fn an_installation_is_found_by_name_by_id_and_after_a_rename() {
    let (world, installation) = installed().await;
    let shop = world.repository("acme/shop");
    let app = Client::of_app(&world);
    assert_eq!(app.get("/repos/acme/shop/installation").await.json["id"], json!(installation));
    assert_eq!(app.get(&format!("/repositories/{}/installation", shop.id())).await.json["account"]["login"], "acme");
    shop.rename_by("alice", "globex/store");
    let moved = app.get("/repos/acme/shop/installation").await;
    assert_eq!((moved.status, moved.header("location").ends_with(&format!("/repositories/{}/installation", shop.id()))), (301, true));
    assert_eq!(app.get(moved.header("location")).await.status, 404, "not installed there");
    let other = world.install_app("globex");
    assert_eq!(app.get(moved.header("location")).await.json["id"], json!(other));
}

#[tokio::test]
async fn an_installation_writes_as_the_bot_and_only_in_its_own_account() {
    let (world, installation) = installed().await;
    let other = world.repository("globex/store").open_pull("bob", "feature-y");
    let client = token(&world, installation).await;
    assert_eq!(client.post("/repos/acme/shop/issues/1/labels", json!({ "labels": ["a"] })).await.status, 200);
    assert_eq!(client.post("/repos/globex/store/issues/1/labels", json!({ "labels": ["a"] })).await.status, 403);
    assert_eq!(other.labels(), Vec::<String>::new());
    assert_eq!(world.label_changes()[0].actor, world.app_account());
    let viewer = client.graphql("{ viewer { login } }", json!({})).await;
    assert_eq!(viewer["data"]["viewer"]["login"], "pawl-app[bot]");
    world.repository("globex/store").make_private();
    assert_eq!(client.get("/repos/globex/store").await.status, 404);
}

#[tokio::test]
async fn an_installations_token_ends_after_an_hour_or_when_it_is_taken_back() {
    let (world, installation) = installed().await;
    let client = token(&world, installation).await;
    world.advance(3_599);
    assert_eq!(client.get("/repos/acme/shop").await.status, 200);
    world.advance(1);
    assert_eq!(client.get("/repos/acme/shop").await.status, 401);
    let client = token(&world, installation).await;
    world.revoke_app_tokens();
    assert_eq!(client.get("/repos/acme/shop").await.status, 401);
    let client = token(&world, installation).await;
    world.suspend_app("acme");
    assert_eq!(client.get("/repos/acme/shop").await.status, 401);
    let minting = format!("/app/installations/{installation}/access_tokens");
    assert_eq!(Client::of_app(&world).post(&minting, json!({})).await.status, 403);
    world.uninstall_app("acme");
    assert_eq!(Client::of_app(&world).post(&minting, json!({})).await.status, 404);
}

#[tokio::test]
async fn each_installation_has_limits_of_its_own() {
    let (world, acme) = installed().await;
    world.repository("globex/store");
    let globex = world.install_app("globex");
    world.set_rest_left_of(acme, 0);
    assert_eq!(token(&world, acme).await.get("/repos/acme/shop").await.status, 403);
    assert_eq!(token(&world, globex).await.get("/repos/globex/store").await.status, 200);
    assert_eq!(Client::of(&world).get("/repos/acme/shop").await.status, 200);
}

#[tokio::test]
async fn deliveries_are_listed_attempt_by_attempt_and_paged_by_an_opaque_cursor() {
    let world = World::start().await;
    world.hook_to("http://127.0.0.1:1", "secret");
    for _ in 0..5 {
        world.ping();
    }
    world.deliver_all().await;
    let app = Client::of_app(&world);
    let first = app.get("/app/hook/deliveries?per_page=2").await;
    let ids = |answer: &crate::client::Answer| -> Vec<u64> {
        answer.json.as_array().unwrap().iter().map(|one| one["id"].as_u64().unwrap()).collect()
    };
    let mut seen = ids(&first);
    let oldest_shown = seen[1];
    let mut link = first.header("link").to_owned();
    assert!(link.contains("cursor=v1_"), "{link}");
    // One more attempt meanwhile does not shift the pages.
    assert_eq!(app.post(&format!("/app/hook/deliveries/{oldest_shown}/attempts"), json!({})).await.status, 202);
    world.deliver_all().await;
    while !link.is_empty() {
        let url = link.strip_prefix('<').unwrap().split('>').next().unwrap().to_owned();
        let page = app.get(&url).await;
        seen.extend(ids(&page));
        link = page.header("link").to_owned();
    }
    assert!(seen.len() == 5 && seen.is_sorted_by(|a, b| a > b), "{seen:?}");
    let newest = &app.get("/app/hook/deliveries?per_page=1").await.json[0];
    assert_eq!((&newest["redelivery"], newest["id"].as_u64() != Some(oldest_shown)), (&json!(true), true));
    assert_eq!(app.get("/app/hook/deliveries?cursor=x").await.status, 422);
}
