//! What GitHub may expect of a client: nothing while a limit lasts, and no more writes than were promised.
//!
//! Watched of plain tokens, which have one account for everything, and until the repository is renamed: a redirected write is
//! one write in two requests.

use pawl_github::WriteBudget;
use pawl_world::Met;
use std::collections::VecDeque;

/// What one process of the client did, as GitHub sees it.
#[derive(Debug)]
pub struct Manners {
    budget: WriteBudget,
    /// Times of the writes of the last hour.
    writes: VecDeque<i64>,
    /// Until when everything is closed, then REST alone, then GraphQL alone.
    closed: [i64; 3],
    /// What was wrong, in sentences.
    pub complaints: Vec<String>,
}

impl Manners {
    pub fn new(budget: WriteBudget) -> Self {
        Self { budget, writes: VecDeque::new(), closed: [0; 3], complaints: Vec::new() }
    }

    /// Another process knows nothing of what the one before was told.
    pub fn forget(&mut self) {
        self.writes.clear();
        self.closed = [0; 3];
    }

    /// A limit was told. A primary one is about its own interface only.
    pub fn limit(&mut self, met: Met<'_>, until: i64, is_primary: bool) {
        let part = if is_primary { interface(met) } else { 0 };
        self.closed[part] = self.closed[part].max(until);
    }

    /// A request came.
    pub fn watch(&mut self, met: Met<'_>, now: i64) {
        let open_at = self.closed[0].max(self.closed[interface(met)]);
        if now < open_at {
            self.complaints.push(format!("{} {} came at second {now}, and a limit lasts until {open_at}", met.method, met.path));
        }
        if !met.is_write {
            return;
        }
        self.writes.push_back(now);
        while self.writes.front().is_some_and(|at| now - at >= 3_600) {
            self.writes.pop_front();
        }
        // Seconds are whole here and not in the budget, so the window is one shorter.
        let minute = self.writes.iter().filter(|at| now - **at < 59).count();
        if minute > self.budget.per_minute as usize || self.writes.len() > self.budget.per_hour as usize {
            self.complaints.push(format!("{minute} writes in a minute and {} in an hour at second {now}", self.writes.len()));
        }
    }
}

fn interface(met: Met<'_>) -> usize {
    if met.path == "/graphql" { 2 } else { 1 }
}
