//! Components that take over where several replicas run them, and where the records cannot be read just then (H6).

use super::house::House;
use pawl_apiserver::{Fault, Reply, When};
use pawl_artifacts::variant;
use pawl_service::host::Host;
use pawl_service::kept::digest;
use pawl_service::serve::Running;
use pawl_service::swap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A replica whose policy comes from a file, that file, and its folder.
async fn house_with(component: &[u8]) -> (House, PathBuf, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("remediation.wasm");
    put(&path, component);
    (House::start_with_policy(&path).await, path, folder)
}

/// Its bytes appear at once, as a mount of a ConfigMap swaps them.
fn put(path: &Path, bytes: &[u8]) {
    let beside = path.with_extension("new");
    std::fs::write(&beside, bytes).unwrap();
    std::fs::rename(beside, path).unwrap();
}

/// Looks often enough to take over whatever is to be taken over.
async fn look(running: &Running) {
    for _ in 0..3 {
        swap::look(running.host(), true).await;
    }
}

fn runs(host: &Host) -> String {
    host.policies().named("remediation").unwrap().member.digest.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn h6_a_component_refused_only_because_records_cannot_be_read_takes_over_once_they_can() {
    let (house, path, _folder) = house_with(&variant(1)).await;
    house.needs_remediation("umbrellas", &[]).await;
    house.server.fault(When::on("list", "configmaps").always(), Fault::AnswerBefore(Reply::internal_error()));
    put(&path, &variant(2));
    look(&house.running).await;
    let host = house.running.host();
    let refused = host.swaps.refused();
    let reason = &refused.first().unwrap().1;
    assert!(reason.contains("cannot read what is remembered") && reason.ends_with("it is tried again by itself"), "{reason}");
    assert_eq!(runs(host), digest(&variant(1)), "the last good one stays");
    house.server.clear_faults();
    look(&house.running).await;
    assert_eq!((runs(host), host.swaps.refused()), (digest(&variant(2)), vec![]), "its file has not changed since");
}

#[tokio::test(flavor = "multi_thread")]
async fn h6_a_way_back_told_to_one_replica_is_gone_by_the_others_too_and_by_those_that_start_later() {
    let (house, path, _folder) = house_with(&variant(1)).await;
    let other = house.another().await;
    put(&path, &variant(2));
    for running in [&house.running, &other] {
        look(running).await;
        assert_eq!(runs(running.host()), digest(&variant(2)));
    }
    swap::roll_back(house.running.host(), "remediation", false, "alice").await.unwrap();
    look(&other).await;
    assert_eq!(runs(other.host()), digest(&variant(1)), "it was told by the store");
    assert!(other.shutdown().await);
    let other = house.another().await;
    assert_eq!(runs(other.host()), digest(&variant(1)), "though its file holds the other one");
    swap::activate(other.host(), "remediation", false, "bob").await.unwrap();
    look(&house.running).await;
    assert_eq!(runs(house.running.host()), digest(&variant(2)), "and forward again, told by any of them");
}

#[tokio::test(flavor = "multi_thread")]
async fn h6_a_replica_that_cannot_go_the_way_back_just_then_goes_it_once_it_can() {
    let (house, path, _folder) = house_with(&variant(1)).await;
    let other = house.another().await;
    put(&path, &variant(2));
    look(&house.running).await;
    look(&other).await;
    swap::roll_back(house.running.host(), "remediation", false, "alice").await.unwrap();
    house.server.fault(When::on("list", "configmaps").always(), Fault::AnswerBefore(Reply::internal_error()));
    look(&other).await;
    assert_eq!(runs(other.host()), digest(&variant(2)));
    let refused = other.host().swaps.refused();
    assert!(refused.first().is_some_and(|(_, why)| why.contains("cannot read what is remembered")), "{refused:?}");
    house.server.clear_faults();
    look(&other).await;
    assert_eq!((runs(other.host()), other.host().swaps.refused()), (digest(&variant(1)), vec![]));
}
