//! A permission that is missing is told in the log: once, however often it is met, and with the rule that grants it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use pawl_apiserver::{Rule, Server, Settings, Time, agents};
use pawl_cluster::{CLAIM_VERBS, Claims, Cluster, Identity, Pace, RECORD_VERBS, RUN_VERBS, Records, RunSettings, Runs};
use pawl_core::subject::SubjectId;
use serde_json::json;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::sleep;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

/// What was logged in this thread.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Of our own crates, as long as the guard lives.
    fn begin() -> (Self, DefaultGuard) {
        let log = Self::default();
        let filter = tracing_subscriber::EnvFilter::new("info,kube_runtime=off");
        let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(log.clone()).finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn lines(&self, of: &str) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().filter(|line| line.contains(of)).map(str::to_owned).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn server() -> Server {
    let server = Server::with(&Settings { time: Time::Simulated, ..Settings::default() });
    server.namespace("agents").define(&agents::definition());
    server
}

/// All that replicas use, but for one verb on everything.
fn rules_without(verb: &str) -> Vec<Rule> {
    let tables = CLAIM_VERBS.iter().chain(RECORD_VERBS).chain(RUN_VERBS);
    let kept = |verbs: &[&'static str]| verbs.iter().copied().filter(|one| *one != verb).collect::<Vec<_>>();
    tables.map(|(group, of, verbs)| Rule::allow(group, &[of], &kept(verbs))).collect()
}

fn claims(cluster: &Cluster) -> Claims {
    Claims::new(cluster, Identity { pod: "pod-a".into(), boot: "boot".into() }, Pace::default()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn k10_watches_that_are_not_allowed_are_told_once_and_again_only_when_they_were_allowed_meanwhile() {
    let (log, _guard) = Log::begin();
    let server = server();
    let cluster = Cluster::over(server.service_of(&server.account("pawl", rules_without("watch"))), "agents");
    let (_claims, records) = (claims(&cluster), Records::new(&cluster));
    let following = records.follow();
    let changes = Runs::discover(&cluster, RunSettings::default()).await.unwrap().changes();
    sleep(Duration::from_secs(2 * 3600)).await;
    for (resource, rule, instead) in [
        ("leases.coordination.k8s.io", r#"{apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["watch"]}"#, "one by one"),
        ("configmaps", r#"{apiGroups: [""], resources: ["configmaps"], verbs: ["watch"]}"#, "they are listed"),
        ("coderuns.agents.platform", r#"{apiGroups: ["agents.platform"], resources: ["coderuns"], verbs: ["watch"]}"#, "wake nobody"),
    ] {
        let lines = log.lines(&format!("refuses to watch {resource}"));
        let [line] = &lines[..] else { panic!("two hours without a watch: {lines:#?}") };
        assert!(line.contains(" WARN ") && line.contains(rule) && line.contains(instead), "{line}");
    }
    assert_eq!(log.lines("are not watched").len() + log.lines("wake nobody").len(), 3, "and nothing else is said about it");
    server.account("pawl", rules_without(""));
    sleep(Duration::from_secs(600)).await;
    claims(&Cluster::over(server.service(), "agents")).take(SubjectId { repository: 7, number: 1 }, "op", Duration::ZERO).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(log.lines("allows to watch leases").len(), 1);
    server.account("pawl", rules_without("watch"));
    server.cut_watches();
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(log.lines("refuses to watch leases").len(), 2);
    drop((following, changes));
}

#[tokio::test(start_paused = true)]
async fn k10_a_sweep_that_may_delete_nothing_says_so_once() {
    let (log, _guard) = Log::begin();
    let server = server();
    let cluster = Cluster::over(server.service_of(&server.account("pawl", rules_without("delete"))), "agents");
    let claims = claims(&cluster);
    let labels = json!({ "app.kubernetes.io/managed-by": "pawl", "app.kubernetes.io/component": "claim" });
    let idle = json!({ "metadata": { "name": "idle", "labels": labels }, "spec": { "renewTime": "2020-01-01T00:00:00.000000Z" } });
    server.create("/apis/coordination.k8s.io/v1/namespaces/agents/leases", &idle);
    for _ in 0..3 {
        claims.sweep().await.unwrap_err();
    }
    let lines = log.lines("refuses to delete leases");
    assert!(lines.len() == 1 && lines[0].contains(" ERROR ") && lines[0].contains(r#"verbs: ["delete"]"#), "{lines:#?}");
}

#[tokio::test(start_paused = true)]
async fn k10_renewals_and_releases_that_are_not_allowed_are_told_once() {
    let (log, _guard) = Log::begin();
    let server = server();
    let cluster = Cluster::over(server.service_of(&server.account("pawl", rules_without("update"))), "agents");
    let claims = claims(&cluster);
    let claim = claims.take(SubjectId { repository: 7, number: 1 }, "op", Duration::ZERO).await.unwrap();
    claim.lost().cancelled().await;
    claims.take(SubjectId { repository: 7, number: 2 }, "op-2", Duration::ZERO).await.unwrap().release().await;
    let lines = log.lines("refuses to update leases");
    assert!(lines.len() == 1 && lines[0].contains(r#"verbs: ["update"]"#), "{lines:#?}");
    assert_eq!(log.lines("could not be given back").len(), 1, "and what follows from it is told too");
    assert_eq!(cluster.refusals().len(), 1);
}
