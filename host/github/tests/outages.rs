//! Outages: GitHub fails, is left alone, and is tried again with one call.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod at;

use at::*;
use pawl_core::breaker::Circuit;
use pawl_core::comment::Patterns;
use pawl_core::label::Delta;
use pawl_core::manifest::Needs;
use pawl_github::{GitHubError, LimitedBy, Urgency};
use pawl_world::{Fault, Pull, Reply, When};
use std::time::Duration;

async fn read(at: &Place, pull: &Pull) -> Result<(), GitHubError> {
    at.github.observe(&subject(pull), Needs::default(), &Patterns::default()).await.map(|_| ())
}

async fn write(at: &Place, pull: &Pull) -> Result<(), GitHubError> {
    let delta = Delta { add: labels(&["x"]), remove: vec![] };
    at.github.write_labels(&subject(pull), &pull.node_id(), &delta, Urgency::Normal).await.map(|_| ())
}

fn is_left_alone(error: &GitHubError) -> bool {
    matches!(error, GitHubError::Busy { limited_by: LimitedBy::Outage, .. })
}

async fn down(at: &Place, pull: &Pull) {
    at.world.fault(When::any().always(), Fault::AnswerBefore(Reply::bad_gateway()));
    for _ in 0..5 {
        assert!(matches!(read(at, pull).await, Err(GitHubError::Unavailable { .. })));
    }
    at.world.forget_requests();
}

#[tokio::test]
async fn q4_after_five_failures_in_a_row_nothing_is_sent_for_thirty_seconds_and_then_one_call() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    let changes = at.github.circuit_changes();
    down(&at, &pull).await;
    assert_eq!(at.github.circuit(), Circuit::Open { probe_in: Duration::from_secs(30) });
    let budget = at.github.budgets()[0].writes;
    for _ in 0..20 {
        let error = write(&at, &pull).await.unwrap_err();
        assert!(is_left_alone(&error) && error.is_transient() && !error.maybe_applied(), "{error}");
        assert!(is_left_alone(&read(&at, &pull).await.unwrap_err()));
    }
    assert!(at.world.requests().is_empty());
    assert_eq!(at.github.budgets()[0].writes, budget, "what is not sent costs nothing");

    at.world.advance(30);
    let results = at_once((0..4).map(|_| read(&at, &pull))).await;
    assert_eq!(at.world.requests().len(), 1, "one probe");
    assert_eq!(results.iter().filter(|result| is_left_alone(result.as_ref().unwrap_err())).count(), 3, "{results:?}");
    assert_eq!(at.github.circuit(), Circuit::Open { probe_in: Duration::from_secs(30) }, "it failed");

    at.world.clear_faults();
    at.world.advance(29);
    assert!(is_left_alone(&read(&at, &pull).await.unwrap_err()));
    at.world.advance(1);
    read(&at, &pull).await.unwrap();
    assert_eq!(at.github.circuit(), Circuit::Closed { failures: 0 });
    write(&at, &pull).await.unwrap();
    assert_eq!(*changes.borrow(), 3, "opened, opened again, closed");
}

#[tokio::test]
async fn q4_limits_and_refusals_are_answers_and_broken_lines_are_failures() {
    let at = place().await;
    let pull = at.shop.open_pull("ada", "apples");
    for reply in [
        Reply::status(401, "Bad credentials"),
        Reply::status(403, "Forbidden"),
        Reply::status(422, "Validation Failed"),
        Reply::status(409, "Conflict"),
    ] {
        at.world.fault(When::any().times(10), Fault::AnswerBefore(reply));
        for _ in 0..10 {
            let error = read(&at, &pull).await.unwrap_err();
            assert!(!is_left_alone(&error), "{error}");
        }
        assert_eq!(at.github.circuit(), Circuit::Closed { failures: 0 });
    }
    at.world.fault(When::any().times(5), Fault::CutBefore);
    for _ in 0..5 {
        read(&at, &pull).await.unwrap_err();
    }
    assert_eq!(at.github.circuit().word(), "open");
}
