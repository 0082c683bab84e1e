//! Making a schedule that fails as small as it goes, so that a person can understand it.

use super::run::{self, Wreck};
use super::schedule::Schedule;
use crate::play::Candidate;
use std::sync::Arc;

/// Most plays for it; a schedule of 16 happenings takes a few hundred.
const TRIES: usize = 3_000;

/// Takes away happenings, and then misfortunes, as long as what is left goes wrong in the same way.
pub(super) fn shrink(candidate: &Arc<Candidate>, schedule: Schedule, wreck: Wreck) -> (Schedule, Wreck) {
    let mut small = Shrunk { candidate, schedule, wreck, tries: 0 };
    // What was needed for one happening may not be needed without another.
    loop {
        let before = (small.schedule.acts.len(), small.schedule.misfortunes());
        small.without_happenings();
        small.without_misfortunes();
        if before == (small.schedule.acts.len(), small.schedule.misfortunes()) || small.tries >= TRIES {
            return (small.schedule, small.wreck);
        }
    }
}

struct Shrunk<'a> {
    candidate: &'a Arc<Candidate>,
    schedule: Schedule,
    wreck: Wreck,
    tries: usize,
}

impl Shrunk<'_> {
    /// The later first: what comes before may have led to it.
    fn without_happenings(&mut self) {
        for place in (0..self.schedule.acts.len()).rev() {
            let mut less = self.schedule.clone();
            let gone = less.acts.remove(place);
            if self.keeps(&less) {
                self.take(less);
                continue;
            }
            // Without the happening, but with what went wrong after it.
            if let Some(before) = place.checked_sub(1) {
                less.acts[before].misfortunes.extend(gone.misfortunes);
                self.try_with(less);
            }
        }
    }

    fn without_misfortunes(&mut self) {
        for act in (0..self.schedule.acts.len()).rev() {
            for place in (0..self.schedule.acts[act].misfortunes.len()).rev() {
                let mut less = self.schedule.clone();
                less.acts[act].misfortunes.remove(place);
                self.try_with(less);
            }
        }
    }

    fn try_with(&mut self, less: Schedule) {
        if self.keeps(&less) {
            self.take(less);
        }
    }

    fn keeps(&mut self, less: &Schedule) -> bool {
        self.tries += 1;
        self.tries < TRIES && matches!(run::play(self.candidate, less), Err(wreck) if self.is_alike(&wreck))
    }

    fn is_alike(&self, wreck: &Wreck) -> bool {
        wreck.violation.fault == self.wreck.violation.fault && wreck.is_calm == self.wreck.is_calm
    }

    fn take(&mut self, less: Schedule) {
        if let Err(wreck) = run::play(self.candidate, &less) {
            (self.schedule, self.wreck) = (less, wreck);
        }
    }
}
