//! Too late: whoever worked on a commit that is no longer the head says that it is ready. It is not.

use super::cast::Cast;
use super::house::{House, IMPLEMENTER, QA};
use super::pushes::all_is_done;
use pawl_world::Change;
use serde_json::json;

/// What was said too late.
const READY: &str = "ready-for-qa";

/// How often a label was set on a pull request, and taken away again, by whomever.
fn moves(cast: &Cast) -> (usize, usize) {
    let history = cast.pull.label_history();
    let count = |wanted: Change| history.iter().filter(|(label, change, _)| label == READY && *change == wanted).count();
    (count(Change::Added), count(Change::Removed))
}

#[tokio::test(flavor = "multi_thread")]
async fn a2_6_what_superseded_agents_say_of_an_older_commit_is_taken_away_again() {
    let house = House::start(2).await;
    let mut casts = [Cast::open(&house, 1), Cast::open(&house, 2), Cast::open(&house, 3)];
    house.pass(1).await;
    for cast in &mut casts {
        cast.start_qa(&house.api).await;
        cast.review();
    }
    house.pass(10).await;
    house.rest().await;
    for cast in &mut casts {
        cast.push(&house.api).await;
    }
    house.pass(1).await;
    house.rest().await;
    all_is_done(&house, &casts).await;
    let old = casts[2].pull.head();

    // The implementing agent calls the first ready, and has pushed once more when that is heard of.
    casts[0].pull.label_by(IMPLEMENTER, READY);
    house.pass(1).await;
    for cast in &mut casts {
        cast.push(&house.api).await;
    }
    house.pass(1).await;
    house.rest().await;
    all_is_done(&house, &casts).await;

    // The agent of a run that is gone sets the label all the same; and a workflow reports what was done for the commit before.
    casts[1].pull.label_by(QA, READY);
    house.pass(1).await;
    let told = json!({
        "subject": "acme/shop#3", "id": "run-4711", "name": "rex_remediation_completed", "parameters": { "commit": old },
    });
    house.signal(&told).await;
    house.rest().await;
    all_is_done(&house, &casts).await;
    assert_eq!(casts.each_ref().map(moves), [(1, 1), (1, 1), (0, 0)]);

    // The same of the head counts.
    let told = json!({
        "subject": "acme/shop#3", "id": "run-4712", "name": "rex_remediation_completed", "parameters": { "commit": casts[2].pull.head() },
    });
    house.signal(&told).await;
    house.rest().await;
    assert!(casts[2].pull.has_label(READY), "{:?}", casts[2].pull.labels());
}
