//! Webhooks: what they say, how they are signed, and in which disorder they arrive.

use crate::client::Client;
use axum::Router;
use axum::extract::State;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use pawl_world::{Oddities, Often, Settings, Verdict, World, signature};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

type Received = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

/// A receiver that keeps what it gets, and refuses pings.
struct Receiver {
    url: String,
    received: Received,
    task: JoinHandle<()>,
    arrived: watch::Receiver<usize>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    async fn start() -> Self {
        let received = Received::default();
        let (arriving, arrived) = watch::channel(0);
        let arriving = Arc::new(arriving);
        let keep = async move |State(received): State<Received>, headers: HeaderMap, body: Bytes| {
            let refuse = headers["x-github-event"] == "ping";
            let mut received = received.lock().unwrap();
            received.push((headers, body));
            arriving.send_replace(received.len());
            if refuse { StatusCode::BAD_REQUEST } else { StatusCode::ACCEPTED }
        };
        let router = Router::new().fallback(keep).with_state(Arc::clone(&received));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, received, task, arrived }
    }

    fn events(&self) -> Vec<String> {
        let event = |(headers, body): &(HeaderMap, Bytes)| {
            let payload: Value = serde_json::from_slice(body).unwrap();
            let action = payload["action"].as_str().map(|action| format!(".{action}")).unwrap_or_default();
            format!("{}{action}", headers["x-github-event"].to_str().unwrap())
        };
        self.received.lock().unwrap().iter().map(event).collect()
    }
}

/// The payloads that wait, by event and action.
fn waiting(world: &World, event: &str, action: &str) -> Vec<Value> {
    let fits = |one: &pawl_world::Delivery| one.event == event && one.action.as_deref().unwrap_or_default() == action;
    world.waiting().iter().filter(|one| fits(one)).map(pawl_world::Delivery::payload).collect()
}

#[tokio::test]
async fn nothing_is_sent_before_it_is_pumped_and_the_raw_bytes_are_signed() {
    let world = World::start().await;
    let receiver = Receiver::start().await;
    world.hook_to(&receiver.url, "secret");
    world.repository("acme/shop").open_pull("alice", "feature-x");
    assert_eq!(receiver.events(), Vec::<String>::new());
    let attempts = world.deliver_all().await;
    assert_eq!(attempts.iter().map(|attempt| attempt.status).collect::<Vec<_>>(), [Some(202), Some(202)]);
    assert_eq!(receiver.events(), ["push", "pull_request.opened"]);
    for (headers, body) in receiver.received.lock().unwrap().iter() {
        assert_eq!(headers["x-hub-signature-256"], signature("secret", body).as_str());
        assert!(headers["user-agent"].to_str().unwrap().starts_with("GitHub-Hookshot/"));
        assert_eq!(headers["x-github-delivery"].len(), 36);
    }
}

#[tokio::test]
async fn where_hooks_run_by_themselves_they_go_out_at_once_and_wait_for_a_hook_before() {
    let world = World::start_with(Settings { hooks_run: true, ..Settings::default() }).await.unwrap();
    let mut receiver = Receiver::start().await;
    let shop = world.repository("acme/shop");
    shop.open_pull("alice", "feature-x");
    world.hook_to(&receiver.url, "secret");
    receiver.arrived.wait_for(|count| *count == 2).await.unwrap();
    shop.open_issue("bob", "slow", "");
    receiver.arrived.wait_for(|count| *count == 3).await.unwrap();
    assert_eq!(receiver.events(), ["push", "pull_request.opened", "issues.opened"]);
    world.stop().await.unwrap();
}

#[test]
fn the_signature_is_the_one_in_githubs_documentation() {
    let expected = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    assert_eq!(signature("It's a Secret to Everybody", b"Hello, World!"), expected);
}

#[tokio::test]
async fn a_redelivery_keeps_its_guid_and_its_bytes_and_a_refusal_is_not_retried() {
    let world = World::start().await;
    let receiver = Receiver::start().await;
    world.hook_to(&receiver.url, "secret");
    world.ping();
    let first = world.deliver_next().await.unwrap();
    assert_eq!((first.status, world.waiting().len()), (Some(400), 0));
    let second = world.redeliver(&first.guid).await.unwrap();
    assert_eq!(first.guid, second.guid);
    let received = receiver.received.lock().unwrap();
    assert_eq!((received.len(), &received[0].1), (2, &received[1].1));
    assert_eq!(world.deliveries()[0].attempts.len(), 2);
}

