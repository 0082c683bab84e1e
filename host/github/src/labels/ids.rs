//! The node ids of labels, remembered per repository. A cache: everything in it may be stale and is dropped when it proves so.
//! Beside them how labels should look, so that one that was deleted is made again as it should be.

use pawl_core::label::{Label, LabelSpec};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Most repositories remembered.
const REPOSITORIES: usize = 500;
/// Most labels remembered per repository.
const LABELS: usize = 1_000;

type Ids = HashMap<u64, HashMap<String, String>>;

#[derive(Debug, Default)]
pub(crate) struct LabelIds {
    ids: Mutex<Ids>,
    specs: Mutex<HashMap<u64, Vec<LabelSpec>>>,
}

impl LabelIds {
    /// Remembers ids that GitHub just told. When a limit is reached, what was known before is forgotten: it is cheap to learn.
    pub(crate) fn learn(&self, repository: u64, labels: impl IntoIterator<Item = (Label, String)>) {
        let mut ids = self.lock();
        if ids.len() >= REPOSITORIES && !ids.contains_key(&repository) {
            ids.clear();
        }
        let known = ids.entry(repository).or_default();
        for (label, id) in labels {
            if known.len() >= LABELS {
                known.clear();
            }
            known.insert(label.folded(), id);
        }
    }

    /// How labels of a repository should look.
    pub(crate) fn learn_specs(&self, repository: u64, wanted: &[LabelSpec]) {
        let mut specs = self.specs.lock().unwrap_or_else(PoisonError::into_inner);
        if specs.len() >= REPOSITORIES && !specs.contains_key(&repository) {
            specs.clear();
        }
        specs.insert(repository, wanted.to_vec());
    }

    /// How those of `labels` should look of which that was told.
    pub(crate) fn specs_of(&self, repository: u64, labels: &[Label]) -> Vec<LabelSpec> {
        let specs = self.specs.lock().unwrap_or_else(PoisonError::into_inner);
        specs.get(&repository).into_iter().flatten().filter(|spec| labels.contains(&spec.name)).cloned().collect()
    }

    /// The ids of all `labels`, or none if one is not known.
    pub(crate) fn of(&self, repository: u64, labels: &[Label]) -> Option<Vec<String>> {
        if labels.is_empty() {
            return Some(Vec::new());
        }
        let ids = self.lock();
        let known = ids.get(&repository)?;
        labels.iter().map(|label| known.get(&label.folded()).cloned()).collect()
    }

    /// Drops everything about a repository.
    pub(crate) fn forget(&self, repository: u64) {
        self.lock().remove(&repository);
    }

    fn lock(&self) -> MutexGuard<'_, Ids> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(n: usize) -> (Label, String) {
        (Label::new(format!("label-{n}")), format!("id-{n}"))
    }

    #[test]
    fn ids_are_found_without_case_and_only_all_at_once() {
        let ids = LabelIds::default();
        ids.learn(1, [named(1), named(2)]);
        assert_eq!(ids.of(1, &["LABEL-2".into(), "label-1".into()]), Some(vec!["id-2".to_owned(), "id-1".to_owned()]));
        assert_eq!(ids.of(1, &["label-1".into(), "label-3".into()]), None);
        assert_eq!(ids.of(2, &["label-1".into()]), None);
        assert_eq!(ids.of(2, &[]), Some(Vec::new()));
        ids.forget(1);
        assert_eq!(ids.of(1, &["label-1".into()]), None);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let ids = LabelIds::default();
        for repository in 0..REPOSITORIES as u64 + 10 {
            ids.learn(repository, [named(1)]);
        }
        ids.learn(1, (0..LABELS + 10).map(named));
        let all = ids.lock();
        assert!(all.len() <= REPOSITORIES);
        assert!(all.values().all(|labels| labels.len() <= LABELS));
    }
}
