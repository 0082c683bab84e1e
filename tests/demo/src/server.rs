//! `pawl serve` as a process of its own: started, killed, started again.

use anyhow::Context;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Longest wait for the line that says where it listens.
const START: Duration = Duration::from_secs(30);
/// Longest wait for an orderly end.
const END: Duration = Duration::from_secs(30);

/// A `pawl serve` that runs. It is killed when this is dropped.
pub struct Server {
    child: Child,
    /// Base of the address for deliveries and signals.
    pub http: String,
    /// Base of the address for people.
    pub admin: String,
}

impl Server {
    /// Starts it and waits until it listens; its log goes to `log`.
    pub async fn start(pawl: &Path, config: &Path, log: &Path) -> anyhow::Result<Self> {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        let mut child = Command::new(pawl)
            .arg("serve")
            .arg("--config")
            .arg(config)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", pawl.display()))?;
        let stdout = child.stdout.take().context("its output is piped")?;
        let line = tokio::time::timeout(START, BufReader::new(stdout).lines().next_line()).await;
        let line = line.context("pawl did not say in time where it listens")??.context("pawl ended before it listened; see its log")?;
        let address = |name: &str| {
            let word = line.split(' ').find_map(|word| word.strip_prefix(name));
            word.map(str::to_owned).with_context(|| format!("no {name} in {line:?}"))
        };
        Ok(Self { http: address("http=")?, admin: address("admin=")?, child })
    }

    /// kill -9: no chance to finish anything.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("cannot kill pawl")
    }

    /// Asks it to end, and waits for that.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        let pid = self.child.id().context("pawl has ended already")?;
        Command::new("kill").arg("-TERM").arg(pid.to_string()).status().await?;
        let status = tokio::time::timeout(END, self.child.wait()).await.context("pawl did not end in time")??;
        anyhow::ensure!(status.success(), "pawl ended with {status}");
        Ok(())
    }
}
