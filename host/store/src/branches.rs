//! Branch news: pushes and checks that name a branch and no pull request. They are kept here until GitHub says whose they are,
//! so an unreachable GitHub loses nothing.

use crate::{HELD, Store, StoreError};
use pawl_core::Timestamp;
use pawl_core::news::News;
use pawl_core::subject::Repository;
use redb::{ReadableTable, ReadableTableMetadata};
use serde::{Deserialize, Serialize};

/// Branches that may wait; beyond that the one that waits longest goes.
pub const BRANCHES: u64 = 10_000;
/// A branch waits this long for its pull request.
pub const HELD_HOURS: i64 = 24;
/// Most news of one commit.
const NEWS_PER_BRANCH: usize = 50;

/// News that wait for their pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldBranch {
    /// The repository.
    pub repository: Repository,
    /// The branch, without `refs/heads/`; unknown for a check on a fork's commit.
    pub branch: Option<String>,
    /// Its newest commit.
    pub commit: String,
    /// Correlation id of the delivery.
    pub delivery: String,
    /// What happened.
    pub news: Vec<News>,
    /// When it first arrived.
    pub since: Timestamp,
    /// Times that GitHub was asked.
    pub attempts: u32,
    /// When to ask next.
    pub next_at: Timestamp,
}

impl HeldBranch {
    fn key(&self) -> String {
        key(self.branch.as_deref(), &self.commit)
    }
}

/// No branch name holds a colon, so a commit without a branch has a key of its own.
fn key(branch: Option<&str>, commit: &str) -> String {
    branch.map_or_else(|| format!(":{commit}"), str::to_owned)
}

impl Store {
    /// Keeps branch news, and remembers what their repository is called; durable when this returns. A newer commit takes the place of an older one; more news of one commit joins.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn hold(&self, held: HeldBranch) -> Result<(), StoreError> {
        self.write(move |tx| {
            let mut table = tx.open_table(HELD)?;
            let name = held.key();
            let key = (held.repository.id, name.as_str());
            let earlier = table.get(key)?.and_then(|b| serde_json::from_slice::<HeldBranch>(b.value()).ok());
            let merged = match earlier {
                Some(mut earlier) if earlier.commit == held.commit => {
                    for news in &held.news {
                        if !earlier.news.iter().any(|e| e.id == news.id) && earlier.news.len() < NEWS_PER_BRANCH {
                            earlier.news.push(news.clone());
                        }
                    }
                    HeldBranch { attempts: held.attempts, next_at: held.next_at, ..earlier }
                }
                // A retry of an older commit must not push out a newer one that arrived meanwhile.
                Some(newer) if held.attempts > 0 => newer,
                _ => held.clone(),
            };
            let json = serde_json::to_vec(&merged).map_err(|e| StoreError::Io(e.to_string()))?;
            if held.attempts == 0 {
                // What is told now is told under the present name; a retry may be older than a rename.
                crate::name(tx, &held.repository)?;
            }
            table.insert(key, json.as_slice())?;
            if table.len()? > BRANCHES {
                let oldest = table
                    .iter()?
                    .filter_map(Result::ok)
                    .filter_map(|(k, v)| {
                        let since = serde_json::from_slice::<HeldBranch>(v.value()).ok()?.since;
                        Some((since, (k.value().0, k.value().1.to_owned())))
                    })
                    .min();
                if let Some((_, (repository, branch))) = oldest {
                    table.remove((repository, branch.as_str()))?;
                }
            }
            Ok(())
        })
        .await
    }

    /// Branch news that are due, at most `limit`, and those that waited too long.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn due_branches(&self, now: Timestamp, limit: usize) -> Result<Vec<HeldBranch>, StoreError> {
        self.read(move |tx| {
            let table = tx.open_table(HELD)?;
            let held = table.iter()?.filter_map(Result::ok).filter_map(|(_, v)| serde_json::from_slice::<HeldBranch>(v.value()).ok());
            Ok(held.filter(|h| h.next_at <= now).take(limit).collect())
        })
        .await
    }

    /// The branch news of one branch.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn held_branch(&self, repository: u64, branch: &str) -> Result<Option<HeldBranch>, StoreError> {
        self.read_one(|tx| {
            let table = tx.open_table(HELD)?;
            Ok(table.get((repository, branch))?.and_then(|b| serde_json::from_slice(b.value()).ok()))
        })
    }

    /// How many branches wait.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn held_branches(&self) -> Result<u64, StoreError> {
        self.read(|tx| Ok(tx.open_table(HELD)?.len()?)).await
    }

    /// Lets go of branch news that found their pull request, or gave up; a newer commit of the branch stays.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn let_go(&self, held: &HeldBranch) -> Result<(), StoreError> {
        let held = held.clone();
        self.write(move |tx| {
            let mut table = tx.open_table(HELD)?;
            let name = held.key();
            let key = (held.repository.id, name.as_str());
            let is_same = table
                .get(key)?
                .and_then(|b| serde_json::from_slice::<HeldBranch>(b.value()).ok())
                .is_none_or(|now| now.commit == held.commit && now.news.len() <= held.news.len());
            if is_same {
                table.remove(key)?;
            }
            Ok(())
        })
        .await
    }
}
