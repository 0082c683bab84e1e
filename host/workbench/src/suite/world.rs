//! The world between the steps of a fixture: what a policy is shown, and what becomes of its answer, as the host would have it.

mod settle;

use super::Untold;
use crate::fixture::{Delivery, Fixture, Step, moved, start};
use pawl_core::Timestamp;
use pawl_core::comment::Patterns;
use pawl_core::facts::{Facts, LabelChange, LabelEvent, Memory, Observation, Setting};
use pawl_core::grant::Grant;
use pawl_core::label::{Delta, Label};
use pawl_core::news::{Actor, ActorKind, Event, News};
use pawl_core::plan::{Ask, Plan, RefusedNews, Request, Stop};
use pawl_core::turn::check_answer;
use pawl_github::webhook::{self, Reading};
use pawl_sandbox::{Decision, LoadedPolicy};
use std::collections::BTreeSet;

/// The account that the host writes as in a fixture.
const HOST: &str = "pawl[bot]";
/// A decision that found no free place in the sandbox is asked for again so often.
const TRIES: usize = 10;

/// One subject and one policy.
pub(super) struct World<'a> {
    policy: &'a LoadedPolicy,
    settings: Vec<Setting>,
    patterns: Patterns,
    grant: Grant,
    seen: Observation,
    now: Timestamp,
    memory: Option<Memory>,
    /// News past the policy's cursor, oldest first.
    unread: Vec<News>,
    /// Ids of all news that ever arrived: one thing told twice is one.
    heard: BTreeSet<String>,
    /// Hand edits that no answer has taken in yet.
    edits: Vec<LabelEvent>,
    /// Requests that wait while the policy is held.
    waiting: Vec<Request>,
    /// Keys of all requests so far.
    asked: BTreeSet<String>,
    revisit_at: Option<Timestamp>,
}

/// What came of a step.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// The plan's state; none where it refused.
    pub(super) state: Option<String>,
    /// The sentence of a refusal.
    pub(super) refusal: Option<String>,
    /// Why, in the policy's words.
    pub(super) reason: String,
    /// The owned labels on the subject afterwards.
    pub(super) labels: Vec<Label>,
    pub(super) stops: Vec<Stop>,
    /// What goes out, notices among it.
    pub(super) requests: Vec<Request>,
    pub(super) refused: Vec<RefusedNews>,
    pub(super) keeps: Vec<String>,
    pub(super) held: bool,
    pub(super) revisit_after_seconds: Option<u32>,
    pub(super) remembers: bool,
    pub(super) fuel_used: u64,
    /// A law that does not hold.
    pub(super) broken: Option<String>,
}

impl<'a> World<'a> {
    /// The beginning of a fixture.
    ///
    /// # Errors
    /// When its settings do not fit the policy.
    pub(super) fn new(policy: &'a LoadedPolicy, fixture: &Fixture) -> Result<Self, String> {
        let manifest = policy.manifest();
        let settings = manifest.settle_settings(&fixture.settings).map_err(|error| error.to_string())?;
        let mut patterns = Patterns::default();
        patterns.add(manifest, &settings);
        let begun = start(&fixture.start, &manifest.name, &patterns);
        Ok(Self {
            policy,
            settings,
            patterns,
            grant: Grant::of(manifest),
            seen: begun.observation,
            now: begun.now,
            memory: begun.memory,
            unread: Vec::new(),
            heard: BTreeSet::new(),
            edits: Vec::new(),
            waiting: Vec::new(),
            asked: BTreeSet::new(),
            revisit_at: None,
        })
    }

