//! A run that nobody lets go of: it is told as stuck wherever somebody may look, and stays what it is.

use super::cast::{Cast, Said};
use super::house::House;
use super::replica::said_by;
use super::rest::poll;
use serde_json::{Value, json};

/// Who holds the run, and has gone for good.
const NOBODY: &str = "example.io/who-has-gone";
/// Longer than labels wait for a run that was accepted.
const SECONDS: i64 = 11;

/// What `GET /api/v1/cancellations` tells of a run.
async fn told(house: &House, subject: &str, uid: &str) -> Value {
    let told = house.told_of(subject).await;
    told["cancellations"].as_array().into_iter().flatten().find(|one| one["uid"] == uid).cloned().unwrap_or_default()
}

/// What `pawl status --runs` prints, for programs and for people.
async fn printed(house: &House, more: &[&str]) -> String {
    let admin = house.admins().remove(0);
    said_by(&[&["status", "acme/shop#1", "--runs", "--admin-url", &admin], more].concat()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn k4_k6_k11_a_run_that_nobody_lets_go_of_holds_the_labels_for_ten_seconds_and_is_told_as_stuck_everywhere() {
    let house = House::start(2).await;
    let mut cast = Cast::open(&house, 1);
    house.pass(1).await;
    cast.start_qa(&house.api).await;
    let labels = json!({ "agent": "tess", "pr-number": "1", "repository": "acme-shop", "task-id": "101" });
    let stuck = cast.create(&house.api, Said { phase: "Running", held_by: &[NOBODY], ..Said::by_labels(labels) }).await;
    house.pass(10).await;
    house.rest().await;
    let (subject, before) = ("acme/shop#1", cast.pull.labels());
    cast.push(&house.api).await;
    house.pass(1).await;
    house.deliver().await;
    poll("the cluster has accepted it", async || {
        let labels = cast.pull.labels();
        let is_accepted = told(&house, subject, &stuck).await["state"] == "accepted";
        assert!(!is_accepted || labels == before, "K6: while it is accepted, and not for long, the labels wait: {labels:?}");
        is_accepted
    })
    .await;

    house.pass(SECONDS).await;
    poll("K6: the labels go on without it", async || cast.has_its_labels()).await;
    // It is written down when the labels are seen to be there.
    poll("K11: it is told as stuck", async || told(&house, subject, &stuck).await["state"] != "accepted").await;
    let now = told(&house, subject, &stuck).await;
    assert_eq!((&now["state"], &now["agent"], &now["task"]), (&json!("stuck"), &json!("tess"), &json!("101")), "K11: {now:#}");
    assert!(now["requested"].is_string() && now["confirmed"].is_null() && now["attempts"] == 1, "K11: {now:#}");
    assert_eq!(now["error"], format!("held by {NOBODY}"));
    let logs = || (0..house.count()).map(|n| std::fs::read_to_string(house.log(n)).unwrap()).collect::<String>();
    let name = now["name"].as_str().unwrap();
    let words = ["notice: ", "do not go", name, NOBODY, "whoever set the finalizer must take it away"];
    poll("K4: a person is told", async || logs().lines().any(|line| words.iter().all(|word| line.contains(word)))).await;

    let json = printed(&house, &["--output", "json"]).await;
    let all: Value = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
    let fields = ["uid", "name", "agent", "requested", "confirmed", "attempts", "state", "error"];
    let all = all["cancellations"].as_array().unwrap();
    assert!(all.len() > 2 && all.iter().all(|one| fields.iter().all(|field| one.get(field).is_some())), "K11: {all:#?}");
    assert!(all.iter().any(|one| fields.iter().all(|field| one[field] == now[field])), "K11: {all:#?}");
    let table = printed(&house, &[]).await;
    let line = format!("{:<10} CodeRun {name} (tess)  {subject}", "stuck");
    let after: Vec<&str> = table.lines().skip_while(|one| *one != line).collect();
    assert!(after.len() > 2 && after[1].contains("not confirmed; attempts 1") && after[2].trim() == format!("held by {NOBODY}"), "{table}");

    let run = house.api.list(&house.api.runs()).await.into_iter().find(|run| run["metadata"]["uid"] == *stuck).expect("it is there");
    assert!(run["metadata"]["deletionTimestamp"].is_string(), "{run:#}");
    assert_eq!(run["metadata"]["finalizers"], json!([NOBODY]), "K4: nobody takes another's finalizer away");
    // Its people come back, and let go.
    let path = format!("{}/{name}", house.api.runs());
    house.api.ask("PATCH", &path, &json!({ "metadata": { "finalizers": null } })).await.unwrap();
    poll("it is gone, and told so", async || told(&house, subject, &stuck).await["state"] == "confirmed").await;
    house.rest().await;
}
