//! Rate limits.

use crate::client::Client;
use pawl_world::{Fault, Gate, Reply, When, World};
use serde_json::json;

#[tokio::test]
async fn every_answer_carries_the_limits_and_a_request_id() {
    let world = World::start().await;
    let client = Client::of(&world);
    let answer = client.get("/user").await;
    assert_eq!((answer.header("x-ratelimit-limit"), answer.header("x-ratelimit-remaining")), ("5000", "4999"));
    assert_eq!(answer.header("x-ratelimit-reset"), (world.now() + 3_600).to_string());
    assert_ne!(answer.header("x-github-request-id"), "");
    let other = client.post("/graphql", json!({ "query": "{ rateLimit { remaining cost } }" })).await;
    assert_eq!(other.header("x-ratelimit-resource"), "graphql");
    assert_eq!(other.json["data"]["rateLimit"], json!({ "remaining": 4999, "cost": 1 }));
}

#[tokio::test]
async fn a_spent_limit_is_403_in_rest_and_a_200_with_rate_limited_in_graphql_until_the_reset() {
    let world = World::start().await;
    let client = Client::of(&world);
    world.set_rest_left(1);
    assert_eq!(client.get("/user").await.status, 200);
    let spent = client.get("/user").await;
    assert_eq!((spent.status, spent.header("x-ratelimit-remaining")), (403, "0"));
    world.set_graphql_left(0);
    let answer = client.graphql("{ viewer { login } }", json!({})).await;
    assert_eq!(answer["errors"][0]["type"], "RATE_LIMITED");
    world.advance(3_600);
    assert_eq!(client.get("/user").await.status, 200);
    assert_eq!(client.graphql("{ viewer { login } }", json!({})).await["data"]["viewer"]["login"], "pawl-agent");
}

#[tokio::test]
async fn the_eighty_first_write_in_a_minute_is_refused_when_the_secondary_limit_is_enforced() {
    let world = World::start().await;
    let pull = world.repository("acme/shop").open_pull("alice", "feature-x");
    world.enforce_secondary_limit();
    let client = Client::of(&world);
    let write = async |n: u32| client.post("/repos/acme/shop/issues/1/comments", json!({ "body": format!("{n}") })).await;
    for n in 0..80 {
        assert_eq!(write(n).await.status, 201);
    }
    let refused = write(80).await;
    assert_eq!((refused.status, refused.header("retry-after"), pull.comments().len()), (403, "60", 80));
    assert_eq!(client.get("/user").await.status, 200, "reading goes on");
    world.advance(60);
    assert_eq!(write(81).await.status, 201);
}

#[tokio::test]
async fn the_secondary_limit_names_a_time_to_wait() {
    let world = World::start().await;
    world.fault(When::any(), Fault::AnswerBefore(Reply::secondary_limit(17)));
    let answer = Client::of(&world).get("/user").await;
    assert_eq!((answer.status, answer.header("retry-after")), (403, "17"));
}

#[tokio::test]
async fn a_secondary_limit_may_come_without_a_time_to_wait() {
    let world = World::start().await;
    world.repository("acme/shop").open_pull("alice", "feature-x");
    world.enforce_secondary_limit();
    world.leave_retry_after_out();
    let client = Client::of(&world);
    let write = async || client.post("/repos/acme/shop/issues/1/labels", json!({ "labels": ["a"] })).await;
    for _ in 0..80 {
        assert_eq!(write().await.status, 200);
    }
    let refused = write().await;
    assert_eq!((refused.status, refused.header("retry-after")), (403, ""));
}

#[tokio::test]
async fn nine_hundred_points_in_a_minute_are_all_that_rest_gives() {
    let world = World::start().await;
    world.enforce_secondary_limit();
    let client = Client::of(&world);
    for _ in 0..900 {
        assert_eq!(client.get("/user").await.status, 200);
    }
    assert_eq!(client.get("/user").await.status, 403);
    assert_eq!(client.post("/graphql", json!({ "query": "{ viewer { login } }" })).await.json["data"]["viewer"]["login"], "pawl-agent");
    world.advance(60);
    assert_eq!(client.get("/user").await.status, 200);
}

#[tokio::test]
async fn the_hundred_and_first_request_at_once_is_refused() {
    let world = World::start().await;
    world.enforce_secondary_limit();
    let gate = Gate::closed();
    world.fault(When::any().times(100), Fault::HoldBefore(gate.clone()));
    let client = Client::of(&world);
    let hundred = async {
        let mut all: Vec<_> = (0..100).map(|_| Box::pin(client.get("/user"))).collect();
        std::future::poll_fn(|cx| {
            all.retain_mut(|one| one.as_mut().poll(cx).is_pending());
            if all.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
    };
    let one_more = async {
        gate.reached_by(100).await;
        assert_eq!(client.get("/user").await.status, 403);
        gate.open();
    };
    tokio::join!(hundred, one_more);
    assert_eq!(client.get("/user").await.status, 200);
}