#[tokio::test]
async fn deliveries_are_lost_doubled_reversed_and_shuffled_the_same_way_for_the_same_seed() {
    let orders = |seed: u64| async move {
        let world = World::start().await;
        let pull = world.repository("acme/shop").open_pull("alice", "feature-x");
        for n in 0..8 {
            pull.comment("bob", &format!("comment {n}"));
        }
        assert_eq!(world.lose_where(|one| one.event == "push"), 1);
        assert_eq!(world.lose_next().unwrap().event, "pull_request");
        world.duplicate_next();
        let doubled = world.waiting();
        assert_eq!((doubled.len(), &doubled[0].guid), (9, &doubled[8].guid));
        world.reverse();
        assert_eq!(world.waiting()[1].guid, doubled[7].guid);
        world.shuffle(seed);
        world.waiting().into_iter().map(|one| one.guid).collect::<Vec<_>>()
    };
    assert_eq!(orders(7).await, orders(7).await);
    assert_ne!(orders(7).await, orders(8).await);
}

#[tokio::test]
async fn a_receiver_that_is_away_leaves_a_recorded_failure() {
    let world = World::start().await;
    let away = TcpListener::bind("127.0.0.1:0").await.unwrap();
    world.hook_to(format!("http://{}", away.local_addr().unwrap()), "secret");
    drop(away);
    world.ping();
    assert_eq!(world.deliver_next().await.unwrap().status, None);
}

#[tokio::test]
async fn a_push_to_a_pull_request_is_told_as_push_and_as_synchronize() {
    let world = World::start().await;
    let pull = world.repository("acme/shop").open_pull("alice", "feature-x");
    let before = pull.head();
    world.lose_all();
    let after = pull.push_by("rex[bot]");
    let push = &waiting(&world, "push", "")[0];
    assert_eq!((&push["ref"], &push["before"], &push["after"]), (&json!("refs/heads/feature-x"), &json!(before), &json!(after)));
    assert_eq!((&push["pusher"]["name"], &push["sender"]["type"]), (&json!("rex[bot]"), &json!("Bot")));
    assert_eq!((&push["head_commit"]["id"], &push["repository"]["owner"]["name"]), (&json!(after), &json!("acme")));
    assert_eq!(push.get("number"), None);
    let synchronize = &waiting(&world, "pull_request", "synchronize")[0];
    assert_eq!((&synchronize["after"], &synchronize["pull_request"]["head"]["sha"]), (&json!(after), &json!(after)));
    assert_eq!(synchronize["pull_request"]["node_id"], json!(pull.node_id()));
}

#[tokio::test]
async fn tags_and_deleted_branches_are_pushes_too() {
    let world = World::start().await;
    let shop = world.repository("acme/shop");
    shop.push_by("alice", "feature-x");
    world.lose_all();
    shop.tag_by("alice", "v1");
    shop.delete_branch_by("alice", "feature-x");
    let pushes = waiting(&world, "push", "");
    assert_eq!((&pushes[0]["ref"], &pushes[0]["deleted"]), (&json!("refs/tags/v1"), &json!(false)));
    assert_eq!((&pushes[1]["deleted"], &pushes[1]["head_commit"]), (&json!(true), &json!(null)));
    assert_eq!(pushes[1]["after"], "0000000000000000000000000000000000000000");
}

#[tokio::test]
async fn oddities_are_counted_not_drawn() {
    let world = World::start().await;
    let shop = world.repository("acme/shop");
    let pull = shop.open_pull("alice", "feature-x");
    let still_listed = |payload: &Value| payload["pull_request"]["labels"].as_array().unwrap().iter().any(|label| label["name"] == "pause");
    for _ in 0..4 {
        pull.label_by("bob", "pause").unlabel_by("bob", "pause");
    }
    let listed: Vec<bool> = waiting(&world, "pull_request", "unlabeled").iter().map(still_listed).collect();
    assert_eq!(listed, [true, false, true, false]);
    world.lose_all();
    world.set_oddities(Oddities { unlabelled_still_listed: Often::Never, ..Oddities::all() });
    pull.label_by("bob", "pause").unlabel_by("bob", "pause");
    assert_eq!(waiting(&world, "pull_request", "labeled")[0].get("label"), None);
    assert!(!still_listed(&waiting(&world, "pull_request", "unlabeled")[0]));
    pull.push_by("alice");
    assert_eq!(waiting(&world, "push", "")[0].get("sender"), None);
}

#[tokio::test]
async fn what_a_client_does_is_announced_with_the_client_as_sender() {
    let world = World::start().await;
    let pull = world.repository("acme/shop").open_pull("alice", "feature-x");
    world.lose_all();
    Client::of(&world).post("/repos/acme/shop/issues/1/labels", json!({ "labels": ["mine"] })).await;
    let kinds: Vec<_> = world.waiting().into_iter().map(|one| (one.event, one.action.unwrap_or_default())).collect();
    assert_eq!(kinds, [("label".to_owned(), "created".to_owned()), ("pull_request".to_owned(), "labeled".to_owned())]);
    let labeled = &waiting(&world, "pull_request", "labeled")[0];
    assert_eq!((&labeled["sender"]["login"], &labeled["label"]["name"]), (&json!("pawl-agent"), &json!("mine")));
    assert_eq!(labeled["number"], pull.number());
}

