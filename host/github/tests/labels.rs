//! Label writes, and the labels of a repository.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod at;

use at::*;
use pawl_core::comment::Patterns;
use pawl_core::label::Delta;
use pawl_core::manifest::Needs;
use pawl_github::{Drift, GitHubError, Urgency};
use pawl_world::{Change, Fault, Reply, When};

fn delta(add: &[&str], remove: &[&str]) -> Delta {
    Delta { add: labels(add), remove: labels(remove) }
}

#[tokio::test]
async fn g1_with_known_labels_a_difference_is_one_request_that_adds_first() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    pull.label_by("ada", "theirs").label_by("ada", "ready-to-test");
    at.github.ensure_labels(&repository(&at.shop), &[spec("passed", "0e8a16", "good")]).await.unwrap();
    at.world.forget_requests();

    let after =
        at.github.write_labels(&subject(&pull), &pull.node_id(), &delta(&["Passed"], &["Ready-to-Test"]), Urgency::Normal).await.unwrap();

    assert_eq!(sorted(after.unwrap()), labels(&["passed", "theirs"]));
    assert_eq!(sorted(labels(&pull.labels().iter().map(String::as_str).collect::<Vec<_>>())), labels(&["passed", "theirs"]));
    let seen = at.world.requests();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].fields, ["addLabelsToLabelable", "removeLabelsFromLabelable"]);
    let history: Vec<_> = pull.label_history().into_iter().skip(2).map(|(label, change, _)| (label, change)).collect();
    assert_eq!(history, [("passed".to_owned(), Change::Added), ("ready-to-test".to_owned(), Change::Removed)]);
}

#[tokio::test]
async fn g1_an_observation_teaches_the_labels_that_are_there() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    pull.label_by("ada", "old");
    at.github.observe(&subject(&pull), Needs::default(), &Patterns::default()).await.unwrap();
    at.world.forget_requests();
    let after = at.github.write_labels(&subject(&pull), &pull.node_id(), &delta(&[], &["old"]), Urgency::Normal).await.unwrap();
    assert_eq!(after, Some(vec![]));
    assert_eq!(at.world.requests()[0].fields, ["removeLabelsFromLabelable"]);
}

#[tokio::test]
async fn g1_no_difference_makes_no_call() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    assert_eq!(at.github.write_labels(&subject(&pull), &pull.node_id(), &Delta::default(), Urgency::Normal).await, Ok(None));
    assert!(at.world.requests().is_empty());
}

#[tokio::test]
async fn g1_with_unknown_labels_rest_adds_and_then_removes_and_an_absent_label_is_success() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    pull.label_by("ada", "review: pending").label_by("ada", "a/b?c#d");
    let wanted = delta(&["review: passed"], &["a/b?c#d", "review: pending", "never there"]);
    let after = at.github.write_labels(&subject(&pull), &pull.node_id(), &wanted, Urgency::Normal).await.unwrap();
    assert_eq!(after, Some(labels(&["review: passed"])));
    assert_eq!(pull.labels(), ["review: passed"]);
    let methods: Vec<_> = at.world.requests().into_iter().map(|seen| seen.method).collect();
    assert_eq!(methods, ["GET", "POST", "DELETE", "DELETE", "DELETE", "GET"], "whose the name is comes first");
    assert_eq!(at.world.count("PUT") + at.world.count("PATCH"), 0, "nothing is ever replaced");
}

#[tokio::test]
async fn a1_4_a_label_that_a_person_sets_in_between_stays() {
    for (branch, is_known, when) in
        [("one", true, When::graphql("Move")), ("two", false, When::rest("DELETE", "/repos/acme/shop/issues/*/labels/*"))]
    {
        let at = place().await;
        let pull = at.shop.open_pull("ada", branch);
        pull.label_by("ada", "old");
        if is_known {
            at.github.ensure_labels(&repository(&at.shop), &[spec("new", "0e8a16", "")]).await.unwrap();
        }
        let meanwhile = pull.clone();
        at.world.fault(
            when,
            Fault::meanwhile(move || {
                meanwhile.label_by("bob", "urgent");
            }),
        );
        at.github.write_labels(&subject(&pull), &pull.node_id(), &delta(&["new"], &["old"]), Urgency::Normal).await.unwrap();
        assert_eq!(at.world.faults_left(), 0);
        assert!(pull.has_label("urgent") && pull.has_label("new") && !pull.has_label("old"), "{:?}", pull.labels());
    }
}

