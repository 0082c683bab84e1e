//! Bad input gets a clear answer, and changes nothing.

use crate::house::{House, labels};
use serde_json::json;

async fn deliver(house: &House, headers: &[(&str, &str)], body: Vec<u8>) -> (u16, String) {
    let mut request = reqwest::Client::new().post(format!("http://{}/v1/events/github", house.running().outside)).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

fn signed(body: &[u8]) -> String {
    pawl_world::signature("the webhook's secret", body)
}

#[tokio::test]
async fn v1_a_missing_malformed_or_wrong_signature_is_answered_401_and_nothing_is_parsed() {
    let house = House::start().await;
    let body = b"not even JSON".to_vec();
    let other = pawl_world::signature("another secret", &body);
    for signature in [None, Some(""), Some("sha256="), Some("sha256=zz"), Some("sha1=abc"), Some(other.as_str())] {
        let mut headers = vec![("x-github-event", "push"), ("x-github-delivery", "d-1")];
        headers.extend(signature.map(|s| ("x-hub-signature-256", s)));
        let (status, answer) = deliver(&house, &headers, body.clone()).await;
        assert_eq!(status, 401, "{signature:?} {answer}");
        assert!(answer.contains("secret") || answer.contains("sha256"), "it says the way out: {answer}");
    }
}

#[tokio::test]
async fn what_is_not_json_or_lacks_its_headers_is_answered_400_and_recorded() {
    let house = House::start().await;
    let body = b"{\"action\":".to_vec();
    let signature = signed(&body);
    let (status, answer) =
        deliver(&house, &[("x-github-event", "push"), ("x-github-delivery", "d-2"), ("x-hub-signature-256", &signature)], body.clone())
            .await;
    assert_eq!(status, 400, "{answer}");
    let (_, lines) = house.get("/api/v1/explain?of=d-2").await;
    assert_eq!(lines[0]["status"], "refused", "it is recorded: {lines}");
    for headers in
        [vec![("x-hub-signature-256", signature.as_str())], vec![("x-hub-signature-256", &signature), ("x-github-event", "push")]]
    {
        assert_eq!(deliver(&house, &headers, body.clone()).await.0, 400);
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_answered_413_with_the_setting() {
    let house = House::start().await;
    let body = vec![b' '; 25 * 1024 * 1024 + 1];
    let (status, answer) = deliver(&house, &[("x-github-event", "push"), ("x-github-delivery", "d-3")], body).await;
    assert_eq!(status, 413);
    assert!(answer.contains("http.max_body_bytes"), "{answer}");
    let body = vec![b' '; 25 * 1024 * 1024];
    assert_eq!(deliver(&house, &[("x-github-event", "push"), ("x-github-delivery", "d-4")], body).await.0, 401, "at the limit it is read");
}

#[tokio::test]
async fn an_unknown_event_is_answered_202_and_recorded_as_ignored_with_the_reason() {
    let house = House::start().await;
    let body = b"{\"zen\":\"keep it\"}".to_vec();
    let signature = signed(&body);
    let (status, answer) = deliver(
        &house,
        &[("x-github-event", "marketplace_purchase"), ("x-github-delivery", "d-5"), ("x-hub-signature-256", &signature)],
        body,
    )
    .await;
    assert_eq!(status, 202);
    assert!(answer.contains("\"ignored\"") && answer.contains("reason"), "{answer}");
    let (_, lines) = house.get("/api/v1/explain?of=d-5").await;
    assert_eq!(lines[0]["status"], "ignored");
}

#[tokio::test]
async fn signals_need_their_token_and_say_what_they_lack() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    let subject = format!("acme/shop#{}", pull.number());
    let good = json!({ "subject": subject, "id": "x", "name": "tess_feedback_received" });
    assert_eq!(house.post("/api/v1/signals", "guess", &good.to_string()).await.0, 401);
    let token = "the signal token";
    assert_eq!(house.post("/api/v1/signals", token, "{").await.0, 400);
    for bad in [
        json!({ "subject": subject, "name": "n" }),
        json!({ "subject": subject, "id": "", "name": "n" }),
        json!({ "subject": subject, "id": "x", "name": "a b" }),
        json!({ "subject": subject, "id": "x", "name": "n", "at": "yesterday" }),
        json!({ "subject": subject, "id": "x", "name": "n", "surprise": 1 }),
        json!({ "subject": "acme/shop", "id": "x", "name": "n" }),
        json!({ "subject": "acme/../etc#1", "id": "x", "name": "n" }),
        json!({ "subject": "acme/shop#0", "id": "x", "name": "n" }),
        json!({ "subject": "acme/nowhere#1", "id": "x", "name": "n" }),
        json!({ "subject": subject, "id": "x", "name": "n", "parameters": { "k": "v".repeat(501) } }),
        json!(null),
    ] {
        let (status, answer) = house.post("/api/v1/signals", token, &bad.to_string()).await;
        assert_eq!(status, 422, "{bad} {answer}");
        assert!(answer["error"].as_str().is_some_and(|e| e.len() > 20), "{answer}");
    }
    house.settle().await;
    assert!(labels(&pull).is_empty());
}

#[tokio::test]
async fn health_and_state_are_answered_inside_and_unknown_routes_name_the_known_ones() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    let (status, state) = house.get("/api/v1/state").await;
    assert_eq!(status, 200);
    for field in ["generated_at", "running", "retrying"] {
        assert!(!state[field].is_null(), "V3: {field} {state}");
    }
    assert_eq!(state["states"]["remediation"]["initial"], 1, "every state with its count: {state}");
    assert_eq!(state["states"]["remediation"]["approved"], 0);
    assert_eq!(house.get("/readyz?verbose").await.0, 200);
    assert_eq!(house.get("/livez").await.0, 200);
    let (status, answer) = house.get("/nowhere").await;
    assert!(status == 404 && answer["error"].as_str().unwrap().contains("/api/v1/state"));
    assert_eq!(house.get("/api/v1/subjects/acme/shop/999").await.0, 404);
    assert_eq!(house.get(&format!("/api/v1/subjects/acme/shop/{}", pull.number())).await.0, 200);
}
