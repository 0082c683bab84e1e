//! Lists: pages, exact versions, and what is in every namespace.

use crate::line::{CONFIG, Line, config};
use pawl_apiserver::Server;
use serde_json::Value;

async fn five() -> (Server, Line) {
    let server = Server::new();
    for name in ["a", "b", "c", "d", "e"] {
        server.create(CONFIG, &config(name, "1"));
    }
    let line = Line::to(&server);
    (server, line)
}

#[tokio::test]
async fn pages_show_the_world_of_the_first_page() {
    let (server, line) = five().await;
    let first = line.get(&format!("{CONFIG}?limit=2")).await;
    assert_eq!((first.names(), &first.json["metadata"]["remainingItemCount"]), (vec!["a", "b"], &3.into()));
    server.call("DELETE", &format!("{CONFIG}/d"), &Value::Null);
    server.create(CONFIG, &config("c2", "1"));
    let second = line.get(&format!("{CONFIG}?limit=2&continue={}", first.at("/metadata/continue"))).await;
    assert_eq!((second.names(), second.version()), (vec!["c", "d"], first.version()));
    let last = line.get(&format!("{CONFIG}?limit=2&continue={}", second.at("/metadata/continue"))).await;
    assert_eq!((last.names(), last.at("/metadata/continue")), (vec!["e"], ""));
    server.compact();
    let late = line.get(&format!("{CONFIG}?limit=2&continue={}", first.at("/metadata/continue"))).await;
    assert_eq!((late.status, late.at("/reason")), (410, "Expired"));
}

#[tokio::test]
async fn a_list_can_be_of_an_exact_version_and_not_of_one_to_come() {
    let (server, line) = five().await;
    let old = server.revision();
    server.call("DELETE", &format!("{CONFIG}/a"), &Value::Null);
    let exact = line.get(&format!("{CONFIG}?resourceVersion={old}&resourceVersionMatch=Exact")).await;
    assert_eq!((exact.names().len(), exact.version()), (5, old.to_string().as_str()));
    let newest = line.get(&format!("{CONFIG}?resourceVersion={old}")).await;
    assert_eq!((newest.names().len(), newest.version()), (4, server.revision().to_string().as_str()));
    let early = line.get(&format!("{CONFIG}?resourceVersion={}", server.revision() + 1)).await;
    assert_eq!((early.status, early.at("/reason")), (504, "Timeout"));
    assert!(early.at("/message").starts_with("Too large resource version"), "{}", early.text);
}

#[tokio::test]
async fn a_list_of_all_namespaces_is_sorted_by_namespace_and_name() {
    let (server, line) = five().await;
    server.namespace("another").create("/api/v1/namespaces/another/configmaps", &config("z", "1"));
    assert_eq!(line.get("/api/v1/configmaps").await.names(), ["z", "a", "b", "c", "d", "e"]);
    assert_eq!(line.get("/api/v1/configmaps?fieldSelector=metadata.namespace%3Danother").await.names(), ["z"]);
    assert_eq!(line.post("/api/v1/configmaps", &config("x", "1")).await.status, 405);
}
