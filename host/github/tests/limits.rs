//! Limits: what GitHub names is waited out without asking again, and our own write budget is kept.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod at;

use at::*;
use pawl_core::comment::Patterns;
use pawl_core::label::Delta;
use pawl_core::manifest::Needs;
use pawl_github::{GitHub, GitHubError, LimitedBy, Settings, Urgency, WriteBudget, WritesLeft};
use pawl_world::{Fault, Pull, Reply, When};
use secrecy::SecretString;

fn adding(names: &[&str]) -> Delta {
    Delta { add: labels(names), remove: vec![] }
}

/// Whose limit, and how long.
fn busy(error: &GitHubError) -> (LimitedBy, u32) {
    match error {
        GitHubError::Busy { limited_by, retry_after_seconds, .. } => (*limited_by, *retry_after_seconds),
        other => panic!("not busy: {other}"),
    }
}

async fn read(github: &GitHub, pull: &Pull) -> Result<(), GitHubError> {
    github.observe(&subject(pull), Needs::default(), &Patterns::default()).await.map(|_| ())
}

async fn write(github: &GitHub, pull: &Pull, label: &str) -> Result<(), GitHubError> {
    github.write_labels(&subject(pull), &pull.node_id(), &adding(&[label]), Urgency::Normal).await.map(|_| ())
}

fn with_budget(at: &Place, write_budget: WriteBudget) -> GitHub {
    GitHub::new(&Settings { write_budget, ..settings(&at.world, SecretString::from(at.world.token())) }).unwrap()
}

#[tokio::test]
async fn g3_after_a_limit_nothing_is_sent_until_its_time_is_over() {
    for reply in [Reply::secondary_limit(30), Reply::too_many(30)] {
        let at = place().await;
        let pull = at.shop.open_pull("ada", "apples");
        at.world.fault(When::any(), Fault::AnswerBefore(reply));
        assert_eq!(busy(&write(&at.github, &pull, "x").await.unwrap_err()), (LimitedBy::GitHub, 30));
        at.world.forget_requests();
        for passed in [0, 10, 19] {
            at.world.advance(passed);
            assert_eq!(busy(&read(&at.github, &pull).await.unwrap_err()).0, LimitedBy::KnownLimit);
            assert_eq!(busy(&write(&at.github, &pull, "x").await.unwrap_err()).0, LimitedBy::KnownLimit);
        }
        assert_eq!(busy(&read(&at.github, &pull).await.unwrap_err()).1, 1);
        assert_eq!(at.github.budgets()[0].closed_for_seconds, Some(1));
        assert!(at.world.requests().is_empty(), "a storm of turns does not reach GitHub");
        at.world.advance(1);
        write(&at.github, &pull, "x").await.unwrap();
        assert_eq!((pull.labels(), at.github.budgets()[0].closed_for_seconds), (vec!["x".to_owned()], None));
    }
}

#[tokio::test]
async fn g3_a_limit_without_a_time_is_waited_out_longer_and_longer() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    at.world.fault(When::write().times(6), Fault::AnswerBefore(Reply::secondary_limit_untold()));
    let mut waits = Vec::new();
    for _ in 0..6 {
        let (by, wait) = busy(&write(&at.github, &pull, "x").await.unwrap_err());
        assert_eq!(by, LimitedBy::GitHub);
        waits.push(wait);
        at.world.advance(wait.into());
        read(&at.github, &pull).await.unwrap();
    }
    assert_eq!(waits, [60, 120, 240, 480, 900, 900], "reading between them shortens nothing");
    write(&at.github, &pull, "x").await.unwrap();
    at.world.fault(When::write(), Fault::AnswerBefore(Reply::secondary_limit_untold()));
    assert_eq!(busy(&write(&at.github, &pull, "y").await.unwrap_err()).1, 60);
}

#[tokio::test]
async fn g3_a_limit_in_a_good_answers_body_is_one_too() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    at.world.fault(When::graphql("Facts").times(2), Fault::AnswerBefore(Reply::graphql_rate_limited()));
    assert_eq!(busy(&read(&at.github, &pull).await.unwrap_err()), (LimitedBy::GitHub, 60));
    assert_eq!(busy(&read(&at.github, &pull).await.unwrap_err()), (LimitedBy::KnownLimit, 60));
    at.world.advance(60);
    assert_eq!(busy(&read(&at.github, &pull).await.unwrap_err()), (LimitedBy::GitHub, 120));
    at.world.advance(120);
    read(&at.github, &pull).await.unwrap();
    assert_eq!(at.world.faults_left(), 0);
}

#[tokio::test]
async fn g3_many_who_meet_one_limit_at_once_do_not_lengthen_it() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    let gate = pawl_world::Gate::closed();
    at.world.fault(When::any().times(10), Fault::HoldBefore(gate.clone()));
    at.world.fault(When::any().times(10), Fault::AnswerBefore(Reply::secondary_limit_untold()));
    let calls = at_once((0..10).map(|_| read(&at.github, &pull)));
    let open = async {
        gate.reached_by(10).await;
        at.world.advance(1);
        gate.open();
    };
    // All ten are under way before the first is told.
    let (answers, ()) = tokio::join!(calls, open);
    assert!(answers.iter().all(|answer| busy(answer.as_ref().unwrap_err()).1 == 60), "{answers:?}");
}

