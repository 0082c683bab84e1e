//! A client that sends what it is told and looks at nothing: the world keeps the exchanges.

use pawl_world::World;
use serde_json::{Value, json};

/// Somebody with a token.
pub struct Client {
    http: reqwest::Client,
    url: String,
    token: Option<String>,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub json: Value,
}

impl Client {
    pub fn new(world: &World, token: Option<String>) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).tls_certs_only([]).no_proxy().build().unwrap();
        Self { http, url: world.url().to_owned(), token }
    }

    /// The account that may write.
    pub fn of(world: &World) -> Self {
        Self::new(world, Some(world.token()))
    }

    async fn send(&self, method: &str, path: &str, body: Option<String>) -> Answer {
        let mut request = self.http.request(method.parse().unwrap(), format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.bytes().await.unwrap();
        Answer { status, json: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None).await
    }

    pub async fn send_json(&self, method: &str, path: &str, body: Value) -> Answer {
        self.send(method, path, Some(body.to_string())).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send_json("POST", path, body).await
    }

    /// A body that is no JSON.
    pub async fn post_text(&self, path: &str, body: &str) -> Answer {
        self.send("POST", path, Some(body.to_owned())).await
    }

    pub async fn graphql(&self, query: &str, variables: Value) -> Value {
        self.post("/graphql", json!({ "query": query, "variables": variables })).await.json
    }
}
