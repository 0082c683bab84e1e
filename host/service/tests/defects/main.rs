//! Defects: what panics ends itself and nothing else.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod house;
mod store;

use house::House;
use pawl_core::news::{Event, News};
use pawl_core::store::Append;
use pawl_service::queue::Retry;
use pawl_world::Verdict;
use std::sync::atomic::Ordering;
use tokio::time::{Duration, Instant, sleep};

/// Longer than anything here takes, by a clock that jumps.
const LONG: Duration = Duration::from_secs(3_600);

/// Looks again and again, until it is so.
async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < LONG, "{what} does not come");
        sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn q3_a_turn_that_panics_blocks_nobody_and_its_own_subject_goes_on_when_the_defect_is_gone() {
    let house = House::start(2).await;
    let pulls: Vec<_> = (0..6).map(|n| house.repo.open_pull("5DLabs-Rex[bot]", &format!("branch-{n}"))).collect();
    let poisoned = house.subject(&pulls[0]);
    house.store.commits.lock().unwrap().insert(poisoned.id());
    for pull in &pulls {
        pull.review("5DLabs-Tess[bot]", Verdict::ChangesRequested);
        house.tell(&house.subject(pull), "a review").await;
    }
    until("every other label", || pulls[1..].iter().all(|pull| pull.has_label("needs-remediation"))).await;
    until("a row of failures", || house.host.queue.failures(poisoned.id()) >= 12).await;
    assert!(!pulls[0].has_label("needs-remediation"));
    // More turns have panicked than there are workers, and work goes on.
    let late = house.repo.open_pull("5DLabs-Rex[bot]", "late");
    late.review("5DLabs-Tess[bot]", Verdict::ChangesRequested);
    house.tell(&house.subject(&late), "a review").await;
    until("the label of who comes later", || late.has_label("needs-remediation")).await;
    let tells = |retry: &Retry| retry.subject.id() == poisoned.id() && retry.why.contains("defect of pawl");
    until("that it is told", || house.host.queue.retrying().iter().any(tells)).await;
    until("that the turn is over", || house.host.queue.running().is_empty()).await;
    until("that every claim is given back", || house.host.claims.held() == 0 && house.host.claims.leases().unwrap().held().is_empty())
        .await;
    house.store.commits.lock().unwrap().clear();
    until("the label of the first", || pulls[0].has_label("needs-remediation")).await;
}

#[tokio::test(start_paused = true)]
async fn q6_a_reconciler_that_panics_is_begun_anew_and_finds_what_was_left_and_the_state_tells_of_it() {
    let house = House::start(2).await;
    house.store.pages.store(3, Ordering::Relaxed);
    until("three defects", || house.store.pages.load(Ordering::Relaxed) == 0).await;
    let pull = house.repo.open_pull("5DLabs-Rex[bot]", "umbrellas");
    pull.review("5DLabs-Tess[bot]", Verdict::ChangesRequested);
    // News that nobody queues: whoever took it has died.
    house.host.store.append(vec![house.opened(&house.subject(&pull))]).await.unwrap();
    until("what was left", || pull.has_label("needs-remediation")).await;
    let defects = house.state().await["defects"].clone();
    // Retention reads pages too, at a time of its own.
    let times = |task: &str| defects[task]["times"].as_u64().unwrap_or_default();
    assert_eq!(times("reconciler") + times("retention"), 3, "{defects}");
    assert!(defects["reconciler"]["why"].as_str().unwrap().contains("a defect of this story: a page"), "{defects}");
    let (status, ready) = house.get("/readyz?verbose").await;
    assert_eq!(status, 200, "it works again: {ready}");
    assert!(ready.contains(&format!("task reconciler was begun anew after a defect, {} times in all: ", times("reconciler"))), "{ready}");
}

#[tokio::test(start_paused = true)]
async fn g6_whoever_looks_up_branches_is_begun_anew_after_a_defect() {
    let house = House::start(2).await;
    house.store.branches.store(2, Ordering::Relaxed);
    until("two defects", || house.store.branches.load(Ordering::Relaxed) == 0).await;
    let pull = house.repo.open_pull("5DLabs-Rex[bot]", "umbrellas");
    house.hold(&pull).await;
    until("that nothing waits any more", || house.has_passed_on(&pull)).await;
    assert_eq!(house.host.tasks.ended()[0].1.times, 2);
}

#[tokio::test(start_paused = true)]
async fn q10_a_listener_that_ended_takes_readiness_with_it_by_name() {
    let house = House::start(2).await;
    assert_eq!(house.get("/readyz").await.0, 200);
    house.host.tasks.is_down("http.listen", "it ended by itself");
    let (status, ready) = house.get("/readyz?verbose").await;
    assert!(status == 503 && ready.contains("http.listen is down"), "{ready}");
}

impl House {
    fn opened(&self, subject: &pawl_core::subject::Subject) -> Append {
        let at = self.host.arrival();
        let news = News { id: format!("opened {subject}"), at, arrived: at, actor: None, event: Event::Opened };
        Append { subject: subject.clone(), delivery: "to the dead".into(), news: vec![news] }
    }

    /// The news arrives, and is queued.
    async fn tell(&self, subject: &pawl_core::subject::Subject, why: &str) {
        self.host.store.append(vec![self.opened(subject)]).await.unwrap();
        self.host.queue.push(subject.clone(), pawl_service::queue::Priority::Feedback, why, None);
    }
}
