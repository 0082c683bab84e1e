//! What the Role lacks is told: each verb of each table, taken away on its own, with the rule that gives it back, and nothing besides.

use crate::role::{Permission, used};
use pawl_apiserver::{Rule, Server, Settings, Time, agents};
use pawl_cluster::{Claims, Cluster, Identity, Pace, Records, RunSettings, Runs, Written};
use pawl_core::Timestamp;
use pawl_core::news::{Event, News};
use pawl_core::plan::Stop;
use pawl_core::store::Append;
use pawl_core::subject::{Repository, Subject, SubjectKind};
use serde_json::json;
use std::time::Duration;
use tokio::time::timeout;

const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/agents/leases";

fn subject() -> Subject {
    Subject { repository: Repository { id: 7, owner: "acme".into(), name: "shop".into() }, number: 1, kind: SubjectKind::PullRequest }
}

/// A claim is taken, kept for a while and given back, and an idle Lease is swept.
async fn claims(server: &Server, cluster: &Cluster) {
    let claims = Claims::new(cluster, Identity { pod: "pod-a".into(), boot: "boot".into() }, Pace::default()).unwrap();
    if let Ok(claim) = claims.take(subject().id(), "op-1", Duration::from_secs(1)).await {
        tokio::time::sleep(Duration::from_secs(7)).await;
        claim.release().await;
    }
    let labels = json!({ "app.kubernetes.io/managed-by": "pawl", "app.kubernetes.io/component": "claim" });
    let idle = json!({ "metadata": { "name": "idle", "labels": labels }, "spec": { "renewTime": "2020-01-01T00:00:00.000000Z" } });
    server.create(LEASES, &idle);
    claims.sweep().await.ok();
    claims.shutdown(Duration::from_secs(5)).await;
}

/// A record is written twice, read and taken away, while somebody follows.
async fn records(cluster: &Cluster) {
    let records = Records::new(cluster);
    let mut following = records.follow();
    for id in ["a", "b"] {
        let news = News { id: id.into(), at: Timestamp::UNIX_EPOCH, arrived: Timestamp::UNIX_EPOCH, actor: None, event: Event::Opened };
        records.append(vec![Append { subject: subject(), delivery: id.into(), news: vec![news] }]).await.ok();
    }
    if let Ok(Some(record)) = records.load(subject().id()).await {
        records.remove(&record).await.ok();
    }
    let broken = async { while !matches!(following.next().await, Written::Broken) {} };
    timeout(Duration::from_secs(600), broken).await.expect("without a word a watch is begun anew");
}

/// Runs are found, watched and read, and one is stopped.
async fn runs(server: &Server, cluster: &Cluster) {
    let Ok(runs) = Runs::discover(cluster, RunSettings::default()).await else { return };
    let mut changes = runs.changes();
    runs.of(&subject()).await.ok();
    let run = json!({ "apiVersion": "agents.platform/v1", "kind": "CodeRun", "metadata": { "name": "run" }, "spec": {} });
    let made = server.create(&agents::runs("agents"), &run);
    let stop = Stop { kind: "CodeRun".into(), name: "run".into(), uid: made["metadata"]["uid"].as_str().unwrap().to_owned() };
    runs.stop(&[stop], Duration::from_secs(1)).await;
    timeout(Duration::from_secs(5), changes.next()).await.ok();
}

#[tokio::test(start_paused = true)]
async fn k10_whichever_verb_is_lacking_is_told_with_its_rule_and_nothing_else_is() {
    let all: Vec<Permission> = used(&RunSettings::default().candidates[..1]).into_iter().collect();
    for lacking in std::iter::once(None).chain(all.iter().map(Some)) {
        let server = Server::with(&Settings { time: Time::Simulated, ..Settings::default() });
        server.namespace("agents").define(&agents::definition());
        let given = all.iter().filter(|one| Some(*one) != lacking);
        let rules = given.map(|(group, of, verb)| Rule::allow(group, &[of], &[verb]).within("agents")).collect();
        let cluster = Cluster::over(server.service_of(&server.account("pawl", rules)), "agents");
        claims(&server, &cluster).await;
        records(&cluster).await;
        runs(&server, &cluster).await;
        let told: Vec<String> = cluster.refusals().iter().map(ToString::to_string).collect();
        let Some((group, of, verb)) = lacking else {
            assert_eq!(told, Vec::<String>::new(), "nothing is lacking");
            let used = server.verbs_used("pawl").into_iter().map(|(group, of, verb)| (group, of, verb.to_owned()));
            assert_eq!(used.collect::<Vec<_>>(), all, "the work above uses every verb");
            continue;
        };
        let resource = if group.is_empty() { of.clone() } else { format!("{of}.{group}") };
        let rule = format!(r#"{{apiGroups: ["{group}"], resources: ["{of}"], verbs: ["{verb}"]}}"#);
        let [told] = &told[..] else { panic!("{verb} {resource}: {told:?}") };
        assert!(told.contains(&format!("refuses to {verb} {resource}: ")) && told.ends_with(&format!("add to its Role: {rule}")), "{told}");
    }
}
