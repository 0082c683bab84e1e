//! Repository names: what GitHub said, and what only news say.

use crate::Store;
use crate::error::Failed;
use pawl_core::store::{Named, StoreError};
use pawl_core::subject::Repository;
use redb::{ReadableTable, TableDefinition, WriteTransaction};

/// Repository id by lower-case `owner/name`, as GitHub said.
const CONFIRMED: TableDefinition<'_, &str, u64> = TableDefinition::new("names");
/// The same, as news first told.
const TOLD: TableDefinition<'_, &str, u64> = TableDefinition::new("told-names");

fn key(repository: &Repository) -> String {
    repository.to_string().to_lowercase()
}

/// Makes the tables.
pub(crate) fn prepare(tx: &WriteTransaction) -> Result<(), Failed> {
    tx.open_table(CONFIRMED)?;
    tx.open_table(TOLD)?;
    Ok(())
}

/// Remembers what news call a repository, unless the name is known: most deliveries are of a repository that has been seen before. If it
/// is known as another's, it is doubted.
pub(crate) fn tell(tx: &WriteTransaction, repository: &Repository) -> Result<(), Failed> {
    let key = key(repository);
    let (mut told, mut confirmed) = (tx.open_table(TOLD)?, tx.open_table(CONFIRMED)?);
    let known = confirmed.get(key.as_str())?.map(|id| id.value());
    if known == Some(repository.id) || (known.is_none() && told.get(key.as_str())?.is_some()) {
        return Ok(());
    }
    if known.is_some() {
        confirmed.remove(key.as_str())?;
    }
    told.insert(key.as_str(), known.unwrap_or(repository.id))?;
    Ok(())
}

impl Store {
    /// Remembers what news call a repository, while nothing is known of that name, and doubts the name if it is known as another's;
    /// durable when this returns. [`Store::append`] and [`Store::hold`] do so by themselves.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tell_name(&self, repository: &Repository) -> Result<(), StoreError> {
        let repository = repository.clone();
        self.write(move |tx| tell(tx, &repository)).await
    }

    /// Remembers what GitHub itself calls a repository, whatever was known of that name; durable when this returns.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn confirm_name(&self, repository: &Repository) -> Result<(), StoreError> {
        let (key, id) = (key(repository), repository.id);
        if self.read_one(|tx| Ok(tx.open_table(CONFIRMED)?.get(key.as_str())?.map(|v| v.value())))? == Some(id) {
            // Nearly always: a turn confirms its name each time.
            return Ok(());
        }
        self.write(move |tx| {
            tx.open_table(TOLD)?.remove(key.as_str())?;
            tx.open_table(CONFIRMED)?.insert(key.as_str(), id)?;
            Ok(())
        })
        .await
    }

    /// GitHub shows no such repository under that name any more: what it said is worth no more than what news say.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn doubt_name(&self, repository: &Repository) -> Result<(), StoreError> {
        let (key, id) = (key(repository), repository.id);
        self.write(move |tx| {
            let mut confirmed = tx.open_table(CONFIRMED)?;
            let is_its = confirmed.get(key.as_str())?.is_some_and(|known| known.value() == id);
            if is_its {
                confirmed.remove(key.as_str())?;
                tx.open_table(TOLD)?.insert(key.as_str(), id)?;
            }
            Ok(())
        })
        .await
    }

    /// Whose this `owner/name` is, in any case of letters.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn repository_named(&self, full_name: &str) -> Result<Option<Named>, StoreError> {
        let key = full_name.to_lowercase();
        Ok(self.read_one(|tx| {
            let confirmed = tx.open_table(CONFIRMED)?.get(key.as_str())?.map(|v| v.value());
            if let Some(id) = confirmed {
                return Ok(Some(Named { id, is_confirmed: true }));
            }
            Ok(tx.open_table(TOLD)?.get(key.as_str())?.map(|v| Named { id: v.value(), is_confirmed: false }))
        })?)
    }

    /// All names, in lower case, and whose they are; in no order.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn names(&self) -> Result<Vec<(String, u64)>, StoreError> {
        self.read(|tx| {
            let mut names = Vec::new();
            for table in [CONFIRMED, TOLD] {
                for row in tx.open_table(table)?.iter()? {
                    let (name, id) = row?;
                    names.push((name.value().to_owned(), id.value()));
                }
            }
            Ok(names)
        })
        .await
    }

    /// Forgets what was known of a name, if it still is that repository's. Whether it was.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn forget_name(&self, name: &str, id: u64) -> Result<bool, StoreError> {
        let name = name.to_owned();
        self.write(move |tx| {
            let mut has_forgotten = false;
            for table in [CONFIRMED, TOLD] {
                let mut table = tx.open_table(table)?;
                let is_its = table.get(name.as_str())?.is_some_and(|known| known.value() == id);
                if is_its {
                    table.remove(name.as_str())?;
                    has_forgotten = true;
                }
            }
            Ok(has_forgotten)
        })
        .await
    }
}
