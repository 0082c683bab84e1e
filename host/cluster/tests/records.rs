//! Records, whatever happens to calls, answers and the API server on the way.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod at;

use at::records::{MAPS, append, at_home, commit, id, of, replica, subject, verbs};
use at::{seconds, server};
use pawl_apiserver::{Fault, Reply, Rule, Server, When};
use pawl_cluster::{RECORD_VERBS, Records, Written};
use pawl_core::branch::{HeldBranch, HeldNews};
use pawl_core::record::{Appended, Record};
use pawl_core::store::{Append, StoreError};
use serde_json::json;
use std::collections::BTreeSet;
use tokio::time::Instant;

/// Every way in which a write may be carried out without its answer being heard.
fn unheard() -> [Fault; 4] {
    [Fault::CutAfter, Fault::AnswerAfter(Reply::timeout()), Fault::AnswerAfter(Reply::internal_error()), Fault::DelayAfter(seconds(60))]
}

/// Every way in which a write may fail before it is carried out.
fn undone() -> [Fault; 4] {
    [
        Fault::CutBefore,
        Fault::AnswerBefore(Reply::unavailable()),
        Fault::AnswerBefore(Reply::too_many_requests(1)),
        Fault::AnswerBefore(Reply::conflict("configmaps", "x")),
    ]
}