    /// Tells one step, asks, and carries the answer out.
    ///
    /// # Errors
    /// What the host would not accept, or what cannot be told.
    pub(super) fn step(&mut self, n: usize, step: &Step) -> Result<Outcome, Untold> {
        self.now = step.facts.now().unwrap_or_else(|| moved(self.now, step.after));
        let manifest = self.policy.manifest();
        step.facts.change(&mut self.seen, self.now, &manifest.name, &self.patterns);
        if let Some(memory) = step.facts.memory() {
            self.memory = Some(memory.clone());
        }
        self.edits.extend(step.edit(&mut self.seen, self.now, &n.to_string()));
        self.hear(n, step)?;

        let facts = self.facts(true);
        let Decision { answer, fuel_used, .. } = self.ask(&facts)?;
        if self.ask(&facts)?.answer != answer {
            return Err("the policy is not deterministic: the same facts gave two answers".to_owned().into());
        }
        let plan = match answer {
            Ok(plan) => plan,
            Err(refusal) => {
                // Nothing is consumed and nothing changes.
                let labels = self.owned();
                let (refusal, reason) = (Some(refusal.reason.clone()), refusal.reason);
                return Ok(Outcome { refusal, reason, labels, remembers: self.memory.is_some(), fuel_used, ..Outcome::default() });
            }
        };
        check_answer(manifest, &self.grant, &facts, &plan)?;
        let (requests, stops) = self.carry_out(&plan);
        let broken = self.unsettled(&plan)?;
        Ok(Outcome {
            state: Some(plan.state),
            refusal: None,
            reason: plan.reason,
            labels: self.owned(),
            stops,
            requests,
            refused: plan.refused,
            keeps: plan.keeps,
            held: plan.held,
            revisit_after_seconds: plan.revisit_after_seconds,
            remembers: self.memory.is_some(),
            fuel_used,
            broken,
        })
    }

    /// Takes in the step's news. What was told before is no news.
    fn hear(&mut self, n: usize, step: &Step) -> Result<(), String> {
        let mut news = Vec::new();
        {
            let head = self.seen.head.as_ref();
            let commit = head.map(|head| head.commit.clone());
            let moment = crate::fixture::Moment { now: self.now, commit, policy: &self.policy.manifest().name, patterns: &self.patterns };
            for (line, part) in step.news.iter().enumerate() {
                news.extend(part.at(&format!("{n}-{}", line + 1), &moment, head));
            }
        }
        if let Some(delivery) = &step.delivery {
            news.extend(self.read(delivery)?);
        }
        for one in news {
            if self.heard.insert(one.id.clone()) {
                self.unread.push(one);
            }
        }
        Ok(())
    }

    fn read(&self, delivery: &Delivery) -> Result<Vec<News>, String> {
        let file = &delivery.file;
        let reading = webhook::read(&delivery.event, &delivery.id, &delivery.body, self.now, &self.patterns);
        match reading.map_err(|error| format!("{file}: {error}"))? {
            Reading::Subjects { subjects, news } => {
                let ours = self.seen.subject.to_string();
                if subjects.iter().any(|subject| subject.to_string() == ours) {
                    return Ok(news);
                }
                let theirs: Vec<String> = subjects.iter().map(ToString::to_string).collect();
                Err(format!("{file} is about {}, this fixture about {ours}; write facts: {{ subject: {} }}", theirs.join(", "), theirs[0]))
            }
            Reading::Branch(branch) => Ok(vec![branch.news]),
            Reading::Ignored { reason } => Err(format!("{file} holds no news: {reason}")),
            Reading::Labels { .. } | Reading::Repository { .. } | Reading::Ping => {
                Err(format!("{file} ({}) holds no news of a pull request", delivery.event))
            }
        }
    }

    /// The facts that the policy is shown: with what has happened since it last answered, or without.
    fn facts(&self, with_news: bool) -> Facts {
        let manifest = self.policy.manifest();
        let (needs, seen) = (manifest.needs, &self.seen);
        let concerns = |event: &&LabelEvent| manifest.owns(&event.label) || manifest.heeds.iter().any(|h| h.family.has(&event.label));
        let mut news: Vec<News> = self.unread.iter().filter(|news| manifest.wakes_on.include(&news.event)).cloned().collect();
        if let Some(at) = self.revisit_at.filter(|at| with_news && *at <= self.now) {
            news.push(News { id: format!("elapsed:{}", at.as_second()), at, arrived: at, actor: None, event: Event::Elapsed });
        }
        Facts {
            subject: seen.subject.clone(),
            now: self.now,
            title: seen.title.clone(),
            state: seen.state,
            head: seen.head.clone(),
            labels: seen.labels.clone(),
            edits: self.edits.iter().filter(concerns).cloned().collect(),
            reviews: if needs.reviews { seen.reviews.clone() } else { Vec::new() },
            comments: if needs.comments { seen.comments.clone() } else { Vec::new() },
            threads: if needs.threads { seen.threads.clone() } else { Vec::new() },
            reactions: if needs.reactions { seen.reactions.clone() } else { Vec::new() },
            checks: if needs.checks { seen.checks.clone() } else { Vec::new() },
            runs: if needs.runs { seen.runs.clone() } else { Vec::new() },
            shared_labels: if needs.runs { seen.shared_labels.clone() } else { Vec::new() },
            label_history: if needs.label_history { seen.timeline.clone() } else { Vec::new() },
            settings: self.settings.clone(),
            memory: self.memory.clone(),
            news,
        }
    }

