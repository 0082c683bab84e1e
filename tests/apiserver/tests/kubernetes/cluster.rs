//! The table of answers, on everything that claims to be Kubernetes.

use crate::line::Line;
use crate::rows;
use crate::table::check_all;
use pawl_apiserver::Server;

#[tokio::test(start_paused = true)]
async fn the_service_answers_as_the_table_says() {
    check_all(&rows::all(), &Line::to(&Server::new()), "table").await;
}

#[tokio::test]
async fn the_server_on_loopback_answers_as_the_table_says() {
    let server = Server::new();
    let listening = server.listen().await.unwrap();
    check_all(&rows::all(), &Line::http(listening.url(), server.admin_token()), "table").await;
}
