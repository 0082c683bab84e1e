//! A story that comes by every route of REST, by its good answers and its refusals.

use crate::client::Client;
use pawl_world::{Fault, Permission, Pull, Reply, Repo, Verdict, When, World};
use serde_json::json;

const SHOP: &str = "/repos/acme/shop";

/// Everything, on one world; it keeps the exchanges.
pub async fn everything() -> World {
    let world = World::start().await;
    world.keep_exchanges();
    let (shop, pull) = busy_shop(&world);
    repositories(&world, &shop).await;
    labels(&world).await;
    items(&world, &shop).await;
    talk(&world, &shop, &pull).await;
    pulls(&world, &shop, &pull).await;
    app(&world, &shop).await;
    refusals(&world).await;
    world
}

/// A repository in which everything has happened that can be shown.
fn busy_shop(world: &World) -> (Repo, Pull) {
    let shop = world.repository("acme/shop");
    shop.define_label_by("ada", "described", "0e8a16", "It has a description");
    let pull = shop.open_pull("ada", "apples");
    pull.label_by("ada", "described").label_by("helper[bot]", "plain").react_by("bob", "+1").describe_by("ada", "Sells apples.");
    pull.review_with("acme-qa[bot]", Verdict::ChangesRequested, "Required changes: the price", None);
    let dismissed = pull.review("bob", Verdict::Approved);
    pull.dismiss_review_by("ada", dismissed);
    pull.review("bob", Verdict::Commented);
    let thread = pull.open_thread("bob", "Why?");
    pull.resolve_thread_by("ada", &thread);
    pull.force_push_by("ada");
    pull.check_by("acme-tests", "unit", "failure");
    shop.start_check_by("acme-tests", "slow", &pull.head());
    shop.open_draft("ada", "draft");
    shop.open_pull("ada", "merged").merge_by("bob");
    shop.open_pull("ada", "closed").close_by("bob");
    shop.open_pull_from_fork("mallory", "mallory/shop", "forked");
    (shop, pull)
}

async fn repositories(world: &World, shop: &Repo) {
    let client = Client::of(world);
    for path in ["/user", SHOP, "/repos/mallory/shop", "/repos/acme/nowhere", "/nothing"] {
        client.get(path).await;
    }
    client.get(&format!("/repositories/{}", shop.id())).await;
    client.get("/repositories/1").await;
    Client::new(world, Some(world.token_for("helper[bot]"))).get("/user").await;
    let old = world.repository("acme/old");
    old.open_issue("ada", "Sell pears", "");
    old.rename_by("ada", "acme/new");
    for path in ["", "/installation", "/issues/1", "/issues/1/labels", "/labels", "/pulls?state=all"] {
        client.get(&format!("/repos/acme/old{path}")).await;
    }
    client.post("/repos/acme/old/issues/1/labels", json!({ "labels": ["a"] })).await;
    for query in ["", "?ref=apples", "?ref=refs/heads/apples&per_page=1", "?actor=ada&activity_type=force_push", "?activity_type=pr_merge"]
    {
        client.get(&format!("{SHOP}/activity{query}")).await;
    }
    shop.grant("mia", Permission::Maintain).grant("tim", Permission::Triage);
    for login in ["mia", "tim", "ada", "helper[bot]", "nobody"] {
        client.get(&format!("{SHOP}/collaborators/{login}/permission")).await;
    }
    Client::new(world, Some(world.token_for("ada"))).get(&format!("{SHOP}/collaborators/mia/permission")).await;
}

