//! A house to measure in: a world in this process, and the real pawl beside it.

use crate::process::{Process, configure};
use pawl_world::{Permission, Pull, Repo, Settings, Verdict, World};
use std::path::Path;

/// Who asks for changes.
pub const QA: &str = "5DLabs-Tess[bot]";
/// Who writes the code.
pub const IMPLEMENTER: &str = "5DLabs-Rex[bot]";
/// A person who may push.
pub const PERSON: &str = "alice";

/// World and pawl.
pub struct House {
    /// GitHub.
    pub world: World,
    /// A repository there.
    pub repo: Repo,
    /// Pawl.
    pub pawl: Process,
}

impl House {
    /// Starts both; deliveries are answered when the turn they cause has ended, if `waits`.
    ///
    /// # Errors
    /// When pawl does not start.
    pub async fn start(binary: &Path, folder: &Path, waits: bool) -> anyhow::Result<Self> {
        let world = World::start_with(Settings { time_runs: true, ..Settings::default() }).await?;
        let repo = world.repository("acme/shop");
        repo.grant(PERSON, Permission::Write);
        let config = configure(folder, world.url(), &world.token(), "")?;
        let pawl = Process::pawl(binary, &config).await?;
        let wait = if waits { "?wait=20s" } else { "" };
        world.hook_to(format!("http://{}/v1/events/github{wait}", pawl.http), crate::process::SECRET);
        Ok(Self { world, repo, pawl })
    }

    /// Opens a pull request, delivers everything about it, and lets one pass so that labels are prepared and connections warm.
    ///
    /// # Errors
    /// When a delivery is not taken.
    pub async fn warm_up(&self) -> anyhow::Result<()> {
        let pull = self.open("warm-up").await?;
        pull.review(QA, Verdict::ChangesRequested);
        self.deliver().await?;
        self.pawl.rest().await?;
        anyhow::ensure!(pull.has_label("needs-remediation"), "pawl labels what QA sends back: {:?}", pull.labels());
        Ok(())
    }

    /// Opens a pull request and delivers the news of it.
    ///
    /// # Errors
    /// When a delivery is not taken.
    pub async fn open(&self, branch: &str) -> anyhow::Result<Pull> {
        let pull = self.repo.open_pull(IMPLEMENTER, branch);
        self.deliver().await?;
        Ok(pull)
    }

    /// Delivers what waits. Answers how many deliveries that were.
    ///
    /// # Errors
    /// When one is not taken.
    pub async fn deliver(&self) -> anyhow::Result<usize> {
        let attempts = self.world.deliver_all().await;
        match attempts.iter().find(|attempt| attempt.status != Some(202)) {
            Some(refused) => anyhow::bail!("a delivery was not taken: {refused:?}"),
            None => Ok(attempts.len()),
        }
    }

    /// Ends pawl and the world.
    ///
    /// # Errors
    /// When pawl cannot be ended.
    pub async fn end(self) -> anyhow::Result<()> {
        self.pawl.end().await
    }
}
