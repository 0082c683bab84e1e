//! The line of changes that wait to be taken: bounded, and those that name the same stand in it once.

use super::Change;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// Most changes that wait. Whoever brings another one waits for room.
const WAITING: usize = 1_000;
/// Most runs that one change tells of.
const RUNS: usize = 50;

/// Changes in the order in which they came. One brings, and one takes.
#[derive(Debug, Default)]
pub(super) struct Line {
    waiting: Mutex<VecDeque<Change>>,
    come: Notify,
    room: Notify,
}

impl Line {
    fn waiting(&self) -> std::sync::MutexGuard<'_, VecDeque<Change>> {
        // Whole after every line that holds it.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a change at the end, or joins it to one that names the same. Waits while there is no room.
    pub(super) async fn put(&self, change: Change) {
        let mut change = Some(change);
        loop {
            change = change.and_then(|change| joined(&mut self.waiting(), change));
            if change.is_none() {
                return self.come.notify_one();
            }
            self.room.notified().await;
        }
    }

    /// Takes the first change, waiting for one.
    pub(super) async fn take(&self) -> Change {
        loop {
            let first = self.waiting().pop_front();
            if let Some(change) = first {
                self.room.notify_one();
                return change;
            }
            self.come.notified().await;
        }
    }
}

/// Puts a change into the line; gives it back when there is no room.
fn joined(waiting: &mut VecDeque<Change>, mut change: Change) -> Option<Change> {
    let names_same =
        |one: &&mut Change| (&one.repositories, one.pull_request, &one.task) == (&change.repositories, change.pull_request, &change.task);
    // Of several that name the same only the last can have room.
    if let Some(one) = waiting.iter_mut().rev().find(names_same) {
        one.runs.retain(|run| change.runs.iter().all(|newer| newer.uid != run.uid));
        if one.runs.len() + change.runs.len() <= RUNS {
            one.runs.append(&mut change.runs);
            return None;
        }
    }
    if waiting.len() >= WAITING {
        return Some(change);
    }
    waiting.push_back(change);
    None
}

#[cfg(test)]
mod tests {
    use super::super::ChangedRun;
    use super::*;
    use pawl_core::news::Phase;
    use std::time::Duration;
    use tokio::time::timeout;

    fn change(number: u32, uid: &str, phase: Phase) -> Change {
        let run = ChangedRun { name: "run".to_owned(), uid: uid.to_owned(), phase: Some(phase) };
        Change { repositories: vec!["acme/web".to_owned()], pull_request: Some(number), task: None, runs: vec![run] }
    }

    #[tokio::test(start_paused = true)]
    async fn changes_that_name_the_same_are_told_as_one_with_the_last_of_each_run() {
        let line = Line::default();
        for (number, uid, phase) in [(1, "a", Phase::Pending), (2, "b", Phase::Pending), (1, "c", Phase::Failed), (1, "a", Phase::Running)]
        {
            line.put(change(number, uid, phase)).await;
        }
        let first = line.take().await;
        let told: Vec<_> = first.runs.iter().map(|run| (run.uid.as_str(), run.phase)).collect();
        assert_eq!((first.pull_request, told), (Some(1), vec![("c", Some(Phase::Failed)), ("a", Some(Phase::Running))]));
        assert_eq!(line.take().await, change(2, "b", Phase::Pending));
    }

    #[tokio::test(start_paused = true)]
    async fn one_change_tells_of_no_more_than_fifty_runs() {
        let line = Line::default();
        for n in 0..=RUNS {
            line.put(change(1, &n.to_string(), Phase::Running)).await;
        }
        assert_eq!((line.take().await.runs.len(), line.take().await.runs.len()), (RUNS, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_brings_more_than_fit_waits_until_one_is_taken_and_nothing_is_lost() {
        let line = Line::default();
        let most = u32::try_from(WAITING).expect("a small number");
        for number in 0..most {
            line.put(change(number, "a", Phase::Running)).await;
        }
        line.put(change(7, "b", Phase::Running)).await;
        timeout(Duration::from_secs(1), line.put(change(most, "a", Phase::Running))).await.expect_err("there is no room");
        let ((), first) = tokio::join!(line.put(change(most, "a", Phase::Running)), line.take());
        assert_eq!(first.pull_request, Some(0));
        let mut rest = Vec::new();
        for _ in 0..WAITING {
            rest.extend(line.take().await.pull_request);
        }
        assert_eq!(rest, (1..=most).collect::<Vec<_>>());
    }
}
