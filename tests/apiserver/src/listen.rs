//! The face for processes: HTTP/1.1 on a loopback port, over the same state.

use crate::service::Service;
use crate::shared::Weather;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::io;
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tower_service::Service as _;

/// A server that listens. Dropping it ends it, and cuts every connection.
#[derive(Debug)]
pub struct Listening {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Listening {
    pub(crate) async fn begin(service: Service, address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { address, accepting: tokio::spawn(accept(listener, service)) })
    }

    /// Where it listens: what [`Server::listen_at`](crate::Server::listen_at) needs to begin anew at the same place.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it, cuts every connection, and waits until the port is free.
    pub async fn end(mut self) {
        self.accepting.abort();
        // It was aborted; that it says so is no news.
        let _ = (&mut self.accepting).await;
    }

    /// The base address, such as `http://127.0.0.1:40001`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A kubeconfig for this server, with one account and one namespace by default. It is YAML and JSON at once.
    #[must_use]
    pub fn kubeconfig(&self, token: &str, namespace: &str) -> String {
        let named = |name: &str, field: &str, value: serde_json::Value| serde_json::json!([{ "name": name, field: value }]);
        let context = serde_json::json!({ "cluster": "test", "user": "test", "namespace": namespace });
        let config = serde_json::json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": named("test", "cluster", serde_json::json!({ "server": self.url() })),
            "users": named("test", "user", serde_json::json!({ "token": token })),
            "contexts": named("test", "context", context),
        });
        format!("{config:#}\n")
    }
}

async fn accept(listener: TcpListener, service: Service) {
    let mut connections = JoinSet::new();
    let mut weather = service.shared().weather.subscribe();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // In an outage whoever comes is sent away; a client that has gone already is no concern of ours.
                let is_outage = *service.shared().weather.borrow() == Weather::Outage;
                if let Ok((stream, _)) = accepted && !is_outage {
                    connections.spawn(connection(stream, service.clone()));
                }
            }
            _ = weather.wait_for(|weather| *weather == Weather::Over) => break,
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, service: Service) {
    let answer = service_fn(move |request| service.clone().call(request));
    // An error of the service closes the connection without an answer, which is what is meant; any other is the client's.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
}
