//! What stands on GitHub: the labels of each pull request as they were moved, and those that held everything when a claim was taken.

use crate::people::HOLDS;
use pawl_core::subject::SubjectId;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;

/// A request may be under way for so long. What left a pull request within this time may have left it behind the back of whoever sent one.
const UNDER_WAY: Duration = Duration::from_secs(180);

/// What stands.
#[derive(Debug, Default)]
pub struct Standing {
    on: BTreeSet<(u32, String)>,
    left: BTreeMap<(u32, String), Instant>,
    claims: BTreeMap<SubjectId, Claimed>,
}

/// The last claim on a subject, and what has held it since before that.
#[derive(Debug)]
struct Claimed {
    holder: String,
    holds: BTreeSet<&'static str>,
}

impl Standing {
    /// A label was set or taken away.
    pub fn moved(&mut self, number: u32, label: &str, is_set: bool) {
        let one = (number, label.to_owned());
        if is_set {
            self.on.insert(one);
            return;
        }
        for (_, claimed) in self.claims.iter_mut().filter(|(subject, _)| subject.number == number) {
            claimed.holds.remove(label);
        }
        self.on.remove(&one);
        self.left.insert(one, Instant::now());
    }

    /// Somebody takes the claim on a subject, and has read nothing about it yet.
    pub fn claimed(&mut self, subject: SubjectId, holder: &str) {
        let holds = HOLDS.into_iter().filter(|label| self.on.contains(&(subject.number, (*label).to_owned()))).collect();
        self.claims.insert(subject, Claimed { holder: holder.to_owned(), holds });
    }

    /// What has held each subject since before this replica took its claim.
    #[must_use]
    pub fn holds(&self, by: &str) -> BTreeMap<SubjectId, Vec<&'static str>> {
        let its = self.claims.iter().filter(|(_, claimed)| claimed.holder.starts_with(by) && !claimed.holds.is_empty());
        its.map(|(subject, claimed)| (*subject, claimed.holds.iter().copied().collect())).collect()
    }

    /// Whether this label is not there, and has not been for so long that everybody who writes must know.
    #[must_use]
    pub fn lacks(&self, number: u32, label: &str) -> bool {
        let one = (number, label.to_owned());
        !self.on.contains(&one) && self.left.get(&one).is_none_or(|left| left.elapsed() > UNDER_WAY)
    }
}
