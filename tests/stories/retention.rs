//! What is over goes in the end, and what comes back begins from what GitHub says.

use crate::house::{House, PERSON, QA, labels};
use pawl_core::Timestamp;
use pawl_core::subject::SubjectId;
use pawl_service::retention::{Tidied, pass};
use pawl_world::{Pull, Verdict};
use serde_json::Value;
use std::time::Duration;

impl House {
    /// A pass of so many days from now.
    async fn tidy_in(&self, days: i64) -> Tidied {
        let then = Timestamp::from_second(Timestamp::now().as_second() + days * 86_400).unwrap();
        pass(self.running().host(), then).await.unwrap()
    }

    async fn record(&self, pull: &Pull) -> (u16, Value) {
        self.get(&format!("/api/v1/subjects/acme/shop/{}", pull.number())).await
    }

    async fn id(&self, pull: &Pull) -> SubjectId {
        self.record(pull).await.1["id"].as_str().unwrap().parse().unwrap()
    }
}

#[tokio::test]
async fn q10_the_record_of_a_merged_pull_request_goes_after_thirty_days_and_an_open_one_stays() {
    let house = House::start().await;
    let (merged, open) = (house.pull("umbrellas").await, house.pull("raincoats").await);
    house.feedback(&merged).await;
    merged.merge_by(PERSON);
    house.settle().await;
    assert_eq!(house.tidy_in(29).await, Tidied { records: 2, ..Tidied::default() });
    assert_eq!(house.tidy_in(31).await, Tidied { records: 2, expired: 1, ..Tidied::default() });
    assert_eq!((house.record(&merged).await.0, house.record(&open).await.0), (404, 200));
    assert_eq!(house.tidy_in(4_000).await, Tidied { records: 1, ..Tidied::default() }, "what is open is of use");
    let lines: Vec<Value> = house.journal().into_iter().filter(|line| line["kind"] == "expired").collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let (_, state) = house.get("/api/v1/state").await;
    assert_eq!(state["repairs"]["records_expired"], 1);
    house.nothing_else_happened();
}

#[tokio::test]
async fn q10_t11_what_is_opened_again_after_its_record_went_begins_from_what_github_says() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    pull.close_by(PERSON);
    house.settle().await;
    assert_eq!(house.tidy_in(31).await.expired, 1);
    pull.label_by(PERSON, "iteration-3").label_by(PERSON, "ready-for-qa");
    pull.reopen_by(PERSON);
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-3", "ready-for-qa"]);
    let (_, record) = house.record(&pull).await;
    assert_eq!(record["policies"]["remediation"]["state"], "ready-for-qa", "{record}");
    house.feedback(&pull).await;
    assert_eq!(labels(&pull), ["iteration-4", "needs-remediation"]);
    house.nothing_else_happened();
}

#[tokio::test]
async fn q10_what_somebody_works_on_or_waits_for_is_kept() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    pull.close_by(PERSON);
    house.settle().await;
    let id = house.id(&pull).await;
    let host = house.running().host().clone();
    let claim = host.claims.take(id, "somebody", Duration::ZERO).await.unwrap();
    let kept = Tidied { records: 1, left: 1, ..Tidied::default() };
    assert_eq!(house.tidy_in(31).await, kept, "a claim is held");
    claim.release().await;
    let record = host.store.load(id).await.unwrap().unwrap();
    let mut outstanding = record.unchanged("a write that is not verified", Timestamp::now());
    outstanding.labels_outstanding = true;
    host.store.commit(id, outstanding).await.unwrap();
    assert_eq!(house.tidy_in(31).await, Tidied { records: 1, ..Tidied::default() }, "something is outstanding");
}

#[tokio::test]
async fn q10_names_go_with_the_last_record_of_their_repository() {
    let house = House::start().await;
    let other = house.world.repository("acme/tools");
    house.hook();
    let (here, there) = (house.pull("umbrellas").await, other.open_pull("bob", "hammers"));
    house.settle().await;
    let host = house.running().host().clone();
    let known = async || {
        let mut names: Vec<String> = host.store.names().await.unwrap().into_iter().map(|(name, _)| name).collect();
        names.sort();
        names
    };
    assert_eq!(known().await, ["acme/shop", "acme/tools"]);
    there.close_by("bob");
    house.settle().await;
    assert_eq!(house.tidy_in(31).await, Tidied { records: 2, expired: 1, left: 0, names: 1 });
    assert_eq!(known().await, ["acme/shop"]);
    there.reopen_by("bob");
    there.review(QA, Verdict::ChangesRequested);
    house.settle().await;
    assert_eq!(known().await, ["acme/shop", "acme/tools"], "and come back with them");
    assert_eq!(labels(&there), ["iteration-1", "needs-remediation"]);
    assert_eq!(labels(&here), [""; 0]);
}

#[tokio::test]
async fn q10_retention_can_be_switched_off() {
    let house = House::start_within("outage_wait_ms = 20\n[retention]\nclosed_days = 0").await;
    let pull = house.pull("umbrellas").await;
    pull.close_by(PERSON);
    house.settle().await;
    assert_eq!(house.tidy_in(10_000).await, Tidied { records: 1, ..Tidied::default() });
}
