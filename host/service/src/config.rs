//! Configuration: one TOML file, every field typed, unknown ones refused. Secrets come from files or the environment, never from
//! the file itself.

mod policy;
mod retention;

pub use policy::{Mode, PolicyConfig, TwinConfig};
pub use retention::RetentionConfig;

use crate::cleanup::CleanupConfig;
use crate::cluster::ClusterConfig;
use anyhow::{Context, bail};
use pawl_github::WriteBudget;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The configuration file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Folder of the store and the journal.
    #[serde(default = "default_data")]
    pub data: PathBuf,
    /// Where deliveries and signals arrive.
    #[serde(default)]
    pub http: Http,
    /// Where people and probes look.
    #[serde(default)]
    pub admin: Admin,
    /// GitHub.
    #[serde(default)]
    pub github: GitHubConfig,
    /// The signal API.
    #[serde(default)]
    pub signals: Signals,
    /// Argo Events sensors.
    #[serde(default)]
    pub argo: Argo,
    /// Where notices go besides the log.
    #[serde(default)]
    pub notices: Notices,
    /// A cluster that replicas share; without it this process works alone, with records in a local file.
    #[serde(default)]
    pub cluster: Option<ClusterConfig>,
    /// The scheduled cleanup.
    #[serde(default)]
    pub cleanup: CleanupConfig,
    /// How long what is over is kept.
    #[serde(default)]
    pub retention: RetentionConfig,
    /// Limits and periods.
    #[serde(default)]
    pub limits: Limits,
    /// Labels that hold every policy on a subject, besides what each policy heeds itself.
    #[serde(default)]
    pub holds: Vec<String>,
    /// The policies that run, by the name in their manifest.
    #[serde(default)]
    pub policy: BTreeMap<String, PolicyConfig>,
}

/// Where deliveries and signals arrive.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Largest webhook body in bytes; GitHub sends up to 25 MB.
    pub max_body_bytes: usize,
}

impl Default for Http {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8080)), max_body_bytes: 25 * 1024 * 1024 }
    }
}

/// Where people and probes look.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    /// Address to listen on. What is shown there names subjects: keep it inside.
    pub listen: SocketAddr,
}

impl Default for Admin {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 9091)) }
    }
}

/// GitHub.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GitHubConfig {
    /// Base of the REST API.
    pub api_url: String,
    /// File that holds the token; else the environment variable `PAWL_GITHUB_TOKEN`. Not with an App.
    pub token_file: Option<PathBuf>,
    /// Id of the GitHub App to act as, instead of a token.
    pub app_id: Option<u64>,
    /// File that holds the App's private key; else the environment variable `PAWL_GITHUB_APP_KEY`.
    pub app_key_file: Option<PathBuf>,
    /// Files that hold the webhook secret, and while rotating the one before; else `PAWL_WEBHOOK_SECRET`.
    pub webhook_secret_files: Vec<PathBuf>,
    /// Repositories that are served, as `owner/name` or `owner/*`; empty for all that send signed deliveries.
    pub repositories: Vec<String>,
    /// How long an answer may take.
    pub timeout_seconds: u64,
}

impl Default for GitHubConfig {
    fn default() -> Self {
        Self {
            api_url: "https://api.github.com".into(),
            token_file: None,
            app_id: None,
            app_key_file: None,
            webhook_secret_files: Vec::new(),
            repositories: Vec::new(),
            timeout_seconds: 20,
        }
    }
}

/// The signal API.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Signals {
    /// Files that hold the bearer token, and while rotating the one before; else `PAWL_SIGNAL_TOKEN`. Without one, signals are refused.
    pub token_files: Vec<PathBuf>,
}

/// Argo Events sensors.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Argo {
    /// Files that hold the bearer token of sensors, and while rotating the one before; else `PAWL_ARGO_TOKEN`. Without one, sensors are
    /// refused.
    pub token_files: Vec<PathBuf>,
}

/// Where notices go besides the log.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Notices {
    /// A URL that takes each notice as JSON by POST.
    pub webhook_url: Option<String>,
}

