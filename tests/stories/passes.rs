//! One pass of the reconciler over more than it meets on any usual day.

use crate::house::{House, IMPLEMENTER, PERSON};
use pawl_core::Timestamp;
use pawl_core::news::{Event, News};
use pawl_core::store::Append;
use pawl_core::subject::{Repository, Subject, SubjectKind};
use pawl_service::reconciler::pass;
use pawl_world::Pull;

/// More than a hundred, as the row asks.
const MANY: u32 = 120;

/// Every open subject may be looked at again at once, and passes are made by hand.
const LIMITS: &str = "outage_wait_ms = 20\nlook_minutes = 0\nreconcile_seconds = 3600\nworkers = 2";

/// Pull requests that are settled, and of which somebody changes a label without any word to pawl.
async fn drifted(house: &House) -> Vec<Pull> {
    let pulls: Vec<Pull> = (0..MANY).map(|n| house.repo.open_pull(IMPLEMENTER, &format!("branch-{n}"))).collect();
    house.settle().await;
    for pull in &pulls {
        pull.label_by(PERSON, "needs-remediation");
    }
    house.world.lose_all();
    pulls
}

/// News that somebody kept and did not come to read, of pull requests that are there no more.
async fn unsettled(house: &House) {
    let repository = Repository { id: house.repo.id(), owner: "acme".into(), name: "shop".into() };
    let at = Timestamp::from_second(house.world.now()).unwrap();
    let append = |number| Append {
        subject: Subject { repository: repository.clone(), number, kind: SubjectKind::PullRequest },
        delivery: "to the dead".into(),
        news: vec![News { id: format!("opened {number}"), at, arrived: at, actor: None, event: Event::Opened }],
    };
    house.running().host().store.append((10_000..10_000 + MANY).map(append).collect()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn q6_one_pass_queues_more_than_a_hundred_unsettled_and_more_than_a_hundred_drifted_subjects() {
    let house = House::start_within(LIMITS).await;
    let pulls = drifted(&house).await;
    unsettled(&house).await;
    let found = pass(house.running().host()).await;
    let many = usize::try_from(MANY).unwrap();
    assert_eq!((found.records, found.queued, found.looks, found.differences), (2 * many, many, many, many));
    house.settle().await;
    assert_eq!(pulls.iter().filter(|pull| pull.has_label("iteration-1") || pull.has_label("needs-remediation")).count(), many);
    let again = pass(house.running().host()).await;
    assert_eq!((again.queued, again.differences), (0, 0), "all of it is repaired");
}

#[tokio::test(flavor = "multi_thread")]
async fn q6_looks_leave_a_quarter_of_githubs_limit_to_turns() {
    let house = House::start_within(LIMITS).await;
    let pull = house.pull("umbrellas").await;
    house.world.set_graphql_left(1_200);
    // Whatever is answered next tells it.
    house.feedback(&pull).await;
    assert_eq!(pass(house.running().host()).await.looks, 0);
    house.world.set_graphql_left(4_000);
    house.fix(&pull).await;
    assert_eq!(pass(house.running().host()).await.looks, 1);
}
