//! Cleanup: working labels go from what needs none any more; who asks sees what went, or why nothing did.

use crate::house::{House, labels};
use pawl_service::http::BY;
use pawl_world::{Fault, Pull, Reply, When};
use serde_json::{Value, json};

const DAYS: i64 = 86_400;

impl House {
    async fn cleanup(&self, pull: Option<&Pull>, is_confirmed: bool) -> (u16, Value) {
        let query = pull.map(|pull| format!("?subject=acme/shop%23{}", pull.number())).unwrap_or_default();
        let url = format!("http://{}/v1/admin/cleanup{query}", self.running().inside);
        let client = reqwest::Client::new();
        let request = if is_confirmed { client.post(url).header(BY, "alice") } else { client.get(url) };
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// A pull request that waits for QA, all of which happened so many days ago. The oldest comes first: nothing in the world happens
    /// before what has happened there already.
    async fn waiting_since(&self, branch: &str, days: i64) -> Pull {
        let now = self.world.now();
        self.world.set_time(now - days * DAYS);
        let pull = self.pull(branch).await;
        pull.label_by("alice", "ready-for-qa").label_by("alice", "iteration-2").label_by("alice", "task-7");
        self.settle().await;
        self.world.set_time(now);
        pull
    }
}

fn counts(tally: &Value) -> [u64; 4] {
    let count = |name: &str| tally[name].as_u64().unwrap();
    [count("tasksProcessed"), count("tasksAbandoned"), count("tasksCompleted"), tally["errors"].as_array().unwrap().len() as u64]
}

#[tokio::test]
async fn a5_2_a5_3_a_pass_takes_the_labels_off_the_abandoned_and_a_dry_one_says_the_same_and_writes_nothing() {
    let house = House::start().await;
    let older = house.waiting_since("umbrellas", 31).await;
    let old = house.waiting_since("raincoats", 2).await;
    let asked = house.journal().len();
    let (status, dry) = house.cleanup(None, false).await;
    assert_eq!((status, counts(&dry)), (200, [2, 1, 0, 0]), "{dry}");
    assert_eq!(labels(&older), ["iteration-2", "ready-for-qa", "task-7"]);
    assert!(house.journal()[asked..].iter().all(|line| line["kind"] == "cleaned-up"), "a dry one leaves no trace but its own");
    let (status, done) = house.cleanup(None, true).await;
    assert_eq!((status, counts(&done)), (200, [2, 1, 0, 0]), "{done}");
    let of = |tally: &Value, pull: &Pull| {
        let named = json!(format!("acme/shop#{}", pull.number()));
        tally["subjects"].as_array().unwrap().iter().find(|subject| subject["subject"] == named).unwrap().clone()
    };
    assert_eq!(of(&dry, &older)["remove"], json!(["iteration-2", "ready-for-qa"]));
    let sorted =
        |value: Value| value["remove"].as_array().unwrap().iter().map(ToString::to_string).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(sorted(of(&done, &older)), sorted(of(&dry, &older)), "as it was foreseen");
    assert!(of(&done, &old)["refused"].as_str().unwrap().starts_with("cannot clean up ready-for-qa"), "{done}");
    house.settle().await;
    assert_eq!((labels(&older), labels(&old).len()), (vec!["task-7".to_owned()], 3));
    let (_, again) = house.cleanup(None, true).await;
    assert_eq!(counts(&again), [1, 0, 0, 0], "what is finished is not asked about");
    house.settle().await;
    house.nothing_else_happened();
}

#[tokio::test]
async fn a5_1_a_subject_that_is_in_the_middle_is_refused_by_its_state_and_held_ones_are_left_alone() {
    let house = House::start().await;
    let held = house.waiting_since("raincoats", 40).await;
    let pull = house.waiting_since("umbrellas", 2).await;
    for is_confirmed in [false, true] {
        let (status, refused) = house.cleanup(Some(&pull), is_confirmed).await;
        assert!(status == 409 && refused["error"].as_str().unwrap().starts_with("cannot clean up ready-for-qa"), "{refused}");
    }
    held.label_by("alice", "skip-automation");
    house.settle().await;
    let (status, refused) = house.cleanup(Some(&held), true).await;
    assert_eq!((status, &refused["error"]), (409, &json!("cannot clean up manual-override")));
    house.settle().await;
    assert!(held.has_label("ready-for-qa") && held.has_label("iteration-2"));
    let (status, unknown) = house.get("/v1/admin/cleanup?subject=acme/shop%234711").await;
    assert_eq!(status, 404, "{unknown}");
    house.nothing_else_happened();
}

#[tokio::test]
async fn a5_3_one_subjects_error_stops_no_other_and_a_deleted_one_is_done() {
    let house = House::start().await;
    let broken = house.waiting_since("umbrellas", 31).await;
    let deleted = house.waiting_since("raincoats", 31).await;
    let fine = house.waiting_since("boots", 31).await;
    house.world.fault(When::graphql("Facts").nth(1), Fault::AnswerBefore(Reply::status(403, "Resource not accessible by integration")));
    deleted.delete_by("alice");
    let (status, tally) = house.cleanup(None, true).await;
    assert_eq!((status, counts(&tally)), (200, [2, 1, 1, 1]), "{tally}");
    assert_eq!(tally["errors"][0]["subject"], format!("acme/shop#{}", broken.number()));
    house.settle().await;
    for pull in [&broken, &fine] {
        assert_eq!(labels(pull), ["task-7"], "the one that failed is tried again by itself");
    }
    house.nothing_else_happened();
}
