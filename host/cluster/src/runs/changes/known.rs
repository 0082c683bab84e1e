//! What is known of the runs, so that only what differs from it is told.

use super::sight::Sight;
use super::{Change, ChangedRun};
use crate::runs::facts::{metadata, number, of_repository, phase, task, uid};
use crate::runs::pick::Picked;
use crate::runs::repository::{MEANT, meant};
use crate::runs::settings::{RunSettings, is_name};
use kube::runtime::watcher::Event;
use pawl_core::news::Phase;
use std::collections::{BTreeMap, HashSet};

/// Most runs that are known at once: as many as are ever read. Of those above it nothing is told; a reading says that there are too many.
pub(super) const RUNS: usize = 50_000;

/// The runs by uid, as they were seen last; in an order, so that those that went together are told in one.
#[derive(Debug)]
pub(super) struct Known {
    settings: RunSettings,
    limit: usize,
    runs: BTreeMap<String, Seen>,
    /// The uids of a list that is being read.
    listed: HashSet<String>,
    /// Whether the runs were listed once: before, everything is new and nothing is news.
    has_begun: bool,
    /// Whether there was no room for a run since the last list began.
    is_over: bool,
}

/// What counts of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    name: String,
    phase: Phase,
    names: Names,
}

/// What a run names.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Names {
    repositories: Vec<String>,
    pull_request: Option<u32>,
    task: Option<String>,
}

impl Known {
    /// Nothing yet, and at most `limit` runs later.
    pub(super) fn new(settings: RunSettings, limit: usize) -> Self {
        Self { settings, limit, runs: BTreeMap::new(), listed: HashSet::new(), has_begun: false, is_over: false }
    }

    /// Takes what the watch saw, and answers what is to be told of it.
    pub(super) fn hear(&mut self, event: Event<Sight>) -> Vec<Change> {
        match event {
            Event::Init => {
                self.listed.clear();
                self.is_over = false;
                Vec::new()
            }
            Event::InitApply(sight) => {
                self.listed.extend(uid(&sight.picked).map(str::to_owned));
                self.seen(&sight.picked)
            }
            Event::InitDone => {
                self.has_begun = true;
                let listed = std::mem::take(&mut self.listed);
                let gone: Vec<String> = self.runs.keys().filter(|uid| !listed.contains(*uid)).cloned().collect();
                gone.iter().flat_map(|uid| self.gone(uid)).collect()
            }
            Event::Apply(sight) => self.seen(&sight.picked),
            Event::Delete(sight) => uid(&sight.picked).and_then(|uid| self.gone(uid)).into_iter().collect(),
        }
    }

    /// A run that is there. When it names another pull request than before, the one that it named hears of it too.
    fn seen(&mut self, object: &Picked) -> Vec<Change> {
        let Some(uid) = uid(object) else { return Vec::new() };
        let Some(name) = metadata(object, "name").text().filter(|name| is_name(name)) else { return Vec::new() };
        let seen = Seen { name: name.to_owned(), phase: phase(object, &self.settings), names: Names::of(object, &self.settings) };
        if self.runs.len() >= self.limit && !self.runs.contains_key(uid) {
            if !std::mem::replace(&mut self.is_over, true) {
                tracing::warn!(limit = self.limit, "there are too many runs to follow; those above the limit wake nobody");
            }
            return Vec::new();
        }
        let before = self.runs.insert(uid.to_owned(), seen.clone());
        if !self.has_begun || before.as_ref() == Some(&seen) {
            return Vec::new();
        }
        let left = before.map(|before| before.names).filter(|names| names.pull_request.is_some() && *names != seen.names);
        let changed = ChangedRun { name: seen.name, uid: uid.to_owned(), phase: Some(seen.phase) };
        left.into_iter().map(|names| names.change(changed.clone())).chain([seen.names.change(changed.clone())]).collect()
    }

    /// A run that is there no more.
    fn gone(&mut self, uid: &str) -> Option<Change> {
        let Seen { name, names, .. } = self.runs.remove(uid)?;
        Some(names.change(ChangedRun { name, uid: uid.to_owned(), phase: None }))
    }
}

impl Names {
    fn of(object: &Picked, settings: &RunSettings) -> Self {
        let texts = || of_repository(object, settings).filter_map(|(_, picked)| picked.text());
        let all = |is_whole: bool| {
            let mut found: Vec<String> =
                texts().filter(|text| text.contains('/') == is_whole).flat_map(|text| meant(text, &settings.hosts)).collect();
            found.sort();
            found.dedup();
            found.truncate(MEANT);
            found
        };
        // Where the owner is told apart there is nothing to guess.
        let whole = all(true);
        let repositories = if whole.is_empty() { all(false) } else { whole };
        Self { repositories, pull_request: number(object, settings), task: task(object, settings) }
    }

