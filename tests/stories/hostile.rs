//! Hostile deliveries: signed, so everything behind the signature is met. Each is answered, nothing panics, nothing is written.

use crate::house::House;
use pawl_tests::hostile::{self, Class, Payload, Target};
use pawl_world::Pull;
use serde_json::Value;
use std::collections::BTreeMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Deliveries that are on the way at once.
const AT_ONCE: usize = 8;

/// A pull request in the middle of its second life: what is hostile could move it in every direction.
async fn house_in_the_middle() -> (House, Pull) {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    pull.comment("alice", "hello");
    house.fix(&pull).await;
    house.world.forget_requests();
    (house, pull)
}

fn target(house: &House, pull: &Pull) -> Target {
    Target {
        repository_id: house.repo.id(),
        owner: house.repo.owner(),
        name: house.repo.name(),
        number: pull.number(),
        branch: pull.branch(),
        head: pull.head(),
    }
}

/// The same people go on, and what they do counts.
async fn goes_on_as_if_nothing_had_been(house: &House, pull: &Pull, before: &[String]) {
    house.running().host().queue.rest().await;
    assert!(house.world.writes().is_empty(), "something was written: {}", told(house, pull).await);
    assert_eq!(pull.labels(), before);
    house.complete(pull).await;
    assert!(pull.has_label("ready-for-qa"), "{:?}: {}", pull.labels(), told(house, pull).await);
    house.nothing_else_happened();
}

/// What pawl says about the pull request, newest first.
async fn told(house: &House, pull: &Pull) -> String {
    let (_, lines) = house.get(&format!("/api/v1/explain?of=acme/shop%23{}&limit=500", pull.number())).await;
    let lines = lines.as_array().into_iter().flatten().map(Value::to_string).filter(|line| !line.contains("\"delivery\","));
    lines.take(12).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_thousands_of_hostile_deliveries_are_answered_and_change_nothing() {
    let (house, pull) = house_in_the_middle().await;
    let labels = pull.labels();
    let url = format!("http://{}/v1/events/github", house.running().outside);
    let mut ways = JoinSet::new();
    let all: Vec<(usize, Payload)> = hostile::payloads(&target(&house, &pull)).into_iter().enumerate().collect();
    for part in all.chunks(all.len().div_ceil(AT_ONCE)) {
        ways.spawn(send_all(url.clone(), part.to_vec()));
    }
    let mut refused: BTreeMap<Class, u32> = BTreeMap::new();
    for (class, status) in ways.join_all().await.into_iter().flatten() {
        *refused.entry(class).or_default() += u32::from(status == 400);
    }
    // What is hostile only by what it says reads well; the rest is refused, each kind of it.
    for class in Class::ALL.into_iter().filter(|class| *class != Class::ForgedSender) {
        assert!(refused[&class] >= 5, "{class:?}: {refused:?}");
    }
    goes_on_as_if_nothing_had_been(&house, &pull, &labels).await;
}

async fn send_all(url: String, payloads: Vec<(usize, Payload)>) -> Vec<(Class, u16)> {
    let client = reqwest::Client::new();
    let mut answers = Vec::new();
    for (n, payload) in payloads {
        let shown = format!("{:?} {}: {}", payload.class, payload.event, payload.name);
        let request = client
            .post(&url)
            .header("x-github-event", payload.event)
            .header("x-github-delivery", format!("hostile-{n}"))
            .header("x-hub-signature-256", pawl_world::signature("the webhook's secret", &payload.body))
            .body(payload.body);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        assert!([202, 400].contains(&status), "{status} to {shown}");
        if status == 400 {
            let answer: Value = answer.json().await.unwrap();
            assert!(answer["error"].as_str().is_some_and(|e| (20..1000).contains(&e.len())), "{shown}: {answer}");
        }
        answers.push((payload.class, status));
    }
    answers
}

/// Agents signal by name. Whose the name is, only GitHub says.
#[tokio::test(flavor = "multi_thread")]
async fn v1_a_delivery_that_gives_the_name_to_another_repository_leads_no_signal_astray() {
    let (house, pull) = house_in_the_middle().await;
    let labels = pull.labels();
    let elsewhere = Target { repository_id: house.repo.id() + 1, ..target(&house, &pull) };
    let forged: Vec<_> = hostile::payloads(&elsewhere).into_iter().filter(|payload| payload.class == Class::ForgedSender).collect();
    let url = format!("http://{}/v1/events/github", house.running().outside);
    let answers = send_all(url, forged.into_iter().enumerate().collect()).await;
    assert!(answers.iter().filter(|(_, status)| *status == 202).count() >= 50, "they read well: {answers:?}");
    goes_on_as_if_nothing_had_been(&house, &pull, &labels).await;
}

/// As it goes over the wire: no client library would send some of it.
#[tokio::test]
async fn v1_hostile_headers_are_answered_and_an_unsigned_body_is_never_read() {
    let (house, pull) = house_in_the_middle().await;
    let labels = pull.labels();
    // A closing by nobody: if it were read in spite of its headers, the subject would be looked at.
    let body = serde_json::json!({ "zen": "keep it" }).to_string().into_bytes();
    let signature = pawl_world::signature("the webhook's secret", &body);
    for head in hostile::heads(&signature) {
        let mut bytes = b"POST /v1/events/github HTTP/1.1\r\nHost: pawl\r\nConnection: close\r\n".to_vec();
        bytes.extend(format!("Content-Length: {}\r\n", body.len()).bytes());
        for (name, value) in &head.fields {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        bytes.extend([b"\r\n", &body[..]].concat());
        let status = exchange(&house.running().outside.to_string(), &bytes).await;
        assert!(head.statuses.contains(&status), "{status} to {}", head.name);
    }
    goes_on_as_if_nothing_had_been(&house, &pull, &labels).await;
}

/// The status of the answer.
async fn exchange(address: &str, request: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // Whoever says no may do so before everything is said.
    stream.write_all(request).await.ok();
    let mut answer = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(read) = stream.read(&mut chunk).await
        && read > 0
    {
        answer.extend_from_slice(&chunk[..read]);
    }
    let text = String::from_utf8_lossy(&answer).into_owned();
    text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no answer but {text:?}"))
}

/// A2.8: feedback of somebody known would begin a first round here; none of these is known.
#[tokio::test]
async fn a2_8_forged_senders_begin_no_round() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.world.forget_requests();
    let forged: Vec<_> = hostile::payloads(&target(&house, &pull)).into_iter().filter(|p| p.class == Class::ForgedSender).collect();
    assert!(forged.len() >= 50, "{}", forged.len());
    let url = format!("http://{}/v1/events/github", house.running().outside);
    for payload in forged.into_iter().enumerate() {
        let name = payload.1.name.clone();
        send_all(url.clone(), vec![payload]).await;
        house.running().host().queue.rest().await;
        assert!(pull.labels().is_empty(), "{name}: {:?}", pull.labels());
    }
    assert_eq!(house.world.writes().len(), 0, "{:?}", house.world.writes());
    house.feedback(&pull).await;
    assert_eq!(crate::house::labels(&pull), ["iteration-1", "needs-remediation"], "and who is known is heard");
    house.nothing_else_happened();
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
