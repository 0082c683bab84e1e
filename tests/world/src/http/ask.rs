//! A request, read once.

use crate::graphql::{self, Peek};
use axum::body::to_bytes;
use axum::extract::Request;
use bytes::Bytes;
use http::Method;
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// Longest body that is read, in bytes.
const BODY_BYTES: usize = 4 * 1024 * 1024;

/// What a client asks for.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub method: Method,
    /// As sent, still percent-encoded.
    pub path: String,
    pub query: Vec<(String, String)>,
    pub token: Option<String>,
    pub body: Bytes,
    /// What a GraphQL request is about, when it is one and can be parsed.
    pub graphql: Option<Peek>,
}

impl Ask {
    pub(crate) async fn read(request: Request) -> Option<Self> {
        let (head, body) = request.into_parts();
        let body = to_bytes(body, BODY_BYTES).await.ok()?;
        let path = head.uri.path().to_owned();
        let authorization = head.headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = authorization.and_then(|value| value.split_once(' ')).and_then(|(scheme, token)| {
            let known = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token");
            known.then(|| token.trim().to_owned())
        });
        let graphql = (path == "/graphql" && head.method == Method::POST).then(|| graphql::peek(&body)).flatten();
        Some(Self { method: head.method, path, query: pairs(head.uri.query().unwrap_or_default()), token, body, graphql })
    }

    /// A query parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null when it is empty.
    pub(crate) fn json(&self) -> Option<Value> {
        if self.body.is_empty() { Some(Value::Null) } else { serde_json::from_slice(&self.body).ok() }
    }

    /// Whether it could change something: a mutation, or a REST request that is no GET.
    pub(crate) fn is_write(&self) -> bool {
        match &self.graphql {
            Some(peek) => peek.mutation,
            None => self.method != Method::GET && self.method != Method::HEAD && self.path != "/graphql",
        }
    }
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let split = query.split('&').filter(|pair| !pair.is_empty());
    split.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(key, value)| (decode(key), decode(value))).collect()
}
