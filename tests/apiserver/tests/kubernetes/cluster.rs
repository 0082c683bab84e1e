//! The table of answers, on everything that claims to be Kubernetes.

use crate::line::Line;
use crate::table::check_all;
use crate::{kubeconfig, rows};
use pawl_apiserver::Server;
use std::{env, fs, process};

/// Names a kubeconfig of a cluster that tests may use: they make and delete namespaces and one definition in it.
const KUBECONFIG: &str = "PAWL_TEST_KUBECONFIG";

#[tokio::test(start_paused = true)]
async fn the_service_answers_as_the_table_says() {
    check_all(&rows::all(), &Line::to(&Server::new()), "table").await;
}

/// By its kubeconfig, as a process would find it.
#[tokio::test]
async fn the_server_on_loopback_answers_as_the_table_says() {
    let server = Server::new();
    let listening = server.listen().await.unwrap();
    let line = kubeconfig::line(&listening.kubeconfig(server.admin_token(), "default"));
    check_all(&rows::all(), &line, "table").await;
}

#[tokio::test]
async fn a_real_cluster_answers_as_the_table_says() {
    let Ok(path) = env::var(KUBECONFIG) else {
        eprintln!("not run: {KUBECONFIG} names no cluster");
        return;
    };
    let line = kubeconfig::line(&fs::read_to_string(path).unwrap());
    check_all(&rows::all(), &line, &format!("pawl-table-{}", process::id())).await;
}
