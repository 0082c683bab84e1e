//! A subject and its host in memory: enough of both to ask a policy again and again.

use super::happening::{conclusion_word, verdict_word};
use super::{Happening, Outcome, What, Wreck};
use crate::facts::{Actor, ActorKind, Command, Edit, Event, Facts, Head, LabelChange, News, Push, Signal, SubjectState};
use crate::laws::{self, Broken};
use crate::manifest::{Manifest, Needs, Wakes};
use crate::plan::Plan;
use crate::{Policy, sample};

/// Rounds after which a subject that still moves is said not to settle.
const ROUNDS: usize = 8;

pub(super) struct World {
    /// The truth; its news is the policy's inbox.
    facts: Facts,
    manifest: Manifest,
    happened: usize,
    decisions: usize,
    state: String,
    log: Vec<String>,
    own_writes_seen: usize,
}

impl World {
    pub fn new<P: Policy>(facts: Facts) -> Self {
        let own_writes_seen = facts.label_history.len();
        Self { facts, manifest: P::manifest(), happened: 0, decisions: 0, state: String::new(), log: Vec::new(), own_writes_seen }
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Moves the clock; it never goes back.
    pub fn wait_until(&mut self, now: i64) {
        self.facts.now = self.facts.now.max(now);
    }

    /// What the policy is shown now: the facts it needs, no others.
    pub fn facts_now(&self) -> Facts {
        let mut facts = self.facts.clone();
        let needs = self.manifest.needs;
        let unless = |need: Needs| !needs.contains(need);
        if unless(Needs::REVIEWS) {
            facts.reviews.clear();
        }
        if unless(Needs::COMMENTS) {
            facts.comments.clear();
        }
        if unless(Needs::CHECKS) {
            facts.checks.clear();
        }
        if unless(Needs::RUNS) {
            facts.runs.clear();
            facts.shared_labels.clear();
        }
        if unless(Needs::LABEL_HISTORY) {
            facts.label_history.clear();
        }
        facts
    }

    /// Lets something happen, and answers the news of it, if the policy wakes on such news.
    pub fn happen(&mut self, happening: &Happening) -> Option<News> {
        self.wait_until(happening.at);
        self.happened += 1;
        let number = self.happened as u64;
        let at = happening.at;
        let (id, actor, event, wake) = match &happening.what {
            What::Pushed { commit, by } => self.push(commit, by, at),
            What::Reviewed(review) => {
                let mut review = review.clone();
                review.id = if review.id == 0 { number } else { review.id };
                self.facts.reviews.retain(|earlier| earlier.id != review.id);
                self.facts.reviews.push(review.clone());
                let id = format!("review:{}:{}", review.id, verdict_word(review.verdict));
                (id, review.author.clone(), Event::Reviewed(review), Wakes::REVIEWS)
            }
            What::Commented(comment) => {
                let mut comment = comment.clone();
                comment.id = if comment.id == 0 { number } else { comment.id };
                self.facts.comments.push(comment.clone());
                (format!("comment:{}", comment.id), comment.author.clone(), Event::Commented(comment), Wakes::COMMENTS)
            }
            What::Checked(check) => {
                let mut check = check.clone();
                check.id = if check.id == 0 { number } else { check.id };
                if self.facts.head.as_ref().is_some_and(|head| head.commit == check.commit) {
                    self.facts.checks.push(check.clone());
                }
                (format!("check:{}:{}", check.id, conclusion_word(check.conclusion)), None, Event::Checked(check), Wakes::CHECKS)
            }
            What::RunChanged(run) => {
                self.facts.runs.retain(|earlier| earlier.uid != run.uid);
                self.facts.runs.push((**run).clone());
                (format!("run:{}:{:?}", run.uid, run.phase), None, Event::RunChanged((**run).clone()), Wakes::RUNS)
            }
            What::Labelled { label, change, by } => self.edit(label, *change, by.as_ref(), at)?,
            What::Signalled { name, parameters } => {
                let signal = Signal { name: name.clone(), parameters: parameters.clone() };
                (format!("signal:{number}"), None, Event::Signal(signal), Wakes::SIGNALS)
            }
            What::Commanded { verb, by } => {
                let command = Command { verb: verb.clone(), args: String::new(), comment_id: Some(number) };
                (format!("command:{number}:0"), Some(by.clone()), Event::Command(command), Wakes::COMMANDS)
            }
            What::Closed { merged } => {
                self.facts.state = if *merged { SubjectState::Merged } else { SubjectState::Closed };
                (format!("closed:{at}"), None, Event::Closed(*merged), Wakes::LIFECYCLE)
            }
            What::Reopened => {
                self.facts.state = SubjectState::Open;
                (format!("reopened:{at}"), None, Event::Reopened, Wakes::LIFECYCLE)
            }
        };
        self.log.push(format!("{} happens {id}", at - sample::NOW));
        self.manifest.wakes_on.contains(wake).then_some(News { id, at, arrived: at, actor, event })
    }

    fn push(&mut self, commit: &str, by: &Actor, at: i64) -> (String, Option<Actor>, Event, Wakes) {
        let branch = self.facts.head.as_ref().map_or_else(|| "topic".to_owned(), |head| head.branch.clone());
        self.facts.checks.clear();
        self.facts.head = Some(Head { branch: branch.clone(), commit: commit.into(), pushed_by: Some(by.clone()), pushed_at: Some(at) });
        let id = format!("push:{branch}:{commit}");
        (id, Some(by.clone()), Event::Pushed(Push { commit: commit.into(), branch }), Wakes::PUSHES)
    }

    /// A hand edit that changes nothing makes no event, as on GitHub.
    fn edit(&mut self, label: &str, change: LabelChange, by: Option<&Actor>, at: i64) -> Option<(String, Option<Actor>, Event, Wakes)> {
        let carries = self.facts.has_label(label);
        if carries == (change == LabelChange::Added) {
            return None;
        }
        let event = match change {
            LabelChange::Added => {
                self.facts.labels.push(label.into());
                Event::Labelled(label.into())
            }
            LabelChange::Removed => {
                self.facts.labels.retain(|present| !crate::label::same(present, label));
                Event::Unlabelled(label.into())
            }
        };
        let edit = Edit { id: format!("LE_{}", self.happened), label: label.into(), change, by: by.cloned(), at };
        self.facts.edits.push(edit.clone());
        self.facts.label_history.push(edit);
        Some((format!("label:{}", self.happened), by.cloned(), event, Wakes::LABELS))
    }

    /// Puts news into the policy's inbox, as the host does: at most 200, arrived now.
    pub fn deliver(&mut self, news: Vec<News>) {
        for mut one in news {
            one.arrived = self.facts.now;
            self.log.push(format!("{} told   {}", self.facts.now - sample::NOW, one.id));
            self.facts.news.push(one);
        }
    }

    /// Asks once and carries the answer out; a refusal changes nothing.
    pub fn decide<P: Policy>(&mut self) -> Result<Option<Plan>, Broken> {
        let shown = self.facts_now();
        self.decisions += 1;
        match laws::settles_now::<P>(&self.manifest, &shown)? {
            Ok(plan) => {
                self.facts = laws::after(&self.manifest, &self.facts, &plan);
                self.log.push(format!("{} decides {} {:?}: {}", shown.now - sample::NOW, plan.state, plan.labels, plan.reason));
                self.state.clone_from(&plan.state);
                Ok(Some(plan))
            }
            Err(refusal) => {
                self.log.push(format!("{} refuses: {}", shown.now - sample::NOW, refusal.reason));
                Ok(None)
            }
        }
    }

    /// Asks until the answer stays the same.
    pub fn settle<P: Policy>(&mut self) -> Result<Outcome, Broken> {
        let mut last = None;
        for _ in 0..ROUNDS {
            let plan = self.decide::<P>()?;
            let seen = plan.map(|plan| (plan.labels, plan.state, plan.memory));
            if last.as_ref() == Some(&seen) {
                return Ok(self.outcome());
            }
            last = Some(seen);
        }
        Err(Broken { law: "settles", how: format!("it still moved after {ROUNDS} decisions without news") })
    }

    fn outcome(&self) -> Outcome {
        let mut labels = self.facts.labels.clone();
        labels.sort_unstable();
        Outcome { labels, state: self.state.clone(), decisions: self.decisions }
    }

    pub fn wreck(&self, seed: u64, why: String) -> Wreck {
        let own = |edit: &&Edit| edit.by.as_ref().is_some_and(|by| by.kind == ActorKind::Host);
        let writes = self.facts.label_history.iter().skip(self.own_writes_seen).filter(own).count();
        let mut schedule = self.log.clone();
        schedule.push(format!("{} decisions, {writes} own label writes", self.decisions));
        Wreck { seed, why, schedule }
    }
}
