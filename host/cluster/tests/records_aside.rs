//! What cannot be read is set aside, and lists go on: the parts that only a cluster has.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod at;

use at::records::{MAPS, append, at_home, id, replica};
use at::server;
use pawl_apiserver::{Fault, Rule, Server, When};
use pawl_core::record::Appended;
use pawl_core::store::StoreError;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn of_kind(server: &Server, component: &str) -> Vec<Value> {
    let is_it = |map: &Value| map["metadata"]["labels"]["app.kubernetes.io/component"] == component;
    server.list(MAPS).into_iter().filter(is_it).collect()
}

fn spoil(server: &Server, patch: &Value) -> Value {
    let [map] = of_kind(server, "record").try_into().unwrap();
    let told = server.call("PATCH", &format!("{MAPS}/{}", map["metadata"]["name"].as_str().unwrap()), patch);
    assert_eq!(told.status, 200, "{}", told.json);
    told.json
}

#[tokio::test(start_paused = true)]
async fn k9_what_is_set_aside_is_kept_whole_and_says_where_it_comes_from() {
    for patch in [json!({ "data": { "content": "{\"schema\":" } }), json!({ "data": null, "binaryData": { "content": "//4=" } })] {
        let (server, records) = at_home().await;
        records.append(vec![append(1, "a")]).await.unwrap();
        let spoilt = spoil(&server, &patch);
        assert_eq!(records.append(vec![append(1, "b")]).await.unwrap()[0].appended, [Appended::Accepted(1)]);
        let [aside] = of_kind(&server, "aside").try_into().unwrap();
        assert_eq!((&aside["data"], &aside["binaryData"]), (&spoilt["data"], &spoilt["binaryData"]));
        let (name, of) = (aside["metadata"]["name"].as_str().unwrap(), spoilt["metadata"]["name"].as_str().unwrap());
        assert!(name.starts_with(&format!("{of}-aside-")), "{name}");
        assert_eq!(aside["metadata"]["annotations"]["pawl/about"], "7#1");
        assert!(
            aside["metadata"]["annotations"]["pawl/why"].is_string() && aside["metadata"]["annotations"]["pawl/set-aside-at"].is_string()
        );
        assert_eq!(records.set_aside(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn k9_what_somebody_repairs_meanwhile_is_not_taken_away() {
    let (server, records) = at_home().await;
    let good = records.append(vec![append(1, "a")]).await.unwrap().remove(0).record;
    spoil(&server, &json!({ "data": { "content": "{" } }));
    let (admin, repaired) = (server.clone(), serde_json::to_string(&good).unwrap());
    let repair = Fault::meanwhile(move || drop(spoil(&admin, &json!({ "data": { "content": repaired } }))));
    server.fault(When::on("delete", "configmaps"), repair);
    assert_eq!(records.load(id(1)).await.unwrap(), Some(good));
    assert_eq!(records.set_aside(), 0);
}

#[tokio::test(start_paused = true)]
async fn k9_setting_aside_ends_well_whatever_answer_is_lost() {
    for (verb, fault) in
        [("create", Fault::CutAfter), ("create", Fault::CutBefore), ("delete", Fault::CutAfter), ("delete", Fault::CutBefore)]
    {
        let (server, records) = at_home().await;
        records.append(vec![append(1, "a")]).await.unwrap();
        spoil(&server, &json!({ "data": { "content": "{" } }));
        server.fault(When::on(verb, "configmaps"), fault.clone());
        assert_eq!(records.load(id(1)).await.unwrap(), None, "{verb}, {fault:?}");
        assert_eq!((of_kind(&server, "aside").len(), of_kind(&server, "record").len()), (1, 0), "{verb}, {fault:?}: moved once");
    }
}

#[tokio::test(start_paused = true)]
async fn k9_replicas_that_find_the_same_set_it_aside_once() {
    let (server, records) = at_home().await;
    records.append(vec![append(1, "a")]).await.unwrap();
    spoil(&server, &json!({ "data": { "content": "{" } }));
    let replicas: Vec<_> = (0..4).map(|_| replica(&server)).collect();
    let loads: Vec<_> = replicas.iter().cloned().map(|one| tokio::spawn(async move { one.load(id(1)).await.unwrap() })).collect();
    for load in loads {
        assert_eq!(load.await.unwrap(), None);
    }
    assert_eq!(of_kind(&server, "aside").len(), 1);
    assert!(replicas.iter().map(pawl_cluster::Records::set_aside).sum::<u64>() >= 1);
}

#[tokio::test(start_paused = true)]
async fn k9_a_process_that_finds_nothing_but_broken_records_stops_setting_them_aside() {
    let (server, records) = at_home().await;
    let mut refused = None;
    for _ in 0..200 {
        records.append(vec![append(1, "a")]).await.unwrap();
        spoil(&server, &json!({ "data": { "content": "{" } }));
        if let Err(error) = records.load(id(1)).await {
            refused = Some(error);
            break;
        }
    }
    let error = refused.unwrap();
    assert!(matches!(error, StoreError::Refused(_)) && error.to_string().contains("find out who writes"), "{error}");
    assert_eq!((records.set_aside(), of_kind(&server, "aside").len(), of_kind(&server, "record").len()), (100, 100, 1));
}

#[tokio::test(start_paused = true)]
async fn a5_3_a_record_that_can_neither_be_read_nor_set_aside_is_named_and_the_others_are_shown() {
    let (server, records) = at_home().await;
    records.append(vec![append(1, "a"), append(2, "a")]).await.unwrap();
    let map = of_kind(&server, "record").into_iter().find(|map| map["metadata"]["annotations"]["pawl/about"] == "7#1").unwrap();
    let path = format!("{MAPS}/{}", map["metadata"]["name"].as_str().unwrap());
    assert_eq!(server.call("PATCH", &path, &json!({ "data": { "content": "{" } })).status, 200);
    let token = server.account("pawl", vec![Rule::allow("", &["configmaps"], &["create", "get", "list", "update"])]);
    for _ in 0..2 {
        let page = at::records::of(&server, &token).page(None, 10).await.unwrap();
        let (good, bad): (Vec<_>, Vec<_>) = page.into_iter().partition(Result::is_ok);
        let [Err(error)] = &bad[..] else { panic!("{bad:?}") };
        assert_eq!((good.len(), error.subject(), error.is_transient()), (1, Some(id(1)), false));
        assert!(error.to_string().contains(r#"verbs: ["delete"]"#) && error.to_string().contains("left as it is"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_whose_history_is_forgotten_begins_anew_and_misses_nothing() {
    let (server, records) = at_home().await;
    records.append((1..=20).map(|number| append(number, "a")).collect()).await.unwrap();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = records.page(after, 6).await.unwrap();
        seen.extend(page.iter().map(|record| record.as_ref().unwrap().subject.id()));
        if page.len() < 6 {
            break;
        }
        after = seen.last().copied();
        records.append(vec![append(1, &format!("after {}", seen.len()))]).await.unwrap();
        server.compact();
    }
    assert_eq!((seen.len(), seen.into_iter().collect::<BTreeSet<_>>()), (20, (1..=20).map(id).collect()));
}

#[tokio::test(start_paused = true)]
async fn a_list_goes_on_where_it_stood_and_asks_for_no_page_twice() {
    let (server, records) = at_home().await;
    records.append((1..=20).map(|number| append(number, "a")).collect()).await.unwrap();
    server.forget_requests();
    let first = records.page(None, 10).await.unwrap();
    let last = first.last().unwrap().as_ref().unwrap().subject.id();
    assert_eq!(records.page(Some(last), 10).await.unwrap().len(), 10);
    assert_eq!(server.count("list", "configmaps"), 2);
}

#[tokio::test(start_paused = true)]
async fn what_only_looks_like_a_record_is_passed_over_and_left_alone() {
    let server = server();
    let records = replica(&server);
    records.append(vec![append(1, "a")]).await.unwrap();
    let labels = json!({ "app.kubernetes.io/managed-by": "pawl", "app.kubernetes.io/component": "record" });
    server.create(MAPS, &json!({ "metadata": { "name": "a-stranger", "labels": labels }, "data": { "x": "y" } }));
    assert_eq!(records.page(None, 10).await.unwrap().len(), 1);
    assert!(server.get(&format!("{MAPS}/a-stranger")).is_some());
}

#[tokio::test(start_paused = true)]
async fn q10_branch_news_that_cannot_be_read_do_not_stay_for_ever() {
    let (server, records) = at_home().await;
    let labels = json!({ "app.kubernetes.io/managed-by": "pawl", "app.kubernetes.io/component": "branch" });
    let annotations = json!({ "pawl/about": "7/main" });
    let map = json!({ "metadata": { "name": "pawl-branch-x", "labels": labels, "annotations": annotations }, "data": { "content": "{" } });
    server.create(MAPS, &map);
    assert_eq!(records.held_branches().await.unwrap(), 0);
    assert_eq!((of_kind(&server, "branch").len(), of_kind(&server, "aside").len(), records.set_aside()), (0, 1, 1));
    assert_eq!(records.bereft().await.unwrap(), [], "a branch is no subject");
}

#[tokio::test(start_paused = true)]
async fn k9_who_begins_anew_is_asked_of_the_server_once_and_written_down_once_whatever_is_lost() {
    let (server, records) = at_home().await;
    records.append(vec![append(1, "a")]).await.unwrap();
    spoil(&server, &json!({ "data": { "content": "{" } }));
    assert_eq!(records.load(id(1)).await.unwrap(), None);
    let other = replica(&server);
    assert_eq!(other.bereft().await.unwrap(), [id(1)], "left by a replica that may have died since");
    server.forget_requests();
    for _ in 0..5 {
        assert_eq!((records.bereft().await.unwrap(), other.bereft().await.unwrap()), (vec![id(1)], vec![id(1)]));
    }
    assert_eq!((server.count("list", "configmaps"), server.requests().len()), (1, 1), "each process asks once, at first");
    server.fault(When::on("update", "configmaps"), Fault::CutAfter);
    records.begun_anew(id(1)).await.unwrap();
    other.begun_anew(id(1)).await.unwrap();
    assert_eq!(server.count("update", "configmaps"), 1, "what is written is seen, by whoever comes next as well");
    assert!(of_kind(&server, "aside")[0]["metadata"]["annotations"]["pawl/begun-anew-at"].is_string());
    assert_eq!((records.bereft().await.unwrap(), replica(&server).bereft().await.unwrap()), (vec![], vec![]));
}

#[tokio::test(start_paused = true)]
async fn q10_a_removal_whose_answer_is_lost_is_recognised() {
    for fault in [Fault::CutAfter, Fault::CutBefore] {
        let (server, records) = at_home().await;
        let record = records.append(vec![append(1, "a")]).await.unwrap().remove(0).record;
        server.fault(When::on("delete", "configmaps"), fault.clone());
        assert!(records.remove(&record).await.unwrap(), "{fault:?}");
        assert_eq!(of_kind(&server, "record").len(), 0);
    }
}
