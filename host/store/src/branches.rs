//! Branch news: kept until GitHub says whose they are.

use crate::error::{Failed, Key};
use crate::{HELD, Store};
use pawl_core::Timestamp;
use pawl_core::branch::{BRANCHES, HeldBranch, Holding};
use pawl_core::store::StoreError;
use redb::{ReadableTable, ReadableTableMetadata, WriteTransaction};
use std::sync::Arc;

impl Store {
    /// Keeps branch news as [`HeldBranch::over`] says, and remembers what their repository is called; durable when this returns. What had
    /// to go for it is in the answer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn hold(&self, held: HeldBranch) -> Result<Holding, StoreError> {
        let held = Arc::new(held);
        loop {
            let held = held.clone();
            let attempt = self.attempt(move |tx| hold(tx, &held)).await;
            if let Some(holding) = self.healed(attempt).await? {
                return Ok(holding);
            }
        }
    }

    /// Branch news that are due, at most `limit`, by [`pawl_core::branch::Wait::is_due`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn due_branches(&self, now: Timestamp, limit: usize) -> Result<Vec<HeldBranch>, StoreError> {
        let (due, unreadable) = self
            .read(move |tx| {
                let (mut due, mut unreadable) = (Vec::new(), Vec::new());
                for row in tx.open_table(HELD)?.iter()? {
                    let (key, bytes) = row?;
                    match serde_json::from_slice::<HeldBranch>(bytes.value()) {
                        Ok(held) if held.wait().is_due(now) && due.len() < limit => due.push(held),
                        Ok(_) => {}
                        Err(error) => {
                            let (repository, branch) = key.value();
                            unreadable.push((Key::Branch(repository, branch.to_owned()), error.to_string()));
                        }
                    }
                }
                Ok((due, unreadable))
            })
            .await?;
        for (key, why) in unreadable {
            // Nobody may ever ask for it by its name, and so it would stay.
            self.put_aside(key, why).await?;
        }
        Ok(due)
    }

    /// The branch news of one branch.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn held_branch(&self, repository: u64, branch: &str) -> Result<Option<HeldBranch>, StoreError> {
        let found = self.read_one(|tx| {
            let table = tx.open_table(HELD)?;
            Ok(table.get((repository, branch))?.and_then(|b| serde_json::from_slice(b.value()).ok()))
        });
        Ok(found?)
    }

    /// How many branches wait.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn held_branches(&self) -> Result<u64, StoreError> {
        self.read(|tx| Ok(tx.open_table(HELD)?.len()?)).await
    }

    /// Lets go of branch news that found their pull request, or gave up; what was told of the branch meanwhile stays.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn let_go(&self, held: &HeldBranch) -> Result<(), StoreError> {
        let held = held.clone();
        self.write(move |tx| {
            let mut table = tx.open_table(HELD)?;
            let name = held.key();
            let key = (held.repository.id, name.as_str());
            let stored = table.get(key)?.and_then(|b| serde_json::from_slice::<HeldBranch>(b.value()).ok());
            match stored.as_ref().map(|stored| held.let_go_of(stored)) {
                None => {}
                Some(None) => drop(table.remove(key)?),
                Some(left) if left == stored => {}
                Some(Some(left)) => {
                    let json = serde_json::to_vec(&left).map_err(|e| Failed::Disk(e.to_string()))?;
                    table.insert(key, json.as_slice())?;
                }
            }
            Ok(())
        })
        .await
    }
}

fn hold(tx: &WriteTransaction, held: &HeldBranch) -> Result<Holding, Failed> {
    let mut table = tx.open_table(HELD)?;
    let name = held.key();
    let key = (held.repository.id, name.as_str());
    let stored = table.get(key)?.map(|bytes| serde_json::from_slice::<HeldBranch>(bytes.value())).transpose();
    let stored = stored.map_err(|error| Failed::Corrupt(Key::Branch(held.repository.id, name.clone()), error.to_string()))?;
    let (merged, mut holding) = held.clone().over(stored.clone());
    if held.is_told() {
        crate::names::tell(tx, &held.repository)?;
    }
    let Some(merged) = merged.filter(|merged| stored.as_ref() != Some(merged)) else { return Ok(holding) };
    let json = serde_json::to_vec(&merged).map_err(|e| Failed::Disk(e.to_string()))?;
    table.insert(key, json.as_slice())?;
    if table.len()? > BRANCHES {
        let oldest = table
            .iter()?
            .filter_map(Result::ok)
            .filter_map(|(k, v)| {
                let held = serde_json::from_slice::<HeldBranch>(v.value()).ok()?;
                Some((held.wait().since, (k.value().0, k.value().1.to_owned()), held))
            })
            .min_by(|(one, _, _), (other, _, _)| one.cmp(other));
        if let Some((_, (repository, branch), oldest)) = oldest {
            table.remove((repository, branch.as_str()))?;
            holding.gone.push(oldest);
        }
    }
    Ok(holding)
}
