//! Shadows of live policies (H5): another version is asked what the live one was asked, with the live one's memory, and its answer is
//! compared and discarded. That happens beside the turn, which waits for nobody; when shadows cannot keep up, questions are left out, and
//! counted.

use crate::candidate::Candidate;
use crate::host::Host;
use crate::policies::Policies;
use pawl_core::facts::Facts;
use pawl_core::turn::{Answer, Step, Verdict};
use pawl_workbench::replay::{self, Change};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Most questions that wait.
const WAITING: usize = 200;
/// Most differences that are listed; all are counted, and written to the journal.
const LISTED: usize = 50;
/// Most shadows that are counted; of more the earliest is forgotten.
const COUNTED: usize = 20;

/// What the live policy was asked, and what it said.
#[derive(Debug)]
struct Question {
    twin: Candidate,
    live: String,
    memory_version: u32,
    operation: String,
    facts: Box<Facts>,
    verdict: Verdict,
}

/// A shadow that would have done something else.
#[derive(Debug, Clone)]
struct Differed {
    at: String,
    policy: String,
    live: String,
    shadow: String,
    subject: String,
    operation: String,
    reasons: (String, String),
    differences: Vec<Change>,
}

/// How often a shadow was asked.
#[derive(Debug, Clone, Default)]
struct Count {
    digest: String,
    policy: String,
    live: String,
    asked: u64,
    same: u64,
    differed: u64,
    left_out: u64,
}

#[derive(Debug, Default)]
struct All {
    waiting: VecDeque<Question>,
    /// In the order in which they came.
    counts: VecDeque<Count>,
    listed: VecDeque<Differed>,
}

impl All {
    /// What is counted of the shadow of this digest.
    fn count(&mut self, digest: &str) -> Option<&mut Count> {
        self.counts.iter_mut().find(|count| count.digest == digest)
    }

    /// Counts this one too, from now on.
    fn begin(&mut self, count: Count) {
        if self.counts.len() >= COUNTED {
            self.counts.pop_front();
        }
        self.counts.push_back(count);
    }
}

/// What shadows were asked, and what came of it.
#[derive(Debug, Default)]
pub struct Shadows {
    all: Mutex<All>,
    come: Notify,
}

impl Shadows {
    fn all(&self) -> MutexGuard<'_, All> {
        // Whole after every line that holds it.
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the shadow, if there is one, what the live policy has just answered. Nothing is waited for.
    pub fn ask(&self, policies: &Policies, step: &Step, answer: &Answer, operation: &str) {
        let (Step::Decide { member, facts }, Answer::Decided(verdict)) = (step, answer) else { return };
        let Some(live) = policies.deployment.members.get(*member) else { return };
        let Some(twin) = policies.twin(&live.manifest.name) else { return };
        let mut all = self.all();
        let is_full = all.waiting.len() >= WAITING;
        if let Some(count) = all.count(&twin.member.digest) {
            count.live.clone_from(&live.digest);
            count.left_out += u64::from(is_full);
        } else {
            let (digest, policy, live) = (twin.member.digest.clone(), live.manifest.name.clone(), live.digest.clone());
            all.begin(Count { digest, policy, live, left_out: u64::from(is_full), ..Count::default() });
        }
        if is_full {
            return;
        }
        let mut facts = facts.clone();
        facts.settings.clone_from(&twin.member.settings);
        let (live, memory_version) = (live.digest.clone(), live.manifest.memory_version);
        let (twin, operation, verdict) = (twin.clone(), operation.to_owned(), verdict.clone());
        all.waiting.push_back(Question { twin, live, memory_version, operation, facts, verdict });
        self.come.notify_one();
    }

    fn answered(&self, digest: &str, differed: Option<Differed>) {
        let mut all = self.all();
        if let Some(count) = all.count(digest) {
            count.asked += 1;
            *(if differed.is_some() { &mut count.differed } else { &mut count.same }) += 1;
        }
        if let Some(differed) = differed {
            if all.listed.len() >= LISTED {
                all.listed.pop_front();
            }
            all.listed.push_back(differed);
        }
    }

