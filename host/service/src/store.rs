//! The store, as the service uses it: one trait for records in a local file and records in a cluster.
//!
//! Both keep the same promises. What is answered `Ok` is durable. Doing the same again is harmless. A commit needs the generation that
//! was read. A record that cannot be read is set aside, never overwritten.

use async_trait::async_trait;
use pawl_core::Timestamp;
use pawl_core::branch::{HeldBranch, Holding};
use pawl_core::record::{Commit, Record};
use pawl_core::store::{Append, AppendResult, Named, StoreError};
use pawl_core::subject::{Repository, SubjectId};
use std::fmt::Debug;

/// One page of records, each on its own: one that cannot be read is no reason not to read the others, and its error names its subject.
pub type Page = Vec<Result<Record, StoreError>>;

/// A store of records, branch news and repository names.
#[async_trait]
pub trait Store: Debug + Send + Sync {
    /// Appends news to the inboxes of their subjects, and remembers what their repositories are called. After an error a part may have
    /// been appended; all of it may be sent again.
    async fn append(&self, appends: Vec<Append>) -> Result<Vec<AppendResult>, StoreError>;

    /// Reads a record; nothing when there is none, or none that can be read.
    async fn load(&self, id: SubjectId) -> Result<Option<Record>, StoreError>;

    /// Commits: compares the generation, and swaps. What was appended meanwhile stays in the inbox; a commit whose reply was lost is
    /// recognised by its operation.
    async fn commit(&self, id: SubjectId, commit: Commit) -> Result<Record, StoreError>;

    /// Up to `limit` records behind `after`, in an order of the store's own that stays as it is; fewer only at the end. Whoever goes
    /// from page to page sees each record that exists all the while.
    async fn page(&self, after: Option<SubjectId>, limit: usize) -> Result<Page, StoreError>;

    /// Takes a record away if it is still exactly this one: nothing was appended and nothing committed since it was read. Whether it was.
    async fn remove(&self, record: &Record) -> Result<bool, StoreError>;

    /// Remembers what news call a repository, while nothing is known of that name; if it is known as another's, it is doubted, and given
    /// to nobody. [`Store::append`] and [`Store::hold`] do so by themselves.
    async fn tell_name(&self, repository: &Repository) -> Result<(), StoreError>;

    /// Remembers what GitHub itself calls a repository, whatever was known of that name.
    async fn confirm_name(&self, repository: &Repository) -> Result<(), StoreError>;

    /// GitHub shows no such repository under that name any more: what it said is worth no more than what news say.
    async fn doubt_name(&self, repository: &Repository) -> Result<(), StoreError>;

    /// Whose this `owner/name` is, in any case of letters.
    async fn repository_named(&self, full_name: &str) -> Result<Option<Named>, StoreError>;

    /// All names, in lower case, and whose they are; in no order.
    async fn names(&self) -> Result<Vec<(String, u64)>, StoreError>;

    /// Forgets what was known of a name, if it still is that repository's. Whether it was.
    async fn forget_name(&self, name: &str, id: u64) -> Result<bool, StoreError>;

    /// Keeps branch news as [`HeldBranch::over`] says, and remembers what their repository is called. What had to go for it is in the
    /// answer, once; when that is lost nobody hears of it.
    async fn hold(&self, held: HeldBranch) -> Result<Holding, StoreError>;

    /// Branch news that are due, at most `limit`, by [`pawl_core::branch::Wait::is_due`]. What another replica holds may be seen a little later.
    async fn due_branches(&self, now: Timestamp, limit: usize) -> Result<Vec<HeldBranch>, StoreError>;

    /// The branch news of one branch.
    async fn held_branch(&self, repository: u64, branch: &str) -> Result<Option<HeldBranch>, StoreError>;

    /// How many branches wait, by what was read last.
    async fn held_branches(&self) -> Result<u64, StoreError>;

    /// Lets go of branch news that found their pull request, or gave up; what was told of the branch meanwhile stays.
    async fn let_go(&self, held: &HeldBranch) -> Result<(), StoreError>;

    /// Subjects whose record was set aside and of which nobody has said that they have begun anew. What another replica has set aside
    /// since this process began is that one's to see to.
    async fn bereft(&self) -> Result<Vec<SubjectId>, StoreError>;

