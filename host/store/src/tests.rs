#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use pawl_core::Timestamp;
use pawl_core::news::{Event, News};
use pawl_core::record::{Appended, Commit, Record};
use pawl_core::subject::{Repository, Subject, SubjectKind};
use std::collections::BTreeMap;
use std::time::Duration;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn repository() -> Repository {
    Repository { id: 7, owner: "acme".into(), name: "shop".into() }
}

fn subject(number: u32) -> Subject {
    Subject { repository: repository(), number, kind: SubjectKind::PullRequest }
}

fn news(id: &str) -> News {
    News { id: id.into(), at: at(0), arrived: at(1), actor: None, event: Event::Opened }
}

fn append(number: u32, id: &str) -> Append {
    Append { subject: subject(number), delivery: "d".into(), news: vec![news(id)] }
}

fn commit(record: &Record, operation: &str) -> Commit {
    Commit {
        operation: operation.into(),
        generation: record.generation,
        subject: record.subject.clone(),
        parts: BTreeMap::new(),
        labels_outstanding: false,
        writes: Vec::new(),
        viewer: None,
        timeline: None,
        pushes: Vec::new(),
        head: None,
        state: None,
        ended: None,
        past: Vec::new(),
        stopped: Vec::new(),
        at: at(2),
    }
}

fn held(branch: &str, sha: &str, id: &str) -> HeldBranch {
    HeldBranch {
        repository: repository(),
        branch: Some(branch.into()),
        commit: sha.into(),
        delivery: "d".into(),
        news: vec![news(id)],
        since: at(0),
        attempts: 0,
        next_at: at(2),
    }
}

#[tokio::test]
async fn q1_what_was_appended_is_there_after_the_file_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pawl.redb");
    let store = Store::open(&path).unwrap();
    let results = store.append(vec![append(1, "a"), append(2, "b"), append(1, "a")]).await.unwrap();
    assert!(matches!(results[0].appended[..], [Appended::Accepted(1)]));
    assert_eq!(results[2].appended, [Appended::Duplicate]);
    drop(store);
    let store = Store::open(&path).unwrap();
    assert_eq!(store.load(subject(1).id()).await.unwrap().unwrap().inbox.len(), 1);
    let page = store.page(None, 10).await.unwrap();
    assert_eq!(page.len(), 2);
    assert_eq!(store.page(Some(subject(1).id()), 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn k8_of_two_commits_on_one_generation_the_second_conflicts_and_an_append_between_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("pawl.redb")).unwrap();
    let read = store.append(vec![append(1, "a")]).await.unwrap().remove(0).record;
    store.append(vec![append(1, "b")]).await.unwrap();
    let mut first = commit(&read, "one");
    first.parts.insert("p".into(), pawl_core::record::Part { cursor: 1, digest: "d".into(), ..Default::default() });
    let after = store.commit(subject(1).id(), first.clone()).await.unwrap();
    assert_eq!(after.generation, 1);
    assert_eq!(after.inbox.iter().map(|e| e.news.id.as_str()).collect::<Vec<_>>(), ["b"]);
    assert!(matches!(store.commit(subject(1).id(), commit(&read, "two")).await, Err(StoreError::Conflict(_))));
    assert_eq!(store.commit(subject(1).id(), first).await.unwrap().generation, 1, "a repeated commit is recognised");
}

#[tokio::test]
async fn a_hundred_appends_at_once_all_become_durable() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("pawl.redb")).unwrap();
    let tasks: Vec<_> = (0..100)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.append(vec![append(n % 10 + 1, &format!("n{n}"))]).await.unwrap() })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let records: Vec<Record> = store.page(None, 100).await.unwrap().into_iter().map(Result::unwrap).collect();
    assert_eq!(records.iter().map(|r| r.inbox.len()).sum::<usize>(), 100);
}

#[test]
fn k9_a_file_that_is_no_store_is_named_left_alone_and_set_aside_only_on_demand() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pawl.redb");
    std::fs::write(&path, b"this was a store once").unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }) && error.to_string().contains("--set-aside-store"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), b"this was a store once");
    let aside = Store::set_aside(&path).unwrap();
    assert_eq!(std::fs::read(&aside).unwrap(), b"this was a store once");
    Store::open(&path).unwrap();
}

