//! An open watch, event after event.

use crate::line::request;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use pawl_apiserver::{Body, Service};
use serde_json::Value;
use std::collections::VecDeque;
use tower_service::Service as _;

/// What a watch told next.
#[derive(Debug, PartialEq)]
pub enum Next {
    Event(Value),
    /// The server ended it cleanly.
    Over,
    /// The connection broke.
    Cut,
}

pub struct Watch {
    body: Body,
    waiting: VecDeque<Value>,
}

impl Watch {
    /// Opens a watch of the collection at this path.
    pub async fn open(service: &Service, path: &str, query: &str) -> Self {
        let request = request("GET", &format!("{path}?watch=true&{query}"), "", Bytes::new()).map(Full::new);
        let response = service.clone().call(request).await.unwrap();
        assert_eq!(response.status(), 200);
        Self { body: response.into_body(), waiting: VecDeque::new() }
    }

    pub async fn next(&mut self) -> Next {
        if let Some(event) = self.waiting.pop_front() {
            return Next::Event(event);
        }
        match self.body.frame().await {
            None => Next::Over,
            Some(Err(_)) => Next::Cut,
            Some(Ok(frame)) => {
                let lines = frame.into_data().unwrap();
                let events = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
                self.waiting.extend(events.map(|line| serde_json::from_slice::<Value>(line).unwrap()));
                Next::Event(self.waiting.pop_front().unwrap())
            }
        }
    }

    /// The next event, as `ADDED name`.
    pub async fn told(&mut self) -> String {
        match self.next().await {
            Next::Event(event) => {
                let name = event.pointer("/object/metadata/name").and_then(Value::as_str).unwrap_or_default();
                format!("{} {name}", event["type"].as_str().unwrap()).trim().to_owned()
            }
            other => format!("{other:?}"),
        }
    }
}
