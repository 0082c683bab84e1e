//! Misfortune, as ordered.

use crate::client::Client;
use pawl_world::{Fault, Gate, Outcome, Reply, When, World};
use serde_json::{Value, json};
use std::sync::Arc;

const LABELS: &str = "/repos/acme/shop/issues/1/labels";

async fn shop() -> (World, pawl_world::Pull, Client) {
    let world = World::start().await;
    let pull = world.repository("acme/shop").open_pull("alice", "feature-x");
    let client = Client::of(&world);
    (world, pull, client)
}

#[tokio::test]
async fn a_connection_cut_before_leaves_nothing_done() {
    let (world, pull, client) = shop().await;
    world.fault(When::rest("POST", LABELS), Fault::CutBefore);
    assert!(client.try_call("POST", LABELS, Some(json!({ "labels": ["a"] }))).await.is_err());
    assert_eq!(pull.labels(), Vec::<String>::new());
    assert_eq!(client.post(LABELS, json!({ "labels": ["a"] })).await.status, 200);
    let seen = world.requests();
    assert_eq!((seen[0].outcome, seen[0].applied), (Outcome::Cut, false));
    assert_eq!((seen[1].outcome, seen[1].applied), (Outcome::Answered(200), true));
}

#[tokio::test]
async fn a_lost_reply_leaves_everything_done() {
    let (world, pull, client) = shop().await;
    world.fault(When::write(), Fault::CutAfter);
    assert!(client.try_call("POST", LABELS, Some(json!({ "labels": ["a"] }))).await.is_err());
    assert_eq!(pull.labels(), ["a"]);
    assert_eq!((world.requests()[0].outcome, world.requests()[0].applied), (Outcome::Cut, true));
}

#[tokio::test]
async fn a_bad_gateway_may_come_before_or_after_the_change() {
    let (world, pull, client) = shop().await;
    world.fault(When::write().nth(1), Fault::AnswerBefore(Reply::bad_gateway()));
    world.fault(When::write().nth(2), Fault::AnswerAfter(Reply::bad_gateway()));
    assert_eq!(client.post(LABELS, json!({ "labels": ["a"] })).await.status, 502);
    assert_eq!(pull.labels(), Vec::<String>::new());
    assert_eq!(client.post(LABELS, json!({ "labels": ["a"] })).await.status, 502);
    assert_eq!(pull.labels(), ["a"]);
    assert_eq!(world.faults_left(), 0);
}

#[tokio::test]
async fn half_an_answer_is_no_json() {
    let (world, pull, client) = shop().await;
    world.fault(When::write(), Fault::Truncate);
    let answer = client.post(LABELS, json!({ "labels": ["a"] })).await;
    assert_eq!((answer.status, answer.json), (200, Value::Null));
    assert_eq!(pull.labels(), ["a"]);
}

const READ: &str =
    "query Read { repository(owner: \"acme\", name: \"shop\") { pullRequest(number: 1) { labels(first: 9) { nodes { name } } } } }";

