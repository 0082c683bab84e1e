//! What goes wrong, and ends as if it had not.

use crate::house::{House, IMPLEMENTER, PERSON, QA, labels};
use pawl_world::{Fault, Gate, Reply, Verdict, When};

/// Q5, A3.1, G2: the write is refused, lost before, lost after, half told; always the same labels and one increment.
#[tokio::test]
async fn q5_whatever_happens_to_a_write_the_end_is_the_same() {
    let faults = [
        Fault::CutBefore,
        Fault::CutAfter,
        Fault::AnswerBefore(Reply::bad_gateway()),
        Fault::AnswerAfter(Reply::bad_gateway()),
        Fault::AnswerBefore(Reply::too_many(0)),
        Fault::AnswerBefore(Reply::graphql_rate_limited()),
        Fault::Truncate,
        Fault::FailField("rem".into()),
    ];
    let house = House::start().await;
    for (n, fault) in faults.into_iter().enumerate() {
        let pull = house.pull(&format!("branch-{n}")).await;
        let shown = format!("{fault:?}");
        if matches!(fault, Fault::AnswerBefore(_)) && n == 5 {
            // A limit without a time is waited out for a minute; that wait is tested with a clock elsewhere.
            continue;
        }
        house.feedback(&pull).await;
        house.world.fault(When::write(), fault);
        house.fix(&pull).await;
        assert_eq!(labels(&pull), ["iteration-1", "remediation-in-progress"], "{shown}");
        let moves = pull.label_history().len();
        assert_eq!(moves, 4, "each label moved once, whatever was repeated: {shown} {:?}", pull.label_history());
    }
    house.nothing_else_happened();
}

#[tokio::test]
async fn a4_1_if_labels_cannot_be_read_nothing_is_written() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.world.fault(When::read().times(3), Fault::AnswerBefore(Reply::bad_gateway()));
    house.world.forget_requests();
    house.feedback(&pull).await;
    let requests = house.world.requests();
    let first_write = requests.iter().position(|r| r.write).expect("it is written in the end");
    assert!(first_write > 3, "{requests:?}");
    assert_eq!(labels(&pull), ["iteration-1", "needs-remediation"]);
    house.nothing_else_happened();
}

#[tokio::test]
async fn g2_a_stale_read_after_a_write_is_no_hand_edit() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    house.world.fault(When::graphql("Facts"), Fault::Stale { changes: 2 });
    house.fix(&pull).await;
    assert_eq!(labels(&pull), ["iteration-1", "remediation-in-progress"]);
    assert_eq!(house.times_set("iteration-1"), 1);
    house.nothing_else_happened();
}

/// Q1: told by webhook, told again, and told once more under another delivery.
#[tokio::test]
async fn q1_a_redelivered_review_counts_once() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    let review = house.world.deliveries().into_iter().rfind(|d| d.event == "pull_request_review").unwrap();
    for _ in 0..3 {
        let attempt = house.world.redeliver(&review.guid).await.unwrap();
        assert!(attempt.answer.contains("\"duplicate\""), "{attempt:?}");
    }
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-1", "needs-remediation"]);
    house.fix(&pull).await;
    house.world.redeliver(&review.guid).await.unwrap();
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-1", "remediation-in-progress"]);
    house.nothing_else_happened();
}

/// A2.5: the review's webhook never comes; the next one brings it to light.
#[tokio::test]
async fn a2_5_a_lost_webhook_is_found_again_in_facts() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    pull.review(QA, Verdict::ChangesRequested);
    assert_eq!(house.world.lose_all(), 1);
    house.tick();
    pull.comment(PERSON, "what about this?");
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-1", "needs-remediation"]);
    house.nothing_else_happened();
}

/// A2.5: everything of three rounds arrives at once, twice, in any order.
#[tokio::test]
async fn a2_5_out_of_order_and_doubled_webhooks_end_in_the_same_labels() {
    for seed in 0..6 {
        let house = House::start().await;
        let pull = house.pull("umbrellas").await;
        for _ in 0..2 {
            pull.review(QA, Verdict::ChangesRequested);
            house.tick();
            pull.push_by(IMPLEMENTER);
            house.tick();
        }
        pull.review(QA, Verdict::Approved);
        house.tick();
        house.world.duplicate_all();
        house.world.shuffle(seed);
        house.settle().await;
        assert_eq!(labels(&pull), ["iteration-1", "remediation-in-progress"], "seed {seed}");
        house.nothing_else_happened();
    }
}

/// Q5, A3.3: pawl is ended while its write is on the way, and once more while the reply is.
#[tokio::test]
async fn q5_a_restart_in_the_middle_of_a_write_changes_nothing_about_the_end() {
    for hold_after in [false, true] {
        let mut house = House::start().await;
        let pull = house.pull("umbrellas").await;
        house.feedback(&pull).await;
        let gate = Gate::closed();
        house.world.fault(When::write(), if hold_after { Fault::HoldAfter(gate.clone()) } else { Fault::HoldBefore(gate.clone()) });
        pull.push_by(IMPLEMENTER);
        {
            let deliveries = house.world.deliver_all();
            tokio::pin!(deliveries);
            tokio::select! { _ = &mut deliveries => panic!("the write is held"), () = gate.reached_by(1) => {} }
        }
        house.kill().await;
        gate.open();
        house.serve().await;
        house.settle().await;
        assert_eq!(labels(&pull), ["iteration-1", "remediation-in-progress"], "hold_after {hold_after}");
        house.complete(&pull).await;
        assert_eq!(labels(&pull), ["iteration-1", "ready-for-qa"]);
        house.nothing_else_happened();
    }
}
