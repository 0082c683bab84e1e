//! A host over the real adapter: its own records and policy in memory, GitHub over the wire.
//!
//! It carries out the steps of turns as the service's shell does, one subject, one turn at a time, and can die at any step.

use pawl_core::Timestamp;
use pawl_core::branch::{HeldNews, PullOf};
use pawl_core::comment::Patterns;
use pawl_core::facts::Observation;
use pawl_core::label::{Label, LabelSpec};
use pawl_core::news::{Event, News};
use pawl_core::plan::{Ask, Request};
use pawl_core::record::{Appended, Record};
use pawl_core::stop::{StopState, Stopping};
use pawl_core::subject::{Repository, Subject};
use pawl_core::turn::{Answer, Deployment, Ending, Outcome, Step, Trouble, Turn};
use pawl_github::webhook::{BranchNews, Reading};
use pawl_github::{GitHub, GitHubError, Settings, Urgency};
use pawl_tests::sim::bundled::{Bundled, bundled};
use pawl_tests::sim::shell::Cut;
use pawl_tests::sim::store::Store;
use pawl_world::{Face, Time};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Most turns after which a subject must have come to rest once nothing goes wrong any more.
const TURNS: u32 = 60;
/// First wait before looking again at facts that lag, in milliseconds; it doubles.
const LOOK_AGAIN_MS: u64 = 200;
/// First wait after a turn that did not settle, in milliseconds; it doubles up to the longest.
const RETRY_MS: u64 = 1_000;
/// Longest of those waits.
const RETRY_MAX_MS: u64 = 30_000;

/// The host, with one subject.
#[derive(Debug)]
pub struct Host {
    /// GitHub, as this process sees it.
    pub github: GitHub,
    /// The record: it outlives processes.
    pub store: Store,
    /// What became of an App's own label events when their webhooks came back. Of a person's account, which the person may use too,
    /// one that comes after the timeline has explained it is worth a look.
    pub came_back: Vec<Appended>,
    /// Comments that were carried out: their markers.
    pub commented: Vec<String>,
    /// Why requests failed, for the schedule.
    pub refused: Vec<String>,
    subject: Subject,
    settings: Settings,
    face: Face,
    time: Time,
    policy: Bundled,
    deployment: Arc<Deployment>,
    patterns: Patterns,
    specs: Vec<LabelSpec>,
    prepares: bool,
    is_prepared: bool,
    held: Vec<BranchNews>,
    urgency: Urgency,
    turns: u32,
}

impl Host {
    /// A host that has not looked yet. With `prepares` it creates the policy's labels before it needs them, as the service does;
    /// without, labels come to be as they are set.
    pub fn new(subject: Subject, settings: Settings, face: Face, time: Time, prepares: bool) -> Self {
        let policy = bundled().clone();
        let mut patterns = Patterns::default();
        patterns.add(&policy.member.manifest, &policy.member.settings);
        Self {
            github: GitHub::over(&settings, face.clone()).expect("the settings are good"),
            store: Store::default(),
            came_back: Vec::new(),
            commented: Vec::new(),
            refused: Vec::new(),
            subject,
            settings,
            face,
            time,
            deployment: Arc::new(Deployment { members: vec![policy.member.clone()], holds: Vec::new() }),
            patterns,
            specs: policy.member.manifest.labels_to_create(&policy.member.settings),
            policy,
            prepares,
            is_prepared: false,
            held: Vec::new(),
            urgency: Urgency::Normal,
            turns: 0,
        }
    }

    /// The process died; another one comes, with the same store.
    fn restart(&mut self) {
        self.github = GitHub::over(&self.settings, self.face.clone()).expect("the settings are good");
        self.is_prepared = false;
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_second(self.time.now()).expect("stories last no thousand years")
    }

    /// The record as it is stored.
    pub fn record(&self) -> Record {
        self.store.load(&self.subject)
    }

    /// The policy's state, by its own name for it.
    pub fn state(&self) -> String {
        self.record().parts.get(&self.policy.member.manifest.name).map_or_else(String::new, |part| part.state.clone())
    }

    /// Appends news, arriving now.
    pub fn append(&mut self, delivery: &str, news: News) -> Appended {
        let is_urgent = match &news.event {
            Event::Labelled { label } | Event::Unlabelled { label } => self.deployment.is_interrupted_by(&Label::new(label.as_str())),
            event => matches!(event, Event::Pushed { .. }),
        };
        if is_urgent {
            self.urgency = Urgency::Urgent;
        }
        let news = News { arrived: self.now(), ..news };
        self.store.append(&self.subject, delivery, news)
    }

