//! Hostile deliveries: signed, so everything behind the signature is met. Each is answered, nothing panics, nothing is written.

use crate::house::House;
use serde_json::{Value, json};

/// What stands where something else should.
fn strange_values() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(""),
        json!("\u{0}\u{1b}[2J\u{202e}gnp.exe"),
        json!("../../../../etc/passwd"),
        json!("a".repeat(100_000)),
        json!([]),
        json!({}),
        json!([[[[[{ "id": [] }]]]]]),
    ]
}

/// Every path in a payload down to two levels.
fn paths(payload: &Value) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    for (key, value) in payload.as_object().into_iter().flatten() {
        paths.push(vec![key.clone()]);
        paths.extend(value.as_object().into_iter().flatten().map(|(inner, _)| vec![key.clone(), inner.clone()]));
    }
    paths
}

fn replaced(payload: &Value, path: &[String], value: Option<Value>) -> Value {
    let mut payload = payload.clone();
    let (last, parents) = path.split_last().expect("a path has a last part");
    let parent = parents.iter().fold(&mut payload, |at, part| &mut at[part.as_str()]);
    match value {
        Some(value) => parent[last.as_str()] = value,
        None => {
            parent.as_object_mut().expect("paths lead through objects").remove(last);
        }
    }
    payload
}

/// Bodies that are hostile as text.
fn strange_bodies(good: &[u8]) -> Vec<Vec<u8>> {
    let text = String::from_utf8(good.to_vec()).unwrap();
    let mut bodies: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"null".to_vec(),
        b"[]".to_vec(),
        b"\"text\"".to_vec(),
        b"1e999".to_vec(),
        b"{}".to_vec(),
        b"payload=%7B%7D".to_vec(),
        [b"[".repeat(100_000), b"]".repeat(100_000)].concat(),
        [b"{\"a\":".repeat(50_000), b"1".to_vec(), b"}".repeat(50_000)].concat(),
        b"\xff\xfe\x00".to_vec(),
        [good, b"\xc3\x28"].concat(),
        [b"\xef\xbb\xbf", good].concat(),
        [good, good].concat(),
        text.replacen('{', "{\"action\":\"closed\",\"action\":\"opened\",", 1).into_bytes(),
        text.replacen('{', "{\"repository\":{},\"repository\":null,", 1).into_bytes(),
        text.replace("acme", "ac\\u0000me").into_bytes(),
        text.replace("\"shop\"", "\"..\"").into_bytes(),
        text.replace("\"shop\"", "\"a/b?c=d#e\"").into_bytes(),
        text.replace("\"id\":", "\"id\":99999999999999999999").into_bytes(),
    ];
    bodies.extend((1..10).map(|part| good[..good.len() * part / 10].to_vec()));
    bodies
}

#[tokio::test]
async fn hundreds_of_hostile_deliveries_are_answered_and_change_nothing() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    pull.comment("alice", "hello");
    house.fix(&pull).await;
    let labels = pull.labels();
    let events = ["push", "pull_request", "pull_request_review", "issue_comment"];
    let samples: Vec<_> =
        events.iter().map(|e| house.world.deliveries().into_iter().rfind(|d| d.event == *e).expect("one of each was sent")).collect();
    house.world.forget_requests();
    let client = reqwest::Client::new();
    let url = format!("http://{}/v1/events/github", house.running().outside);
    let (mut sent, mut refused) = (0_u32, 0_u32);
    for sample in &samples {
        let good: Value = serde_json::from_slice(&sample.body).unwrap();
        let mut bodies = strange_bodies(&sample.body);
        let paths = paths(&good);
        let values = strange_values();
        for (n, path) in paths.iter().enumerate() {
            bodies.push(replaced(&good, path, None).to_string().into_bytes());
            bodies.push(replaced(&good, path, Some(values[n % values.len()].clone())).to_string().into_bytes());
        }
        for body in bodies {
            let signature = pawl_world::signature("the webhook's secret", &body);
            let request = client
                .post(&url)
                .header("x-github-event", &sample.event)
                .header("x-github-delivery", format!("hostile-{sent}"))
                .header("x-hub-signature-256", signature)
                .body(body.clone());
            let answer = request.send().await.unwrap();
            let status = answer.status().as_u16();
            let shown = String::from_utf8_lossy(&body).chars().take(300).collect::<String>();
            assert!([202, 400].contains(&status), "{status} to {shown}");
            if status == 400 {
                let answer: Value = answer.json().await.unwrap();
                assert!(answer["error"].as_str().is_some_and(|e| e.len() > 20 && e.len() < 1000), "{answer}");
                refused += 1;
            }
            sent += 1;
        }
    }
    assert!(sent >= 200 && refused >= 60, "{sent} sent, {refused} refused");
    house.running().host().queue.rest().await;
    assert_eq!(house.world.writes().len(), 0, "nothing was written: {:?}", house.world.writes());
    assert_eq!(pull.labels(), labels);
    house.complete(&pull).await;
    assert!(pull.has_label("ready-for-qa"), "and it goes on as if nothing had been: {:?}", pull.labels());
}

/// A2.8: what a payload says about its sender is believed only as far as the configured identity goes.
#[tokio::test]
async fn a2_8_a_login_that_only_looks_like_an_agent_is_nobody() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    for forged in ["5DLabs-Tess2", "x5DLabs-Tess", "5DLabs_Tess", "5DLabs-Tess "] {
        pull.review(forged, pawl_world::Verdict::ChangesRequested);
        house.settle().await;
        assert!(pull.labels().is_empty(), "{forged}");
    }
}