    fn change(self, run: ChangedRun) -> Change {
        let Self { repositories, pull_request, task } = self;
        Change { repositories, pull_request, task, runs: vec![run] }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use serde_json::{Value, json};

    fn sight(uid: &str, status: &Value, labels: &Value) -> Sight {
        let object = json!({ "metadata": { "name": "run", "uid": uid, "resourceVersion": "1", "labels": labels }, "status": status });
        serde_json::from_str(&object.to_string()).unwrap()
    }

    fn begun(limit: usize) -> Known {
        let mut known = Known::new(RunSettings::default(), limit);
        assert!(known.hear(Event::Init).is_empty() && known.hear(Event::InitDone).is_empty());
        known
    }

    #[test]
    fn runs_that_went_while_nobody_watched_are_told_in_one_order_whoever_tells_them() {
        let (mut known, none) = (begun(RUNS), json!({}));
        let uids: Vec<String> = (10..40).map(|n| format!("uid-{n}")).collect();
        for uid in uids.iter().rev() {
            known.hear(Event::Apply(sight(uid, &none, &none)));
        }
        known.hear(Event::Init);
        let gone: Vec<String> = known.hear(Event::InitDone).into_iter().flat_map(|change| change.runs).map(|run| run.uid).collect();
        assert_eq!(gone, uids);
    }

    #[test]
    fn runs_above_the_limit_are_not_followed_until_there_is_room() {
        let mut known = begun(1);
        let (running, none) = (json!({ "phase": "Running" }), json!({}));
        assert_eq!(known.hear(Event::Apply(sight("a", &none, &none))).len(), 1);
        assert_eq!(known.hear(Event::Apply(sight("b", &none, &none))), []);
        assert_eq!(known.hear(Event::Apply(sight("a", &running, &none))).len(), 1, "whatever is known goes on");
        assert_eq!(known.hear(Event::Delete(sight("b", &none, &none))), []);
        assert_eq!(known.hear(Event::Delete(sight("a", &none, &none))).len(), 1);
        assert_eq!(known.hear(Event::Apply(sight("b", &running, &none))).len(), 1, "there is room again");
    }

    #[test]
    fn a_run_that_names_another_pull_request_is_told_to_both() {
        let mut known = begun(9);
        let labels = |number: &str| json!({ "pr-number": number, "repository": "acme-web" });
        known.hear(Event::Apply(sight("a", &json!({}), &labels("7"))));
        let told = known.hear(Event::Apply(sight("a", &json!({}), &labels("8"))));
        assert_eq!(told.iter().map(|change| change.pull_request).collect::<Vec<_>>(), [Some(7), Some(8)]);
        assert!(told.iter().all(|change| change.repositories == ["acme/web"]));
    }

    #[test]
    fn an_address_says_more_than_a_label_that_joins_owner_and_name() {
        let mut known = begun(9);
        let status = json!({ "pullRequestUrl": "https://github.com/a-b/c/pull/7" });
        let [told] = known.hear(Event::Apply(sight("a", &status, &json!({ "repository": "a-b-c" })))).try_into().unwrap();
        assert_eq!((told.repositories, told.pull_request), (vec!["a-b/c".to_owned()], Some(7)));
    }

    #[test]
    fn objects_that_are_none_are_passed_over() {
        let mut known = begun(9);
        let deep = format!(r#"{{"metadata": {}1{}}}"#, "{\"labels\":".repeat(3_000), "}".repeat(3_000));
        for text in ["7", "null", "[]", "\"x\"", "{}", r#"{"metadata": 7}"#, r#"{"metadata": {"uid": "", "name": "a"}}"#, deep.as_str()] {
            let sight = || serde_json::from_str::<Sight>(text).unwrap();
            for event in [Event::Apply(sight()), Event::Delete(sight()), Event::InitApply(sight())] {
                assert_eq!(known.hear(event), [], "{text}");
            }
        }
        let odd = r#"{"metadata": {"uid": "u", "name": "a", "labels": [1]}, "spec": {"taskId": 1e9, "repositoryUrl": {}}, "status": 7}"#;
        let [told] = known.hear(Event::Apply(serde_json::from_str(odd).unwrap())).try_into().unwrap();
        assert_eq!((told.repositories, told.pull_request, told.task), (vec![], None, None));
    }
}