/// Limits and periods.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Turns at once.
    pub workers: usize,
    /// Subjects that may wait for a turn; beyond that deliveries are answered 503, already durable ones are not lost.
    pub queue_subjects: usize,
    /// Seconds between two passes of the reconciler.
    pub reconcile_seconds: u64,
    /// An open subject that nobody touched is looked at this often, in minutes.
    pub look_minutes: u64,
    /// Looks in one pass.
    pub looks_per_pass: usize,
    /// How long running turns may take to end at shutdown.
    pub drain_seconds: u64,
    /// First wait after a failed turn, in milliseconds; it doubles up to `retry_max_ms`, with jitter.
    pub retry_base_ms: u64,
    /// Longest wait after a failed turn, in milliseconds.
    pub retry_max_ms: u64,
    /// How long an upstream that failed five times in a row is left alone before one call tries it again, in milliseconds.
    pub outage_wait_ms: u64,
    /// The lasting pace of writes to GitHub, per installation and process.
    pub writes_per_second: u32,
    /// Writes to GitHub in any minute, per installation and process. What it allows beyond the pace may go at once.
    pub writes_per_minute: u32,
    /// Writes to GitHub in any hour, per installation and process. A tenth of each is kept for overrides and cancellations.
    pub writes_per_hour: u32,
    /// Waits before a push that names no known pull request is looked up, in milliseconds.
    pub branch_tries_ms: [u64; 3],
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            workers: 10,
            queue_subjects: 20_000,
            reconcile_seconds: 30,
            look_minutes: 60,
            looks_per_pass: 120,
            drain_seconds: 20,
            retry_base_ms: 1_000,
            retry_max_ms: 30_000,
            outage_wait_ms: 30_000,
            writes_per_second: 1,
            writes_per_minute: 80,
            writes_per_hour: 500,
            branch_tries_ms: [2_000, 10_000, 30_000],
        }
    }
}

fn default_data() -> PathBuf {
    PathBuf::from("pawl-data")
}

