//! Talking to a running pawl by its admin address.

use crate::http::BY;
use anyhow::{Context, bail};
use serde_json::Value;
use std::time::Duration;

/// How long an answer may take: a turn that is waited for, and a little.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Where it is.
#[derive(Debug, clap::Args)]
pub struct AdminArgs {
    /// The admin address of the running pawl.
    #[arg(long, env = "PAWL_ADMIN_URL", default_value = "http://127.0.0.1:9091")]
    admin_url: String,
}

/// What a command needs that changes something.
#[derive(Debug, clap::Args)]
pub struct ChangeArgs {
    /// Really do it.
    #[arg(long)]
    pub confirm: bool,
    /// Who does it, for the journal; whoever is logged in unless given.
    #[arg(long)]
    by: Option<String>,
    #[command(flatten)]
    admin: AdminArgs,
}

impl AdminArgs {
    /// The answer to a GET.
    ///
    /// # Errors
    /// When nobody answers, or with what the answer says.
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> anyhow::Result<Value> {
        let mut url = self.url(path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.ask(client()?.get(url)).await
    }

    fn url(&self, path: &str) -> anyhow::Result<reqwest::Url> {
        let base = reqwest::Url::parse(&self.admin_url).with_context(|| format!("--admin-url {:?} is no URL", self.admin_url))?;
        Ok(base.join(path)?)
    }

    async fn ask(&self, request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
        let answer = request.send().await.with_context(|| {
            format!(
                "cannot reach {}; is `pawl serve` running, and is this its admin.listen? Set --admin-url or PAWL_ADMIN_URL",
                self.admin_url
            )
        })?;
        let status = answer.status();
        let body: Value = answer.json().await.context("the answer is not JSON; is this pawl's admin address?")?;
        if status.is_success() {
            return Ok(body);
        }
        bail!("{}", body["error"].as_str().unwrap_or("the request was refused"))
    }
}

impl ChangeArgs {
    /// The answer to a POST when it is confirmed, else to a GET: what it would do.
    ///
    /// # Errors
    /// When nobody answers, or with what the answer says.
    pub async fn ask(&self, path: &str) -> anyhow::Result<Value> {
        self.ask_within(path, TIMEOUT).await
    }

    /// The same, for what may take longer.
    ///
    /// # Errors
    /// As [`ChangeArgs::ask`].
    pub async fn ask_within(&self, path: &str, timeout: Duration) -> anyhow::Result<Value> {
        let client = reqwest::Client::builder().timeout(timeout).build()?;
        if !self.confirm {
            return self.admin.ask(client.get(self.admin.url(path)?)).await;
        }
        let logged_in = || ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()));
        let by = self.by.clone().or_else(logged_in).context("nobody is logged in by name; say who does it with --by")?;
        self.admin.ask(client.post(self.admin.url(path)?).header(BY, by)).await
    }
}

fn client() -> anyhow::Result<reqwest::Client> {
    Ok(reqwest::Client::builder().timeout(TIMEOUT).build()?)
}

/// `owner/name#number` as it stands in a path: `owner/name/number`.
///
/// # Errors
/// When it is no subject.
pub fn path_of(subject: &str) -> anyhow::Result<String> {
    let bad = || anyhow::anyhow!("{subject:?} is no subject; write owner/name#number");
    let (full_name, number) = subject.split_once('#').ok_or_else(bad)?;
    let (owner, name) = full_name.split_once('/').ok_or_else(bad)?;
    let number: u32 = number.parse().map_err(|_| bad())?;
    let is_dots = |text: &str| text.bytes().all(|b| b == b'.');
    let is_honest = |text: &str| !is_dots(text) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    if number == 0 || !is_honest(owner) || !is_honest(name) {
        return Err(bad());
    }
    Ok(format!("{owner}/{name}/{number}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::path_of;

    #[test]
    fn a_subject_is_read_and_nothing_else_gets_into_a_path() {
        assert_eq!(path_of("acme/shop.rs#12").unwrap(), "acme/shop.rs/12");
        for bad in ["", "acme/shop", "shop#1", "acme/shop#0", "acme/shop#x", "acme/../x#1", "acme/..#1", "a/b?c#1", "/b#1", "a/#1"] {
            assert!(path_of(bad).is_err(), "{bad}");
        }
    }
}
