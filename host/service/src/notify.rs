//! Notices: telling a person, in the log and, where configured, by a webhook of the operator's.

use axum::http::StatusCode;
use futures::future::BoxFuture;
use pawl_core::plan::Severity;
use pawl_core::subject::Subject;
use pawl_core::turn::Trouble;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long the operator's webhook may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Carries the body of a notice to whoever is told, and brings back the status of the answer, or why there is none.
pub type Post = Arc<dyn Fn(Value) -> BoxFuture<'static, Result<StatusCode, String>> + Send + Sync>;

/// Where notices go.
#[derive(Clone)]
pub struct Notifier {
    webhook: Option<Post>,
}

impl fmt::Debug for Notifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Notifier")
    }
}

/// One notice.
#[derive(Debug, Clone)]
pub struct Notice<'a> {
    /// The subject.
    pub subject: &'a Subject,
    /// Who tells: a policy's name, or `pawl`.
    pub from: &'a str,
    /// Correlation id: the operation of the turn that tells.
    pub operation: &'a str,
    /// Stable key: the receiver can tell a repeated notice by it.
    pub key: &'a str,
    /// What kind.
    pub topic: &'a str,
    /// One sentence.
    pub message: &'a str,
    /// How much it matters.
    pub severity: Severity,
    /// What else belongs to it.
    pub fields: &'a BTreeMap<String, String>,
}

impl Notifier {
    /// To the log, and to `webhook_url` by POST when there is one.
    ///
    /// # Errors
    /// When the URL is none, or the client cannot be set up.
    pub fn new(webhook_url: Option<&str>) -> anyhow::Result<Self> {
        let Some(url) = webhook_url else { return Ok(Self { webhook: None }) };
        if !url.starts_with("https://") && !url.starts_with("http://") {
            anyhow::bail!("notices.webhook_url is {url:?}; write a URL that begins with https:// or http://");
        }
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        let url = url.to_owned();
        Ok(Self::over(Arc::new(move |body| {
            let request = client.post(&url).json(&body);
            Box::pin(async move { Ok(request.send().await.map_err(|error| error.without_url().to_string())?.status()) })
        })))
    }

    /// To the log, and by this way.
    #[must_use]
    pub fn over(post: Post) -> Self {
        Self { webhook: Some(post) }
    }

    /// Tells it.
    ///
    /// # Errors
    /// When the webhook did not answer with success; worth another try.
    pub async fn tell(&self, notice: &Notice<'_>) -> Result<(), Trouble> {
        let Notice { subject, from, operation, key, topic, message, .. } = notice;
        tracing::warn!(%subject, policy = from, operation, topic, key, severity = ?notice.severity, "notice: {message}");
        let Some(post) = &self.webhook else { return Ok(()) };
        let trouble = |message: String| Trouble { message, transient: true, retry_after_seconds: None };
        match tokio::time::timeout(TIMEOUT, post(notice.body())).await {
            Ok(Ok(status)) if status.is_success() => Ok(()),
            Ok(Ok(status)) => Err(trouble(format!("the notice webhook answered {status}"))),
            Ok(Err(why)) => Err(trouble(format!("the notice webhook cannot be reached: {why}"))),
            Err(_) => Err(trouble(format!("the notice webhook did not answer within {} s", TIMEOUT.as_secs()))),
        }
    }
}

impl Notice<'_> {
    fn body(&self) -> Value {
        let mut body: Map<String, Value> = self.fields.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
        body.insert("subject".into(), json!(self.subject.to_string()));
        body.insert("from".into(), json!(self.from));
        body.insert("operation".into(), json!(self.operation));
        body.insert("key".into(), json!(self.key));
        body.insert("topic".into(), json!(self.topic));
        body.insert("message".into(), json!(self.message));
        body.insert("severity".into(), json!(self.severity));
        Value::Object(body)
    }
}
