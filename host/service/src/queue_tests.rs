//! Who goes first, who waits, and what cuts a wait short.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
use super::*;
use pawl_core::subject::{Repository, SubjectKind};

fn subject(number: u32) -> Subject {
    Subject { repository: Repository { id: 1, owner: "a".into(), name: "b".into() }, number, kind: SubjectKind::PullRequest }
}

fn again(seconds: u64) -> Option<Again<'static>> {
    Some(Again { wait: Duration::from_secs(seconds), why: "GitHub is unavailable", is_failure: true, is_parked: false })
}

#[tokio::test(start_paused = true)]
async fn q3_priority_comes_first_then_age_and_nothing_starves() {
    let queue = Queue::new(10);
    queue.push(subject(1), Priority::Rest, "", None);
    tokio::time::advance(Duration::from_secs(1)).await;
    queue.push(subject(2), Priority::Feedback, "", None);
    queue.push(subject(3), Priority::Override, "", None);
    assert_eq!(queue.take().await.unwrap().subject.number, 3);
    assert_eq!(queue.take().await.unwrap().subject.number, 2);
    tokio::time::advance(Duration::from_secs(120)).await;
    queue.push(subject(4), Priority::Override, "", None);
    assert_eq!(queue.take().await.unwrap().subject.number, 1, "it has waited longer than priority weighs");
}

#[tokio::test(start_paused = true)]
async fn q3_one_subject_runs_once_at_a_time_and_q2_gets_another_turn_for_news_that_came_meanwhile() {
    let queue = Queue::new(10);
    queue.push(subject(1), Priority::Rest, "", None);
    let job = queue.take().await.unwrap();
    queue.push(subject(1), Priority::Cancellation, "", None);
    queue.push(subject(1), Priority::Feedback, "", None);
    assert!(tokio::time::timeout(Duration::from_secs(5), queue.take()).await.is_err());
    queue.done(&job, None);
    assert_eq!(queue.take().await.unwrap().subject.number, 1);
    assert!(queue.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_failed_turn_waits_and_news_cuts_the_wait_short() {
    let queue = Queue::new(10);
    queue.push(subject(1), Priority::Rest, "", None);
    let job = queue.take().await.unwrap();
    queue.done(&job, again(30));
    assert_eq!(queue.retrying()[0].failures, 1);
    assert!(tokio::time::timeout(Duration::from_secs(29), queue.take()).await.is_err());
    let job = tokio::time::timeout(Duration::from_secs(2), queue.take()).await.unwrap().unwrap();
    queue.done(&job, again(30));
    queue.push(subject(1), Priority::Feedback, "", None);
    assert!(tokio::time::timeout(Duration::from_secs(1), queue.take()).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn g4_a_retry_keeps_its_priority_and_news_of_a_higher_one_raises_it() {
    let queue = Queue::new(10);
    queue.push(subject(1), Priority::Cancellation, "", None);
    let job = queue.take().await.unwrap();
    queue.done(&job, again(5));
    queue.push(subject(2), Priority::Feedback, "", None);
    tokio::time::advance(Duration::from_secs(5)).await;
    let job = queue.take().await.unwrap();
    assert_eq!((job.subject.number, job.priority), (1, Priority::Cancellation), "before the feedback");
    queue.done(&job, again(30));
    queue.push(subject(1), Priority::Rest, "a look", None);
    assert_eq!(queue.retrying().len(), 1, "a look neither lowers it nor cuts its wait short");
    queue.push(subject(3), Priority::Cancellation, "", None);
    queue.push(subject(1), Priority::Override, "", None);
    let job = queue.take().await.unwrap();
    assert_eq!((job.subject.number, job.priority), (1, Priority::Override), "at once, and before an older cancellation");
    assert_eq!(queue.take().await.unwrap().subject.number, 3);
}

#[tokio::test(start_paused = true)]
async fn g3_waiting_for_a_limit_is_no_failure_and_a_row_of_failures_is_told_once() {
    let queue = Queue::new(10);
    let id = subject(1).id();
    queue.push(subject(1), Priority::Rest, "", None);
    let mut job = queue.take().await.unwrap();
    for _ in 0..7 {
        queue.done(&job, Some(Again { is_failure: false, ..again(1).unwrap() }));
        job = queue.take().await.unwrap();
    }
    assert_eq!(queue.failures(id), 0);
    for failures in 1..=7 {
        queue.done(&job, again(1));
        job = queue.take().await.unwrap();
        assert_eq!(queue.failures(id), failures);
    }
    assert!(queue.is_first_to_tell(id) && !queue.is_first_to_tell(id));
    queue.done(&job, None);
    assert_eq!(queue.failures(id), 0);
    assert!(queue.is_first_to_tell(id), "it had settled in between");
}

#[tokio::test(start_paused = true)]
async fn a_closed_queue_ends_its_workers() {
    let queue = std::sync::Arc::new(Queue::new(10));
    let waiting = tokio::spawn({
        let queue = queue.clone();
        async move { queue.take().await.is_none() }
    });
    tokio::task::yield_now().await;
    queue.close();
    assert!(waiting.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn q4_what_was_parked_keeps_its_place_and_goes_on_when_the_upstream_is_back() {
    let queue = Queue::new(10);
    for number in [1, 2] {
        queue.push(subject(number), Priority::Rest, "", None);
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    let (first, second) = (queue.take().await.unwrap(), queue.take().await.unwrap());
    // The first one meets the upstream and fails; the second is not begun.
    queue.done(&first, Some(Again { is_parked: true, ..again(30).unwrap() }));
    queue.park(&second, Duration::from_secs(30), "github is away");
    assert_eq!((queue.retrying().len(), queue.failures(subject(2).id())), (2, 0), "waiting is no failure");
    assert!(tokio::time::timeout(Duration::from_secs(29), queue.take()).await.is_err());
    tokio::time::advance(Duration::from_secs(1)).await;
    let probe = queue.take().await.unwrap();
    assert_eq!(probe.subject.number, 2, "who waits longest, and not who has just failed");
    queue.park(&probe, Duration::from_secs(30), "github is away");
    let failing = queue.take().await.unwrap();
    queue.done(&failing, again(3_600));
    queue.unpark();
    assert_eq!(queue.take().await.unwrap().subject.number, 2, "at once");
    assert!(tokio::time::timeout(Duration::from_secs(60), queue.take()).await.is_err(), "what waits for another reason goes on waiting");
}

#[tokio::test(start_paused = true)]
async fn q4_news_cuts_the_wait_of_a_parked_subject_short_and_is_parked_again_with_its_priority() {
    let queue = Queue::new(10);
    queue.push(subject(1), Priority::Rest, "", None);
    let job = queue.take().await.unwrap();
    queue.push(subject(1), Priority::Override, "news", None);
    queue.park(&job, Duration::from_secs(30), "github is away");
    assert!(tokio::time::timeout(Duration::from_secs(29), queue.take()).await.is_err(), "the news came before it was put back");
    let job = tokio::time::timeout(Duration::from_secs(2), queue.take()).await.unwrap().unwrap();
    assert_eq!(job.priority, Priority::Override);
    queue.park(&job, Duration::from_secs(30), "github is away");
    queue.push(subject(1), Priority::Feedback, "more news", None);
    assert_eq!(queue.take().await.unwrap().priority, Priority::Override);
}