#[tokio::test]
async fn g3_a_spent_interface_closes_alone_until_the_reset_and_before_the_first_refusal() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    at.world.set_graphql_left(1);
    read(&at.github, &pull).await.unwrap();
    at.world.forget_requests();
    let error = read(&at.github, &pull).await.unwrap_err();
    assert_eq!(busy(&error), (LimitedBy::KnownLimit, 3_600));
    assert!(at.world.requests().is_empty(), "the last answer said that nothing is left");
    at.github.repository_by_id(at.shop.id()).await.unwrap();
    assert_eq!(at.github.limits().graphql.unwrap().remaining, 0);
    at.world.advance(3_600);
    read(&at.github, &pull).await.unwrap();
}

#[tokio::test]
async fn g4_a_write_over_the_budget_is_not_sent_and_goes_when_it_was_told_to_come() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    let github = with_budget(&at, WriteBudget { per_second: 1, per_minute: 61, per_hour: 500 });
    write(&github, &pull, "a").await.unwrap();
    at.world.forget_requests();
    let error = write(&github, &pull, "b").await.unwrap_err();
    assert_eq!(busy(&error), (LimitedBy::WriteBudget, 1));
    assert!(error.is_transient() && !error.maybe_applied() && error.to_string().contains("write budget"), "{error}");
    assert!(at.world.writes().is_empty());
    read(&github, &pull).await.unwrap();
    at.world.advance(1);
    write(&github, &pull, "b").await.unwrap();
    assert_eq!(pull.labels(), ["a", "b"]);
}

#[tokio::test]
async fn g4_what_is_left_can_be_read() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    let github = with_budget(&at, WriteBudget::default());
    assert_eq!(github.budgets()[0].writes, WritesLeft { at_once: 20, minute: 80, hour: 500 });
    write(&github, &pull, "a").await.unwrap();
    github.comment_once(&subject(&pull), "m", "Hello", None).await.unwrap();
    github.react_once(&subject(&pull), None, "+1").await.unwrap();
    github.ensure_labels(&repository(&at.shop), &[spec("b", "0e8a16", ""), spec("c", "0e8a16", "")]).await.unwrap();
    let left = &github.budgets()[0];
    assert_eq!(left.writes, WritesLeft { at_once: 15, minute: 75, hour: 495 });
    assert_eq!((left.installation, left.limits.rest.is_some(), left.closed_for_seconds), (None, true, None));
}

#[tokio::test]
async fn g4_an_override_or_a_cancellation_may_use_the_last_tenth() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    let github = with_budget(&at, WriteBudget { per_second: 10, per_minute: 620, per_hour: 20 });
    for n in 0..18 {
        write(&github, &pull, &format!("label-{n}")).await.unwrap();
    }
    assert_eq!(busy(&write(&github, &pull, "more").await.unwrap_err()).0, LimitedBy::WriteBudget);
    let urgently = async |label: &str| github.write_labels(&subject(&pull), &pull.node_id(), &adding(&[label]), Urgency::Urgent).await;
    urgently("pause").await.unwrap();
    urgently("stop").await.unwrap();
    assert_eq!(busy(&urgently("third").await.unwrap_err()), (LimitedBy::WriteBudget, 3_600));
    assert_eq!(pull.labels().len(), 20);
}

#[tokio::test]
async fn g4_a_difference_by_rest_is_sent_whole_or_not_at_all() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    pull.label_by("ada", "old-1").label_by("ada", "old-2").label_by("ada", "old-3");
    let github = with_budget(&at, WriteBudget { per_second: 1, per_minute: 65, per_hour: 500 });
    let delta = Delta { add: labels(&["new"]), remove: labels(&["old-1", "old-2", "old-3"]) };
    github.react_once(&subject(&pull), None, "+1").await.unwrap();
    github.react_once(&subject(&pull), None, "eyes").await.unwrap();
    let error = github.write_labels(&subject(&pull), &pull.node_id(), &delta, Urgency::Normal).await.unwrap_err();
    assert_eq!(busy(&error).0, LimitedBy::WriteBudget);
    assert_eq!(pull.labels(), ["old-1", "old-2", "old-3"], "no half of it is seen");
    at.world.advance(busy(&error).1.into());
    let after = github.write_labels(&subject(&pull), &pull.node_id(), &delta, Urgency::Normal).await.unwrap();
    assert_eq!(after, Some(labels(&["new"])));
}

#[tokio::test]
async fn a1_1_labels_that_the_budget_holds_back_are_created_by_the_next_attempts() {
    let at = place().await;
    let github = with_budget(&at, WriteBudget::default());
    let specs: Vec<_> = (0..30).map(|n| spec(&format!("label-{n}"), "0e8a16", "")).collect();
    let mut tries = 0;
    loop {
        tries += 1;
        match github.ensure_labels(&repository(&at.shop), &specs).await {
            Ok(_) => break,
            Err(error) => at.world.advance(busy(&error).1.into()),
        }
        assert!(tries < 20, "it ends");
    }
    assert_eq!(at.shop.label_definitions().len(), 30);
}
