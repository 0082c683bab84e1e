//! Who may do what, and what the server remembers of it.

use crate::line::{CONFIG, Line, RUNS, config, run, runs};
use pawl_apiserver::{Outcome, Rule, Server};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const A: &str = "/apis/pawl.test/v1/namespaces/default/runs/a";
const USER: &str = "system:serviceaccount:pawl:pawl";

fn bound(server: &Server, rules: Vec<Rule>) -> Line {
    Line::Service(server.service_of(&server.account(USER, rules)))
}

#[tokio::test]
async fn what_no_rule_allows_is_forbidden_in_kubernetes_words() {
    let server = Server::new();
    server.define(&runs()).create(RUNS, &run("a", &[]));
    let line = bound(&server, vec![Rule::allow("pawl.test", &["runs"], &["get", "list"]).within("default")]);
    assert_eq!((line.get(A).await.status, line.get(RUNS).await.status), (200, 200));
    let answer = line.delete(A, &Value::Null).await;
    let message = format!(
        "runs.pawl.test \"a\" is forbidden: User \"{USER}\" cannot delete resource \"runs\" in API group \"pawl.test\" in the namespace \"default\""
    );
    assert_eq!((answer.status, answer.at("/reason"), answer.at("/message")), (403, "Forbidden", message.as_str()));
    assert_eq!(answer.json["details"], json!({ "name": "a", "group": "pawl.test", "kind": "runs" }));
    let answer = line.merge(&format!("{A}/status"), &json!({ "status": {} })).await;
    assert!(answer.at("/message").contains("cannot patch resource \"runs/status\" in API group \"pawl.test\""), "{}", answer.text);
    let answer = line.get("/apis/pawl.test/v1/runs").await;
    let message = format!(
        "runs.pawl.test is forbidden: User \"{USER}\" cannot list resource \"runs\" in API group \"pawl.test\" at the cluster scope"
    );
    assert_eq!(answer.at("/message"), message);
    assert_eq!(line.get("/apis/pawl.test/v1/namespaces/other/runs").await.status, 403);
    assert!(server.get(A).is_some());
}

#[tokio::test]
async fn rules_are_those_of_a_role() {
    let server = Server::new();
    let role = json!({
        "kind": "Role", "metadata": { "name": "pawl", "namespace": "default" },
        "rules": [
            { "apiGroups": [""], "resources": ["configmaps"], "verbs": ["*"], "resourceNames": ["mine"] },
            { "apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "update"] },
        ],
    });
    server.create(CONFIG, &config("mine", "1"));
    server.create(CONFIG, &config("theirs", "1"));
    let line = bound(&server, Rule::of_role(&role));
    assert_eq!(line.get(&format!("{CONFIG}/mine")).await.status, 200);
    assert_eq!(line.get(&format!("{CONFIG}/theirs")).await.status, 403);
    assert_eq!(line.get(CONFIG).await.status, 403);
    assert_eq!(line.get(&format!("{CONFIG}?fieldSelector=metadata.name%3Dmine")).await.names(), ["mine"]);
    assert_eq!(line.post(CONFIG, &config("mine", "1")).await.status, 403, "a new object has no name yet that a rule could allow");
    let lease = "/apis/coordination.k8s.io/v1/namespaces/default/leases/a";
    assert_eq!(line.get(lease).await.status, 404);
    let answer = line.put(lease, &json!({ "metadata": { "name": "a" }, "spec": {} })).await;
    assert!(answer.at("/message").contains("cannot create resource \"leases\""), "a PUT that creates needs that verb: {}", answer.text);
}

#[tokio::test]
async fn a_bad_token_is_nobody_and_no_token_is_anonymous() {
    let server = Server::new();
    let listening = server.listen().await.unwrap();
    let answer = Line::http(listening.url(), "wrong").get(CONFIG).await;
    assert_eq!((answer.status, answer.at("/reason"), answer.at("/message")), (401, "Unauthorized", "Unauthorized"));
    let Line::Http { client, url, .. } = Line::http(listening.url(), "") else { unreachable!("it was made so") };
    let answer = Line::Http { client, url, token: None }.get(CONFIG).await;
    assert!(answer.status == 403 && answer.at("/message").contains("User \"system:anonymous\" cannot list"), "{}", answer.text);
    let token = server.account(USER, vec![Rule::allow("", &["configmaps"], &["list"])]);
    let lenient = server.listen_for(&token).await.unwrap();
    let Line::Http { client, url, .. } = Line::http(lenient.url(), "") else { unreachable!("it was made so") };
    assert_eq!(Line::Http { client, url, token: None }.get(CONFIG).await.status, 200, "without a token it is the one that was named");
    let line = Line::http(listening.url(), &token);
    assert_eq!(line.get(CONFIG).await.status, 200);
    server.revoke(&token);
    assert_eq!(line.get(CONFIG).await.status, 401);
}

#[tokio::test]
async fn the_log_says_who_did_what_and_whether_it_changed_anything() {
    let server = Server::new();
    server.define(&runs());
    let line = bound(&server, vec![Rule::allow("*", &["*"], &["*"])]);
    line.post(RUNS, &run("a", &[])).await;
    line.merge(&format!("{A}/status"), &json!({ "status": { "phase": "Running" } })).await;
    line.merge(&format!("{A}/status"), &json!({ "status": { "phase": "Running" } })).await;
    line.get(A).await;
    line.delete("/apis/pawl.test/v1/namespaces/default/runs/b", &Value::Null).await;
    let seen: Vec<_> = server.requests().into_iter().map(|s| (s.verb, s.resource, s.name.unwrap(), s.applied, s.outcome)).collect();
    let expected = [
        ("create", "runs", "a", true, 201),
        ("patch", "runs/status", "a", true, 200),
        ("patch", "runs/status", "a", false, 200),
        ("get", "runs", "a", false, 200),
        ("delete", "runs", "b", false, 404),
    ];
    let expected =
        expected.map(|(verb, of, name, applied, status)| (verb, of.to_owned(), name.to_owned(), applied, Outcome::Answered(status)));
    assert_eq!(seen, expected);
    let used = [("create", "runs"), ("delete", "runs"), ("get", "runs"), ("patch", "runs/status")];
    let used: BTreeSet<_> = used.map(|(verb, of)| ("pawl.test".to_owned(), of.to_owned(), verb)).into();
    assert_eq!(server.verbs_used(USER), used);
    assert_eq!((server.count("patch", "runs/status"), server.requests()[0].is_write()), (2, true));
    server.forget_requests();
    assert_eq!(server.requests(), []);
}