fn inbox(record: &Record) -> Vec<&str> {
    record.inbox.iter().map(|entry| entry.news.id.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn k9_an_append_costs_two_calls_and_one_that_changes_nothing_costs_one() {
    let (server, records) = at_home().await;
    records.append(vec![append(1, "a")]).await.unwrap();
    records.append(vec![append(1, "b")]).await.unwrap();
    assert_eq!(verbs(&server), ["get", "create", "get", "update"]);
    server.forget_requests();
    let revision = server.revision();
    records.append(vec![append(1, "a")]).await.unwrap();
    let read = records.load(id(1)).await.unwrap().unwrap();
    assert_eq!((verbs(&server), server.revision()), (vec!["get", "get"], revision));
    records.commit(id(1), commit(&read, "one")).await.unwrap();
    server.forget_requests();
    records.commit(id(1), commit(&read, "one")).await.unwrap();
    assert_eq!(verbs(&server), ["get"], "a commit that is there is not written again");
}

#[tokio::test(start_paused = true)]
async fn k9_a_record_says_what_it_is_about() {
    let (server, records) = at_home().await;
    records.append(vec![append(1, "a")]).await.unwrap();
    let is_record = |map: &serde_json::Value| map["metadata"]["labels"]["app.kubernetes.io/component"] == "record";
    let map = server.list(MAPS).into_iter().find(is_record).unwrap();
    assert_eq!(map["metadata"]["annotations"]["pawl/about"], "7#1");
    assert_eq!(map["metadata"]["labels"]["app.kubernetes.io/managed-by"], "pawl");
}

#[tokio::test(start_paused = true)]
async fn q1_an_append_whose_answer_was_lost_is_accepted_once() {
    for (verb, fault) in ["create", "update"].into_iter().flat_map(|verb| unheard().map(|fault| (verb, fault))) {
        let (server, records) = at_home().await;
        if verb == "update" {
            records.append(vec![append(1, "before")]).await.unwrap();
        }
        server.fault(When::on(verb, "configmaps"), fault.clone());
        let result = records.append(vec![append(1, "a")]).await.unwrap().remove(0);
        assert_eq!(server.faults_left(), 0);
        let place = if verb == "update" { 2 } else { 1 };
        assert_eq!(result.appended, [Appended::Accepted(place)], "{verb}, {fault:?}: this call brought it");
        assert_eq!(records.load(id(1)).await.unwrap(), Some(result.record), "{verb}, {fault:?}");
        assert_eq!(records.append(vec![append(1, "a")]).await.unwrap()[0].appended, [Appended::Duplicate]);
    }
}

#[tokio::test(start_paused = true)]
async fn q1_an_append_that_was_not_carried_out_is_sent_again() {
    for (verb, fault) in ["create", "update"].into_iter().flat_map(|verb| undone().map(|fault| (verb, fault))) {
        let (server, records) = at_home().await;
        if verb == "update" {
            records.append(vec![append(1, "before")]).await.unwrap();
        }
        server.fault(When::on(verb, "configmaps").times(3), fault.clone());
        let result = records.append(vec![append(1, "a")]).await.unwrap().remove(0);
        assert!(matches!(result.appended[..], [Appended::Accepted(_)]), "{verb}, {fault:?}");
        assert_eq!(records.load(id(1)).await.unwrap().unwrap().inbox.iter().filter(|entry| entry.news.id == "a").count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn q1_of_two_replicas_that_are_told_the_same_at_once_one_accepts_it() {
    let (server, records) = at_home().await;
    let (other, runtime) = (replica(&server), tokio::runtime::Handle::current());
    let (tell, told) = std::sync::mpsc::channel();
    // The other replica's append falls between this one's reading and its writing.
    let meanwhile = Fault::meanwhile(move || {
        let (other, tell) = (other.clone(), tell.clone());
        runtime.spawn(async move {
            let by_other = Append { delivery: "another delivery".into(), ..append(1, "a") };
            tell.send(other.append(vec![by_other]).await.unwrap().remove(0).appended).unwrap();
        });
    });
    server.fault(When::on("create", "configmaps"), meanwhile);
    server.fault(When::on("create", "configmaps"), Fault::DelayBefore(seconds(1)));
    let here = records.append(vec![append(1, "a")]).await.unwrap().remove(0).appended;
    assert_eq!((told.recv().unwrap(), here), (vec![Appended::Accepted(1)], vec![Appended::Duplicate]));
}

#[tokio::test(start_paused = true)]
async fn k8_a_commit_whose_answer_was_lost_is_recognised_by_its_operation() {
    for fault in unheard() {
        let (server, records) = at_home().await;
        let read = records.append(vec![append(1, "a")]).await.unwrap().remove(0).record;
        server.fault(When::on("update", "configmaps"), fault.clone());
        let after = records.commit(id(1), commit(&read, "one")).await.unwrap();
        assert_eq!((after.generation, after.operation.as_deref()), (1, Some("one")), "{fault:?}: done once");
        assert_eq!(records.load(id(1)).await.unwrap(), Some(after), "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn k8_a_commit_that_was_not_carried_out_is_sent_again() {
    for fault in undone() {
        let (server, records) = at_home().await;
        let read = records.append(vec![append(1, "a")]).await.unwrap().remove(0).record;
        server.fault(When::on("update", "configmaps").times(3), fault.clone());
        assert_eq!(records.commit(id(1), commit(&read, "one")).await.unwrap().generation, 1, "{fault:?}");
    }
}

/// Before each of the next `times` updates the record gets one more piece of news.
fn keep_appending(server: &Server, times: u32) {
    let admin = server.clone();
    let n = std::sync::atomic::AtomicU64::new(0);
    let meanwhile = Fault::meanwhile(move || {
        let is_record = |map: &serde_json::Value| map["metadata"]["labels"]["app.kubernetes.io/component"] == "record";
        let mut map = admin.list(MAPS).into_iter().find(is_record).unwrap();
        let mut record: Record = serde_json::from_str(map["data"]["content"].as_str().unwrap()).unwrap();
        append(1, &format!("meanwhile {}", n.fetch_add(1, std::sync::atomic::Ordering::Relaxed))).apply(&mut record);
        map["data"]["content"] = json!(serde_json::to_string(&record).unwrap());
        let path = format!("{MAPS}/{}", map["metadata"]["name"].as_str().unwrap());
        assert_eq!(admin.call("PUT", &path, &map).status, 200);
    });
    server.fault(When::on("update", "configmaps").times(times), meanwhile);
}

#[tokio::test(start_paused = true)]
async fn k8_a_commit_applies_itself_again_while_only_the_inbox_grows() {
    let (server, records) = at_home().await;
    let read = records.append(vec![append(1, "a")]).await.unwrap().remove(0).record;
    keep_appending(&server, 7);
    let after = records.commit(id(1), commit(&read, "one")).await.unwrap();
    assert_eq!((after.generation, after.inbox.len()), (1, 7), "what came meanwhile stays, what was read is gone");
}

#[tokio::test(start_paused = true)]
async fn k8_after_eight_tries_a_commit_gives_way_and_nothing_of_it_is_there() {
    let (server, records) = at_home().await;
    let read = records.append(vec![append(1, "a")]).await.unwrap().remove(0).record;
    keep_appending(&server, 20);
    let error = records.commit(id(1), commit(&read, "one")).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }) && error.is_transient(), "{error}");
    assert_eq!(server.faults_left(), 1);
    server.clear_faults();
    let stored = records.load(id(1)).await.unwrap().unwrap();
    assert_eq!((stored.generation, stored.inbox.len()), (0, 9));
}

#[tokio::test(start_paused = true)]
async fn q1_an_overloaded_server_is_left_alone_as_long_as_it_asks() {
    let (server, records) = at_home().await;
    server.fault(When::any().times(3), Fault::AnswerBefore(Reply::too_many_requests(1)));
    let start = Instant::now();
    records.append(vec![append(1, "a")]).await.unwrap();
    assert!(start.elapsed() >= seconds(3), "{:?}", start.elapsed());
    server.fault(When::any().always(), Fault::AnswerBefore(Reply::too_many_requests(1)));
    let error = records.append(vec![append(1, "b")]).await.unwrap_err();
    assert_eq!((error.is_transient(), error.retry_after()), (true, Some(seconds(1))), "{error}");
}

#[tokio::test(start_paused = true)]
async fn q1_nothing_waits_longer_than_its_deadline() {
    type Asking = std::pin::Pin<Box<dyn Future<Output = Result<(), StoreError>>>>;
    let held = |branch: &str| {
        let news = append(1, "a").news.remove(0);
        let next_at = Some(news.at);
        let news = vec![HeldNews { commit: "c".into(), delivery: "d".into(), news }];
        HeldBranch { repository: subject(1).repository, branch: Some(branch.into()), news, attempts: 0, next_at }
    };
    type Ask = fn(Records, HeldBranch) -> Asking;
    let all: [(&str, u64, Ask); 7] = [
        ("append", 8, |r, _| Box::pin(async move { r.append(vec![append(1, "b")]).await.map(drop) })),
        ("load", 8, |r, _| Box::pin(async move { r.load(id(1)).await.map(drop) })),
        ("commit", 8, |r, _| Box::pin(async move { r.commit(id(1), commit(&Record::new(subject(1)), "one")).await.map(drop) })),
        ("page", 30, |r, _| Box::pin(async move { r.page(None, 10).await.map(drop) })),
        ("hold", 8, |r, held| Box::pin(async move { r.hold(held).await.map(drop) })),
        ("let go", 8, |r, held| Box::pin(async move { r.let_go(&held).await })),
        ("due", 30, |r, held| Box::pin(async move { r.due_branches(held.wait().since, 10).await.map(drop) })),
    ];
    for (what, deadline, ask) in all {
        for is_frozen in [true, false] {
            let (server, records) = at_home().await;
            records.append(vec![append(1, "a")]).await.unwrap();
            if is_frozen {
                server.freeze();
            } else {
                server.outage();
            }
            let start = Instant::now();
            let error = ask(records.clone(), held("main")).await.unwrap_err();
            assert!(error.is_transient(), "{what}: {error}");
            assert!(start.elapsed() <= seconds(deadline), "{what}: {:?}", start.elapsed());
            server.lift();
            ask(records, held("main")).await.unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn q1_those_who_wait_for_each_other_during_an_outage_give_up_together() {
    let (server, records) = at_home().await;
    server.freeze();
    let start = Instant::now();
    let ask = |n: u32| {
        let records = records.clone();
        tokio::spawn(async move { records.append(vec![append(1, &format!("n{n}"))]).await })
    };
    for task in (0..20).map(ask).collect::<Vec<_>>() {
        assert!(task.await.unwrap().unwrap_err().is_transient());
    }
    assert!(start.elapsed() <= seconds(8), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn q1_a_write_that_arrives_after_its_sender_gave_up_overwrites_nothing() {
    let (server, records) = at_home().await;
    let read = records.append(vec![append(1, "a")]).await.unwrap().remove(0).record;
    server.fault(When::on("update", "configmaps"), Fault::DelayBefore(seconds(30)));
    let after = records.commit(id(1), commit(&read, "one")).await.unwrap();
    records.append(vec![append(1, "b")]).await.unwrap();
    tokio::time::sleep(seconds(60)).await;
    let stored = records.load(id(1)).await.unwrap().unwrap();
    assert_eq!((stored.generation, inbox(&stored), &stored.operation), (1, vec!["b"], &after.operation));
    assert!(server.requests().iter().any(|seen| seen.outcome == pawl_apiserver::Outcome::Answered(409)), "it arrived, and was refused");
}

#[tokio::test(start_paused = true)]
async fn q1_two_hundred_appends_in_bad_weather_are_each_kept_once_when_they_are_repeated() {
    let server = server();
    server.slow(std::time::Duration::from_millis(1)..=std::time::Duration::from_millis(20), 5);
    server.fault(When::any().sometimes(5, 1), Fault::CutBefore);
    server.fault(When::write().sometimes(5, 2), Fault::CutAfter);
    server.fault(When::any().sometimes(3, 3), Fault::AnswerBefore(Reply::unavailable()));
    let replicas: Vec<Records> = (0..4).map(|_| replica(&server)).collect();
    let tell = |n: u32| {
        let records = replicas[n as usize % 4].clone();
        // Whoever gets no answer comes again, as GitHub's redelivery and every sender of signals do.
        tokio::spawn(async move { while records.append(vec![append(n / 4 % 10 + 1, &format!("n{n}"))]).await.is_err() {} })
    };
    for task in (0..200).map(tell).collect::<Vec<_>>() {
        task.await.unwrap();
    }
    server.clear_faults();
    for number in 1..=10 {
        let record = replicas[0].load(id(number)).await.unwrap().unwrap();
        assert_eq!(inbox(&record).into_iter().collect::<BTreeSet<_>>().len(), 20);
        assert_eq!(record.inbox.iter().map(|entry| entry.seq).collect::<Vec<_>>(), (1..=20).collect::<Vec<_>>());
    }
}

#[tokio::test(start_paused = true)]
async fn k10_a_missing_permission_is_refused_at_once_with_the_rule_that_grants_it() {
    let server = server();
    let token = server.account("reader", vec![Rule::allow("", &["configmaps"], &["get"])]);
    let records = of(&server, &token);
    let error = records.append(vec![append(1, "a")]).await.unwrap_err();
    assert!(matches!(error, StoreError::Refused(_)) && !error.is_transient(), "{error}");
    assert!(error.to_string().contains(r#"{apiGroups: [""], resources: ["configmaps"], verbs: ["create"]}"#), "{error}");
    let error = records.page(None, 10).await.unwrap_err();
    assert!(error.to_string().contains(r#"verbs: ["list"]"#), "{error}");
    assert_eq!(server.requests().len(), 3, "it is not asked again");
}

#[tokio::test(start_paused = true)]
async fn k10_records_use_exactly_the_verbs_they_say() {
    let server = server();
    let rules = RECORD_VERBS.iter().map(|(group, resource, verbs)| Rule::allow(group, &[resource], verbs).within("agents")).collect();
    let records = of(&server, &server.account("pawl", rules));
    let read = records.append(vec![append(1, "a")]).await.unwrap().remove(0).record;
    records.commit(id(1), commit(&read, "one")).await.unwrap();
    records.page(None, 10).await.unwrap();
    let mut following = records.follow();
    while !matches!(following.next().await, Written::Everything) {}
    server.watched_by(1).await;
    let map = server.list(MAPS).into_iter().find(|map| map["metadata"]["labels"]["app.kubernetes.io/component"] == "record").unwrap();
    let path = format!("{MAPS}/{}", map["metadata"]["name"].as_str().unwrap());
    assert_eq!(server.call("PATCH", &path, &json!({ "data": { "content": "{" } })).status, 200);
    assert_eq!(records.load(id(1)).await.unwrap(), None);
    let said = RECORD_VERBS
        .iter()
        .flat_map(|(group, resource, verbs)| verbs.iter().map(|verb| ((*group).to_owned(), (*resource).to_owned(), *verb)));
    assert_eq!(server.verbs_used("pawl"), said.collect::<BTreeSet<_>>());
}