#[tokio::test]
async fn g1_a_label_deleted_and_made_again_is_written_by_name() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    let ours = [spec("passed", "0e8a16", "good")];
    at.github.ensure_labels(&repository(&at.shop), &ours).await.unwrap();
    at.shop.delete_label_by("ada", "passed");
    at.shop.define_label_by("ada", "passed", "0e8a16", "good");
    let wanted = delta(&["passed"], &[]);
    let after = at.github.write_labels(&subject(&pull), &pull.node_id(), &wanted, Urgency::Normal).await.unwrap();
    assert_eq!(after, Some(labels(&["passed"])));
    at.github.ensure_labels(&repository(&at.shop), &ours).await.unwrap();
    at.world.forget_requests();
    at.github.write_labels(&subject(&pull), &pull.node_id(), &delta(&[], &["passed"]), Urgency::Normal).await.unwrap();
    assert_eq!(at.world.requests().len(), 1, "the new id is known now");
}

#[tokio::test]
async fn a1_1_a_label_deleted_meanwhile_is_made_again_as_it_should_look() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    at.github.ensure_labels(&repository(&at.shop), &[spec("passed", "0e8a16", "good"), spec("failed", "b60205", "bad")]).await.unwrap();
    at.shop.delete_label_by("ada", "passed");
    let after = at.github.write_labels(&subject(&pull), &pull.node_id(), &delta(&["passed"], &[]), Urgency::Normal).await.unwrap();
    assert_eq!(after, Some(labels(&["passed"])));
    let defined = at.shop.label_definitions();
    assert!(defined.contains(&("passed".into(), "0e8a16".into(), "good".into())), "{defined:?}");
}

#[tokio::test]
async fn g8_what_goes_by_name_does_not_reach_a_repository_that_took_the_name_over() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    let meant = subject(&pull);
    let other = at.world.repository("acme/other");
    let another = other.open_pull("ada", "pears");
    at.shop.rename_by("ada", "acme/store");
    other.rename_by("ada", "acme/shop");
    assert_eq!(another.number(), pull.number());
    let refused = at.github.write_labels(&meant, &pull.node_id(), &delta(&["unknown here"], &[]), Urgency::Normal).await.unwrap_err();
    assert!(matches!(refused, GitHubError::Moved { expected_id, .. } if expected_id == at.shop.id()), "{refused}");
    assert!(another.labels().is_empty() && pull.labels().is_empty());
    assert!(at.world.writes().is_empty(), "{:?}", at.world.writes());
}

#[tokio::test]
async fn g1_a_label_that_was_renamed_is_noticed_in_the_answer() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    let repository = repository(&at.shop);
    at.github.ensure_labels(&repository, &[spec("passed", "0e8a16", "")]).await.unwrap();
    let drift = Drift { has: spec("passed", "0e8a16", ""), wants: spec("accepted", "0e8a16", "") };
    client(&at.world, &at.world.token()).repair_label(&repository, &drift).await.unwrap();
    let wanted = delta(&["passed"], &[]);
    let after = at.github.write_labels(&subject(&pull), &pull.node_id(), &wanted, Urgency::Normal).await.unwrap().unwrap();
    assert_eq!(after, labels(&["accepted"]), "the answer says what is there, not what was asked");
    let after = at.github.write_labels(&subject(&pull), &pull.node_id(), &wanted, Urgency::Normal).await.unwrap().unwrap();
    assert_eq!(sorted(after), labels(&["accepted", "passed"]), "the stale id is not used again");
}

#[tokio::test]
async fn g1_a_write_whose_reply_is_lost_is_in_doubt_and_can_be_repeated() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    pull.label_by("ada", "old");
    at.github.ensure_labels(&repository(&at.shop), &[spec("new", "0e8a16", "")]).await.unwrap();
    let wanted = delta(&["new"], &["old"]);
    for fault in [Fault::CutAfter, Fault::Truncate, Fault::AnswerAfter(Reply::bad_gateway()), Fault::FailField("rem".into())] {
        at.world.fault(When::write(), fault.clone());
        let error = at.github.write_labels(&subject(&pull), &pull.node_id(), &wanted, Urgency::Normal).await.unwrap_err();
        assert!(error.maybe_applied(), "{fault:?}: {error}");
        assert!(pull.has_label("new"), "{fault:?}");
    }
    let after = at.github.write_labels(&subject(&pull), &pull.node_id(), &wanted, Urgency::Normal).await.unwrap();
    assert_eq!(after, Some(labels(&["new"])));
    let added = pull.label_history().into_iter().filter(|(label, change, _)| label == "new" && *change == Change::Added).count();
    assert_eq!(added, 1);
}