async fn labels(world: &World) {
    let client = Client::of(world);
    let labels = format!("{SHOP}/labels");
    for body in [
        json!({ "name": "new", "color": "EDEDED", "description": "new" }),
        json!({ "name": "New", "color": "ededed" }),
        json!({ "name": "n".repeat(51), "color": "ededed" }),
        json!({ "name": "colourful", "color": "#ededed" }),
        json!({ "name": "wordy", "description": "d".repeat(101) }),
        json!({ "color": "ededed" }),
        json!({ "name": "bare" }),
    ] {
        client.post(&labels, body).await;
    }
    for path in ["", "?per_page=1&page=2", "/described", "/plain", "/nowhere"] {
        client.get(&format!("{labels}{path}")).await;
    }
    let one = format!("{labels}/new");
    client.send_json("PATCH", &one, json!({ "new_name": "Newer", "color": "ffffff", "description": "newer" })).await;
    client.send_json("PATCH", &one, json!({ "color": "000000" })).await;
    client.send_json("PATCH", &format!("{labels}/newer"), json!({ "new_name": "plain" })).await;
    client.delete(&format!("{labels}/newer")).await;
    client.delete(&format!("{labels}/newer")).await;
    let reader = Client::new(world, Some(world.token_for("ada")));
    reader.post(&labels, json!({ "name": "forbidden" })).await;
    reader.send_json("PATCH", &format!("{labels}/plain"), json!({ "color": "000000" })).await;
    reader.delete(&format!("{labels}/plain")).await;
}

async fn items(world: &World, shop: &Repo) {
    let client = Client::of(world);
    let issue = shop.open_issue("ada", "Sell pears", "Soon.");
    issue.label_by("ada", "plain").react_by("bob", "heart");
    let gone = shop.open_issue("ada", "Sell stones", "");
    gone.delete_by("ada");
    for number in [1, issue.number(), gone.number(), 99] {
        let item = format!("{SHOP}/issues/{number}");
        client.get(&item).await;
        for body in [json!({ "labels": ["a", "b"] }), json!({ "labels": ["l".repeat(51)] }), json!({})] {
            client.post(&format!("{item}/labels"), body).await;
        }
        client.get(&format!("{item}/labels?per_page=1")).await;
        client.delete(&format!("{item}/labels/A")).await;
        client.delete(&format!("{item}/labels/A")).await;
        client.send_json("PUT", &format!("{item}/labels"), json!({ "labels": ["plain", "c"] })).await;
        client.send_json("PUT", &format!("{item}/labels"), json!({ "labels": [1] })).await;
        client.delete(&format!("{item}/labels")).await;
        for body in
            [json!({ "title": "Sell more" }), json!({ "labels": ["plain"] }), json!({ "state": "closed" }), json!({ "state": "open" })]
        {
            client.send_json("PATCH", &item, body).await;
        }
    }
    issue.close_by("ada");
    client.get(&format!("{SHOP}/issues/{}", issue.number())).await;
    let reader = Client::new(world, Some(world.token_for("rex[bot]")));
    reader.send_json("PATCH", &format!("{SHOP}/issues/1"), json!({ "title": "Mine" })).await;
    reader.post(&format!("{SHOP}/issues/1/labels"), json!({ "labels": ["a"] })).await;
    reader.send_json("PUT", &format!("{SHOP}/issues/1/labels"), json!({ "labels": ["a"] })).await;
    reader.delete(&format!("{SHOP}/issues/1/labels/a")).await;
    reader.delete(&format!("{SHOP}/issues/1/labels")).await;
    shop.subject(1).label_by("ada", "plain");
    client.delete(&format!("{SHOP}/issues/1/labels/described")).await;
    client.post_text(&format!("{SHOP}/issues/1/labels"), "{").await;
}

async fn talk(world: &World, shop: &Repo, pull: &Pull) {
    let client = Client::of(world);
    for number in [1, 99] {
        let item = format!("{SHOP}/issues/{number}");
        for body in ["Hello", "", "Again"] {
            client.post(&format!("{item}/comments"), json!({ "body": body })).await;
        }
        client.get(&format!("{item}/comments?per_page=1&since=2026-11-20T11:00:00Z")).await;
        for content in ["eyes", "eyes", "tears"] {
            client.post(&format!("{item}/reactions"), json!({ "content": content })).await;
        }
        client.get(&format!("{item}/reactions?content=eyes")).await;
    }
    let elsewhere = shop.open_issue("ada", "Sell plums", "").comment("acme-qa[bot]", "Plums?");
    let known = pull.comment("bob", "Apples?");
    for comment in [known, elsewhere, 1] {
        let comment = format!("{SHOP}/issues/comments/{comment}");
        client.get(&comment).await;
        for content in ["+1", "+1", "tears"] {
            client.post(&format!("{comment}/reactions"), json!({ "content": content })).await;
        }
        client.get(&format!("{comment}/reactions?per_page=1")).await;
        client.get(&comment).await;
    }
    let gone = shop.open_issue("ada", "Sell sand", "");
    gone.delete_by("ada");
    client.get(&format!("{SHOP}/issues/{}/comments", gone.number())).await;
    client.get(&format!("{SHOP}/issues/{}/reactions", gone.number())).await;
    let archived = world.repository("acme/archived");
    archived.open_issue("ada", "Sell nothing", "");
    archived.archive();
    client.post("/repos/acme/archived/issues/1/comments", json!({ "body": "Hello" })).await;
}

