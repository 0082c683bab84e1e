#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use pawl_core::Timestamp;
use pawl_core::branch::{HeldBranch, HeldNews};
use pawl_core::news::{Event, News};
use pawl_core::record::Appended;
use pawl_core::store::Append;
use pawl_core::subject::{Repository, Subject, SubjectKind};
use redb::ReadableTable;
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

fn held(branch: &str, sha: &str, id: &str) -> HeldBranch {
    HeldBranch {
        repository: repository(),
        branch: Some(branch.into()),
        news: vec![HeldNews { commit: sha.into(), delivery: "d".into(), news: news(id) }],
        attempts: 0,
        next_at: Some(at(2)),
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

#[test]
fn k9_a_file_that_is_no_store_is_named_left_alone_and_set_aside_only_on_demand() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pawl.redb");
    std::fs::write(&path, b"this was a store once").unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, OpenError::Corrupt { .. }) && error.to_string().contains("--set-aside-store"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), b"this was a store once");
    let aside = Store::set_aside_file(&path).unwrap();
    assert_eq!(std::fs::read(&aside).unwrap(), b"this was a store once");
    Store::open(&path).unwrap();
}

#[test]
fn a_second_process_is_told_that_the_store_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pawl.redb");
    let _first = Store::open(&path).unwrap();
    assert!(matches!(Store::open(&path), Err(OpenError::InUse { .. })));
}

#[test]
fn k9_a_file_of_a_newer_version_is_left_alone_and_not_called_broken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pawl.redb");
    drop(Store::open(&path).unwrap());
    let set = |version: u64| {
        let db = Database::open(&path).unwrap();
        let tx = db.begin_write().unwrap();
        tx.open_table(META).unwrap().insert("schema", version).unwrap();
        tx.commit().unwrap();
    };
    set(SCHEMA + 1);
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, OpenError::Newer { version, .. } if version == SCHEMA + 1), "{error}");
    assert!(!error.to_string().contains("--set-aside-store"), "{error}");
    set(SCHEMA);
    Store::open(&path).unwrap();
}

#[tokio::test]
async fn k9_what_could_not_be_read_is_kept_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("pawl.redb")).unwrap();
    let broken: &[&[u8]] = &[b"{\"schema\":", b"\xff\xfe"];
    for bytes in broken {
        let bytes = bytes.to_vec();
        let spoil = move |tx: &WriteTransaction| {
            tx.open_table(RECORDS)?.insert((7, 1), bytes.as_slice())?;
            tx.open_table(HELD)?.insert((7, "main"), bytes.as_slice())?;
            Ok(())
        };
        store.write(spoil).await.unwrap();
        assert_eq!(store.load(subject(1).id()).await.unwrap(), None);
        store.hold(held("main", "aaa", "push:main:aaa")).await.unwrap();
    }
    assert_eq!(store.set_aside(), 4);
    let kept = store
        .read(|tx| {
            let table = tx.open_table(ASIDE)?;
            let rows = table.iter()?.filter_map(Result::ok);
            Ok(rows.map(|(name, bytes)| (name.value().to_owned(), bytes.value().to_vec())).collect::<Vec<_>>())
        })
        .await
        .unwrap();
    let names: Vec<&str> = kept.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["7#1-aside-1", "7#1-aside-2", "7/main-aside-1", "7/main-aside-2"]);
    assert!(kept.iter().zip(broken.iter().chain(broken)).all(|((_, kept), bytes)| kept == bytes));
}

#[tokio::test]
async fn q10_branch_news_that_cannot_be_read_do_not_stay_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("pawl.redb")).unwrap();
    store.hold(held("good", "aaa", "push:good:aaa")).await.unwrap();
    let spoil = |tx: &WriteTransaction| {
        tx.open_table(HELD)?.insert((7, "bad"), &b"{"[..])?;
        Ok(())
    };
    store.write(spoil).await.unwrap();
    assert_eq!(store.held_branches().await.unwrap(), 2);
    let due = store.due_branches(at(60), 10).await.unwrap();
    assert_eq!(due.iter().map(|held| held.branch.as_deref()).collect::<Vec<_>>(), [Some("good")]);
    assert_eq!((store.held_branches().await.unwrap(), store.set_aside()), (1, 1));
    assert_eq!(store.bereft().await.unwrap(), [], "a branch is no subject");
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