#[tokio::test]
async fn g1_who_may_not_write_is_refused_and_what_is_gone_is_gone() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    let stranger = client(&at.world, &at.world.token_for("mallory"));
    let error = stranger.write_labels(&subject(&pull), &pull.node_id(), &delta(&["x"], &[]), Urgency::Normal).await.unwrap_err();
    assert!(matches!(error, GitHubError::Refused { status: 403, .. }), "{error}");
    stranger.repository_labels(&repository(&at.shop)).await.unwrap();
    let known = subject(&pull);
    at.shop.delete_by("ada");
    let error = at.github.write_labels(&known, &pull.node_id(), &delta(&["x"], &["y"]), Urgency::Normal).await.unwrap_err();
    assert!(matches!(error, GitHubError::Gone { .. }), "{error}");
}

#[tokio::test]
async fn g8_rest_writes_follow_a_rename() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    let known = subject(&pull);
    at.shop.rename_by("ada", "globex/store");
    let after = at.github.write_labels(&known, &pull.node_id(), &delta(&["passed"], &["absent"]), Urgency::Normal).await.unwrap();
    assert_eq!(after, Some(labels(&["passed"])));
    assert_eq!(pull.labels(), ["passed"]);
}

#[tokio::test]
async fn a1_1_missing_labels_are_created_once_and_drift_is_reported_and_repaired() {
    let at = place().await;
    let repository = repository(&at.shop);
    at.shop.define_label_by("ada", "Passed", "ffffff", "something else").define_label_by("ada", "ticket-1", "1d76db", "ticket association");
    let long = "x".repeat(300);
    let specs = [
        spec("passed", "0E8A16", "final success"),
        spec("ticket-1", "#1d76db", "ticket association"),
        spec("round-1", "5319e7", "current cycle"),
        spec("pause", "c5def5", &long),
    ];
    let report = at.github.ensure_labels(&repository, &specs).await.unwrap();
    assert_eq!(report.created, labels(&["pause", "round-1"]));
    assert_eq!((report.unchanged, report.raced.len(), report.drifted.len()), (1, 0, 1));
    let drift = &report.drifted[0];
    assert_eq!((drift.has.name.as_str(), drift.has.colour.as_str()), ("Passed", "ffffff"));
    assert_eq!(at.world.count("PATCH"), 0, "drift is only reported");

    at.github.repair_label(&repository, drift).await.unwrap();
    at.world.forget_requests();
    let report = at.github.ensure_labels(&repository, &specs).await.unwrap();
    assert_eq!((report.unchanged, report.created.len(), report.drifted.len()), (4, 0, 0));
    assert!(at.world.writes().is_empty(), "all there: nothing is written");
    let definitions = at.shop.label_definitions();
    assert!(definitions.contains(&("passed".into(), "0e8a16".into(), "final success".into())), "{definitions:?}");
}

#[tokio::test]
async fn a1_1_when_two_replicas_race_both_succeed_and_the_label_exists_once() {
    let at = place().await;
    let repository = repository(&at.shop);
    let shop = at.shop.clone();
    at.world.fault(
        When::rest("POST", "/repos/acme/shop/labels"),
        Fault::meanwhile(move || {
            shop.define_label_by("replica-2", "passed", "0e8a16", "by the other");
        }),
    );
    let report = at.github.ensure_labels(&repository, &[spec("passed", "0e8a16", "by us")]).await.unwrap();
    assert_eq!((report.raced, report.created.len(), report.drifted.len()), (labels(&["passed"]), 0, 1));
    assert_eq!(at.shop.label_definitions().iter().filter(|(name, ..)| name.eq_ignore_ascii_case("passed")).count(), 1);
    let pull = at.shop.open_pull("ada", "apples");
    at.world.forget_requests();
    at.github.write_labels(&subject(&pull), &pull.node_id(), &delta(&["passed"], &[]), Urgency::Normal).await.unwrap();
    assert_eq!(at.world.requests().len(), 1, "the other's label has its id learned");
}

#[tokio::test]
async fn labels_of_a_repository_are_read_to_the_last_page() {
    let at = place().await;
    let before = at.github.repository_labels(&repository(&at.shop)).await.unwrap().len();
    for n in 0..250 {
        at.shop.define_label_by("ada", &format!("n-{n}"), "ededed", "");
    }
    let all = at.github.repository_labels(&repository(&at.shop)).await.unwrap();
    assert_eq!(all.len(), before + 250);
    let last = all.iter().find(|label| label.spec.name.as_str() == "n-249").unwrap();
    assert_eq!(Some(last.node_id.clone()), at.shop.label_node_id("n-249"));
}
