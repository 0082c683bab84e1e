//! What is missing is named, with the way out, and as soon as it is there everything goes on, without a restart.

use super::api::{Api, USER, all_rules, definition, rules_without};
use super::cast::Cast;
use super::house::{House, PERSON, now};
use super::pushes::{all_is_done, opened};
use super::replica::{read, read_json};
use super::rest::poll;
use serde_json::{Value, json};

/// What each living replica answers on this route.
async fn of_each(house: &House, path: &str) -> Vec<(u16, String)> {
    let mut answers = Vec::new();
    for admin in house.admins() {
        answers.push(read(&house.client, &format!("{admin}{path}")).await.expect("who lives answers"));
    }
    answers
}

/// Whether what is said in this place holds each of the words.
fn says(text: &str, words: &[&str]) -> bool {
    words.iter().all(|word| text.contains(word))
}

#[tokio::test(flavor = "multi_thread")]
async fn k10_a_role_that_may_not_delete_runs_is_told_with_its_rule_and_holds_the_labels_until_it_may() {
    if !Api::is_own("a Role that lacks something") {
        return;
    }
    let house = House::start(2).await;
    let own = house.api.own.as_ref().unwrap();
    let mut casts = opened(&house, 2).await;
    own.allow(rules_without("coderuns", "delete"));
    let before: Vec<Vec<String>> = casts.iter().map(|cast| cast.pull.labels()).collect();
    for cast in &mut casts {
        cast.push(&house.api).await;
    }
    house.pass(1).await;
    house.deliver().await;
    let rule = r#"add to its Role: {apiGroups: ["agents.platform"], resources: ["coderuns"], verbs: ["delete"]}"#;
    let words = ["refuses to delete coderuns.agents.platform", rule, USER];
    poll("the state names what is missing", async || {
        let mut whys = Vec::new();
        for admin in house.admins() {
            let state = read_json(&house.client, &format!("{admin}/api/v1/state")).await.unwrap();
            whys.extend(state["retrying"].as_array().into_iter().flatten().map(|one| one["why"].as_str().unwrap_or_default().to_owned()));
        }
        whys.iter().any(|why| says(why, &words))
    })
    .await;
    for cast in &casts {
        let subject = format!("acme/shop#{}", cast.pull.number());
        poll("the cancellations name it too", async || {
            let told = house.told_of(&subject).await;
            told["cancellations"].as_array().into_iter().flatten().any(|one| says(one["error"].as_str().unwrap_or_default(), &words))
        })
        .await;
    }
    let logs = || (0..house.count()).map(|n| std::fs::read_to_string(house.log(n)).unwrap()).collect::<String>();
    poll("a person is told", async || logs().lines().any(|line| says(line, &["notice: ", rule]))).await;
    let after: Vec<Vec<String>> = casts.iter().map(|cast| cast.pull.labels()).collect();
    assert_eq!(after, before, "K6: a stop that cannot be asked for holds the labels");
    own.allow(all_rules());
    house.rest().await;
    for cast in &casts {
        cast.check(&house).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k2_without_a_definition_of_runs_nobody_is_ready_and_everybody_is_when_it_is_installed() {
    if !Api::is_own("a cluster without runs") {
        return;
    }
    let seconds = now() - 3600;
    let house = House::around(Api::bare(seconds).await, seconds, 2).await;
    let names = ["CodeRun", "coderuns of agents.platform/v1", "coderuns of platform.5dlabs.com/v1", "CustomResourceDefinition"];
    poll("everybody says what was looked for", async || {
        of_each(&house, "/readyz?verbose").await.iter().all(|(status, text)| *status == 503 && says(text, &names))
    })
    .await;
    // What is delivered all the same is kept.
    let cast = Cast::open(&house, 2);
    house.pass(1).await;
    cast.review();
    house.pass(1).await;
    house.deliver().await;
    assert!(!cast.pull.has_label("needs-remediation"), "without runs nothing is decided");
    house.api.ask("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &definition()).await.unwrap();
    poll("everybody is ready", async || of_each(&house, "/readyz?verbose").await.iter().all(|(status, _)| *status == 200)).await;
    house.rest().await;
    assert!(cast.pull.has_label("needs-remediation"), "{:?}", cast.pull.labels());
    let mut casts = vec![cast];
    for cast in &mut casts {
        cast.start_qa(&house.api).await;
        house.pass(10).await;
        cast.push(&house.api).await;
    }
    house.pass(1).await;
    house.rest().await;
    all_is_done(&house, &casts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k9_a_record_that_cannot_be_read_is_set_aside_whole_and_explained_and_its_subject_goes_on() {
    let house = House::start(2).await;
    let mut casts = opened(&house, 2).await;
    let broken = "{ \"generation\": 7, nobody knows what this was";
    let about = format!("{}#{}", house.repo.id(), casts[1].pull.number());
    let maps = house.api.list(&house.api.maps()).await;
    let is_record = |map: &&Value| {
        map["metadata"]["annotations"]["pawl/about"] == about.as_str()
            && map["metadata"]["labels"]["app.kubernetes.io/component"] == "record"
    };
    let name = maps.iter().find(is_record).unwrap()["metadata"]["name"].as_str().unwrap().to_owned();
    let path = format!("{}/{name}", house.api.maps());
    house.api.ask("PATCH", &path, &json!({ "data": { "content": broken } })).await.unwrap();
    // Its subject begins anew with the labels as they are; what is older than that is history.
    house.pass(now() - house.world.now()).await;
    casts[1].pull.label_by(PERSON, "somebody-looks");
    house.rest().await;
    let maps = house.api.list(&house.api.maps()).await;
    let aside: Vec<&Value> =
        maps.iter().filter(|map| map["metadata"]["name"].as_str().unwrap().starts_with(&format!("{name}-aside-"))).collect();
    assert_eq!(aside.len(), 1, "{maps:#?}");
    assert_eq!(aside[0]["data"]["content"], broken, "as it was");
    assert!(aside[0]["metadata"]["annotations"]["pawl/why"].as_str().is_some_and(|why| !why.is_empty()), "{:#}", aside[0]);
    let mut counted = 0;
    for admin in house.admins() {
        let state = read_json(&house.client, &format!("{admin}/api/v1/state")).await.unwrap();
        counted += state["subjects"]["set_aside"].as_u64().unwrap();
    }
    assert_eq!(counted, 1, "who set it aside counts it");
    let logs: String = (0..house.count()).map(|n| std::fs::read_to_string(house.log(n)).unwrap()).collect();
    let explained = ["it was set aside", "get configmap", aside[0]["metadata"]["name"].as_str().unwrap(), about.as_str()];
    assert!(logs.lines().any(|line| says(line, &explained)), "{logs}");
    assert!(casts[1].pull.has_label("needs-remediation") && casts[1].pull.has_label("iteration-1"), "{:?}", casts[1].pull.labels());
    casts[1].pull.unlabel_by(PERSON, "somebody-looks");
    house.pass(1).await;
    for cast in &mut casts {
        cast.push(&house.api).await;
    }
    house.pass(1).await;
    house.rest().await;
    all_is_done(&house, &casts).await;
}
