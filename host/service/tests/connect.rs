//! The connection to the API server repeats nothing by itself.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use pawl_apiserver::{Fault, Reply, Server, When};
use pawl_cluster::Records;
use pawl_service::cluster::{ClusterConfig, connect};

#[tokio::test]
async fn k7_what_the_server_refuses_for_want_of_time_is_asked_once_and_told_at_once() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = Server::new();
    server.namespace("agents");
    let listening = server.listen().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("kubeconfig");
    std::fs::write(&kubeconfig, listening.kubeconfig(server.admin_token(), "agents")).unwrap();
    let config = ClusterConfig { kubeconfig: Some(kubeconfig), ..ClusterConfig::default() };
    let records = Records::new(&connect(&config).await.unwrap());
    for reply in [Reply::too_many_requests(1), Reply::unavailable(), Reply::timeout()] {
        let status = reply.status;
        server.fault(When::on("get", "configmaps"), Fault::AnswerBefore(reply));
        server.forget_requests();
        let error = records.answers().await.unwrap_err();
        assert!(error.is_transient(), "{error}");
        assert_eq!(server.count("get", "configmaps"), 1, "{status}: who asks decides whether and when to ask again");
    }
    records.answers().await.unwrap();
}
