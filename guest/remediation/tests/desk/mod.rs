//! A desk for stories: a pull request, and people and agents who do things to it. Every decision is held to the laws.
#![allow(dead_code, clippy::unwrap_used, reason = "each story file uses a part of it, and a test may panic")]

use pawl_remediation::Remediation;
use pawl_sdk::laws;
use pawl_sdk::prelude::*;

pub const QA: &str = "5DLabs-Tess[bot]";
pub const IMPLEMENTER: &str = "5DLabs-Rex[bot]";
pub const QUALITY: &str = "cleo-5dlabs";

pub struct Desk {
    pub facts: Facts,
    told: u32,
}

impl Desk {
    pub fn new() -> Self {
        let mut desk = Self { facts: sample::pull_request(&Remediation::manifest()), told: 0 };
        desk.look();
        desk
    }

    pub fn unseen() -> Self {
        Self { facts: sample::pull_request(&Remediation::manifest()), told: 0 }
    }

    pub fn set(&mut self, name: &str, value: Value) -> &mut Self {
        self.facts.settings.iter_mut().find(|setting| setting.name == name).unwrap().value = value;
        self
    }

    /// Lets a minute pass.
    pub fn later(&mut self) -> i64 {
        self.facts.now += 60;
        self.facts.now
    }

    /// A decision on the facts as they are, under all laws; its plan is carried out.
    pub fn look(&mut self) -> Plan {
        let plan = laws::check::<Remediation>(&self.facts).unwrap().unwrap();
        self.facts = laws::after(&Remediation::manifest(), &self.facts, &plan);
        plan
    }

    pub fn news(&mut self, event: Event, actor: Option<Actor>, at: i64) -> String {
        self.told += 1;
        let id = format!("news:{}", self.told);
        self.facts.news.push(News { id: id.clone(), at, arrived: self.facts.now, actor, event });
        id
    }

    pub fn hear(&mut self, event: Event, actor: Option<Actor>) -> Plan {
        let at = self.later();
        self.news(event, actor, at);
        self.look()
    }

    pub fn signal(&mut self, name: &str) -> Plan {
        self.signal_with(name, &[])
    }

    pub fn signal_with(&mut self, name: &str, parameters: &[(&str, &str)]) -> Plan {
        let parameters = parameters.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        self.hear(Event::Signal(Signal { name: name.into(), parameters }), None)
    }

    pub fn review(&mut self, by: &str, verdict: Verdict) -> Plan {
        let commit = self.head();
        self.review_of(by, verdict, Some(commit))
    }

    pub fn review_of(&mut self, by: &str, verdict: Verdict, commit: Option<String>) -> Plan {
        let at = self.later();
        let id = u64::from(self.told) + 1_000;
        let review = Review { id, author: Some(sample::bot(by)), verdict, commit, at, matches: Vec::new() };
        self.facts.reviews.push(review.clone());
        self.news(Event::Reviewed(review), Some(sample::bot(by)), at);
        self.look()
    }

    pub fn push(&mut self, by: &str, n: u32) -> Plan {
        let at = self.later();
        self.moves_head(by, n, at);
        let push = Push { commit: sample::commit(n), branch: "rounder".into() };
        self.news(Event::Pushed(push), Some(sample::bot(by)), at);
        self.look()
    }

    /// The head moves, and nobody tells.
    pub fn moves_head(&mut self, by: &str, n: u32, at: i64) {
        let head = self.facts.head.as_mut().unwrap();
        head.commit = sample::commit(n);
        head.pushed_by = Some(sample::bot(by));
        head.pushed_at = Some(at);
    }

    pub fn head(&self) -> String {
        self.facts.head.as_ref().unwrap().commit.clone()
    }

    pub fn command(&mut self, verb: &str, by: Actor) -> Plan {
        self.hear(Event::Command(Command { verb: verb.into(), args: String::new(), comment_id: Some(1) }), Some(by))
    }

    pub fn edit(&mut self, label: &str, change: LabelChange, by: Actor) -> Plan {
        self.edited(label, change, by);
        self.look()
    }

    pub fn edited(&mut self, label: &str, change: LabelChange, by: Actor) {
        let at = self.later();
        match change {
            LabelChange::Added if self.facts.has_label(label) => {}
            LabelChange::Added => self.facts.labels.push(label.into()),
            LabelChange::Removed => self.facts.labels.retain(|name| !label::same(name, label)),
        }
        self.told += 1;
        let edit = Edit { id: format!("LE_{}", self.told), label: label.into(), change, by: Some(by), at };
        self.facts.label_history.push(edit.clone());
        self.facts.edits.push(edit);
    }

    pub fn adds(&mut self, label: &str) -> Plan {
        self.edit(label, LabelChange::Added, sample::person("ann"))
    }

    pub fn removes(&mut self, label: &str) -> Plan {
        self.edit(label, LabelChange::Removed, sample::person("ann"))
    }

    /// From feedback to ready for QA once.
    pub fn round(&mut self) {
        self.review(QA, Verdict::ChangesRequested);
        self.signal("rex_remediation_started");
        self.signal("rex_remediation_completed");
        assert!(self.facts.has_label("ready-for-qa"), "{:?}", self.facts.labels);
    }

    /// The owned labels on the subject, sorted.
    pub fn labels(&self) -> Vec<&str> {
        let manifest = Remediation::manifest();
        let mut labels: Vec<&str> = self.facts.labels.iter().map(String::as_str).filter(|name| manifest.owns_label(name)).collect();
        labels.sort_unstable();
        labels
    }
}

pub fn notices<'a>(plan: &'a Plan, topic: &str) -> Vec<&'a Notice> {
    plan.requests
        .iter()
        .filter_map(|request| match &request.ask {
            Ask::Notice(notice) if notice.topic == topic => Some(notice),
            _ => None,
        })
        .collect()
}
