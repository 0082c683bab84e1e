//! What passes by itself is waited out without holding anybody up; what does not is told to a person, once.

use crate::house::{House, QA, labels};
use crate::notices::Pager;
use pawl_service::catchup;
use pawl_world::{Fault, Pull, Reply, Verdict, When};
use serde_json::Value;

fn unsettled(pager: &Pager) -> Vec<Value> {
    pager.told().into_iter().filter(|told| told["topic"] == "unsettled").collect()
}

async fn moves(house: &House, pull: &Pull, failures: u32) {
    house.world.fault(When::write().times(failures), Fault::AnswerBefore(Reply::bad_gateway()));
    house.fix(pull).await;
    assert_eq!(labels(pull), ["iteration-1", "remediation-in-progress"]);
    house.feedback(pull).await;
    house.complete(pull).await;
    house.feedback(pull).await;
    pull.unlabel_by("alice", "iteration-2").label_by("alice", "iteration-1");
    house.settle().await;
}

/// G3: after the fifth failure in a row, not again at the sixth, and again when it had settled in between.
#[tokio::test]
async fn g3_a_person_is_told_once_per_row_of_five_failures() {
    let pager = Pager::start(0).await;
    let house = House::start_with(&format!("[notices]\nwebhook_url = {:?}\n", pager.url)).await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    moves(&house, &pull, 4).await;
    assert_eq!(unsettled(&pager), Vec::<Value>::new(), "four are waited out in silence");
    moves(&house, &pull, 7).await;
    let told = unsettled(&pager);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0]["message"].as_str().unwrap().contains("did not settle 5 times in a row: write failed"), "{told:?}");
    assert_eq!((&told[0]["from"], &told[0]["severity"]), (&"pawl".into(), &"high".into()));
    moves(&house, &pull, 1).await;
    assert_eq!(unsettled(&pager).len(), 1);
    moves(&house, &pull, 5).await;
    assert_eq!(unsettled(&pager).len(), 2, "another row is told again");
    house.nothing_else_happened();
}

/// G3: 401, 403 without the signs of a limit, 422: trying does not help, so a person is told at once, and it goes on when he has helped.
#[tokio::test]
async fn g3_what_github_refuses_is_told_at_once_and_resumed() {
    for (status, message) in [(401, "Bad credentials"), (403, "Resource not accessible by integration"), (422, "Validation Failed")] {
        let pager = Pager::start(0).await;
        let house = House::start_with(&format!("[notices]\nwebhook_url = {:?}\n", pager.url)).await;
        let pull = house.pull("umbrellas").await;
        house.feedback(&pull).await;
        house.world.fault(When::write(), Fault::AnswerBefore(Reply::status(status, message)));
        house.fix(&pull).await;
        let told = unsettled(&pager);
        assert!(told.len() == 1 && told[0]["message"].as_str().unwrap().contains(message), "{status}: {told:?}");
        assert_eq!(labels(&pull), ["iteration-1", "remediation-in-progress"], "{status}");
        house.nothing_else_happened();
    }
}

/// G3, G4: an hour's limit holds no worker and no sender; it shows, with what is left.
#[tokio::test]
async fn g3_a_limit_is_parked_for_as_long_as_github_asks_and_g4_shows_with_what_is_left() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    let (_, state) = house.get("/api/v1/state").await;
    let budget = &state["github"]["budgets"][0];
    for interface in ["rest", "graphql"] {
        let left = &budget[interface];
        assert!(left["remaining"].as_i64() > Some(0) && left["limit"].as_i64() > Some(0) && left["resets_at"].is_string(), "{budget}");
    }
    let minute = budget["writes_left"]["minute"].as_u64().unwrap();
    assert!(minute < 100_000 && budget["writes_left"]["hour"].as_u64() < Some(1_000_000), "making the labels took of it: {budget}");
    assert!(budget["closed_for_seconds"].is_null() && budget["installation"].is_null(), "{budget}");

    house.world.fault(When::write(), Fault::AnswerBefore(Reply::too_many(1_800)));
    pull.review(QA, Verdict::ChangesRequested);
    let attempts = house.world.deliver_all().await;
    assert!(attempts.iter().all(|attempt| attempt.status == Some(202)), "{attempts:?}");
    let (_, state) = house.get("/api/v1/state").await;
    assert_eq!(state["running"], Value::Array(Vec::new()), "nobody sleeps on it");
    let waits = &state["retrying"][0];
    assert!(waits["next_in_seconds"].as_f64() > Some(1_700.0) && waits["failures"] == 0, "{state}");
    assert!(waits["why"].as_str().unwrap().contains("rate limit"), "{waits}");
    assert!(state["github"]["budgets"][0]["closed_for_seconds"].as_u64() > Some(1_700), "{state}");
    let ready = house.read("/readyz?verbose").await;
    assert!(ready.contains("github: rest ") && ready.contains("GitHub asks for silence for"), "{ready}");
    assert!(pull.labels().is_empty());
}

