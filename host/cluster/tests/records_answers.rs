//! Whether the API server answers, said within a bound and by one request.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod at;

use at::records::{of, replica, verbs};
use at::{seconds, server};
use pawl_apiserver::{Fault, Reply, When};
use pawl_core::store::StoreError;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn k9_whether_the_server_answers_is_asked_by_one_read_each_time() {
    let server = server();
    let records = replica(&server);
    // Whoever follows knows all branches without asking; that says nothing about now.
    let mut following = records.follow();
    while !matches!(following.next().await, pawl_cluster::Written::Everything) {}
    server.watched_by(1).await;
    server.forget_requests();
    for _ in 0..3 {
        records.answers().await.unwrap();
    }
    assert_eq!(verbs(&server), ["get", "get", "get"]);
}

#[tokio::test(start_paused = true)]
async fn k9_a_server_that_is_frozen_or_gone_does_not_answer_and_that_is_known_within_two_seconds() {
    let server = server();
    let records = replica(&server);
    server.freeze();
    let begun = Instant::now();
    let error = records.answers().await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }) && error.to_string().contains("get configmaps within 2 s"), "{error}");
    assert_eq!(begun.elapsed(), seconds(2));
    server.outage();
    assert!(records.answers().await.is_err());
    server.lift();
    records.answers().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn k10_one_that_may_not_read_is_told_the_rule() {
    let server = server();
    let error = of(&server, &server.account("nobody", Vec::new())).answers().await.unwrap_err();
    assert!(error.to_string().contains(r#"{apiGroups: [""], resources: ["configmaps"], verbs: ["get"]}"#), "{error}");
    server.fault(When::on("get", "configmaps"), Fault::AnswerBefore(Reply::internal_error()));
    server.forget_requests();
    replica(&server).answers().await.unwrap_err();
    assert_eq!(verbs(&server), ["get"], "it is asked once");
}
