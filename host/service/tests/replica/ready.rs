//! Readiness asks the API server, and says what it heard.

use super::house::House;
use pawl_apiserver::{Fault, Reply, When};

impl House {
    async fn ready(&self) -> (u16, String) {
        let answer = reqwest::get(format!("http://{}/readyz?verbose", self.running.inside)).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k9_a_replica_whose_api_server_does_not_answer_is_not_ready_and_is_again_when_it_does() {
    let house = House::start().await;
    let (status, text) = house.ready().await;
    assert!(status == 200 && text.contains("store ok"), "{text}");
    house.server.freeze();
    let (status, text) = house.ready().await;
    assert!(status == 503 && text.contains("store failed") && text.contains("no answer to get configmaps within 2 s"), "{text}");
    house.server.outage();
    let (status, text) = house.ready().await;
    assert!(status == 503 && text.contains("store failed"), "{text}");
    house.server.lift();
    assert_eq!(house.ready().await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn k10_a_permission_that_is_missing_is_shown_by_state_and_readiness_with_its_rule() {
    let house = House::start().await;
    let forbidden = Reply::status(403, "Forbidden", "leases.coordination.k8s.io is forbidden");
    house.server.fault(When::on("list", "leases").always(), Fault::AnswerBefore(forbidden));
    house.running.host().claims.leases().unwrap().sweep().await.unwrap_err();
    let rule = r#"add to its Role: {apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["list"]}"#;
    let (status, text) = house.ready().await;
    assert!(status == 200 && text.contains("permission missing: ") && text.contains(rule), "{text}");
    let state = pawl_service::state::state(house.running.host()).await.unwrap();
    assert!(state["cluster"]["refused"][0].as_str().unwrap().contains(rule), "{}", state["cluster"]);
    assert_eq!(state["cluster"]["claims_held_long"], 0);
    house.server.clear_faults();
    house.running.host().claims.leases().unwrap().sweep().await.unwrap();
    assert!(!house.ready().await.1.contains("permission missing"));
}

#[tokio::test(flavor = "multi_thread")]
async fn q9_k7_a_lease_tells_the_delivery_that_led_to_its_claim() {
    let house = House::start().await;
    let deliveries: Vec<String> = {
        house.needs_remediation("umbrellas", &[]).await;
        let told = |line: &serde_json::Value| line["kind"] == "delivery";
        let lines = pawl_service::journal::Journal::find(house.running.host().journal.folder(), 100, told);
        lines.iter().map(|line| line["delivery"].as_str().unwrap().to_owned()).collect()
    };
    let [lease] = house.server.list("/apis/coordination.k8s.io/v1/namespaces/agents/leases").try_into().unwrap();
    let told = |name: &str| lease["metadata"]["annotations"][name].as_str().unwrap().to_owned();
    assert!(deliveries.contains(&told("pawl/correlation")), "{} is none of {deliveries:?}", told("pawl/correlation"));
    assert_ne!(told("pawl/correlation"), told("pawl/operation"));
}