    fn ask(&self, facts: &Facts) -> Result<Decision, Untold> {
        let mut last = String::new();
        for _ in 0..TRIES {
            match self.policy.decide(facts) {
                Ok(decision) => return Ok(decision),
                Err(error) if error.is_passing() => last = error.to_string(),
                Err(error) => return Err(format!("the policy gave no answer: {error}").into()),
            }
            std::thread::yield_now();
        }
        Err(Untold { what: format!("the policy gave no answer, asked {TRIES} times: {last}"), may_pass: true })
    }

    /// Does what the plan says, and answers what goes out.
    fn carry_out(&mut self, plan: &Plan) -> (Vec<Request>, Vec<Stop>) {
        let is_quiet = self.unread.is_empty();
        self.unread.retain(|news| plan.keeps.contains(&news.id));
        self.edits.clear();
        let version = self.policy.manifest().memory_version;
        self.memory = plan.memory.clone().map(|bytes| Memory { version, bytes });
        let asked_for = plan.revisit_after_seconds.map(|seconds| moved(self.now, i64::from(seconds)));
        self.revisit_at = match (self.revisit_at, asked_for) {
            (Some(earlier), Some(later)) if earlier > self.now && is_quiet => Some(earlier.min(later)),
            (_, asked_for) => asked_for,
        };
        for request in &plan.requests {
            if self.asked.insert(request.key.clone()) {
                self.waiting.push(request.clone());
            }
        }
        let goes = |request: &Request| !plan.held || matches!(request.ask, Ask::Notice { .. });
        let (sent, waiting) = std::mem::take(&mut self.waiting).into_iter().partition(goes);
        self.waiting = waiting;
        if plan.held {
            return (sent, Vec::new());
        }
        let runs = &mut self.seen.runs;
        let stops = plan.stops.iter().filter(|stop| runs.iter().any(|run| run.uid == stop.uid)).cloned().collect();
        runs.retain(|run| !plan.stops.iter().any(|stop| stop.uid == run.uid && stop.kind == run.kind));
        self.write(&plan.labels);
        (sent, stops)
    }

    /// Writes labels as the host does: what is missing is set, what is owned and not wished is taken away.
    fn write(&mut self, wish: &[Label]) {
        let manifest = self.policy.manifest();
        let delta = Delta::between(wish, &self.seen.labels, |label| manifest.owns(label));
        self.seen.labels.retain(|label| !delta.remove.contains(label));
        self.seen.labels.extend(delta.add.iter().cloned());
        let moves = delta.add.iter().map(|label| (label, LabelChange::Added));
        for (label, change) in moves.chain(delta.remove.iter().map(|label| (label, LabelChange::Removed))) {
            let by = Actor { login: HOST.into(), id: None, kind: ActorKind::Bot, permission: None };
            let id = format!("LE_own_{}", self.seen.timeline.len() + 1);
            self.seen.timeline.push(LabelEvent { id, label: label.clone(), change, by: Some(by), at: self.now });
        }
    }

    /// The owned labels on the subject.
    fn owned(&self) -> Vec<Label> {
        let manifest = self.policy.manifest();
        let mut labels: Vec<Label> = self.seen.labels.iter().filter(|label| manifest.owns(label)).cloned().collect();
        labels.sort();
        labels
    }
}
