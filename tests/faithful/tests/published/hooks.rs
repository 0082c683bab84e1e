//! Webhooks: every kind that the world sends, held against GitHub's description of webhooks.

use crate::exceptions::{DIFFERENT_IN_HOOKS, Needed};
use axum::Router;
use axum::extract::State;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use pawl_faithful::Descriptions;
use pawl_world::{KINDS, Oddities, Settings, Verdict, World};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

type Received = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

/// A story in which everything happens that is told by webhooks.
fn everything(world: &World) {
    world.ping();
    let shop = world.repository("acme/shop");
    shop.define_label_by("ada", "pause", "0e8a16", "Wait");
    let pull = shop.open_pull("ada", "apples");
    pull.label_by("ada", "pause").unlabel_by("helper[bot]", "pause").label_by("ada", "plain").unlabel_by("ada", "plain");
    pull.push_by("rex[bot]");
    pull.force_push_by("ada");
    pull.retitle_by("ada", "Sell apples").describe_by("ada", "Now.");
    pull.set_draft_by("ada", true).set_draft_by("ada", false);
    let comment = pull.comment("bob", "Apples?");
    pull.react_to_comment_by("ada", comment, "+1");
    pull.edit_comment("bob", comment, "Apples!");
    pull.delete_comment("bob", comment);
    let review = pull.review_with("acme-qa[bot]", Verdict::Approved, "Fine", None);
    pull.dismiss_review_by("ada", review);
    pull.review("bob", Verdict::ChangesRequested);
    let thread = pull.open_thread("bob", "Why?");
    pull.resolve_thread_by("ada", &thread);
    pull.unresolve_thread_by("ada", &thread);
    for conclusion in ["success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required"] {
        pull.check_by("acme-tests", "unit", conclusion);
    }
    pull.close_by("ada").reopen_by("ada");
    pull.merge_by("ada");
    shop.delete_branch_by("ada", "apples");
    shop.tag_by("ada", "v1");
    let forked = shop.open_pull_from_fork("mallory", "mallory/shop", "forked");
    world.repository("mallory/shop").delete_by("mallory");
    forked.label_by("ada", "plain");
    let issue = shop.open_issue("ada", "Sell pears", "");
    issue.label_by("ada", "pause").unlabel_by("ada", "pause").retitle_by("ada", "Sell plums").describe_by("ada", "Soon.");
    issue.comment("bob", "Plums?");
    issue.close_by("ada").reopen_by("ada").delete_by("ada");
    shop.delete_label_by("ada", "pause");
    shop.rename_by("ada", "acme/store");
    shop.rename_by("ada", "globex/store");
    shop.delete_by("ada");
}

/// The same, with labels that are edited, which only clients can do.
async fn told(oddities: Oddities) -> Vec<(HeaderMap, Bytes)> {
    let world = World::start_with(Settings { oddities, ..Settings::default() }).await.unwrap();
    let received = Received::default();
    let keep = async move |State(received): State<Received>, headers: HeaderMap, body: Bytes| {
        received.lock().unwrap().push((headers, body));
        StatusCode::ACCEPTED
    };
    let router = Router::new().fallback(keep).with_state(Arc::clone(&received));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    world.hook_to(format!("http://{}/hook", listener.local_addr().unwrap()), "secret");
    let receiver = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let client = crate::client::Client::of(&world);
    world.repository("acme/pears").define_label_by("ada", "pause", "0e8a16", "Wait");
    let edit = serde_json::json!({ "new_name": "wait", "color": "ffffff", "description": "Wait, please" });
    assert_eq!(client.send_json("PATCH", "/repos/acme/pears/labels/pause", edit).await.status, 200);
    everything(&world);
    world.deliver_all().await;
    receiver.abort();
    received.lock().unwrap().clone()
}

#[tokio::test]
#[ignore = "needs GitHub's published descriptions: cargo xtask descriptions"]
async fn every_kind_of_webhook_is_one_that_github_describes() {
    let hooks = Descriptions::usual().webhooks().unwrap();
    let mut needed = Needed::default();
    let (mut wrong, mut seen) = (BTreeSet::new(), BTreeSet::new());
    for oddities in [Oddities::default(), Oddities::all()] {
        for (headers, body) in told(oddities).await {
            let payload: Value = serde_json::from_slice(&body).unwrap();
            let event = headers["x-github-event"].to_str().unwrap().to_owned();
            let action = payload["action"].as_str().map(str::to_owned);
            let at = format!("{event} {}", action.as_deref().unwrap_or_default());
            let told = hooks.mistakes(&event, action.as_deref(), |name| headers.contains_key(name), &payload);
            let told = told.into_iter().filter(|mistake| !needed.difference(DIFFERENT_IN_HOOKS, &event, mistake));
            wrong.extend(told.map(|mistake| format!("{at}: {mistake}")));
            seen.insert((event, action));
        }
    }
    assert!(wrong.is_empty(), "{} mistakes:\n{}", wrong.len(), wrong.into_iter().collect::<Vec<_>>().join("\n"));
    let known = KINDS.map(|(event, action)| (event.to_owned(), action.map(str::to_owned)));
    assert_eq!(seen, BTreeSet::from(known), "the story tells of every kind");
    let reasons = DIFFERENT_IN_HOOKS.iter().map(|row| row.why);
    assert_eq!(needed.idle(reasons), Vec::<&str>::new(), "these exceptions are needed no more");
}