impl Config {
    /// Reads the file.
    ///
    /// # Errors
    /// With file, line and column, and what is known instead.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| {
            format!(
                "cannot read the configuration {}; name another with --config, or write one: `pawl init` prints a start",
                path.display()
            )
        })?;
        Self::parse(&text, path)
    }

    /// Reads the text of a file; `path` is what errors call it.
    ///
    /// # Errors
    /// With file, line and column, and what is known instead.
    pub fn parse(text: &str, path: &Path) -> anyhow::Result<Self> {
        let config: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            let shown = text.lines().nth(line - 1).unwrap_or_default().trim();
            anyhow::anyhow!("{}:{line}: {}\n  | {shown}\nthe fields are listed in docs/configuration.md", path.display(), error.message())
        })?;
        config.check().with_context(|| format!("the configuration {} cannot be used", path.display()))?;
        Ok(config)
    }

    fn check(&self) -> anyhow::Result<()> {
        if self.policy.is_empty() {
            bail!("no policy is configured, so nothing would ever happen; add a [policy.<name>] table: `pawl init` prints one");
        }
        for (name, files) in [
            ("github.webhook_secret_files", &self.github.webhook_secret_files),
            ("signals.token_files", &self.signals.token_files),
            ("argo.token_files", &self.argo.token_files),
        ] {
            if files.len() > 2 {
                bail!("{name} names {} files; two are enough for a rotation", files.len());
            }
        }
        let limits = &self.limits;
        for (name, value, range) in [
            ("workers", limits.workers, 1..=200),
            ("queue_subjects", limits.queue_subjects, 1..=1_000_000),
            ("looks_per_pass", limits.looks_per_pass, 0..=1_000),
        ] {
            if !range.contains(&value) {
                bail!("limits.{name} is {value}; it must be {} to {}", range.start(), range.end());
            }
        }
        if limits.reconcile_seconds == 0 || limits.retry_base_ms == 0 || limits.retry_max_ms < limits.retry_base_ms {
            bail!(
                "limits.reconcile_seconds and limits.retry_base_ms must not be 0, and limits.retry_max_ms not less than limits.retry_base_ms"
            );
        }
        if [limits.writes_per_second, limits.writes_per_minute, limits.writes_per_hour].contains(&0) {
            bail!("limits.writes_per_second, writes_per_minute and writes_per_hour must not be 0: pawl could never write");
        }
        if self.cluster.as_ref().is_some_and(|cluster| !(1..=50).contains(&cluster.replicas)) {
            bail!("cluster.replicas must be 1 to 50: the write budget is divided by it");
        }
        self.retention.check()?;
        self.check_identity()?;
        for repository in &self.github.repositories {
            if repository.split('/').count() != 2 || repository.starts_with('/') || repository.ends_with('/') {
                bail!("github.repositories has {repository:?}; write owner/name or owner/*");
            }
        }
        Ok(())
    }

    /// Whether deliveries of this repository are served.
    #[must_use]
    pub fn serves(&self, repository: &pawl_core::subject::Repository) -> bool {
        let list = &self.github.repositories;
        list.is_empty()
            || list.iter().any(|entry| match entry.split_once('/') {
                Some((owner, "*")) => owner.eq_ignore_ascii_case(&repository.owner),
                _ => entry.eq_ignore_ascii_case(&repository.to_string()),
            })
    }

    /// What this process may write to GitHub: its part of what all replicas may.
    #[must_use]
    pub fn write_budget(&self) -> WriteBudget {
        let replicas = self.cluster.as_ref().map_or(1, |cluster| cluster.replicas.max(1));
        // Less than one write in a second would be none at all; minute and hour bound it then.
        let part = |all: u32| (all / replicas).max(1);
        let limits = &self.limits;
        WriteBudget {
            per_second: part(limits.writes_per_second),
            per_minute: part(limits.writes_per_minute),
            per_hour: part(limits.writes_per_hour),
        }
    }

    /// How long one call to GitHub may take.
    #[must_use]
    pub fn github_timeout(&self) -> Duration {
        Duration::from_secs(self.github.timeout_seconds.clamp(1, 120))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn parse(text: &str) -> anyhow::Result<Config> {
        Config::parse(text, Path::new("pawl.toml"))
    }

    #[test]
    fn an_unknown_field_is_refused_with_file_line_and_the_way_out() {
        let error = format!("{:#}", parse("data = \"x\"\n\n[http]\nlissten = \"127.0.0.1:1\"\n").unwrap_err());
        assert!(error.starts_with("pawl.toml:4: unknown field `lissten`") && error.contains("docs/configuration.md"), "{error}");
    }

    #[test]
    fn a_value_of_the_wrong_type_is_refused_with_its_line() {
        let error = format!("{:#}", parse("[limits]\nworkers = \"ten\"\n").unwrap_err());
        assert!(error.starts_with("pawl.toml:2: invalid type"), "{error}");
    }

    #[test]
    fn without_a_policy_the_configuration_is_refused() {
        let error = format!("{:#}", parse("").unwrap_err());
        assert!(error.contains("[policy.<name>]"), "{error}");
    }

    #[test]
    fn limits_are_checked_at_their_ends() {
        let with = |workers: usize| parse(&format!("[limits]\nworkers = {workers}\n[policy.p]\n"));
        assert!(with(1).is_ok() && with(200).is_ok());
        assert!(with(0).is_err() && with(201).is_err());
    }

    #[test]
    fn repositories_are_served_by_name_or_by_owner() {
        let config = parse("[github]\nrepositories = [\"acme/shop\", \"Tools/*\"]\n[policy.p]\n").unwrap();
        let repository = |owner: &str, name: &str| pawl_core::subject::Repository { id: 1, owner: owner.into(), name: name.into() };
        assert!(config.serves(&repository("ACME", "shop")) && config.serves(&repository("tools", "any")));
        assert!(!config.serves(&repository("acme", "other")));
    }
}
