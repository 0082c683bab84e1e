//! Notices: a person is told by the operator's webhook, once per appearance, and a webhook that fails blocks nothing.

use crate::house::{House, PERSON, labels};
use serde_json::Value;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// The operator's webhook: keeps what it is told, and fails as often as it is asked to.
pub struct Pager {
    pub url: String,
    told: Arc<Mutex<Vec<Value>>>,
    failures_left: Arc<Mutex<u32>>,
    server: tokio::task::JoinHandle<()>,
}

impl Pager {
    pub async fn start(failures: u32) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/page", listener.local_addr().unwrap());
        let (told, failures_left) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(failures)));
        let (keeps, fails) = (told.clone(), failures_left.clone());
        let server = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut bytes = Vec::new();
                let body = loop {
                    let mut chunk = [0; 4096];
                    let read = stream.read(&mut chunk).await.unwrap_or(0);
                    bytes.extend_from_slice(&chunk[..read]);
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    if let Some((head, body)) = text.split_once("\r\n\r\n") {
                        let length =
                            head.to_lowercase().lines().find_map(|l| l.strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
                        if body.len() >= length.unwrap_or(0) {
                            break body.to_owned();
                        }
                    }
                    if read == 0 {
                        break String::new();
                    }
                };
                let is_failing = {
                    let mut left = fails.lock().unwrap();
                    *left > 0 && {
                        *left -= 1;
                        true
                    }
                };
                if !is_failing {
                    keeps.lock().unwrap().extend(serde_json::from_str::<Value>(&body));
                }
                let status = if is_failing { "500 Oh No" } else { "204 Told" };
                stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").as_bytes()).await.ok();
            }
        });
        Self { url, told, failures_left, server }
    }

    pub fn told(&self) -> Vec<Value> {
        self.told.lock().unwrap().clone()
    }
}

impl Drop for Pager {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A4.4.
#[tokio::test]
async fn a4_4_an_override_is_told_once_per_appearance_also_by_a_webhook_that_fails_at_first() {
    let pager = Pager::start(2).await;
    let house = House::start_with(&format!("[notices]\nwebhook_url = {:?}\n", pager.url)).await;
    let pull = house.pull("umbrellas").await;
    pull.label_by(PERSON, "task-7").label_by(PERSON, "skip-automation");
    house.settle().await;
    assert_eq!(*pager.failures_left.lock().unwrap(), 0, "it was tried until it was told");
    let told = pager.told();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["subject"], format!("acme/shop#{}", pull.number()));
    for (field, value) in [
        ("task", "task-7"),
        ("overrideType", "skip-automation"),
        ("message", "All automation disabled by skip-automation label"),
        ("severity", "high"),
    ] {
        assert!(told[0][field].as_str().is_some_and(|v| v == value || v == value.trim_start_matches("task-")), "{field}: {}", told[0]);
    }
    house.feedback(&pull).await;
    assert_eq!(pager.told().len(), 1, "told once");
    pull.unlabel_by(PERSON, "skip-automation");
    house.settle().await;
    assert_eq!(labels(&pull), ["iteration-1", "needs-remediation", "task-7"]);
    pull.label_by(PERSON, "skip-automation");
    house.settle().await;
    assert_eq!(pager.told().len(), 2, "another appearance is told again");
    house.nothing_else_happened();
}

/// A4.4: labels do not wait for a notifier that is down.
#[tokio::test]
async fn a4_4_a_notifier_that_is_down_blocks_no_label() {
    let house = House::start_with("[notices]\nwebhook_url = \"http://127.0.0.1:9/nobody\"\n").await;
    let pull = house.pull("umbrellas").await;
    pull.label_by(PERSON, "pause-remediation");
    house.settle().await;
    pull.unlabel_by(PERSON, "pause-remediation");
    house.feedback(&pull).await;
    assert_eq!(labels(&pull), ["iteration-1", "needs-remediation"]);
    house.nothing_else_happened();
}