    /// A webhook arrives, and its signature was good.
    pub fn take(&mut self, event: &str, delivery: &str, body: &[u8]) -> Vec<Appended> {
        let reading = pawl_github::webhook::read(event, delivery, body, self.now(), &self.patterns).expect("GitHub's payloads read");
        match reading {
            Reading::Subjects { subjects, news } => {
                assert!(subjects.iter().all(|subject| subject.id() == self.subject.id()), "news of another subject: {subjects:?}");
                news.into_iter().map(|news| self.append(delivery, news)).collect()
            }
            Reading::Branch(news) => {
                self.held.push(*news);
                Vec::new()
            }
            Reading::Labels { .. } => {
                self.is_prepared = false;
                Vec::new()
            }
            Reading::Repository { .. } | Reading::Ping | Reading::Ignored { .. } => Vec::new(),
        }
    }

    /// Asks for the pull requests of the branches that news is held of. What finds none is kept, for the turn that sees its head.
    pub async fn resolve_branches(&mut self) {
        for held in std::mem::take(&mut self.held) {
            let news = HeldNews { commit: held.commit.clone(), delivery: "push".into(), news: held.news.clone() };
            let pulls = self.github.pulls_of(&held.repository, held.branch.as_deref(), &held.commit).await.unwrap_or_default();
            let wanting: Vec<&PullOf> = pulls.iter().filter(|pull| pull.wants(&news)).collect();
            for pull in &wanting {
                assert_eq!(pull.subject.id(), self.subject.id(), "a push is resolved to another subject");
                self.append("push", held.news.clone());
            }
            if wanting.is_empty() {
                self.held.push(held);
            }
        }
    }

    /// Held news of the head that was just read.
    fn join(&mut self, observation: &Observation) {
        let Some(head) = &observation.head else { return };
        let is_of_head = |held: &BranchNews| held.branch.as_ref() == Some(&head.branch) && held.commit == head.commit;
        let (joined, others): (Vec<_>, Vec<_>) = std::mem::take(&mut self.held).into_iter().partition(is_of_head);
        self.held = others;
        for held in joined {
            self.append("push", held.news);
        }
    }

    /// A new turn over the subject.
    pub async fn begin(&mut self) -> Turn {
        // Each turn has a second of its own.
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.turns += 1;
        Turn::new(Arc::clone(&self.deployment), self.subject.clone(), format!("turn {}", self.turns))
    }

    /// Carries out one step and hands the answer back; says how the turn ended, once it has.
    pub async fn go_on(&mut self, turn: &mut Turn) -> Option<Outcome> {
        let step = turn.step();
        if let Step::Done(outcome) = step {
            return Some(outcome);
        }
        let answer = Box::pin(self.carry_out(step)).await;
        turn.answer(answer).expect("the shell answers what was asked");
        None
    }

    /// One whole turn.
    pub async fn run(&mut self) -> Outcome {
        let mut turn = self.begin().await;
        loop {
            if let Some(outcome) = self.go_on(&mut turn).await {
                if outcome.ending != Ending::Unsettled {
                    self.urgency = Urgency::Normal;
                }
                return outcome;
            }
        }
    }

