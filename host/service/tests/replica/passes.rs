//! Passes of the reconciler: what another replica left undone is found, and nothing is listed for it.

use super::house::House;
use pawl_cluster::{Cluster, Records};
use pawl_core::Timestamp;
use pawl_core::news::{Event, News};
use pawl_core::store::Append;
use pawl_core::subject::{Repository, Subject, SubjectKind};
use pawl_world::{Pull, Verdict};

/// A replica of which nothing is left but what it wrote.
async fn dead_replica(house: &House) -> Records {
    let kubeconfig = house.folder.path().join("kubeconfig");
    Records::new(&Cluster::connect(Some(&kubeconfig), Some("agents")).await.unwrap())
}

/// News that it kept and did not come to read.
fn left(house: &House, pull: &Pull) -> Append {
    let repository = Repository { id: house.repo.id(), owner: "acme".into(), name: "shop".into() };
    let subject = Subject { repository, number: pull.number(), kind: SubjectKind::PullRequest };
    let at = Timestamp::from_second(house.world.now()).unwrap();
    let news = News { id: format!("opened {}", pull.number()), at, arrived: at, actor: None, event: Event::Opened };
    Append { subject, delivery: "to the dead".into(), news: vec![news] }
}

#[tokio::test(flavor = "multi_thread")]
async fn q6_what_a_dead_replica_left_unsettled_is_found_without_listing_anything() {
    let house = House::start_passing_every(1).await;
    let known = house.needs_remediation("umbrellas", &[]).await;
    let dead = dead_replica(&house).await;
    house.server.forget_requests();
    let pull = house.repo.open_pull("5DLabs-Rex[bot]", "scarves");
    pull.review("5DLabs-Tess[bot]", Verdict::ChangesRequested);
    house.world.lose_all();
    dead.append(vec![left(&house, &pull)]).await.unwrap();
    house.gets(&pull, "needs-remediation").await;
    assert_eq!(house.server.count("list", "configmaps"), 0, "what is told is not listed");
    assert_eq!(known.labels(), ["iteration-1", "needs-remediation"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn q6_while_records_cannot_be_watched_they_are_listed_and_nothing_is_lost() {
    use pawl_apiserver::{Fault, Reply, When};
    let house = House::start_passing_every(1).await;
    house.needs_remediation("umbrellas", &[]).await;
    let dead = dead_replica(&house).await;
    house.server.fault(When::on("watch", "configmaps").always(), Fault::AnswerBefore(Reply::internal_error()));
    house.server.forget_requests();
    house.server.cut_watches();
    let pull = house.repo.open_pull("5DLabs-Rex[bot]", "scarves");
    pull.review("5DLabs-Tess[bot]", Verdict::ChangesRequested);
    house.world.lose_all();
    dead.append(vec![left(&house, &pull)]).await.unwrap();
    house.gets(&pull, "needs-remediation").await;
    assert!(house.server.count("list", "configmaps") > 0, "nobody tells, so they are read");
}
