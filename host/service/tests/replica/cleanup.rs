//! Cleanup where several replicas make the scheduled pass, and where a record cannot be read.

use super::house::House;
use pawl_service::cleanup::pass;
use pawl_world::Pull;
use serde_json::json;

const MAPS: &str = "/api/v1/namespaces/agents/configmaps";

impl House {
    /// Writes something else in the place of the record of this pull request.
    fn spoil(&self, pull: &Pull, content: &str) {
        let about = format!("{}#{}", self.repo.id(), pull.number());
        let is_it = |map: &serde_json::Value| {
            map["metadata"]["annotations"]["pawl/about"] == json!(about)
                && map["metadata"]["labels"]["app.kubernetes.io/component"] == "record"
        };
        let map = self.server.list(MAPS).into_iter().find(is_it).unwrap();
        let path = format!("{MAPS}/{}", map["metadata"]["name"].as_str().unwrap());
        assert_eq!(self.server.call("PATCH", &path, &json!({ "data": { "content": content } })).status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a5_3_of_two_replicas_that_make_the_same_pass_one_asks_and_the_other_has_nothing_to_report() {
    let house = House::start().await;
    let other = house.another().await;
    for branch in ["umbrellas", "raincoats"] {
        house.needs_remediation(branch, &[]).await;
    }
    let first = pass(house.running.host(), "cleanup:4711:24h", false).await.unwrap();
    assert_eq!((first.tasks_processed, first.tasks_asked_before, first.errors.len()), (2, 0, 0), "{first:?}");
    let second = pass(other.host(), "cleanup:4711:24h", false).await.unwrap();
    assert_eq!((second.tasks_processed, second.tasks_asked_before, &second.errors[..]), (0, 2, &[][..]));
    let next = pass(other.host(), "cleanup:4712:24h", false).await.unwrap();
    assert_eq!((next.tasks_processed, next.tasks_asked_before, next.errors.len()), (2, 0, 0), "the next period asks anew: {next:?}");
    assert!(other.shutdown().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a5_3_a_record_of_a_newer_pawl_and_one_that_is_none_are_errors_of_their_subjects_and_stop_no_other() {
    let house = House::start().await;
    let mut pulls = Vec::new();
    for branch in ["umbrellas", "raincoats", "boots"] {
        pulls.push(house.needs_remediation(branch, &[]).await);
    }
    house.spoil(&pulls[0], r#"{"schema": 4711}"#);
    house.spoil(&pulls[1], "{");
    let tally = pass(house.running.host(), "cleanup:4711:24h", true).await.unwrap();
    assert_eq!((tally.tasks_processed, tally.errors.len()), (1, 2), "{tally:?}");
    for (pull, says) in [(&pulls[0], "run the version that wrote it"), (&pulls[1], "its subject begins anew")] {
        let id = format!("{}#{}", house.repo.id(), pull.number());
        assert!(tally.errors.iter().any(|failed| failed.subject == id && failed.error.contains(says)), "{tally:?}");
    }
}