    /// How often each was asked and differed, and the last differences, newest first.
    #[must_use]
    pub fn json(&self) -> Value {
        let all = self.all();
        let counts: Vec<Value> = all
            .counts
            .iter()
            .map(|count| {
                json!({ "policy": count.policy, "live": count.live, "shadow": count.digest, "asked": count.asked, "same": count.same,
                    "differed": count.differed, "left_out": count.left_out })
            })
            .collect();
        let listed: Vec<Value> = all.listed.iter().rev().map(Differed::json).collect();
        json!({ "counts": counts, "differences": listed })
    }

    /// For each shadow: policy, its digest, how often it was asked, differed and was left out.
    #[must_use]
    pub fn counts(&self) -> Vec<(String, String, [u64; 3])> {
        let all = self.all();
        all.counts.iter().map(|c| (c.policy.clone(), c.digest.clone(), [c.asked, c.differed, c.left_out])).collect()
    }
}

impl Differed {
    fn json(&self) -> Value {
        let explained: Vec<Value> = self.differences.iter().map(|d| json!({ "what": d.what, "live": d.old, "shadow": d.new })).collect();
        json!({ "at": self.at, "policy": self.policy, "live": self.live, "shadow": self.shadow, "subject": self.subject,
            "operation": self.operation, "live_reason": self.reasons.0, "shadow_reason": self.reasons.1, "differences": explained })
    }
}

/// Asks shadows until the host drains.
pub async fn run(host: Arc<Host>) {
    loop {
        let next = host.shadows.all().waiting.pop_front();
        let Some(question) = next else {
            if host.draining().run_until_cancelled(host.shadows.come.notified()).await.is_none() {
                return;
            }
            continue;
        };
        if host.is_draining() {
            return;
        }
        // A shadow may take all the time that it is allowed: the threads that answer deliveries are not its.
        let (digest, at) = (question.twin.member.digest.clone(), host.now().to_string());
        let compared = tokio::task::spawn_blocking(move || compare(question, at)).await;
        match compared {
            Ok(differed) => {
                if let Some(differed) = &differed {
                    host.journal.write("shadow", differed.json());
                }
                host.shadows.answered(&digest, differed);
            }
            Err(error) => tracing::error!(%error, "defect: asking a shadow ended; please report this"),
        }
    }
}

fn compare(question: Question, at: String) -> Option<Differed> {
    let Question { twin, live, memory_version, operation, facts, verdict } = question;
    let member = &twin.member;
    let answer = match facts.memory.as_ref().filter(|_| !member.reads(facts.memory.as_ref())) {
        Some(memory) => Verdict::Failed(format!("it does not read memory of version {}", memory.version)),
        // Too busy to ask: no answer, and nothing that could be compared.
        None => twin.decide(&facts).ok()?,
    };
    let (live_said, said) = (told(verdict), told(answer));
    let differences = replay::changes(&live_said, &said, memory_version == member.manifest.memory_version);
    (!differences.is_empty()).then(|| Differed {
        at,
        policy: member.manifest.name.clone(),
        live,
        shadow: member.digest.clone(),
        subject: facts.subject.to_string(),
        operation,
        reasons: (live_said.reason().to_owned(), said.reason().to_owned()),
        differences,
    })
}

fn told(verdict: Verdict) -> replay::Answer {
    match verdict {
        Verdict::Plan(plan) => replay::Answer::Plan(plan),
        Verdict::Refusal(refusal) => replay::Answer::Refusal(refusal.reason),
        Verdict::Failed(error) => replay::Answer::Failed(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h5_of_many_shadows_after_each_other_the_last_ones_are_counted() {
        let mut all = All::default();
        for n in 0..2 * COUNTED {
            all.begin(Count { digest: n.to_string(), ..Count::default() });
        }
        assert_eq!(all.counts.len(), COUNTED);
        assert!(all.count("0").is_none() && all.count(&COUNTED.to_string()).is_some());
    }
}