#[tokio::test]
async fn each_event_of_a_life_is_announced_in_its_own_shape() {
    let world = World::start().await;
    let shop = world.repository("acme/shop");
    let pull = shop.open_draft("alice", "feature-x");
    pull.set_draft_by("alice", false);
    let review = pull.review_with("acme-qa[bot]", Verdict::Approved, "fine", None);
    pull.dismiss_review_by("bob", review);
    let thread = pull.open_thread("acme-qa[bot]", "Why?");
    pull.resolve_thread_by("alice", &thread);
    let comment = pull.comment("bob", "/pawl retry");
    pull.edit_comment("bob", comment, "never mind");
    let check = pull.check_by("acme-tests", "unit", "failure");
    pull.close_by("alice").reopen_by("alice");
    pull.merge_by("bob");
    shop.open_issue("bob", "slow", "").label_by("bob", "pause");
    shop.rename_by("bob", "acme/store");
    let one = |event: &str, action: &str| {
        let mut all = waiting(&world, event, action);
        assert!(!all.is_empty(), "{event}.{action}");
        all.remove(0)
    };
    assert_eq!(one("pull_request", "opened")["pull_request"]["draft"], true);
    assert_eq!(one("pull_request", "ready_for_review")["pull_request"]["draft"], false);
    let submitted = one("pull_request_review", "submitted");
    assert_eq!((&submitted["review"]["state"], &submitted["review"]["commit_id"]), (&json!("approved"), &json!(pull.head())));
    assert_eq!(one("pull_request_review", "dismissed")["review"]["state"], "dismissed");
    assert_eq!(one("pull_request_review_comment", "created")["comment"]["body"], "Why?");
    assert_eq!(one("pull_request_review_thread", "resolved")["thread"]["node_id"], json!(thread));
    let said = one("issue_comment", "created");
    assert_eq!((&said["comment"]["id"], said["issue"]["pull_request"].is_object()), (&json!(comment), true));
    one("issue_comment", "edited");
    let checked = one("check_run", "completed");
    assert_eq!((&checked["check_run"]["id"], &checked["check_run"]["app"]["slug"]), (&json!(check), &json!("acme-tests")));
    assert_eq!((&checked["check_run"]["conclusion"], &checked["check_run"]["pull_requests"][0]["number"]), (&json!("failure"), &json!(1)));
    assert_eq!(one("pull_request", "closed")["pull_request"]["merged"], false);
    one("pull_request", "reopened");
    assert_eq!(waiting(&world, "pull_request", "closed")[1]["pull_request"]["merged"], true);
    assert_eq!(one("issues", "labeled")["issue"]["labels"][0]["name"], "pause");
    let renamed = one("repository", "renamed");
    assert_eq!((&renamed["changes"]["repository"]["name"]["from"], &renamed["repository"]["id"]), (&json!("shop"), &json!(shop.id())));
}

#[tokio::test]
async fn a_check_on_a_forks_commit_names_no_pull_request() {
    let world = World::start().await;
    let shop = world.repository("acme/shop");
    let pull = shop.open_pull_from_fork("mallory", "mallory/shop", "feature-x");
    pull.check_by("acme-tests", "unit", "success");
    assert_eq!(waiting(&world, "check_run", "completed")[0]["check_run"]["pull_requests"], json!([]));
}

#[tokio::test]
async fn there_is_no_webhook_for_reactions() {
    let world = World::start().await;
    let pull = world.repository("acme/shop").open_pull("alice", "feature-x");
    world.lose_all();
    pull.react_by("bob", "eyes");
    assert_eq!(world.waiting().len(), 0);
}

#[tokio::test]
async fn failed_deliveries_are_listed_and_asked_for_again() {
    let world = World::start().await;
    let receiver = Receiver::start().await;
    world.hook_to(&receiver.url, "secret");
    world.ping();
    let guid = world.deliver_next().await.unwrap().guid;
    let client = Client::of_app(&world);
    let list = client.get("/app/hook/deliveries").await.json;
    assert_eq!((&list[0]["guid"], &list[0]["status_code"]), (&json!(guid), &json!(400)));
    let again = client.post(&format!("/app/hook/deliveries/{}/attempts", list[0]["id"]), json!({})).await;
    assert_eq!(again.status, 202);
    assert_eq!(world.deliver_next().await.unwrap().guid, guid);
}