fn read_names(answer: &Value) -> Vec<String> {
    let nodes = answer["data"]["repository"]["pullRequest"]["labels"]["nodes"].as_array().unwrap();
    nodes.iter().map(|label| label["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_stale_read_sees_the_world_before_the_last_changes_and_only_once() {
    let (world, pull, client) = shop().await;
    pull.label_by("bob", "one").label_by("bob", "two").label_by("bob", "three");
    world.fault(When::graphql("Read"), Fault::Stale { changes: 2 });
    assert_eq!(read_names(&client.graphql(READ, json!({})).await), ["one"]);
    assert_eq!(read_names(&client.graphql(READ, json!({})).await), ["one", "two", "three"]);
    assert_eq!(pull.labels(), ["one", "two", "three"]);
}

#[tokio::test]
async fn somebody_may_act_between_a_read_and_the_write_that_follows() {
    let (world, pull, client) = shop().await;
    let theirs = pull.clone();
    world.fault(
        When::write(),
        Fault::meanwhile(move || {
            theirs.label_by("bob", "theirs");
        }),
    );
    assert_eq!(read_names(&client.graphql(READ, json!({})).await), Vec::<String>::new());
    let answer = client.post(LABELS, json!({ "labels": ["mine"] })).await;
    assert_eq!(answer.names(), ["theirs", "mine"]);
}

#[tokio::test]
async fn requests_wait_at_a_gate_while_the_story_goes_on() {
    let (world, pull, client) = shop().await;
    let client = Arc::new(client);
    let (before, after) = (Gate::closed(), Gate::closed());
    world.fault(When::write(), Fault::HoldBefore(before.clone()));
    world.fault(When::write(), Fault::HoldAfter(after.clone()));
    let asking = tokio::spawn({
        let client = Arc::clone(&client);
        async move { client.post(LABELS, json!({ "labels": ["mine"] })).await.status }
    });
    before.reached_by(1).await;
    assert_eq!(pull.labels(), Vec::<String>::new());
    before.open();
    after.reached_by(1).await;
    assert_eq!(pull.labels(), ["mine"]);
    after.open();
    assert_eq!(asking.await.unwrap(), 200);
}

#[tokio::test]
async fn faults_are_counted_by_path_operation_and_kind() {
    let (world, _pull, client) = shop().await;
    world.fault(When::rest("GET", "/repos/*/*/labels"), Fault::AnswerBefore(Reply::status(500, "first list")));
    world.fault(When::rest("GET", "/repos/acme/shop/**").nth(2), Fault::AnswerBefore(Reply::status(503, "second of anything")));
    world.fault(When::graphql("viewer").times(2), Fault::AnswerBefore(Reply::graphql_rate_limited()));
    assert_eq!(client.get("/user").await.status, 200);
    assert_eq!(client.get("/repos/acme/shop/labels").await.status, 500);
    assert_eq!(client.get("/repos/acme/shop/pulls").await.status, 503);
    assert_eq!(client.get("/repos/acme/shop/labels").await.status, 200);
    for expected in [json!("RATE_LIMITED"), json!("RATE_LIMITED"), json!(null)] {
        assert_eq!(client.graphql("{ viewer { login } }", json!({})).await["errors"][0]["type"], expected);
    }
}

#[tokio::test]
async fn chance_is_drawn_from_a_seed() {
    let fates = async |seed: u64| {
        let (world, _pull, client) = shop().await;
        world.fault(When::read().sometimes(50, seed), Fault::AnswerBefore(Reply::bad_gateway()));
        let mut fates = Vec::new();
        for _ in 0..32 {
            fates.push(client.get("/user").await.status);
        }
        fates
    };
    let first = fates(1).await;
    assert_eq!(first, fates(1).await);
    assert_ne!(first, fates(2).await);
    assert!(first.contains(&200) && first.contains(&502));
}

#[tokio::test]
async fn the_log_tells_reads_from_writes_and_who_asked() {
    let (world, pull, client) = shop().await;
    client.graphql(READ, json!({})).await;
    assert_eq!(world.writes(), []);
    let add = "mutation Add($id: ID!) { addReaction(input: { subjectId: $id, content: EYES }) { clientMutationId } }";
    client.graphql(add, json!({ "id": pull.node_id() })).await;
    Client::with_token(&world, None).get("/user").await;
    let seen = world.requests();
    assert_eq!((seen[0].operation.as_deref(), seen[0].write), (Some("Read"), false));
    assert_eq!((seen[1].operation.as_deref(), &seen[1].fields[..], seen[1].applied), (Some("Add"), &["addReaction".to_owned()][..], true));
    assert_eq!((seen[1].account.as_deref(), seen[2].account.as_deref()), (Some("pawl-agent"), None));
    assert_eq!(world.writes().len(), 1);
    world.forget_requests();
    assert_eq!(world.requests(), []);
}

#[tokio::test]
async fn a_stopped_world_ends_also_while_a_request_waits() {
    let (world, _pull, client) = shop().await;
    let gate = Gate::closed();
    world.fault(When::any(), Fault::HoldBefore(gate.clone()));
    let url = world.url().to_owned();
    let asking = tokio::spawn(async move { client.try_call("GET", "/user", None).await.is_err() });
    gate.reached_by(1).await;
    world.stop().await.unwrap();
    assert!(asking.await.unwrap());
    assert!(reqwest::get(url).await.is_err());
}

#[tokio::test]
async fn two_worlds_tell_the_same_story_with_the_same_ids() {
    let (one, first, _) = shop().await;
    let (two, second, _) = shop().await;
    assert_eq!((first.node_id(), first.head()), (second.node_id(), second.head()));
    assert_eq!(one.waiting()[0].guid, two.waiting()[0].guid);
    assert_ne!(one.url(), two.url());
}
