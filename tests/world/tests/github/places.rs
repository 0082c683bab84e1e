//! Who is asking, where things are, and how one gets from a push to a pull request.

use crate::client::Client;
use pawl_world::{Permission, Settings, World};
use serde_json::json;

#[tokio::test]
async fn without_a_good_token_the_answer_is_401() {
    let world = World::start().await;
    world.repository("acme/shop");
    for token in [None, Some("ghp_wrong".to_owned())] {
        let client = Client::with_token(&world, token);
        assert_eq!(client.get("/user").await.status, 401);
        assert_eq!(client.post("/graphql", json!({ "query": "{ viewer { login } }" })).await.status, 401);
    }
    let token = world.token();
    world.revoke(&token);
    assert_eq!(Client::of(&world).get("/user").await.status, 401);
}

#[tokio::test]
async fn a_users_token_has_a_user_and_a_bots_has_none() {
    let world = World::start().await;
    assert_eq!(Client::of(&world).get("/user").await.json["login"], "pawl-agent");
    let bots = World::start_with(Settings { account: "pawl[bot]".to_owned(), ..Settings::default() }).await.unwrap();
    assert_eq!(Client::of(&bots).get("/user").await.status, 403);
}

#[tokio::test]
async fn a_renamed_repository_answers_301_by_its_id_until_somebody_takes_the_name() {
    let world = World::start().await;
    let shop = world.repository("acme/shop");
    shop.open_pull("alice", "feature-x");
    shop.rename_by("bob", "acme/store");
    let client = Client::of(&world);
    let moved = client.get("/repos/acme/shop/pulls?state=all").await;
    assert_eq!(moved.status, 301);
    let location = moved.header("location");
    assert_eq!(location, format!("{}/repositories/{}/pulls?state=all", world.url(), shop.id()));
    assert_eq!(client.get(location).await.json[0]["base"]["repo"]["full_name"], "acme/store");
    let new = world.repository("acme/shop");
    assert_ne!(new.id(), shop.id());
    assert_eq!(client.get("/repos/acme/shop").await.json["id"], new.id());
    assert_eq!(client.get(&format!("/repositories/{}", shop.id())).await.json["full_name"], "acme/store");
}

#[tokio::test]
async fn what_is_not_there_is_404_and_a_deleted_issue_410() {
    let world = World::start().await;
    let shop = world.repository("acme/shop");
    let issue = shop.open_issue("bob", "slow", "");
    let hidden = world.repository("acme/hidden");
    hidden.make_private().grant(world.account(), Permission::None);
    let gone = world.repository("acme/gone");
    gone.delete_by("bob");
    let client = Client::of(&world);
    for path in ["/repos/acme/nowhere", "/repos/acme/hidden", "/repos/acme/gone", "/repos/acme/shop/issues/99/labels", "/nothing"] {
        assert_eq!(client.get(path).await.status, 404, "{path}");
    }
    assert_eq!(client.get(&format!("/repositories/{}", gone.id())).await.status, 404);
    assert_eq!(client.get("/repos/acme/shop/pulls/1").await.status, 404, "an issue is no pull request");
    issue.delete_by("bob");
    assert_eq!(client.get("/repos/acme/shop/issues/1/labels").await.status, 410);
}

#[tokio::test]
async fn an_archived_repository_refuses_writes() {
    let world = World::start().await;
    let shop = world.repository("acme/shop");
    shop.open_pull("alice", "feature-x");
    shop.archive();
    let answer = Client::of(&world).post("/repos/acme/shop/issues/1/labels", json!({ "labels": ["a"] })).await;
    assert_eq!(answer.status, 403);
}

#[tokio::test]
async fn pull_requests_are_found_by_head_branch_and_by_commit_forks_included() {
    let world = World::start().await;
    let shop = world.repository("acme/shop");
    let own = shop.open_pull("alice", "feature-x");
    let forked = shop.open_pull_from_fork("mallory", "mallory/shop", "feature-x");
    let client = Client::of(&world);
    let by_branch = client.get("/repos/acme/shop/pulls?state=open&head=acme:feature-x").await;
    assert_eq!(by_branch.json.as_array().unwrap().len(), 1);
    assert_eq!((&by_branch.json[0]["number"], &by_branch.json[0]["head"]["sha"]), (&json!(own.number()), &json!(own.head())));
    let by_commit = client.get(&format!("/repos/acme/shop/commits/{}/pulls", forked.head())).await;
    assert_eq!(by_commit.json[0]["number"], forked.number());
    assert_eq!(by_commit.json[0]["head"]["repo"]["full_name"], "mallory/shop");
    own.close_by("alice");
    assert_eq!(client.get("/repos/acme/shop/pulls?head=acme:feature-x").await.json, json!([]));
    assert_eq!(client.get("/repos/acme/shop/commits/0000000000000000000000000000000000000001/pulls").await.status, 422);
}

#[tokio::test]
async fn the_activity_list_says_who_pushed_what_and_when_newest_first() {
    let world = World::start().await;
    let shop = world.repository("acme/shop");
    let pull = shop.open_pull("alice", "feature-x");
    let first = pull.head();
    world.advance(60);
    let second = pull.push_by("rex[bot]");
    let client = Client::of(&world);
    for reference in ["feature-x", "refs/heads/feature-x"] {
        let list = client.get(&format!("/repos/acme/shop/activity?ref={reference}&per_page=1")).await;
        let newest = &list.json[0];
        assert_eq!((&newest["before"], &newest["after"]), (&json!(first), &json!(second)));
        assert_eq!((&newest["actor"]["login"], &newest["actor"]["type"]), (&json!("rex[bot]"), &json!("Bot")));
        assert_eq!(newest["timestamp"], "2026-11-20T12:01:00Z");
        let next = list.header("link").split('<').nth(1).unwrap().split('>').next().unwrap().to_owned();
        assert_eq!(client.get(&next).await.json[0]["activity_type"], "branch_creation");
    }
}

#[tokio::test]
async fn permissions_have_four_words_and_roles_six() {
    let world = World::start().await;
    let shop = world.repository("acme/shop");
    shop.grant("tim", Permission::Triage).grant("mia", Permission::Maintain);
    world.id_of("stranger");
    let client = Client::of(&world);
    for (login, permission, role) in [("tim", "read", "triage"), ("mia", "write", "maintain"), ("stranger", "read", "read")] {
        let answer = client.get(&format!("/repos/acme/shop/collaborators/{login}/permission")).await.json;
        assert_eq!((&answer["permission"], &answer["role_name"]), (&json!(permission), &json!(role)), "{login}");
    }
    assert_eq!(client.get("/repos/acme/shop/collaborators/nobody/permission").await.status, 404);
}
