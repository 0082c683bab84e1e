//! What people do with labels while things run.

use crate::house::{House, PERSON, QA, labels};
use pawl_world::{Fault, Verdict, When};

/// A1.5: the state follows the hand, and no iteration is added.
#[tokio::test]
async fn a1_5_a_person_sets_and_removes_status_labels_while_things_run() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    pull.label_by(PERSON, "ready-for-qa");
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-1", "ready-for-qa"], "the one a person set wins");
    pull.unlabel_by(PERSON, "ready-for-qa");
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-1"], "removing the last one is initial");
    let (_, subject) = house.get(&format!("/api/v1/subjects/acme/shop/{}", pull.number())).await;
    assert_eq!(subject["policies"]["remediation"]["state"], "initial");
    assert!(subject["history"].to_string().contains(PERSON), "the actor is recorded: {subject}");
    house.feedback(&pull).await;
    assert_eq!(labels(&pull), ["iteration-2", "needs-remediation"]);
    house.nothing_else_happened();
}

#[tokio::test]
async fn a3_2_a_person_sets_and_removes_the_iteration_label() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    pull.label_by(PERSON, "iteration-5");
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-5", "needs-remediation"]);
    pull.unlabel_by(PERSON, "iteration-5");
    house.settle().await;
    assert_eq!(labels(&pull), ["needs-remediation"], "nothing is put back before the next cycle");
    house.fix(&pull).await;
    house.complete(&pull).await;
    house.feedback(&pull).await;
    assert_eq!(labels(&pull), ["iteration-1", "needs-remediation"]);
    house.nothing_else_happened();
}

#[tokio::test]
async fn a1_5_a_label_set_by_an_unknown_bot_is_undone() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    pull.label_by("helpful-app[bot]", "approved");
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-1", "needs-remediation"]);
    house.nothing_else_happened();
}

#[tokio::test]
async fn a4_5_news_that_arrives_while_held_is_decided_when_the_label_is_gone() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    pull.label_by(PERSON, "manual-review-required");
    house.settle().await;
    house.world.forget_requests();
    house.feedback(&pull).await;
    assert_eq!(labels(&pull), ["manual-review-required"]);
    assert_eq!(house.world.writes().len(), 0, "A4.2: a total stop for this policy");
    let (_, subject) = house.get(&format!("/api/v1/subjects/acme/shop/{}", pull.number())).await;
    assert_eq!(subject["policies"]["remediation"]["state"], "manual-override", "A4.3: {subject}");
    pull.unlabel_by(PERSON, "manual-review-required");
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-1", "needs-remediation"]);
    house.nothing_else_happened();
}

#[tokio::test]
async fn a4_2_a_paused_remediation_goes_on_after_the_pause() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    pull.label_by(PERSON, "pause-remediation");
    house.settle().await;
    house.fix(&pull).await;
    assert_eq!(labels(&pull), ["iteration-1", "needs-remediation", "pause-remediation"], "no remediation step");
    pull.unlabel_by(PERSON, "pause-remediation");
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-1", "remediation-in-progress"]);
    house.nothing_else_happened();
}

/// A4.1: the override arrives between the reading of the facts and the write.
#[tokio::test]
async fn a4_1_a_pause_in_the_middle_of_a_turn_holds_what_has_not_been_sent() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    pull.push_by(crate::house::IMPLEMENTER);
    house.settle().await;
    house.complete(&pull).await;
    let gate = pawl_world::Gate::closed();
    house.world.fault(When::graphql("Facts"), Fault::HoldAfter(gate.clone()));
    pull.review(QA, Verdict::ChangesRequested);
    let number = pull.number();
    let deliveries = async { house.world.deliver_all().await };
    let person = async {
        gate.reached_by(1).await;
        pull.label_by(PERSON, "skip-automation");
        let paused = house.world.waiting().into_iter().rfind(|d| d.event == "pull_request").expect("the label's webhook");
        // The webhook of the label arrives while the turn still waits for its facts; it must not wait for the turn's own outcome.
        let paused = house.world.redeliver(&paused.guid);
        tokio::pin!(paused);
        tokio::select! { _ = &mut paused => {}, () = house.has_news(number, "labelled") => {} }
        gate.open();
        paused.await;
    };
    tokio::join!(deliveries, person);
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-1", "ready-for-qa", "skip-automation"], "nothing was sent after the label appeared");
    pull.unlabel_by(PERSON, "skip-automation");
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-2", "needs-remediation"]);
    house.nothing_else_happened();
}

/// G2, A1.4: somebody acts between our read and our write.
#[tokio::test]
async fn a1_4_an_interloper_adds_labels_between_our_read_and_our_write() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    let hand = pull.clone();
    house.world.fault(
        When::write(),
        Fault::meanwhile(move || {
            hand.label_by(PERSON, "urgent").label_by(PERSON, "iteration-planning").label_by(PERSON, "iteration-007");
        }),
    );
    house.feedback(&pull).await;
    assert_eq!(labels(&pull), ["iteration-007", "iteration-1", "iteration-planning", "needs-remediation", "urgent"], "A1.3");
    let hand = pull.clone();
    house.world.fault(
        When::write(),
        Fault::meanwhile(move || {
            hand.label_by(PERSON, "approved");
        }),
    );
    house.fix(&pull).await;
    assert!(pull.has_label("approved") && !pull.has_label("remediation-in-progress"), "the hand wins: {:?}", pull.labels());
    house.nothing_else_happened();
}

#[tokio::test]
async fn g7_own_label_events_coming_back_cause_no_turn_and_no_write() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    pull.review(QA, Verdict::ChangesRequested);
    house.world.deliver_next().await.unwrap();
    house.running().host().queue.rest().await;
    assert_eq!(labels(&pull), ["iteration-1", "needs-remediation"]);
    let own = house.world.waiting();
    assert_eq!(own.iter().filter(|d| d.action.as_deref() == Some("labeled")).count(), 2, "the webhooks of our own write wait");
    house.world.forget_requests();
    house.settle().await;
    assert_eq!(house.world.requests().len(), 0, "{:?}", house.world.requests());
    house.nothing_else_happened();
}

#[tokio::test]
async fn commands_are_for_people_who_may_push() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.repo.grant("reader", pawl_world::Permission::Read);
    pull.comment("reader", "/pawl remediate");
    house.settle().await;
    assert!(pull.labels().is_empty());
    pull.comment(PERSON, "Not good enough.\n\n/pawl remediate");
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-1", "needs-remediation"]);
    house.nothing_else_happened();
}