    /// The subject has begun anew, or there is nothing to begin: nobody asks for it again because of what was set aside till now.
    async fn begun_anew(&self, subject: SubjectId) -> Result<(), StoreError>;

    /// Whether what the store is kept in answers now: one read that asks it, of a few seconds at most. It shows that something can be read,
    /// not that something can be written.
    async fn answers(&self) -> Result<(), StoreError>;

    /// The order that an operator gave about a policy, if one stands; what it says is [`crate::orders`]' matter.
    async fn order(&self, policy: &str) -> Result<Option<String>, StoreError>;

    /// Replaces the order about a policy, or takes it away.
    async fn set_order(&self, policy: &str, order: Option<String>) -> Result<(), StoreError>;

    /// How much this process has set aside because it could not be read.
    fn set_aside(&self) -> u64;
}

/// Where the page after `page` begins: behind its last record, readable or not.
#[must_use]
pub fn behind(page: &Page) -> Option<SubjectId> {
    page.iter().rev().find_map(|record| match record {
        Ok(record) => Some(record.subject.id()),
        Err(error) => error.subject(),
    })
}

/// Both stores have these functions as their own; here they are handed on.
macro_rules! store {
    ($($store:ty),*) => { $(
        #[async_trait]
        impl Store for $store {
            async fn append(&self, appends: Vec<Append>) -> Result<Vec<AppendResult>, StoreError> {
                self.append(appends).await
            }
            async fn load(&self, id: SubjectId) -> Result<Option<Record>, StoreError> {
                self.load(id).await
            }
            async fn commit(&self, id: SubjectId, commit: Commit) -> Result<Record, StoreError> {
                self.commit(id, commit).await
            }
            async fn page(&self, after: Option<SubjectId>, limit: usize) -> Result<Page, StoreError> {
                self.page(after, limit).await
            }
            async fn remove(&self, record: &Record) -> Result<bool, StoreError> {
                self.remove(record).await
            }
            async fn names(&self) -> Result<Vec<(String, u64)>, StoreError> {
                self.names().await
            }
            async fn forget_name(&self, name: &str, id: u64) -> Result<bool, StoreError> {
                self.forget_name(name, id).await
            }
            async fn bereft(&self) -> Result<Vec<SubjectId>, StoreError> {
                self.bereft().await
            }
            async fn begun_anew(&self, subject: SubjectId) -> Result<(), StoreError> {
                self.begun_anew(subject).await
            }
            async fn tell_name(&self, repository: &Repository) -> Result<(), StoreError> {
                self.tell_name(repository).await
            }
            async fn confirm_name(&self, repository: &Repository) -> Result<(), StoreError> {
                self.confirm_name(repository).await
            }
            async fn doubt_name(&self, repository: &Repository) -> Result<(), StoreError> {
                self.doubt_name(repository).await
            }
            async fn repository_named(&self, full_name: &str) -> Result<Option<Named>, StoreError> {
                self.repository_named(full_name).await
            }
            async fn hold(&self, held: HeldBranch) -> Result<Holding, StoreError> {
                self.hold(held).await
            }
            async fn due_branches(&self, now: Timestamp, limit: usize) -> Result<Vec<HeldBranch>, StoreError> {
                self.due_branches(now, limit).await
            }
            async fn held_branch(&self, repository: u64, branch: &str) -> Result<Option<HeldBranch>, StoreError> {
                self.held_branch(repository, branch).await
            }
            async fn held_branches(&self) -> Result<u64, StoreError> {
                self.held_branches().await
            }
            async fn let_go(&self, held: &HeldBranch) -> Result<(), StoreError> {
                self.let_go(held).await
            }
            async fn answers(&self) -> Result<(), StoreError> {
                self.answers().await
            }
            async fn order(&self, policy: &str) -> Result<Option<String>, StoreError> {
                self.order(policy).await
            }
            async fn set_order(&self, policy: &str, order: Option<String>) -> Result<(), StoreError> {
                self.set_order(policy, order).await
            }
            fn set_aside(&self) -> u64 {
                self.set_aside()
            }
        }
    )* };
}

store!(pawl_store::Store, pawl_cluster::Records);
