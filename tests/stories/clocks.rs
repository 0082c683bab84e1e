//! A machine whose clock is wrong. In the house GitHub's world is an hour behind it.

use crate::house::{House, PERSON, QA, labels};
use pawl_service::skew;
use pawl_world::{Fault, Gate, Verdict, When};
use serde_json::json;

#[tokio::test]
async fn a_clock_that_differs_from_githubs_is_told_and_counted_once() {
    let house = House::start().await;
    house.pull("umbrellas").await;
    let host = house.running().host();
    skew::check(host);
    skew::check(host);
    let clock = house.get("/api/v1/state").await.1["clock"].clone();
    assert_eq!((&clock["is_off"], &clock["times_off"]), (&json!(true), &json!(1)), "{clock}");
    assert!(clock["ahead_of_github_seconds"].as_f64().is_some_and(|ahead| ahead > 3500.0), "{clock}");
    let ready = house.read("/readyz?verbose").await;
    assert!(ready.contains("s ahead of GitHub's; set it right"), "{ready}");
    house.world.set_time(pawl_core::Timestamp::now().as_second());
    house.pull("galoshes").await;
    skew::check(host);
    assert_eq!(house.get("/api/v1/state").await.1["clock"]["is_off"], false);
}

/// What is decided and remembered has GitHub's times, also where the sender of a signal names none.
#[tokio::test]
async fn what_happens_here_is_dated_by_githubs_clock() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    let signal = |id: &str, name: &str| {
        let (id, subject) = (id.to_owned(), format!("acme/shop#{}", pull.number()));
        json!({ "subject": subject, "id": id, "name": name }).to_string()
    };
    house.feedback(&pull).await;
    // Neither names a time. By this machine's clock they would be an hour after the review that follows them.
    for (id, name) in [("begun", "rex_remediation_started"), ("done", "rex_remediation_completed")] {
        assert_eq!(house.post("/api/v1/signals?wait=20s", "the signal token", &signal(id, name)).await.0, 202);
        house.settle().await;
    }
    assert_eq!(labels(&pull), ["iteration-1", "ready-for-qa"]);
    house.tick();
    pull.review(QA, Verdict::ChangesRequested);
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-2", "needs-remediation"]);
    let record = house.get(&format!("/api/v1/subjects/acme/shop/{}", pull.number())).await.1;
    let looked_at: pawl_core::Timestamp = record["looked_at"].as_str().unwrap().parse().unwrap();
    assert!(looked_at.as_second() <= house.world.now() + 1, "{looked_at}");
    house.nothing_else_happened();
}

/// A5.1, T11: a turn takes its time after it has read GitHub. What it has only seen there is of the time of that reading: a closing that
/// nobody told, and that was undone meanwhile, takes nothing away of what came after.
#[tokio::test]
async fn a2_5_a_closing_that_was_only_seen_is_not_dated_after_what_undid_it() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    pull.close_by(PERSON);
    drop(house.world.take_waiting());
    house.tick();
    // Who commands is looked up after the reading.
    let gate = Gate::closed();
    house.world.fault(When::rest("GET", "/repos/acme/shop/collaborators/alice/permission"), Fault::HoldBefore(gate.clone()));
    pull.comment(PERSON, "/pawl reset");
    let meanwhile = async {
        gate.reached_by(1).await;
        house.world.advance(60);
        pull.reopen_by(PERSON);
        house.world.advance(60);
        pull.review(QA, Verdict::ChangesRequested);
        house.world.advance(60);
        gate.open();
    };
    tokio::join!(house.settle(), meanwhile);
    assert_eq!(labels(&pull), ["iteration-1", "needs-remediation"]);
    house.nothing_else_happened();
}
