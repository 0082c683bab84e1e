//! Limits in a story: what is left, and what is enforced.

use crate::World;
use crate::state::app::installation_key;

impl World {
    /// How many REST requests our account's token has left in this hour.
    pub fn set_rest_left(&self, requests: u32) {
        self.leave(self.account(), 0, requests);
    }

    /// How many GraphQL points our account's token has left in this hour.
    pub fn set_graphql_left(&self, points: u32) {
        self.leave(self.account(), 1, points);
    }

    /// How many REST requests an installation of the App has left in this hour.
    pub fn set_rest_left_of(&self, installation: u64, requests: u32) {
        self.leave(&installation_key(installation), 0, requests);
    }

    /// How many GraphQL points an installation of the App has left in this hour.
    pub fn set_graphql_left_of(&self, installation: u64, points: u32) {
        self.leave(&installation_key(installation), 1, points);
    }

    fn leave(&self, who: &str, interface: usize, left: u32) {
        let now = self.now();
        let mut limits = self.shared.limits();
        let budget = &mut limits.of(who, now).budgets[interface];
        budget.used = budget.limit.saturating_sub(left);
    }

    /// Enforces the secondary limits, for each account and installation its own: on writes, mutations included, 80 in a minute
    /// and 500 in an hour; on points, 900 of REST and 2,000 of GraphQL in a minute, a write being five. And 100 requests at once,
    /// for all together.
    pub fn enforce_secondary_limit(&self) {
        self.shared.limits().enforced = true;
    }

    /// From now on an answer that names a secondary limit does not say how long to wait.
    pub fn leave_retry_after_out(&self) {
        self.shared.limits().untold = true;
    }
}
