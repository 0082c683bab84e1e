//! The stage: folder, configuration, world and server.

use crate::server::Server;
use anyhow::Context;
use pawl_world::{Permission, Pull, Repo, World};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// What the webhook is signed with.
const SECRET: &str = "a secret that the demo and pawl share";
/// The bearer of signals.
const TOKEN: &str = "a token that agents carry";
/// Agents and people.
pub const QA: &str = "5DLabs-Tess[bot]";
/// The implementing agent.
pub const IMPLEMENTER: &str = "5DLabs-Rex[bot]";
/// A person who may push.
pub const PERSON: &str = "alice";

/// Everything that a story needs.
pub struct Stage {
    /// GitHub.
    pub world: World,
    /// A repository there.
    pub repo: Repo,
    /// Pawl.
    pub server: Server,
    pawl: PathBuf,
    folder: PathBuf,
    client: reqwest::Client,
    signals: u32,
}

impl Stage {
    /// Makes the folder anew, starts the world and pawl.
    pub async fn set(pawl: PathBuf, folder: PathBuf) -> anyhow::Result<Self> {
        if folder.exists() {
            std::fs::remove_dir_all(&folder).with_context(|| format!("cannot clear {}", folder.display()))?;
        }
        std::fs::create_dir_all(&folder)?;
        let world = World::start().await;
        // An hour ago: the story's clock is moved on, and must not run ahead of pawl's own.
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs().cast_signed();
        world.set_time(now - 3600);
        let repo = world.repository("acme/shop");
        repo.grant(PERSON, Permission::Write);
        write_files(&folder, world.url(), &world.token())?;
        let server = Server::start(&pawl, &folder.join("pawl.toml"), &folder.join("pawl.log")).await?;
        let client = reqwest::Client::builder().timeout(Duration::from_secs(60)).build()?;
        let stage = Self { world, repo, server, pawl, folder, client, signals: 0 };
        stage.hook();
        Ok(stage)
    }

    fn hook(&self) {
        self.world.hook_to(format!("{}/v1/events/github?wait=20s", self.server.http), SECRET);
    }

    /// Starts pawl again after it was killed.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.server = Server::start(&self.pawl, &self.folder.join("pawl.toml"), &self.folder.join("pawl.log")).await?;
        self.hook();
        Ok(())
    }

    /// Sends a signal as an agent does, and waits for its outcome.
    pub async fn signal(&mut self, pull: &Pull, name: &str) -> anyhow::Result<(String, Value)> {
        self.signals += 1;
        let id = format!("run-{}", self.signals);
        let subject = format!("{}#{}", self.repo.full_name(), pull.number());
        let at = jiff::Timestamp::from_second(self.world.now())?.to_string();
        let body =
            json!({ "subject": subject, "id": id, "name": name, "at": at, "actor": "5DLabs-Rex", "parameters": { "commit": pull.head() } });
        let url = format!("{}/api/v1/signals?wait=20s", self.server.http);
        let answer = self.client.post(url).bearer_auth(TOKEN).json(&body).send().await?;
        anyhow::ensure!(answer.status() == 202, "the signal was answered {}", answer.status());
        Ok((id, answer.json().await?))
    }

    /// What pawl shows inside.
    pub async fn ask(&self, path: &str) -> anyhow::Result<Value> {
        Ok(self.client.get(format!("{}{path}", self.server.admin)).send().await?.json().await?)
    }

    /// Waits until nothing waits or runs.
    pub async fn rest(&self) -> anyhow::Result<()> {
        for _ in 0..600 {
            let state = self.ask("/api/v1/state").await?;
            let is_busy =
                state["waiting"] != 0 || state["subjects"]["unsettled"] != 0 || state["running"].as_array().is_some_and(|r| !r.is_empty());
            if !is_busy {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::bail!("pawl does not settle; see {}", self.folder.join("pawl.log").display())
    }

    /// Ends pawl in order, and says how to look around.
    pub async fn clear(mut self) -> anyhow::Result<()> {
        self.server.stop().await?;
        let (pawl, data) = (self.pawl.display(), self.folder.join("data"));
        println!("\nLook around:");
        println!("  {pawl} explain acme/shop#1 --data {}     # every delivery, decision and write", data.display());
        println!("  {pawl} explain run-1 --data {}           # one signal", data.display());
        println!("  {pawl} check --config {}", self.folder.join("pawl.toml").display());
        println!("  {pawl} init                                # a configuration of your own");
        println!("  less {}", self.folder.join("pawl.log").display());
        Ok(())
    }
}

fn write_files(folder: &std::path::Path, api_url: &str, token: &str) -> anyhow::Result<()> {
    for (name, text) in [("github-token", token), ("webhook-secret", SECRET), ("signal-token", TOKEN)] {
        std::fs::write(folder.join(name), text)?;
    }
    let path = |name: &str| format!("{:?}", folder.join(name));
    let config = format!(
        r#"# Written by the demo.
data = {data}

[http]
listen = "127.0.0.1:0"

[admin]
listen = "127.0.0.1:0"

[github]
api_url = "{api_url}"
token_file = {token}
webhook_secret_files = [{secret}]

[signals]
token_files = [{signals}]

[limits]
retry_base_ms = 100
# An afternoon of writes in a few seconds: this GitHub has no limits of its own.
writes_per_second = 1000
writes_per_minute = 100000
writes_per_hour = 1000000

[policy.remediation]
source = "builtin"
labels = ["*"]
stops = ["CodeRun"]
comments = true
notices = true
"#,
        data = path("data"),
        token = path("github-token"),
        secret = path("webhook-secret"),
        signals = path("signal-token"),
    );
    std::fs::write(folder.join("pawl.toml"), config)?;
    Ok(())
}
