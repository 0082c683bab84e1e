//! How a storm tells what happened: late, twice, out of order, or not at all.

use super::world::World;
use super::{Dice, Happening, Outcome, What};
use crate::Policy;
use crate::facts::News;
use crate::laws::Broken;

/// Of a hundred pieces of news that facts show again, so many are lost.
const LOST_PERCENT: u64 = 25;
/// Of a hundred, so many are told twice; half of those three times.
const DOUBLED_PERCENT: u64 = 40;
/// Of a hundred steps, so many have a decision: a timer, another policy's news, another replica.
const DECISION_PERCENT: u64 = 60;

pub(super) struct Telling {
    pub delay_seconds: i64,
    pub loses: bool,
}

impl Telling {
    pub fn run<P: Policy>(&self, world: &mut World, happenings: &[Happening], dice: &mut Dice) -> Result<Outcome, Broken> {
        // The subject is known before the storm: what a policy makes of labels at first sight is its own matter.
        world.settle::<P>()?;
        let mut underway: Vec<(i64, News)> = Vec::new();
        for (i, happening) in happenings.iter().enumerate() {
            self.until::<P>(world, &mut underway, happening.at, dice)?;
            if let What::Labelled { label, .. } = &happening.what
                && world.manifest().owns_label(label)
            {
                Self::all_told(world, &mut underway, dice);
                world.settle::<P>()?;
            }
            if let Some(news) = world.happen(happening) {
                let lost = self.loses && is_shown_again(&happenings[i..]) && dice.says(LOST_PERCENT);
                let mut copies = u64::from(!lost);
                if dice.says(DOUBLED_PERCENT) && !lost {
                    copies += 1 + dice.below(2);
                }
                for _ in 0..copies {
                    let delay = dice.below(self.delay_seconds.unsigned_abs() + 1);
                    underway.push((happening.at.saturating_add_unsigned(delay), news.clone()));
                }
            }
            // Facts do not say when it was closed, so a look must come before anything else does; the reconciler sees to that.
            let must_look = matches!(happening.what, What::Closed { .. });
            if must_look || dice.says(DECISION_PERCENT) {
                world.decide::<P>()?;
            }
        }
        let end = happenings.last().map_or(0, |last| last.at).saturating_add(self.delay_seconds);
        self.until::<P>(world, &mut underway, end, dice)?;
        Self::all_told(world, &mut underway, dice);
        world.settle::<P>()
    }

    /// Delivers what is due before `until`, in batches of any order, with decisions between.
    fn until<P: Policy>(&self, world: &mut World, underway: &mut Vec<(i64, News)>, until: i64, dice: &mut Dice) -> Result<(), Broken> {
        loop {
            let Some(first) = underway.iter().map(|(due, _)| *due).filter(|due| *due <= until).min() else { return Ok(()) };
            // Some of what is due soon comes together, as it does when the host was busy.
            let window = first.saturating_add_unsigned(dice.below(30)).min(until);
            let mut batch: Vec<News> = underway.iter().filter(|(due, _)| *due <= window).map(|(_, news)| news.clone()).collect();
            underway.retain(|(due, _)| *due > window);
            dice.shuffle(&mut batch);
            world.wait_until(window);
            world.deliver(batch);
            if dice.says(DECISION_PERCENT) {
                world.decide::<P>()?;
            }
        }
    }

    fn all_told(world: &mut World, underway: &mut Vec<(i64, News)>, dice: &mut Dice) {
        let mut batch: Vec<News> = underway.drain(..).map(|(_, news)| news).collect();
        dice.shuffle(&mut batch);
        world.deliver(batch);
    }
}

/// Whether facts still show the first of these happenings when all of them are over. Only such news may be lost: a push
/// that another push covers is gone for good, and nobody can be asked to find it.
fn is_shown_again(from: &[Happening]) -> bool {
    let Some((first, rest)) = from.split_first() else { return false };
    let later_push = rest.iter().any(|later| matches!(later.what, What::Pushed { .. }));
    match &first.what {
        What::Commented(_) | What::Labelled { .. } => true,
        What::Reviewed(review) => {
            review.id == 0 || !rest.iter().any(|later| matches!(&later.what, What::Reviewed(other) if other.id == review.id))
        }
        What::Checked(_) | What::Pushed { .. } => !later_push,
        What::RunChanged(run) => !rest.iter().any(|later| matches!(&later.what, What::RunChanged(other) if other.uid == run.uid)),
        What::Closed { .. } => !rest.iter().any(|later| later.what == What::Reopened),
        What::Signalled { .. } | What::Commanded { .. } | What::Reopened => false,
    }
}
