//! Check runs, which Apps attach to commits.

use super::State;
use super::model::{At, CheckRun};
use crate::shape;
use serde_json::json;

impl State {
    /// A check run that starts now, by the App with that slug.
    pub(crate) fn start_check(&mut self, repository: u64, app: &str, name: &str, head: &str) -> u64 {
        let suite = self.place(repository).checks.iter().find(|check| check.app == app && check.head == head).map(|check| check.suite_id);
        let check = CheckRun {
            id: self.ids.number(),
            node_id: self.ids.node("CR"),
            suite_id: suite.unwrap_or_else(|| self.ids.number()),
            name: name.to_owned(),
            app: app.to_owned(),
            head: head.to_owned(),
            conclusion: None,
            started_at: self.now(),
            completed_at: None,
        };
        let id = check.id;
        self.place_mut(repository).checks.push(check);
        self.revision += 1;
        self.announce_check(repository, id, "created");
        id
    }

    /// Ends a check run; the conclusion as REST writes it, such as `action_required`.
    pub(crate) fn complete_check(&mut self, repository: u64, id: u64, conclusion: &str) {
        let now = self.now();
        if let Some(check) = self.place_mut(repository).checks.iter_mut().find(|check| check.id == id) {
            check.conclusion = Some(conclusion.to_owned());
            check.completed_at = Some(now);
        }
        self.revision += 1;
        self.announce_check(repository, id, "completed");
    }

    /// Open pull requests of this repository whose head is that commit and not in a fork: those a check run names.
    pub(crate) fn pulls_of_check(&self, repository: u64, head: &str) -> Vec<At> {
        let place = self.place(repository);
        let named = place
            .items
            .values()
            .filter(|item| item.open && item.pull.as_ref().is_some_and(|pull| pull.head == head && pull.head_repository == repository));
        named.map(|item| At { repository, number: item.number }).collect()
    }

    fn announce_check(&mut self, repository: u64, id: u64, action: &str) {
        let Some(check) = self.place(repository).checks.iter().find(|check| check.id == id) else { return };
        let by = format!("{}[bot]", check.app);
        let extra = json!({ "check_run": shape::check_run(self, repository, check) });
        self.announce(repository, "check_run", Some(action), &by, extra);
    }
}
