//! One thing told in several ways, and news that names no pull request.

use crate::house::{House, IMPLEMENTER, QA, labels};
use pawl_world::Verdict;
use serde_json::json;

/// A2.1, A2.3, A2.7: by a review and by both names of the signal.
#[tokio::test]
async fn a2_7_feedback_told_by_review_and_by_signal_starts_one_cycle() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    pull.review(QA, Verdict::ChangesRequested);
    let answer = house.signal(&pull, "tess_feedback_received", json!({})).await;
    assert_eq!(answer["status"], "accepted");
    house.signal(&pull, "tess_additional_feedback", json!({})).await;
    assert_eq!(labels(&pull), ["iteration-1", "needs-remediation"]);
    house.nothing_else_happened();
}

#[tokio::test]
async fn a2_7_a_comment_of_qa_with_the_marker_is_feedback_and_others_are_not() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    pull.comment("mallory", "Required changes: everything");
    pull.comment(QA, "looks fine so far");
    house.settle().await;
    assert!(pull.labels().is_empty());
    pull.comment(QA, "Required Changes: handle rain");
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-1", "needs-remediation"]);
    house.nothing_else_happened();
}

#[tokio::test]
async fn a_signal_told_twice_is_one_signal() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    house.fix(&pull).await;
    let commit = json!({ "commit": pull.head() });
    let first = house.signal_again("run-1-done", &pull, "rex_remediation_completed", commit.clone()).await;
    let again = house.signal_again("run-1-done", &pull, "rex_remediation_completed", commit).await;
    assert_eq!((first["status"].as_str(), again["status"].as_str()), (Some("accepted"), Some("duplicate")));
    assert_eq!(labels(&pull), ["iteration-1", "ready-for-qa"]);
    house.nothing_else_happened();
}

#[tokio::test]
async fn v1_a_list_of_signals_is_answered_one_by_one() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    let good = json!({ "subject": format!("acme/shop#{}", pull.number()), "id": "a", "name": "tess_feedback_received" });
    let bad = json!({ "subject": "nowhere", "id": "b", "name": "tess_feedback_received" });
    let (status, answer) = house.post("/api/v1/signals", "the signal token", &json!([good, bad]).to_string()).await;
    assert_eq!(status, 207, "{answer}");
    assert_eq!(answer["successful"][0]["status"], "accepted");
    assert_eq!(answer["failed"][0]["subject"], "nowhere");
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-1", "needs-remediation"]);
}

/// G6: the push is told, and only later the pull request of its branch.
#[tokio::test]
async fn g6_a_push_before_its_pull_request_is_opened_waits_and_joins_it() {
    let house = House::start().await;
    let commit = house.repo.push_by(IMPLEMENTER, "umbrellas");
    house.settle().await;
    assert_eq!(house.running().host().store.held_branches().await.unwrap(), 1);
    let pull = house.repo.open_pull(IMPLEMENTER, "umbrellas");
    house.settle().await;
    assert_eq!(pull.head(), commit);
    assert_eq!(house.running().host().store.held_branches().await.unwrap(), 0, "it found its pull request");
    let lines = house.get(&format!("/api/v1/explain?of=acme/shop%23{}", pull.number())).await.1;
    assert!(lines.to_string().contains(&format!("push:umbrellas:{commit}")), "{lines}");
    house.nothing_else_happened();
}

/// G6: only the push is told; GitHub is asked whose it is.
#[tokio::test]
async fn g6_a_push_whose_synchronize_was_lost_finds_its_pull_request() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    let commit = pull.push_by(IMPLEMENTER);
    assert_eq!(house.world.lose_where(|d| d.event == "pull_request"), 1);
    house.world.deliver_all().await;
    house.has_news(pull.number(), &commit).await;
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-1", "remediation-in-progress"]);
    house.nothing_else_happened();
}

/// G6, Q9: the first push was followed by another before anybody asked; both were accepted, and each has its own end.
#[tokio::test]
async fn g6_two_pushes_that_only_their_branch_tells_both_reach_their_pull_request() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    let before = house.world.deliveries().len();
    let by_the_agent = pull.push_by(IMPLEMENTER);
    house.tick();
    let by_a_person = pull.push_by("alice");
    assert_eq!(house.world.lose_where(|d| d.event == "pull_request"), 2);
    house.world.deliver_all().await;
    for commit in [&by_the_agent, &by_a_person] {
        house.has_news(pull.number(), commit).await;
    }
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-1", "remediation-in-progress"], "a person's push alone would have left it where it was");
    let deliveries = house.world.deliveries().split_off(before);
    for push in deliveries.into_iter().filter(|d| d.event == "push") {
        let (_, lines) = house.get(&format!("/api/v1/explain?of={}", push.guid)).await;
        let ends: Vec<_> = lines.as_array().unwrap().iter().filter(|line| line["kind"] == "branch").collect();
        assert!(matches!(ends[..], [end] if end["shown"] == json!([format!("acme/shop#{}", pull.number())])), "{ends:?}");
    }
    let state = house.get("/api/v1/state").await.1;
    assert_eq!((&state["branches_waiting"], &state["branch_news_given_up"]), (&json!(0), &json!(0)));
    house.nothing_else_happened();
}

/// G6: after the last try only the newest commit waits for a pull request that is opened later; the others' end is written down.
#[tokio::test]
async fn g6_of_pushes_that_nobody_wants_the_newest_waits_and_the_others_end() {
    let house = House::start().await;
    let before = house.world.deliveries().len();
    house.repo.push_by("alice", "main");
    house.tick();
    house.repo.push_by("alice", "main");
    house.world.deliver_all().await;
    let given_up = async || house.get("/api/v1/state").await.1["branch_news_given_up"].clone();
    while given_up().await != 1 {
        tokio::task::yield_now().await;
    }
    let pushes: Vec<_> = house.world.deliveries().split_off(before).into_iter().filter(|d| d.event == "push").collect();
    let ends = async |at: usize| house.get(&format!("/api/v1/explain?of={}", pushes[at].guid)).await.1.to_string();
    assert!(ends(0).await.contains("no pull request of its branch was open then, and a newer commit is there"));
    assert!(!ends(1).await.contains("\"kind\":\"branch\""));
    assert_eq!(house.get("/api/v1/state").await.1["branches_waiting"], 1);
    house.nothing_else_happened();
}

#[tokio::test]
async fn g6_tags_and_deleted_branches_are_ignored_with_the_reason() {
    let house = House::start().await;
    house.repo.push_by("alice", "old");
    house.settle().await;
    house.repo.tag_by("alice", "v1");
    house.repo.delete_branch_by("alice", "old");
    for attempt in house.world.deliver_all().await {
        assert!(attempt.answer.contains("\"ignored\"") && attempt.answer.contains("reason"), "{attempt:?}");
    }
}

/// Q9: one id leads from the delivery to the write.
#[tokio::test]
async fn q9_a_delivery_is_explained_from_arrival_to_write() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    let review = house.world.deliveries().into_iter().rfind(|d| d.event == "pull_request_review").unwrap();
    let (status, lines) = house.get(&format!("/api/v1/explain?of={}", review.guid)).await;
    assert_eq!(status, 200);
    let kinds: Vec<&str> = lines.as_array().unwrap().iter().map(|l| l["kind"].as_str().unwrap()).collect();
    for kind in ["delivery", "decided", "committed", "wrote", "ended"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    let shown = pawl_service::explain::show(lines.as_array().unwrap());
    assert!(shown.contains("needs-remediation") && shown.contains("review:"), "{shown}");
}
