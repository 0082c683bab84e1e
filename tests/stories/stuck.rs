//! A subject got stuck, and a person decides what becomes of it.

use crate::house::{House, labels};
use crate::notices::Pager;
use pawl_core::Timestamp;
use pawl_core::subject::SubjectId;
use pawl_service::http::BY;
use pawl_world::{Fault, Pull, Reply, When};
use serde_json::Value;

impl House {
    /// A POST to the inside; `by` is who asks.
    async fn change(&self, pull: &Pull, what: &str, by: Option<&str>) -> (u16, Value) {
        let url = format!("http://{}/v1/admin/subjects/acme/shop/{}/{what}", self.running().inside, pull.number());
        let mut request = reqwest::Client::new().post(url);
        if let Some(by) = by {
            request = request.header(BY, by);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    async fn would(&self, pull: &Pull, what: &str) -> (u16, Value) {
        self.get(&format!("/v1/admin/subjects/acme/shop/{}/{what}", pull.number())).await
    }

    async fn subject(&self, pull: &Pull) -> Value {
        self.get(&format!("/api/v1/subjects/acme/shop/{}", pull.number())).await.1
    }

    fn lines(&self, kind: &str) -> Vec<Value> {
        self.journal().into_iter().filter(|line| line["kind"] == kind).collect()
    }
}

/// A pull request whose policy finds its memory damaged, and refuses every question.
async fn parked(house: &House) -> Pull {
    let pull = house.pull("umbrellas").await;
    let host = house.running().host();
    let id = SubjectId { repository: house.repo.id(), number: pull.number() };
    let record = host.store.load(id).await.unwrap().unwrap();
    let mut damaged = record.unchanged("damage", Timestamp::now());
    damaged.parts = record.parts.clone();
    damaged.parts.get_mut("remediation").unwrap().memory.as_mut().unwrap().bytes = vec![0xff; 40];
    host.store.commit(id, damaged).await.unwrap();
    house.feedback(&pull).await;
    pull
}

#[tokio::test]
async fn q8_a_person_is_told_once_that_a_policy_is_parked_and_how_to_go_on() {
    let pager = Pager::start(0).await;
    let house = House::start_with(&format!("[notices]\nwebhook_url = {:?}\n", pager.url)).await;
    let pull = parked(&house).await;
    house.fix(&pull).await;
    house.change(&pull, "retry", Some("alice")).await;
    let told: Vec<Value> = pager.told().into_iter().filter(|told| told["topic"] == "parked").collect();
    assert_eq!(told.len(), 2, "when it was parked, and when alice had it tried in vain: {told:?}");
    let message = told[0]["message"].as_str().unwrap();
    assert!(message.contains("the memory is damaged") && message.contains("pawl retry acme/shop#1"), "{message}");
    house.nothing_else_happened();
}

#[tokio::test]
async fn q8_retry_asks_a_parked_policy_again_at_once_and_the_journal_says_who_wanted_it() {
    let house = House::start().await;
    let pull = parked(&house).await;
    let (status, would) = house.would(&pull, "retry").await;
    assert_eq!(status, 200, "{would}");
    assert!(would["would"]["parked"]["remediation"].as_str().unwrap().contains("the memory is damaged"), "{would}");
    let asked = house.lines("decided").len();
    assert_eq!(house.would(&pull, "retry").await.1, would, "asking what it would do does nothing");

    let (status, refused) = house.change(&pull, "retry", None).await;
    assert!(status == 403 && refused["error"].as_str().unwrap().contains("x-pawl-by"), "{refused}");
    let (status, did) = house.change(&pull, "retry", Some("alice")).await;
    assert_eq!((status, &did["did"]), (200, &would["would"]), "{did}");
    assert!(did["turn"]["reason"].as_str().unwrap().contains("the memory is damaged"), "{did}");
    assert_eq!(house.lines("decided").len(), asked + 1, "nothing had changed, and it was asked all the same");
    let retried = house.lines("retried");
    assert!(retried.len() == 1 && retried[0]["by"] == "alice" && retried[0]["what"] == did["did"], "{retried:?}");
    assert!(house.subject(&pull).await["policies"]["remediation"]["parked"].is_object(), "it said the same again");
    house.nothing_else_happened();
}

#[tokio::test]
async fn q8_discard_gives_up_the_unread_news_and_the_parking_and_says_so() {
    let house = House::start().await;
    let pull = parked(&house).await;
    let (_, would) = house.would(&pull, "discard").await;
    let would = &would["would"];
    assert!(would["news"].as_array().unwrap().iter().any(|news| news["event"] == "reviewed"), "{would}");
    assert!(would["policies"]["remediation"]["parked"].is_string(), "{would}");
    let (status, did) = house.change(&pull, "discard", Some("alice")).await;
    assert_eq!((status, &did["did"]), (200, would), "{did}");
    let subject = house.subject(&pull).await;
    assert_eq!(subject["inbox"], Value::Array(Vec::new()));
    assert!(subject["settled"] == true && subject["policies"]["remediation"]["parked"].is_null(), "{subject}");
    let discarded = house.lines("discarded");
    assert!(discarded.len() == 1 && discarded[0]["by"] == "alice" && discarded[0]["what"] == did["did"], "{discarded:?}");
    let (status, again) = house.change(&pull, "discard", Some("alice")).await;
    assert!(status == 409 && again["error"].as_str().unwrap().contains("it is settled"), "{again}");
    house.nothing_else_happened();
}

#[tokio::test]
async fn q8_discard_gives_up_a_label_write_that_github_refuses_and_moves_no_label() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.world.fault(When::write().times(10_000), Fault::AnswerBefore(Reply::status(403, "Resource not accessible by integration")));
    pull.review(crate::house::QA, pawl_world::Verdict::ChangesRequested);
    house.world.deliver_all().await;
    assert!(house.subject(&pull).await["settled"] == false);
    // A turn may be under way on it; then it says so.
    let did = loop {
        let (status, did) = house.change(&pull, "discard", Some("alice")).await;
        if status != 503 {
            assert_eq!(status, 200, "{did}");
            break did;
        }
    };
    assert_eq!(did["did"]["label_write"], true, "{did}");
    house.running().host().queue.rest().await;
    let subject = house.subject(&pull).await;
    assert!(subject["settled"] == true && subject["labels_outstanding"] == false, "{subject}");
    assert!(labels(&pull).is_empty());
    let refused = house.lines("discarded");
    assert_eq!(refused.len(), 1);
}

#[tokio::test]
async fn q8_what_is_unknown_settled_or_held_says_so_and_only_the_inside_has_the_routes() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    for what in ["retry", "discard"] {
        let (status, settled) = house.change(&pull, what, Some("alice")).await;
        assert!(status == 409 && settled["error"].as_str().unwrap().contains("it is settled"), "{settled}");
        let (status, unknown) = house.get(&format!("/v1/admin/subjects/acme/shop/4711/{what}")).await;
        assert!(status == 404 && unknown["error"].as_str().unwrap().contains("acme/shop#4711: nothing has been told"), "{unknown}");
        let path = format!("/v1/admin/subjects/acme/shop/{}/{what}", pull.number());
        assert_eq!(house.post(&path, "any", "").await.0, 404, "not from outside");
    }
    pull.label_by("alice", "skip-automation");
    house.settle().await;
    let (status, held) = house.change(&pull, "retry", Some("alice")).await;
    assert!(status == 409 && held["error"].as_str().unwrap().contains("held by a label"), "{held}");
    house.nothing_else_happened();
}