#[test]
fn a_second_process_is_told_that_the_store_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pawl.redb");
    let _first = Store::open(&path).unwrap();
    assert!(matches!(Store::open(&path), Err(StoreError::InUse { .. })));
}

#[tokio::test]
async fn k9_one_corrupt_record_stops_its_subject_only() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("pawl.redb")).unwrap();
    store.append(vec![append(1, "a"), append(2, "a")]).await.unwrap();
    store
        .write(|tx| {
            tx.open_table(RECORDS)?.insert((7, 1), b"{\"schema\":".as_slice())?;
            Ok(())
        })
        .await
        .unwrap();
    assert!(matches!(store.load(subject(1).id()).await, Err(StoreError::CorruptRecord { .. })));
    assert!(matches!(store.append(vec![append(1, "b")]).await, Err(StoreError::CorruptRecord { .. })));
    assert!(store.append(vec![append(2, "b")]).await.is_ok());
    let page = store.page(None, 10).await.unwrap();
    assert!(page[0].is_err() && page[1].is_ok());
}

#[tokio::test]
async fn g6_branch_news_keep_the_newest_commit_and_join_what_belongs_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("pawl.redb")).unwrap();
    store.hold(held("main", "aaa", "push:main:aaa")).await.unwrap();
    store.hold(held("main", "bbb", "push:main:bbb")).await.unwrap();
    store.hold(held("main", "bbb", "check:1:success")).await.unwrap();
    store.hold(held("other", "ccc", "push:other:ccc")).await.unwrap();
    assert!(store.due_branches(at(1), 10).await.unwrap().is_empty());
    let due = store.due_branches(at(2), 10).await.unwrap();
    assert_eq!(
        due.iter().map(|h| (h.branch.as_deref(), h.commit.as_str(), h.news.len())).collect::<Vec<_>>(),
        [(Some("main"), "bbb", 2), (Some("other"), "ccc", 1)]
    );
    let late_retry = HeldBranch { attempts: 1, ..held("main", "aaa", "push:main:aaa") };
    store.hold(late_retry.clone()).await.unwrap();
    store.let_go(&late_retry).await.unwrap();
    assert_eq!(store.held_branch(7, "main").await.unwrap().unwrap().commit, "bbb", "an older commit never pushes out a newer one");
    store.let_go(&due[0]).await.unwrap();
    assert_eq!(store.held_branches().await.unwrap(), 1);
}

#[tokio::test]
async fn repositories_are_found_by_the_name_they_had_last() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("pawl.redb")).unwrap();
    store.name_repository(&repository()).await.unwrap();
    assert_eq!(store.repository_id("Acme/SHOP").await.unwrap(), Some(7));
    assert_eq!(store.repository_id("acme/other").await.unwrap(), None);
}

#[tokio::test]
async fn news_bring_the_name_of_their_repository_with_them_and_a_rename_moves_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pawl.redb");
    let store = Store::open(&path).unwrap();
    store.append(vec![append(1, "a")]).await.unwrap();
    let moved = Repository { name: "store".into(), ..repository() };
    store.append(vec![Append { subject: Subject { repository: moved, ..subject(1) }, ..append(1, "a") }]).await.unwrap();
    let elsewhere = Repository { id: 8, owner: "acme".into(), name: "tools".into() };
    store.hold(HeldBranch { repository: elsewhere, ..held("main", "aaa", "push:main:aaa") }).await.unwrap();
    drop(store);
    let store = Store::open(&path).unwrap();
    for (name, id) in [("acme/shop", 7), ("acme/store", 7), ("acme/tools", 8)] {
        assert_eq!(store.repository_id(name).await.unwrap(), Some(id), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn q3_a_claim_has_one_holder_and_leaves_nothing_behind() {
    let claims = Claims::default();
    let first = claims.take(subject(1).id(), Duration::from_secs(5)).await.unwrap();
    assert!(claims.take(subject(1).id(), Duration::from_secs(5)).await.is_none());
    assert!(claims.take(subject(2).id(), Duration::from_secs(5)).await.is_some());
    drop(first);
    assert!(claims.take(subject(1).id(), Duration::from_secs(5)).await.is_some());
    assert_eq!(claims.held(), 0);
}
