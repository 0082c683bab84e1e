//! A world at rest: asked later, and told everything once more, a policy must answer as it did.

use super::hub::at;
use super::judge::{self, Fault, Violation, violation};
use super::world::World;
use pawl_core::facts::Facts;
use pawl_core::news::News;
use pawl_core::plan::Plan;
use pawl_core::record::SEEN_HOURS;
use pawl_core::turn::Verdict;

/// Nothing may change by itself for so long, unless the policy wants to be asked earlier: in seconds.
const LATER_SECONDS: i64 = 400 * 86_400;

impl World {
    /// At rest: asked later, and told everything once more, the policy must answer as it did.
    ///
    /// # Errors
    /// The law that does not hold.
    pub fn judge_rest(&mut self) -> Result<(), Violation> {
        let Some((facts, plan)) = self.rest.clone() else { return Ok(()) };
        let wait = plan.revisit_after_seconds.map_or(LATER_SECONDS, |seconds| i64::from(seconds) - 1);
        let second = facts.now.as_second() - at(0).as_second();
        let later = self.ask_aside(&Facts { now: at(second + wait), ..facts.clone() })?;
        if let Some(how) = judge::difference(&plan, &later) {
            return Err(violation(Fault::DoesNotSettle, format!("asked again {} later without news, {how}", duration(wait))));
        }
        let is_young = |news: &&News| facts.now.as_second() - news.at.as_second() <= SEEN_HOURS * 3_600;
        let again: Vec<News> = self.heard.iter().filter(is_young).map(|news| News { arrived: facts.now, ..news.clone() }).collect();
        if again.is_empty() {
            return Ok(());
        }
        let kept = facts.news.iter().filter(|news| !again.iter().any(|other| other.id == news.id)).cloned();
        let told = kept.chain(again.iter().cloned()).collect();
        let twice = self.ask_aside(&Facts { news: told, ..facts.clone() })?;
        let Some(how) = judge::difference(&plan, &twice) else { return Ok(()) };
        // Which of it was it? One piece alone is easier to understand, where one alone does it.
        for news in again {
            let id = news.id.clone();
            let alone = self.ask_aside(&Facts { news: vec![news], ..facts.clone() })?;
            if let Some(how) = judge::difference(&plan, &alone) {
                return Err(violation(Fault::CountsTwice, format!("told {id} once more, {how}")));
            }
        }
        Err(violation(Fault::CountsTwice, format!("told all its news once more, {how}")))
    }

    /// Asks without any consequence.
    fn ask_aside(&mut self, facts: &Facts) -> Result<Plan, Violation> {
        match self.ask(facts) {
            Verdict::Plan(plan) => self.violation.take().map_or(Ok(plan), Err),
            _ => Err(self.violation.take().unwrap_or_else(|| violation(Fault::Refused, "it gave no plan"))),
        }
    }
}

fn duration(seconds: i64) -> String {
    match seconds {
        0..=120 => format!("{seconds} s"),
        121..=7_200 => format!("{} min", seconds / 60),
        7_201..=172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