    /// One turn whose step number `at`, counted from zero, goes wrong. Says which it was, if the turn got that far.
    pub async fn run_cut(&mut self, at: usize, cut: Cut) -> Option<&'static str> {
        let mut turn = self.begin().await;
        for _ in 0..at {
            if self.go_on(&mut turn).await.is_some() {
                return None;
            }
        }
        let step = turn.step();
        if let Step::Done(_) = step {
            return None;
        }
        let word = step.word();
        if cut.hides_the_outcome() {
            Box::pin(self.carry_out(step)).await;
        }
        if matches!(cut, Cut::Before | Cut::After) {
            self.restart();
        } else {
            let trouble = Trouble { message: "the line is dead".into(), transient: true, retry_after_seconds: None };
            turn.answer(Answer::Failed(trouble)).expect("every step may fail");
            while self.go_on(&mut turn).await.is_none() {}
        }
        Some(word)
    }

    /// Runs turns, waiting as long as they ask for, until the subject is at rest: settled, and a further look changes nothing.
    ///
    /// # Panics
    /// When it does not come to rest, or the policy is parked: no story here gives it a reason.
    pub async fn settle(&mut self) {
        let name = self.policy.member.manifest.name.clone();
        for turn in 0..TURNS {
            self.resolve_branches().await;
            let outcome = self.run().await;
            let record = self.record();
            let parked = record.parts.values().find_map(|part| part.parked.as_ref());
            assert!(parked.is_none(), "the policy is parked: {parked:?}");
            assert!(record.ended.is_none(), "the subject has ended: {:?}", record.ended);
            if record.is_settled(&[&name]) && matches!(outcome.ending, Ending::NoOp | Ending::Held | Ending::Refused) {
                return;
            }
            if outcome.ending == Ending::Unsettled {
                tokio::time::sleep(wait(turn, &outcome)).await;
            }
        }
        panic!("the subject does not come to rest: {:?}", self.record());
    }

    async fn carry_out(&mut self, step: Step) -> Answer {
        match step {
            Step::Claim => Answer::Claimed,
            Step::Load => Answer::Loaded(Box::new(self.record())),
            Step::Peek => Answer::Peeked(Box::new(self.record())),
            Step::Observe { subject, needs, permissions_of, again } => {
                if again > 0 {
                    tokio::time::sleep(Duration::from_millis(LOOK_AGAIN_MS << again.min(4))).await;
                }
                match self.github.observe(&subject, needs, &self.patterns).await {
                    Ok(observation) => {
                        self.join(&observation);
                        self.observed(observation, permissions_of).await
                    }
                    Err(GitHubError::Gone { .. }) => Answer::Gone { reason: "it is gone".into(), now: self.now() },
                    Err(error) => Answer::Failed((&error).into()),
                }
            }
            Step::FindPush { subject, branch, commit } => match self.github.last_push(&subject.repository, &branch, &commit).await {
                Ok(found) => Answer::PushFound(found.map(|(by, at)| (Some(by), Some(at)))),
                Err(error) if error.is_transient() => Answer::Failed((&error).into()),
                Err(_) => Answer::PushFound(None),
            },
            Step::Decide { facts, .. } => {
                for edit in &facts.edits {
                    let is_ours = self.record().viewer.zip(edit.by.clone()).is_some_and(|(viewer, by)| viewer.is(&by));
                    assert!(!is_ours, "an own write was taken for a hand edit: {edit:?}");
                }
                Answer::Decided(self.policy.ask(&facts))
            }
            Step::Commit(commit) | Step::Settle(commit) => match self.store.commit(*commit) {
                Ok(record) => Answer::Committed(Box::new(record)),
                Err(conflict) => Answer::Conflict(conflict),
            },
            Step::Stop { stops, .. } => Answer::Stopped {
                stoppings: stops.into_iter().map(|stop| Stopping { stop, state: StopState::Confirmed }).collect(),
                now: self.now(),
            },
            Step::Write { subject, node_id, delta } => {
                if let Err(error) = self.prepare(&subject.repository).await {
                    return Answer::Failed((&error).into());
                }
                match self.github.write_labels(&subject, &node_id, &delta, self.urgency).await {
                    Ok(labels) => Answer::Wrote(labels.unwrap_or_default()),
                    Err(error) => Answer::Failed((&error).into()),
                }
            }
            Step::Request { subject, policy, request } => match self.request(&subject, &policy, request).await {
                Ok(()) => Answer::Requested(Ok(())),
                Err(error) if error.is_transient() && error.retry_after_seconds().is_some() => Answer::Failed((&error).into()),
                Err(error) => {
                    self.refused.push(error.to_string());
                    Answer::Requested(Err((&error).into()))
                }
            },
            Step::Release => Answer::Released,
            Step::Done(_) => panic!("nothing is left to do"),
        }
    }

    async fn observed(&mut self, observation: Observation, permissions_of: Vec<String>) -> Answer {
        // A write cannot go without its labels; a reading can.
        let _ = self.prepare(&observation.subject.repository).await;
        let mut permissions = BTreeMap::new();
        for login in permissions_of {
            match self.github.permission(&observation.subject.repository, &login).await {
                Ok(permission) => permissions.insert(login, permission),
                Err(error) => return Answer::Failed((&error).into()),
            };
        }
        Answer::Observed { observation: Box::new(observation), permissions, now: self.now() }
    }

    async fn prepare(&mut self, repository: &Repository) -> Result<(), GitHubError> {
        if self.prepares && !self.is_prepared {
            self.github.ensure_labels(repository, &self.specs).await?;
            self.is_prepared = true;
        }
        Ok(())
    }

    /// What the policy wants people to be told is told on the pull request, with an eye on it.
    async fn request(&mut self, subject: &Subject, policy: &str, request: Request) -> Result<(), GitHubError> {
        let Ask::Notice { message, .. } = &request.ask else { panic!("the bundled policy only sends notices: {request:?}") };
        let marker = format!("{policy}:{}", request.key);
        let comment = self.github.comment_once(subject, &marker, message, None).await?;
        self.github.react_once(subject, Some(comment.id), "eyes").await?;
        self.commented.push(marker);
        Ok(())
    }
}

/// Between two turns: longer each time, and never less than GitHub asked for.
fn wait(turn: u32, outcome: &Outcome) -> Duration {
    let doubled = Duration::from_millis((RETRY_MS << turn.min(10)).min(RETRY_MAX_MS));
    doubled.max(Duration::from_secs(outcome.retry_after_seconds.unwrap_or(0)))
}