/// G4: of an App each installation has its own.
#[tokio::test]
async fn g4_each_installation_shows_its_own_budget() {
    let house = House::start_as_app().await;
    house.world.install_app("globex");
    let other = house.world.repository("globex/tools").open_pull("5DLabs-Rex[bot]", "hammers");
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    let (_, state) = house.get("/api/v1/state").await;
    let budgets = state["github"]["budgets"].as_array().unwrap();
    let owners: Vec<_> = budgets.iter().filter_map(|budget| budget["owner"].as_str()).collect();
    assert!(owners.contains(&"acme") && owners.contains(&"globex"), "{budgets:?}");
    assert!(budgets.iter().filter(|b| b["owner"].is_string()).all(|b| b["installation"].is_u64()), "{budgets:?}");
    assert!(other.labels().is_empty());
    house.nothing_else_happened();
}

/// Q6: what failed while pawl was down is asked for at its start.
#[tokio::test]
async fn q6_at_the_start_an_app_asks_for_what_failed_meanwhile() {
    let mut house = House::start_as_app().await;
    let pull = house.pull("umbrellas").await;
    house.kill().await;
    pull.review(QA, Verdict::ChangesRequested);
    let failed = house.world.deliver_all().await;
    assert!(failed.iter().all(|attempt| attempt.status.is_none()), "{failed:?}");
    house.serve().await;
    let asked = async || house.world.requests().iter().any(|seen| seen.path.ends_with("/attempts"));
    while !asked().await {
        tokio::task::yield_now().await;
    }
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-1", "needs-remediation"]);
    house.nothing_else_happened();
}

/// Q6: an error is told, and the next time begins where this one did, so nothing is passed over.
#[tokio::test]
async fn q6_catching_up_that_fails_is_told_and_begins_at_the_same_place_the_next_time() {
    let house = House::start_as_app().await;
    let pull = house.pull("umbrellas").await;
    let caught_up = || house.journal().into_iter().filter(|line| line["kind"] == "caught-up").collect::<Vec<_>>();
    let before = caught_up().len();
    // While it happens nobody listens.
    house.world.hook_to("http://127.0.0.1:9/nobody", "secret");
    pull.review(QA, Verdict::ChangesRequested);
    house.world.deliver_all().await;
    house.hook();
    house.world.fault(When::rest("GET", "/app/hook/deliveries"), Fault::AnswerBefore(Reply::bad_gateway()));
    let host = house.running().host();
    let since = catchup::first(pawl_core::Timestamp::now());
    assert_eq!(catchup::once(host, since).await, since);
    let told = caught_up();
    assert!(told.len() == before + 1 && told[before]["error"].as_str().unwrap().contains("unavailable"), "{told:?}");
    assert!(catchup::once(host, since).await > since);
    let told = caught_up();
    assert_eq!(told[before + 1]["report"]["asked"].as_array().map(Vec::len), Some(1), "{told:?}");
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-1", "needs-remediation"]);
    house.nothing_else_happened();
}

/// Q6: with a plain token there is nobody to ask.
#[tokio::test]
async fn q6_with_a_plain_token_nothing_is_asked_for() {
    let house = House::start().await;
    house.pull("umbrellas").await;
    catchup::run(house.running().host().clone()).await;
    assert!(house.world.requests().iter().all(|seen| !seen.path.starts_with("/app")), "it ends at once and asks nothing");
}