async fn pulls(world: &World, shop: &Repo, pull: &Pull) {
    let client = Client::of(world);
    for query in ["", "?state=all&per_page=1&page=2", "?head=acme:apples", "?state=closed&base=main", "?state=all"] {
        client.get(&format!("{SHOP}/pulls{query}")).await;
    }
    let issue = shop.open_issue("ada", "Sell figs", "").number();
    for number in [1, 2, 3, 4, 5, issue, 99] {
        client.get(&format!("{SHOP}/pulls/{number}")).await;
        client.get(&format!("{SHOP}/pulls/{number}/reviews?per_page=2")).await;
    }
    for commit in [pull.head(), shop.head_of("main").unwrap(), "0".repeat(40)] {
        client.get(&format!("{SHOP}/commits/{commit}/pulls")).await;
        client.get(&format!("{SHOP}/commits/{commit}/check-runs")).await;
    }
    world.repository("mallory/shop").delete_by("mallory");
    client.get(&format!("{SHOP}/pulls/5")).await;
}

async fn app(world: &World, shop: &Repo) {
    let as_app = Client::new(world, Some(world.app_web_token()));
    let tokens = |id: u64| format!("/app/installations/{id}/access_tokens");
    let installation = world.install_app("acme");
    for path in ["/app", "/repos/acme/shop/installation", "/repos/acme/old/installation", "/repos/mallory/shop/installation"] {
        as_app.get(path).await;
    }
    as_app.get(&format!("/repositories/{}/installation", shop.id())).await;
    let token = as_app.post(&tokens(installation), json!({})).await.json["token"].as_str().unwrap().to_owned();
    as_app.post(&tokens(1), json!({})).await;
    let installed = Client::new(world, Some(token));
    installed.get(SHOP).await;
    installed.get("/app").await;
    installed.post(&format!("{SHOP}/issues/1/comments"), json!({ "body": "As the App" })).await;
    world.hook_to("http://127.0.0.1:1", "secret");
    world.deliver_all().await;
    let first = as_app.get("/app/hook/deliveries?per_page=2").await.json[0]["id"].clone();
    for path in [format!("/{first}"), "/1".to_owned(), "?cursor=x".to_owned(), format!("?cursor=v1_{first}")] {
        as_app.get(&format!("/app/hook/deliveries{path}")).await;
    }
    as_app.post(&format!("/app/hook/deliveries/{first}/attempts"), json!({})).await;
    as_app.post("/app/hook/deliveries/1/attempts", json!({})).await;
    world.suspend_app("acme");
    as_app.post(&tokens(installation), json!({})).await;
    as_app.get("/repos/acme/shop/installation").await;
}

/// Before anybody looks at the route.
async fn refusals(world: &World) {
    let client = Client::of(world);
    for token in [None, Some("ghp_wrong".to_owned()), Some("a.b.c".to_owned())] {
        let stranger = Client::new(world, token);
        for path in ["/user", SHOP, "/app"] {
            stranger.get(path).await;
        }
    }
    let write = format!("{SHOP}/issues/1/labels");
    for reply in [Reply::secondary_limit(60), Reply::secondary_limit_untold(), Reply::too_many(60), Reply::bad_gateway()] {
        world.fault(When::any(), Fault::AnswerBefore(reply));
        client.post(&write, json!({ "labels": ["a"] })).await;
    }
    world.enforce_secondary_limit();
    for _ in 0..81 {
        client.post(&write, json!({ "labels": ["a"] })).await;
    }
    world.set_rest_left(0);
    client.get(SHOP).await;
}
