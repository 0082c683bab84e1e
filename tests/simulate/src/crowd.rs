//! A crowd: a thousand pull requests that are all pushed to within moments, while everything goes wrong.

use crate::model::Step;
use crate::people::QA;
use crate::stage::Whose;
use crate::storm::Storm;
use pawl_world::Verdict;
use std::time::Duration;

/// Pull requests of a crowd (Q10).
pub const SUBJECTS: u32 = 1_000;
/// Its trace has so many times the lines of that of a storm over two.
pub(crate) const LINES: u64 = 20;
/// Of so many that are pushed to one after the other something goes wrong once.
const WAVE: usize = 50;

/// What GitHub grants in an hour: a crowd needs more, and it is not GitHub's patience that is tested with it.
const ALLOWANCE: u32 = 5_000;

impl Storm {
    /// A crowd has a whole hour's allowance at any time.
    pub(crate) fn be_generous(&self) {
        if self.stage.pulls.len() >= SUBJECTS as usize {
            self.stage.world.set_graphql_left(ALLOWANCE);
            self.stage.world.set_rest_left(ALLOWANCE);
        }
    }

    /// Each has runs of its agents, some are asked for changes, and then each is pushed to.
    pub(crate) async fn crowd(&mut self) {
        let eye = self.around.eye.clone();
        for at in self.stage.pulls.clone() {
            for _ in 0..self.dice.u8(1..3) {
                let (is_cleo, has_finalizer) = (self.dice.bool(), self.dice.u8(0..3) == 0);
                self.stage.start_run(&eye, &at, Whose::PullRequest, is_cleo, has_finalizer);
            }
            if self.dice.bool() {
                at.1.review(QA, Verdict::ChangesRequested);
                self.stage.step(&eye, at.0, Step::Feedback);
            }
        }
        // What is told of a happening orders it: to one pull request no two happen in the same second.
        self.pass(Duration::from_secs(2)).await;
        for wave in self.stage.pulls.clone().chunks(WAVE) {
            for at in wave {
                self.stage.push(&eye, at, true);
            }
            self.disturb();
            self.be_generous();
            self.stage.control(&eye);
            self.pass(Duration::from_millis(500)).await;
            if self.is_broken() {
                return;
            }
        }
    }
}
