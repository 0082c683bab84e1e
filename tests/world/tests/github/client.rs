//! A client that reads every answer and hides nothing.

use pawl_world::World;
use serde_json::{Value, json};

/// Status, headers and JSON of an answer.
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub json: Value,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// Names in a list of labels.
    pub fn names(&self) -> Vec<&str> {
        self.json.as_array().unwrap().iter().map(|label| label["name"].as_str().unwrap()).collect()
    }
}

pub struct Client {
    http: reqwest::Client,
    url: String,
    token: Option<String>,
}

impl Client {
    pub fn of(world: &World) -> Self {
        Self::with_token(world, Some(world.token()))
    }

    pub fn with_token(world: &World, token: Option<String>) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).tls_certs_only([]).no_proxy().build().unwrap();
        Self { http, url: world.url().to_owned(), token }
    }

    /// The App itself, by a web token that is good now.
    pub fn of_app(world: &World) -> Self {
        Self::with_token(world, Some(world.app_web_token()))
    }

    pub async fn try_call(&self, method: &str, path: &str, body: Option<Value>) -> Result<Answer, reqwest::Error> {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.url) };
        let mut request = self.http.request(method.parse().unwrap(), url);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await?;
        Ok(Answer { status, headers, json: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.try_call("GET", path, None).await.unwrap()
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.try_call("POST", path, Some(body)).await.unwrap()
    }

    pub async fn call(&self, method: &str, path: &str) -> Answer {
        self.try_call(method, path, None).await.unwrap()
    }

    pub async fn call_with(&self, method: &str, path: &str, body: Value) -> Answer {
        self.try_call(method, path, Some(body)).await.unwrap()
    }

    /// The whole GraphQL answer, which is a 200 also when it is all errors.
    pub async fn graphql(&self, query: &str, variables: Value) -> Value {
        let answer = self.post("/graphql", json!({ "query": query, "variables": variables })).await;
        assert_eq!(answer.status, 200);
        answer.json
    }
}
