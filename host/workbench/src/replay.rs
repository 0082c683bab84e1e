//! Replay: asks policies again what a journal says was decided, on the very facts, and says what they answer otherwise.
//!
//! A journal holds full facts and answers and nothing secret: of comments and reviews the host keeps flags, never texts. An exported
//! *corpus* is the same without what only that host can use: one decision on each line, in a file that can be kept beside a policy.

mod compare;
mod export;
mod read;

pub use compare::{Answer, Change, changes};
pub use export::export;
pub use read::{Corpus, Decided, ReadError, Trouble, read};

use pawl_core::facts::Facts;
use pawl_core::manifest::{Manifest, Value};
use pawl_sandbox::LoadedPolicy;
use std::collections::BTreeMap;

/// What a replay came to.
#[derive(Debug, Clone, Default)]
pub struct Replayed {
    /// Decisions that were asked again.
    pub decisions: usize,
    /// Those with the same answer.
    pub same: usize,
    /// Of these, those whose reason is told in other words.
    pub reworded: usize,
    /// What changed, in the order of the journal.
    pub changed: Vec<(Decided, Vec<Change>)>,
    /// Decisions whose memory was written in a version that the new policy does not read: the host would have it forgotten first.
    pub unreadable: usize,
    /// Whether memories were compared: two versions of a memory say the same in other bytes.
    pub memory_compared: bool,
}

/// Asks for each decision. Without `old` the journalled answer is the old one. `progress` is told how many are done.
#[must_use]
pub fn replay(decided: &[Decided], old: Option<&LoadedPolicy>, new: &LoadedPolicy, progress: &dyn Fn(usize)) -> Replayed {
    // What was journalled tells the version of its memory only by the facts of the next decision; its writer's is as good as any.
    let old_version = old.map(|policy| policy.manifest().memory_version);
    let mut replayed = Replayed { memory_compared: old_version.is_none_or(|v| v == new.manifest().memory_version), ..Replayed::default() };
    for (done, one) in decided.iter().enumerate() {
        let before = old.map_or_else(|| one.answer.clone(), |policy| ask(policy, &one.facts));
        let after = ask(new, &one.facts);
        let version = one.facts.memory.as_ref().map(|memory| memory.version);
        replayed.unreadable += usize::from(version.is_some_and(|version| !new.manifest().reads_memory.contains(&version)));
        let is_comparable = replayed.memory_compared && (old.is_some() || version.is_none_or(|v| v == new.manifest().memory_version));
        let changes = compare::changes(&before, &after, is_comparable);
        replayed.decisions += 1;
        if changes.is_empty() {
            replayed.same += 1;
            replayed.reworded += usize::from(before.reason() != after.reason());
        } else {
            replayed.changed.push((one.clone(), changes));
        }
        progress(done + 1);
    }
    replayed
}

fn ask(policy: &LoadedPolicy, facts: &Facts) -> Answer {
    let facts = Facts { settings: settings(policy.manifest(), facts), ..facts.clone() };
    match policy.decide(&facts) {
        Ok(decision) => decision.answer.map_or_else(|refusal| Answer::Refusal(refusal.reason), Answer::Plan),
        Err(error) => Answer::Failed(error.to_string()),
    }
}

/// The journalled settings as far as the manifest has them, the manifest's defaults for what it has besides.
fn settings(manifest: &Manifest, facts: &Facts) -> Vec<pawl_core::facts::Setting> {
    let told: BTreeMap<&str, &Value> = facts.settings.iter().map(|setting| (setting.name.as_str(), &setting.value)).collect();
    let value = |spec: &pawl_core::manifest::SettingSpec| {
        let told = told.get(spec.name.as_str()).filter(|value| std::mem::discriminant(**value) == std::mem::discriminant(&spec.default));
        told.map_or_else(|| spec.default.clone(), |value| (*value).clone())
    };
    manifest.settings.iter().map(|spec| pawl_core::facts::Setting { name: spec.name.clone(), value: value(spec) }).collect()
}
