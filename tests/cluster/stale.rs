//! A process that stood still: it wakes up, believes that it holds its claim, and what it has still on its way is heard after somebody
//! else has finished the work.

use super::api::{Api, USER};
use super::house::House;
use super::moment::Moment;
use super::pushes::{all_is_done, opened};
use super::rest::poll;
use super::witness::Witness;
use pawl_apiserver::{Fault, Gate, Outcome, When};

/// The name of the one record that there is.
async fn the_record(house: &House) -> String {
    let maps = house.api.list(&house.api.maps()).await;
    let is_record = |map: &&serde_json::Value| map["metadata"]["labels"]["app.kubernetes.io/component"] == "record";
    let [record] = maps.iter().filter(is_record).collect::<Vec<_>>()[..] else { panic!("there is one subject: {maps:#?}") };
    record["metadata"]["name"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn k8_what_a_process_that_stood_still_would_commit_is_refused_and_it_does_nothing_more_when_it_wakes_up() {
    if !Api::is_own("a commit that is on its way for long") {
        return;
    }
    let house = House::start(2).await;
    let own = house.api.own.as_ref().unwrap();
    let casts = opened(&house, 1).await;
    let record = the_record(&house).await;
    let gate = Gate::closed();
    // Whoever asks for the end of a run holds the claim, and writes down next what became of it.
    let (server, at, name) = (own.server.clone(), gate.clone(), record.clone());
    let moment = Moment::of_a_stop(own, move || {
        server.fault(When::on("update", "configmaps").by(USER).named(&name), Fault::HoldBefore(at.clone()));
    });
    casts[0].push_alone();
    // One way is enough; the other would tell it to the record in the middle of all this.
    house.world.lose_where(|delivery| delivery.event == "push");
    house.pass(1).await;
    house.deliver().await;
    moment.come().await;
    gate.reached_by(1).await;
    let holders = house.api.holders().await;
    let [(_, holder)] = &holders[..] else { panic!("one works on it: {holders:?}") };
    let stale = house.replica_of(holder);
    house.stand_still(stale);
    poll("the other takes the claim over, brings everything to its end, and gives the claim back", async || {
        casts[0].has_its_labels() && house.api.holders().await.is_empty()
    })
    .await;

    own.server.forget_requests();
    gate.open();
    let heard = || own.server.requests().into_iter().find(|seen| seen.verb == "update" && seen.name.as_deref() == Some(&record));
    poll("the commit is heard", async || heard().is_some()).await;
    let late = heard().unwrap();
    assert_eq!((late.outcome, late.applied), (Outcome::Answered(409), false), "K8: it is refused");

    let moved = house.world.label_changes().len();
    house.go_on(stale);
    house.rest().await;
    all_is_done(&house, &casts).await;
    assert_eq!(house.world.label_changes().len(), moved, "K7: its claim is lost, and with it what it was about to do");
    assert_eq!(own.server.count("delete", "coderuns"), 0);
    assert!(Witness::default().one_at_a_time(&own.server) > 0, "the claim went on without its holder");
}
