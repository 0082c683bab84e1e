//! The path of a pull request through its rounds.

use crate::house::{House, IMPLEMENTER, PERSON, QA, labels};
use pawl_world::Verdict;
use serde_json::json;

#[tokio::test]
async fn the_full_path_from_feedback_to_approval_and_merge_t1_t3_t4_t5_t7_t10() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    pull.label_by(PERSON, "task-7").label_by(PERSON, "bug");
    house.settle().await;
    assert_eq!(labels(&pull), ["bug", "task-7"]);

    house.feedback(&pull).await;
    assert_eq!(labels(&pull), ["bug", "iteration-1", "needs-remediation", "task-7"], "T1");
    house.fix(&pull).await;
    assert_eq!(labels(&pull), ["bug", "iteration-1", "remediation-in-progress", "task-7"], "T7");
    let answer = house.complete(&pull).await;
    assert_eq!(answer["outcomes"][0]["outcome"], "applied", "{answer}");
    assert_eq!(labels(&pull), ["bug", "iteration-1", "ready-for-qa", "task-7"], "T3");
    house.feedback(&pull).await;
    assert_eq!(labels(&pull), ["bug", "iteration-2", "needs-remediation", "task-7"], "T4");
    house.fix(&pull).await;
    house.complete(&pull).await;
    pull.review(QA, Verdict::Approved);
    house.settle().await;
    assert_eq!(labels(&pull), ["approved", "bug", "iteration-2", "task-7"], "T5");
    pull.merge_by(PERSON);
    house.settle().await;
    assert_eq!(labels(&pull), ["approved", "bug", "task-7"], "A5.1");
    house.nothing_else_happened();
}

#[tokio::test]
async fn a3_1_three_iterations_count_three_times() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    for n in 1..=3 {
        house.feedback(&pull).await;
        assert_eq!(labels(&pull), [format!("iteration-{n}"), "needs-remediation".into()]);
        house.fix(&pull).await;
        house.complete(&pull).await;
        assert_eq!(labels(&pull), [format!("iteration-{n}"), "ready-for-qa".into()]);
    }
    for n in 1..=3 {
        assert_eq!(house.times_set(&format!("iteration-{n}")), 1);
    }
    house.nothing_else_happened();
}

/// T6, A2.4: nine, ten, and the feedback that would start the eleventh.
#[tokio::test]
async fn t6_ten_cycles_are_allowed_and_the_eleventh_fails() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    pull.label_by(PERSON, "iteration-8");
    house.settle().await;
    for n in [9, 10] {
        house.feedback(&pull).await;
        assert_eq!(labels(&pull), [format!("iteration-{n}"), "needs-remediation".into()]);
        house.fix(&pull).await;
        house.complete(&pull).await;
    }
    house.feedback(&pull).await;
    assert_eq!(labels(&pull), ["failed-remediation", "iteration-10"]);
    house.feedback(&pull).await;
    assert_eq!(labels(&pull), ["failed-remediation", "iteration-10"], "what failed stays failed");
    pull.comment(PERSON, "/pawl reset");
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-1", "needs-remediation"], "T9");
    house.nothing_else_happened();
}

#[tokio::test]
async fn a2_2_a_signal_without_a_transition_is_refused_and_an_unmet_guard_says_so() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.world.forget_requests();
    let answer = house.complete(&pull).await;
    assert_eq!(answer["outcomes"][0]["outcome"], "refused", "{answer}");
    assert_eq!(answer["outcomes"][0]["reason"], "no transition from initial on rex_remediation_completed");
    assert_eq!(house.world.writes().len(), 0, "nothing is written because of it");
    house.feedback(&pull).await;
    let answer = house.signal(&pull, "max_iterations_reached", json!({})).await;
    assert_eq!(answer["outcomes"][0]["reason"], "conditions not met for max_iterations_reached: iteration >= 10, is 1", "{answer}");
    house.nothing_else_happened();
}

/// A2.9.
#[tokio::test]
async fn a2_9_an_approval_for_an_old_commit_approves_nothing() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    let old = pull.head();
    house.feedback(&pull).await;
    house.fix(&pull).await;
    house.complete(&pull).await;
    pull.review_with(QA, Verdict::Approved, "", Some(&old));
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-1", "ready-for-qa"]);
    pull.review(QA, Verdict::Approved);
    house.settle().await;
    assert_eq!(labels(&pull), ["approved", "iteration-1"]);
    pull.push_by(PERSON);
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-1", "ready-for-qa"], "T8: an approval is valid for one head");
    house.nothing_else_happened();
}

#[tokio::test]
async fn a2_8_an_unknown_reviewer_and_an_unknown_pusher_change_nothing() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    pull.review("mallory", Verdict::ChangesRequested);
    house.settle().await;
    assert!(pull.labels().is_empty());
    house.feedback(&pull).await;
    pull.push_by("mallory");
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-1", "needs-remediation"]);
    house.nothing_else_happened();
}

#[tokio::test]
async fn t11_a_pull_request_that_is_reopened_goes_on_from_its_labels() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    pull.close_by(PERSON);
    house.settle().await;
    assert!(pull.labels().is_empty(), "A5.1: {:?}", pull.labels());
    pull.reopen_by(PERSON);
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-1"], "A3.3: the count survives the cleanup, and label and count agree");
    house.feedback(&pull).await;
    assert_eq!(labels(&pull), ["iteration-2", "needs-remediation"]);
    house.nothing_else_happened();
}

#[tokio::test]
async fn a1_1_labels_exist_with_colour_and_description_before_first_use() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    let defined = house.repo.label_definitions();
    let find = |name: &str| defined.iter().find(|(n, _, _)| n == name).unwrap_or_else(|| panic!("{name} is missing: {defined:?}"));
    assert_eq!(find("needs-remediation").1, "d93f0b");
    assert_eq!(find("skip-automation").2, "All automation disabled by skip-automation label");
    for n in 1..=10 {
        assert_eq!(find(&format!("iteration-{n}")).1, "5319e7");
    }
    assert!(!defined.iter().any(|(n, colour, _)| n.starts_with("iteration-") && colour == "ededed"));
    assert_eq!(pull.head().len(), 40);
    assert!(IMPLEMENTER.ends_with("[bot]"));
}

/// G1, G7: one read and one write for a transition, none when nothing differs.
#[tokio::test]
async fn g1_a_transition_costs_one_read_and_one_write() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    house.world.forget_requests();
    house.fix(&pull).await;
    let requests: Vec<String> =
        house.world.requests().iter().map(|r| format!("{} {}", r.method, r.operation.clone().unwrap_or_else(|| r.path.clone()))).collect();
    assert_eq!(house.world.writes().len(), 1, "{requests:?}");
    assert_eq!(requests.len(), 2, "{requests:?}");
    house.world.forget_requests();
    let last = house.world.deliveries().into_iter().rfind(|d| d.event == "pull_request").unwrap();
    house.world.redeliver(&last.guid).await.unwrap();
    house.settle().await;
    assert_eq!(house.world.writes().len(), 0);
    house.nothing_else_happened();
}
