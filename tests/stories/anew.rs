//! A record that cannot be read: its subject begins anew without waiting for news, from what GitHub says, once.

use crate::house::{House, PERSON, labels};
use pawl_core::subject::SubjectId;
use pawl_service::reconciler;
use pawl_world::{Fault, Pull, Reply, When};
use redb::TableDefinition;
use serde_json::{Value, json};

const RECORDS: TableDefinition<'_, (u64, u32), &[u8]> = TableDefinition::new("records");

impl House {
    /// Ends pawl, spoils the record of a subject while nobody looks, and starts it again.
    async fn spoil(&mut self, id: SubjectId) {
        self.kill().await;
        let database = redb::Database::open(self.data().join("pawl.redb")).unwrap();
        let tx = database.begin_write().unwrap();
        tx.open_table(RECORDS).unwrap().insert((id.repository, id.number), &b"{\"schema\":1,\"sub"[..]).unwrap();
        tx.commit().unwrap();
        drop(database);
        self.serve().await;
    }

    async fn id_of(&self, pull: &Pull) -> SubjectId {
        let (_, subject) = self.get(&format!("/api/v1/subjects/acme/shop/{}", pull.number())).await;
        subject["id"].as_str().unwrap().parse().unwrap()
    }

    async fn pass(&self) {
        reconciler::pass(self.running().host()).await;
        self.settle().await;
    }

    fn journalled(&self, kind: &str, id: SubjectId) -> Vec<Value> {
        self.journal().into_iter().filter(|line| line["kind"] == kind && line["subject"] == json!(id.to_string())).collect()
    }

    async fn repairs(&self) -> Value {
        self.get("/api/v1/state").await.1["repairs"].clone()
    }
}

#[tokio::test]
async fn k9_q6_a_subject_whose_record_was_set_aside_begins_anew_once_and_without_news() {
    let mut house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    let id = house.id_of(&pull).await;
    house.spoil(id).await;
    house.settle().await;
    let (status, record) = house.get(&format!("/api/v1/subjects/acme/shop/{}", pull.number())).await;
    assert_eq!((status, &record["policies"]["remediation"]["state"]), (200, &json!("needs-remediation")), "{record}");
    assert_eq!(labels(&pull), ["iteration-1", "needs-remediation"], "labels are adopted as they are");
    assert_eq!(house.repairs().await["to_begin_anew"], json!([id]), "until somebody has seen that it has");
    house.pass().await;
    let repairs = house.repairs().await;
    assert_eq!((&repairs["to_begin_anew"], &repairs["begun_anew"]), (&json!([]), &json!(1)));
    let commits = house.journalled("committed", id).len();
    house.world.forget_requests();
    for _ in 0..3 {
        house.pass().await;
    }
    house.kill().await;
    house.serve().await;
    house.settle().await;
    assert_eq!(
        (house.journalled("committed", id).len(), house.journalled("begun-anew", id).len()),
        (commits, 1),
        "once, also over a restart"
    );
    house.fix(&pull).await;
    house.complete(&pull).await;
    house.feedback(&pull).await;
    assert_eq!(labels(&pull), ["iteration-2", "needs-remediation"], "and the count goes on");
    house.nothing_else_happened();
}

#[tokio::test]
async fn k9_q6_what_begins_anew_is_not_forgotten_while_github_is_away_or_pawl_is() {
    let mut house = House::start().await;
    let pull = house.pull("umbrellas").await;
    house.feedback(&pull).await;
    let id = house.id_of(&pull).await;
    house.world.fault(When::any().always(), Fault::AnswerBefore(Reply::bad_gateway()));
    house.spoil(id).await;
    assert_eq!(house.running().host().store.load(id).await.unwrap(), None);
    assert_eq!(house.repairs().await["to_begin_anew"], json!([id]));
    house.kill().await;
    house.world.clear_faults();
    house.serve().await;
    house.settle().await;
    assert!(house.running().host().store.load(id).await.unwrap().is_some(), "it was remembered over the restart");
    assert_eq!(labels(&pull), ["iteration-1", "needs-remediation"]);
}

#[tokio::test]
async fn k9_q6_what_is_gone_from_github_is_not_begun_anew() {
    let mut house = House::start().await;
    let pull = house.pull("umbrellas").await;
    let id = house.id_of(&pull).await;
    house.repo.delete_by(PERSON);
    // Nobody is told of it.
    drop(house.world.take_waiting());
    house.spoil(id).await;
    assert_eq!(house.repairs().await["to_begin_anew"], json!([]));
    assert_eq!(house.running().host().store.load(id).await.unwrap(), None);
    assert_eq!(house.journalled("begun-anew", id)[0]["gone"], true);
}
