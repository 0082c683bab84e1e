//! A store with a defect: it panics where a story says so, and keeps what it is given as the records behind it do.

use async_trait::async_trait;
use pawl_cluster::Records;
use pawl_core::Timestamp;
use pawl_core::branch::{HeldBranch, Holding};
use pawl_core::record::{Commit, Record};
use pawl_core::store::{Append, AppendResult, Named, StoreError};
use pawl_core::subject::{Repository, SubjectId};
use pawl_service::store::{Page, Store};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

/// Records, and what is wrong with the way to them.
#[derive(Debug)]
pub struct Defective {
    records: Records,
    /// Commits for these subjects panic, in the middle of a turn that holds its claim.
    pub commits: Mutex<BTreeSet<SubjectId>>,
    /// So many reads of pages still panic.
    pub pages: AtomicU32,
    /// So many reads of branches that are due still panic.
    pub branches: AtomicU32,
}

impl Defective {
    pub fn new(records: Records) -> Self {
        Self { records, commits: Mutex::default(), pages: AtomicU32::new(0), branches: AtomicU32::new(0) }
    }
}

fn panics(left: &AtomicU32, what: &str) {
    let has_left = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
    assert!(!has_left, "a defect of this story: {what}");
}

#[async_trait]
impl Store for Defective {
    async fn append(&self, appends: Vec<Append>) -> Result<Vec<AppendResult>, StoreError> {
        self.records.append(appends).await
    }
    async fn load(&self, id: SubjectId) -> Result<Option<Record>, StoreError> {
        self.records.load(id).await
    }
    async fn commit(&self, id: SubjectId, commit: Commit) -> Result<Record, StoreError> {
        let is_meant = self.commits.lock().unwrap_or_else(PoisonError::into_inner).contains(&id);
        assert!(!is_meant, "a defect of this story: the commit of {id}");
        self.records.commit(id, commit).await
    }
    async fn page(&self, after: Option<SubjectId>, limit: usize) -> Result<Page, StoreError> {
        panics(&self.pages, "a page");
        self.records.page(after, limit).await
    }
    async fn remove(&self, record: &Record) -> Result<bool, StoreError> {
        self.records.remove(record).await
    }
    async fn tell_name(&self, repository: &Repository) -> Result<(), StoreError> {
        self.records.tell_name(repository).await
    }
    async fn confirm_name(&self, repository: &Repository) -> Result<(), StoreError> {
        self.records.confirm_name(repository).await
    }
    async fn doubt_name(&self, repository: &Repository) -> Result<(), StoreError> {
        self.records.doubt_name(repository).await
    }
    async fn repository_named(&self, full_name: &str) -> Result<Option<Named>, StoreError> {
        self.records.repository_named(full_name).await
    }
    async fn names(&self) -> Result<Vec<(String, u64)>, StoreError> {
        self.records.names().await
    }
    async fn forget_name(&self, name: &str, id: u64) -> Result<bool, StoreError> {
        self.records.forget_name(name, id).await
    }
    async fn hold(&self, held: HeldBranch) -> Result<Holding, StoreError> {
        self.records.hold(held).await
    }
    async fn due_branches(&self, now: Timestamp, limit: usize) -> Result<Vec<HeldBranch>, StoreError> {
        panics(&self.branches, "branches that are due");
        self.records.due_branches(now, limit).await
    }
    async fn held_branch(&self, repository: u64, branch: &str) -> Result<Option<HeldBranch>, StoreError> {
        self.records.held_branch(repository, branch).await
    }
    async fn held_branches(&self) -> Result<u64, StoreError> {
        self.records.held_branches().await
    }
    async fn let_go(&self, held: &HeldBranch) -> Result<(), StoreError> {
        self.records.let_go(held).await
    }
    async fn bereft(&self) -> Result<Vec<SubjectId>, StoreError> {
        self.records.bereft().await
    }
    async fn begun_anew(&self, subject: SubjectId) -> Result<(), StoreError> {
        self.records.begun_anew(subject).await
    }
    async fn answers(&self) -> Result<(), StoreError> {
        self.records.answers().await
    }
    async fn order(&self, policy: &str) -> Result<Option<String>, StoreError> {
        self.records.order(policy).await
    }
    async fn set_order(&self, policy: &str, order: Option<String>) -> Result<(), StoreError> {
        self.records.set_order(policy, order).await
    }
    fn set_aside(&self) -> u64 {
        self.records.set_aside()
    }
}
