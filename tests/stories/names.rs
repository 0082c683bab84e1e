//! Names change, identities stay: repositories that are renamed, transferred, deleted, and whose names others take over.

use crate::house::{House, IMPLEMENTER, PERSON, labels};
use pawl_world::{Fault, When};
use serde_json::json;

/// An agent's signal under a name of its choice.
async fn signal(house: &House, full_name: &str, number: u32, name: &str, commit: &str) {
    let body = json!({ "subject": format!("{full_name}#{number}"), "id": format!("{full_name}-{name}"), "name": name, "parameters": { "commit": commit } });
    let (status, answer) = house.post("/api/v1/signals?wait=20s", "the signal token", &body.to_string()).await;
    assert_eq!(status, 202, "{answer}");
    house.settle().await;
}

/// G8: the names change, the identity stays; then the repository is gone, and its subjects end.
#[tokio::test]
async fn g8_a_renamed_repository_keeps_its_subjects_and_a_deleted_one_ends_them() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    house.repo.rename_by(PERSON, "acme/store");
    house.settle().await;
    house.fix(&pull).await;
    assert_eq!(labels(&pull), ["iteration-1", "remediation-in-progress"]);
    let (status, subject) = house.get(&format!("/api/v1/subjects/acme/store/{}", pull.number())).await;
    assert_eq!((status, subject["subject"].as_str().unwrap()), (200, format!("acme/store#{}", pull.number()).as_str()));
    house.repo.delete_by(PERSON);
    house.settle().await;
    let (_, subject) = house.get(&format!("/api/v1/subjects/acme/store/{}", pull.number())).await;
    assert!(subject["ended"].is_string(), "{subject}");
    assert_eq!(subject["settled"], true);
}

/// G8: another owner is another installation and another path, and the same subjects.
#[tokio::test]
async fn g8_a_transferred_repository_keeps_its_subjects() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    house.repo.rename_by(PERSON, "globex/shop");
    house.settle().await;
    house.fix(&pull).await;
    assert_eq!(labels(&pull), ["iteration-1", "remediation-in-progress"]);
    let (status, subject) = house.get(&format!("/api/v1/subjects/globex/shop/{}", pull.number())).await;
    assert_eq!((status, &subject["policies"]["remediation"]["state"]), (200, &"remediation-in-progress".into()), "{subject}");
    house.nothing_else_happened();
}

/// G8: nobody told that it was renamed; the next turn finds out.
#[tokio::test]
async fn g8_a_rename_that_was_never_told_is_found_by_the_id() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    house.repo.rename_by(PERSON, "acme/store");
    house.world.lose_all();
    signal(&house, "acme/shop", pull.number(), "rex_remediation_started", &pull.head()).await;
    assert_eq!(labels(&pull), ["iteration-1", "remediation-in-progress"]);
    assert_eq!(house.get(&format!("/api/v1/subjects/acme/store/{}", pull.number())).await.0, 200, "the new name is known by now");
    house.nothing_else_happened();
}

/// G8: between the reading and the write the repository gets another name, and another repository takes the old one, with a pull
/// request of the same number. The write reaches the one that was read.
#[tokio::test]
async fn g8_a_name_taken_over_between_read_and_write_leads_no_write_astray() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    let other = house.world.repository("acme/other");
    let another = other.open_pull(PERSON, "another");
    house.settle().await;
    assert_eq!(another.number(), pull.number());
    let repo = house.repo.clone();
    house.world.fault(
        When::write(),
        Fault::meanwhile(move || {
            repo.rename_by(PERSON, "acme/store");
            other.rename_by(PERSON, "acme/shop");
        }),
    );
    house.fix(&pull).await;
    assert_eq!(labels(&pull), ["iteration-1", "remediation-in-progress"]);
    assert!(labels(&another).is_empty(), "{:?}", another.labels());
    signal(&house, "acme/store", pull.number(), "rex_remediation_completed", &pull.head()).await;
    assert_eq!(labels(&pull), ["iteration-1", "ready-for-qa"]);
    signal(&house, "acme/shop", pull.number(), "tess_feedback_received", &another.head()).await;
    assert_eq!(labels(&another), ["iteration-1", "needs-remediation"], "by now the name is the other's");
    assert_eq!(labels(&pull), ["iteration-1", "ready-for-qa"]);
    house.nothing_else_happened();
}

/// G8: deleted while pawl is about to write.
#[tokio::test]
async fn g8_a_repository_deleted_between_read_and_write_ends_its_subjects() {
    let house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    let repo = house.repo.clone();
    house.world.fault(When::write(), Fault::meanwhile(move || repo.delete_by(PERSON)));
    pull.push_by(IMPLEMENTER);
    house.settle().await;
    let (_, subject) = house.get(&format!("/api/v1/subjects/acme/shop/{}", pull.number())).await;
    assert!(subject["ended"].is_string() && subject["settled"] == true, "{subject}");
}
