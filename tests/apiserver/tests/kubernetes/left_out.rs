//! What the server leaves out it refuses: a client that relies on it fails at once.

use crate::line::{Line, config};
use pawl_apiserver::Server;

const A: &str = "/api/v1/namespaces/default/configmaps/a";

#[tokio::test]
async fn server_side_apply_and_strategic_merges_are_refused_and_change_nothing() {
    let server = Server::new();
    let line = Line::to(&server);
    for kind in ["application/apply-patch+yaml", "application/apply-patch+cbor", "application/strategic-merge-patch+json"] {
        // What is missing is not found, whatever it is asked to become.
        for (there, status) in [(false, 404), (true, 415)] {
            if there {
                server.call("POST", "/api/v1/namespaces/default/configmaps", &config("a", "1"));
            }
            let before = server.get(A);
            let body = config("a", "2").to_string().into();
            let answer = line.send("PATCH", &format!("{A}?fieldManager=test&force=true"), kind, body).await;
            assert_eq!(answer.status, status, "{kind}: {}", answer.text);
            assert_eq!(server.get(A), before, "{kind}");
        }
        server.call("DELETE", A, &serde_json::Value::Null);
    }
}
