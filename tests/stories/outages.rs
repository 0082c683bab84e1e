//! GitHub is down: it is left alone, and nothing is lost meanwhile.

use crate::house::{House, QA, labels};
use pawl_service::reconciler;
use pawl_world::{Fault, Pull, Reply, Verdict, When};
use serde_json::Value;

impl House {
    async fn circuit(&self) -> Value {
        self.get("/api/v1/state").await.1["circuits"]["github"].clone()
    }

    async fn three_pulls(&self) -> Vec<Pull> {
        vec![self.pull("umbrellas").await, self.pull("raincoats").await, self.pull("boots").await]
    }
}

#[tokio::test]
async fn q4_after_five_failures_github_is_left_alone_and_what_arrives_meanwhile_is_durable() {
    let mut house = House::start_within("outage_wait_ms = 3600000").await;
    let pulls = house.three_pulls().await;
    house.world.fault(When::any().always(), Fault::AnswerBefore(Reply::bad_gateway()));
    house.world.forget_requests();
    pulls[0].review(QA, Verdict::ChangesRequested);
    house.world.deliver_all().await;
    while house.circuit().await["state"] != "open" {
        tokio::task::yield_now().await;
    }
    assert_eq!(house.world.requests().len(), 5);

    for pull in &pulls[1..] {
        pull.review(QA, Verdict::ChangesRequested);
    }
    let attempts = house.world.deliver_all().await;
    assert!(attempts.iter().all(|attempt| attempt.status == Some(202)), "{attempts:?}");
    let (_, state) = house.get("/api/v1/state").await;
    let parked = state["retrying"].as_array().unwrap();
    assert_eq!(parked.len(), 3, "{state}");
    let of = |pull: &Pull| parked.iter().find(|retry| retry["subject"] == format!("acme/shop#{}", pull.number())).unwrap();
    for pull in &pulls[1..] {
        assert!(of(pull)["failures"] == 0 && of(pull)["why"].as_str().unwrap().starts_with("parked: github"), "{state}");
    }
    assert!(of(&pulls[1])["next_in_seconds"].as_f64() > Some(3_000.0) && state["subjects"]["unsettled"] == 3, "{state}");
    let pass = reconciler::pass(house.running().host()).await;
    assert_eq!((pass.queued, pass.looks), (3, 0));
    assert!(house.read("/readyz?verbose").await.contains("github circuit open: turns are parked"));
    assert_eq!(house.world.requests().len(), 5, "nothing was sent since");

    // A new process tries anew.
    house.kill().await;
    house.world.clear_faults();
    house.serve().await;
    house.settle().await;
    for pull in &pulls {
        assert_eq!(labels(pull), ["iteration-1", "needs-remediation"], "nothing was dropped");
    }
    house.nothing_else_happened();
}

#[tokio::test]
async fn q4_one_probe_at_a_time_finds_out_that_github_is_back_and_then_everything_goes_on() {
    let house = House::start_within("outage_wait_ms = 20\nworkers = 1").await;
    let pulls = house.three_pulls().await;
    let changes = house.running().host().github.circuit_changes();
    // Five failures open it, the first probe fails as well, the second one finds GitHub back.
    house.world.fault(When::any().times(6), Fault::AnswerBefore(Reply::bad_gateway()));
    for pull in &pulls {
        pull.review(QA, Verdict::ChangesRequested);
    }
    house.settle().await;
    for pull in &pulls {
        assert_eq!(labels(pull), ["iteration-1", "needs-remediation"]);
    }
    assert_eq!(*changes.borrow(), 3, "opened, opened again, closed");
    let (_, state) = house.get("/api/v1/state").await;
    assert_eq!(state["turns"]["unsettled"], 6, "no turn was begun in vain: {state}");
    assert!(state["circuits"]["github"]["state"] == "closed" && state["circuits"]["github"]["failures"] == 0, "{state}");
    assert!(house.journal().iter().any(|line| line["kind"] == "circuit" && line["circuits"]["github"]["state"] == "open"));
    house.nothing_else_happened();
}
