//! How the tests talk to a server: through the service, or over HTTP. Every answer is read, nothing is hidden.

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full};
use pawl_apiserver::{Server, Service};
use serde_json::{Value, json};
use std::io;
use tower_service::Service as _;

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// Null where the text is no JSON.
    pub json: Value,
}

impl Answer {
    fn new(status: u16, headers: HeaderMap, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body).into_owned();
        Self { status, headers, json: serde_json::from_str(&text).unwrap_or(Value::Null), text }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub fn at(&self, pointer: &str) -> &str {
        self.json.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn version(&self) -> &str {
        self.at("/metadata/resourceVersion")
    }

    pub fn names(&self) -> Vec<&str> {
        self.json["items"].as_array().unwrap().iter().map(|item| item["metadata"]["name"].as_str().unwrap()).collect()
    }

    /// The events of a watch that has ended, as `ADDED name`.
    pub fn events(&self) -> Vec<String> {
        let event = |line: &str| {
            let event: Value = serde_json::from_str(line).unwrap();
            let name = event.pointer("/object/metadata/name").or_else(|| event.pointer("/object/code"));
            let name = name.map(|name| name.as_str().map_or_else(|| name.to_string(), str::to_owned)).unwrap_or_default();
            format!("{} {name}", event["type"].as_str().unwrap()).trim().to_owned()
        };
        self.text.lines().map(event).collect()
    }
}

/// A way to a server.
#[derive(Clone)]
pub enum Line {
    Service(Service),
    Http { client: reqwest::Client, url: String, token: Option<String> },
}

impl Line {
    pub fn to(server: &Server) -> Self {
        Self::Service(server.service())
    }

    /// Over plain HTTP, with a bearer token.
    pub fn http(url: String, token: &str) -> Self {
        // Whoever comes second finds the same provider installed; that is no error.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
        Self::Http { client, url, token: Some(token.to_owned()) }
    }

    pub async fn try_send(&self, request: Request<Bytes>) -> io::Result<Answer> {
        match self {
            Self::Service(service) => {
                let response = service.clone().call(request.map(Full::new)).await?;
                let (head, body) = response.into_parts();
                let body = body.collect().await?.to_bytes();
                Ok(Answer::new(head.status.as_u16(), head.headers, &body))
            }
            Self::Http { client, url, token } => {
                let (head, body) = request.into_parts();
                let mut asked = client.request(head.method, format!("{url}{}", head.uri)).headers(head.headers).body(body);
                if let Some(token) = token {
                    asked = asked.bearer_auth(token);
                }
                let response = asked.send().await.map_err(io::Error::other)?;
                let (status, headers) = (response.status().as_u16(), response.headers().clone());
                Ok(Answer::new(status, headers, &response.bytes().await.map_err(io::Error::other)?))
            }
        }
    }

    pub async fn send(&self, method: &str, path: &str, content_type: &str, body: Bytes) -> Answer {
        self.try_send(request(method, path, content_type, body)).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "", Bytes::new()).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, "application/json", body.to_string().into()).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, "application/json", body.to_string().into()).await
    }

    pub async fn merge(&self, path: &str, body: &Value) -> Answer {
        self.send("PATCH", path, "application/merge-patch+json", body.to_string().into()).await
    }

    pub async fn delete(&self, path: &str, options: &Value) -> Answer {
        let body = if options.is_null() { Bytes::new() } else { options.to_string().into() };
        self.send("DELETE", path, "application/json", body).await
    }
}

pub fn request(method: &str, path: &str, content_type: &str, body: Bytes) -> Request<Bytes> {
    let mut request = Request::builder().method(method).uri(path);
    if !content_type.is_empty() {
        request = request.header("content-type", content_type);
    }
    request.body(body).unwrap()
}

pub const CONFIG: &str = "/api/v1/namespaces/default/configmaps";
pub const RUNS: &str = "/apis/pawl.test/v1/namespaces/default/runs";

/// A ConfigMap that holds one value.
pub fn config(name: &str, value: &str) -> Value {
    json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name }, "data": { "k": value } })
}

/// The definition of a custom resource with a status of its own.
pub fn runs() -> Value {
    let spec = json!({ "type": "object", "required": ["taskId"], "properties": { "taskId": { "type": "integer" } } });
    let status = json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
    let schema = json!({ "type": "object", "properties": { "spec": spec, "status": status } });
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": { "name": "runs.pawl.test" },
        "spec": {
            "group": "pawl.test", "scope": "Namespaced", "names": { "plural": "runs", "singular": "run", "kind": "Run" },
            "versions": [{
                "name": "v1", "served": true, "storage": true, "subresources": { "status": {} }, "schema": { "openAPIV3Schema": schema },
            }],
        },
    })
}

pub fn run(name: &str, finalizers: &[&str]) -> Value {
    json!({
        "apiVersion": "pawl.test/v1", "kind": "Run", "metadata": { "name": name, "finalizers": finalizers }, "spec": { "taskId": 7 },
    })
}
