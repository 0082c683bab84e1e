//! Servers as processes of their own: the real `pawl serve`, and the bare handler.

use crate::line::{Line, get};
use anyhow::Context;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Longest wait for a start or an end.
const PATIENCE: Duration = Duration::from_secs(60);
/// What deliveries are signed with.
pub const SECRET: &str = "the secret that the benchmark signs with";

/// A server that runs. It is killed when this is dropped.
pub struct Process {
    child: Child,
    /// Where deliveries are taken.
    pub http: SocketAddr,
    /// Where readiness is asked; the same for the bare handler.
    pub admin: SocketAddr,
    /// From the call that started the process to the first 200 of `/readyz`.
    pub ready_after: Duration,
    /// What of it the process itself was running, all its threads together, where the system says.
    pub ran: Option<Duration>,
}

impl Process {
    /// Starts it and waits until it is ready. It must say `… http=http://<address> admin=http://<address>` when it listens.
    ///
    /// # Errors
    /// When it does not start; its log goes to `log`.
    pub async fn start(command: &mut Command, log: &Path) -> anyhow::Result<Self> {
        let stderr = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr).kill_on_drop(true);
        let begun = Instant::now();
        let mut child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
        let stdout = child.stdout.take().context("its output is piped")?;
        let line = tokio::time::timeout(PATIENCE, BufReader::new(stdout).lines().next_line()).await;
        let line = line.context("it did not say in time where it listens")??;
        let line = line.with_context(|| format!("it ended before it listened; see {}", log.display()))?;
        let address = |name: &str| -> anyhow::Result<SocketAddr> {
            let word = line.split(' ').find_map(|word| word.strip_prefix(name));
            Ok(word.with_context(|| format!("no {name} in {line:?}"))?.parse()?)
        };
        let (http, admin) = (address("http=http://")?, address("admin=http://")?);
        let ready = get("/readyz");
        while Line::connect(admin).await?.ask(&ready).await?.status != 200 {
            anyhow::ensure!(begun.elapsed() < PATIENCE, "it did not become ready; see {}", log.display());
        }
        let ready_after = begun.elapsed();
        let ran = child.id().and_then(ran);
        Ok(Self { child, http, admin, ready_after, ran })
    }

    /// The real pawl with this configuration.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn pawl(binary: &Path, config: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(binary);
        command.arg("serve").arg("--config").arg(config).env("PAWL_LOG", "warn");
        Self::start(&mut command, &config.with_extension("log")).await
    }

    /// Ends it at once and waits until it is gone.
    ///
    /// # Errors
    /// When it cannot be ended.
    pub async fn end(mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("cannot end a server")
    }

    /// Megabytes of memory that it takes now, and has taken at most, where the system says.
    #[must_use]
    pub fn memory(&self) -> Option<(f64, f64)> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).ok()?;
        let kilobytes = |name: &str| text.lines().find_map(|l| l.strip_prefix(name)?.trim().split(' ').next()?.parse::<f64>().ok());
        Some((kilobytes("VmRSS:")? * 1024.0 / 1e6, kilobytes("VmHWM:")? * 1024.0 / 1e6))
    }

    /// Waits until nothing waits for a turn and none runs.
    ///
    /// # Errors
    /// When it cannot be asked, or does not come to rest in a minute.
    pub async fn rest(&self) -> anyhow::Result<()> {
        let mut line = Line::connect(self.admin).await?;
        let begun = Instant::now();
        loop {
            let answer = line.ask(&get("/readyz?verbose")).await?;
            if String::from_utf8_lossy(answer.body).contains("queue 0 waiting, 0 running") {
                return Ok(());
            }
            anyhow::ensure!(begun.elapsed() < PATIENCE, "pawl does not come to rest");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// The time that all threads of a process have run, from the scheduler's own count.
fn ran(process: u32) -> Option<Duration> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).ok()?;
    let of_thread = |thread: std::fs::DirEntry| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    };
    let nanoseconds: u64 = threads.filter_map(Result::ok).filter_map(of_thread).sum();
    (nanoseconds > 0).then(|| Duration::from_nanos(nanoseconds))
}

/// Writes secrets and a configuration to a new folder. `more` are lines of the table of limits, and tables after it. Answers the
/// configuration's path.
///
/// # Errors
/// When the folder cannot be written.
pub fn configure(folder: &Path, api_url: &str, token: &str, more: &str) -> anyhow::Result<PathBuf> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let file = |name: &str, text: &str| -> anyhow::Result<String> {
        std::fs::write(folder.join(name), text)?;
        Ok(format!("{:?}", folder.join(name)))
    };
    let config = format!(
        r#"data = {:?}
[http]
listen = "127.0.0.1:0"
[admin]
listen = "127.0.0.1:0"
[github]
api_url = {api_url:?}
token_file = {}
webhook_secret_files = [{}]
timeout_seconds = 120
[limits]
writes_per_second = 10000
writes_per_minute = 1000000
writes_per_hour = 10000000
{more}
[policy.remediation]
source = "builtin"
labels = ["*"]
stops = ["CodeRun"]
comments = true
notices = true
"#,
        folder.join("data"),
        file("token", token)?,
        file("secret", SECRET)?,
    );
    let path = folder.join("pawl.toml");
    std::fs::write(&path, config)?;
    Ok(path)
}
