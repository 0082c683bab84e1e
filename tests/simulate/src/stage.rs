//! The stage: GitHub with a few pull requests, an API server with runs, and people, agents and workflows that act on them.

use crate::model::{Model, State, Step};
use crate::people::{IMPLEMENTER, PERSON, QA};
use crate::replica::LIMIT;
use crate::table::Happened;
use crate::truth::{Push, Run, Truth};
use pawl_apiserver::agents::{CLEANUP, definition};
use pawl_apiserver::{Server, Settings as ServerSettings, Time};
use pawl_core::subject::SubjectId;
use pawl_world::{Permission, Pull, Repo, Settings, World};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::eye::{Eye, NAMESPACE, RUNS};

/// How the branches of the pull requests begin.
pub const BRANCHES: &str = "branch-";

/// Everything outside of the service.
#[derive(Debug)]
pub struct Stage {
    /// GitHub.
    pub world: Arc<World>,
    /// The API server.
    pub server: Server,
    /// The pull requests.
    pub pulls: Vec<(SubjectId, Pull)>,
    made: u32,
}

/// Whose a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// It names this pull request.
    PullRequest,
    /// It names this pull request's task, and no pull request.
    Task,
    /// It names this pull request and its present head.
    Head,
    /// Another task's, and it names no pull request.
    OtherTask,
    /// Of the same number in another repository.
    OtherRepository,
    /// This pull request's implementation agent's.
    Implementation,
    /// It names nobody.
    Nobody,
}

impl Whose {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::PullRequest, Self::Task, Self::Head, Self::OtherTask, Self::OtherRepository, Self::Implementation, Self::Nobody];
}

impl Stage {
    /// Two pull requests in one repository, each with a task and a push by the implementation agent; the truth about them.
    #[must_use]
    pub fn new(subjects: u32) -> (Self, BTreeMap<SubjectId, Truth>) {
        let world = World::within(&Settings { time_runs: true, ..Settings::default() });
        let repo: Repo = world.repository("acme/shop");
        for login in [PERSON, IMPLEMENTER, QA] {
            repo.grant(login, Permission::Write);
        }
        let server = Server::with(&ServerSettings { time: Time::Simulated, ..ServerSettings::default() });
        server.namespace(NAMESPACE);
        server.define(&definition());
        let mut truths = BTreeMap::new();
        let mut pulls = Vec::new();
        for n in 1..=subjects {
            let pull = repo.open_pull(IMPLEMENTER, &format!("{BRANCHES}{n}"));
            pull.label_by(PERSON, &format!("task-{n}")).label_by(PERSON, "size/L");
            let subject = SubjectId { repository: repo.id(), number: pull.number() };
            let push = Push { at: world.now(), commit: pull.head(), is_agent: true };
            let truth = Truth {
                model: Model::new(LIMIT),
                pushes: vec![push],
                most: 0,
                runs: BTreeMap::new(),
                happened: Happened::default(),
                holds: Vec::new(),
            };
            truths.insert(subject, truth);
            pulls.push((subject, pull));
        }
        (Self { world: Arc::new(world), server, pulls, made: 0 }, truths)
    }

    /// The workflow takes a step, now.
    pub fn step(&self, eye: &Eye, subject: SubjectId, step: Step) {
        let now = self.world.now();
        if let Some(truth) = eye.seen().truths.get_mut(&subject) {
            // Feedback that a pause holds back counts from there.
            let waiting = truth.model.waiting_feedback();
            match step {
                Step::Feedback => truth.most += 1,
                Step::Reset | Step::HandCleared(State::Failed) => truth.most = truth.most.max(1 + waiting),
                Step::HandCounted(count) => truth.most = truth.most.max(count + waiting),
                _ => {}
            }
            truth.happened.steps.insert(step);
            truth.happened.is_beyond_limit |= truth.most > LIMIT;
            truth.model.take(now, step);
        }
    }

    /// Somebody pushes.
    pub fn push(&self, eye: &Eye, (subject, pull): &(SubjectId, Pull), is_agent: bool) {
        let commit = pull.push_by(if is_agent { IMPLEMENTER } else { PERSON });
        let at = self.world.now();
        let meets_qa = eye.seen().truths.get_mut(subject).is_some_and(|truth| {
            truth.pushes.push(Push { at, commit, is_agent });
            truth.runs.values().any(|run| run.is_ours && run.is_qa && !run.has_finished && run.created_at <= at)
        });
        eye.note(&format!("{subject} is pushed to by the agent: {is_agent}, meets QA: {meets_qa}"));
        self.step(eye, *subject, if is_agent { Step::AgentPush(meets_qa) } else { Step::OtherPush });
    }

    /// A workflow starts a run, perhaps with a finalizer on it.
    pub fn start_run(&mut self, eye: &Eye, at: &(SubjectId, Pull), whose: Whose, is_cleo: bool, has_finalizer: bool) {
        self.made += 1;
        self.start_named(eye, at, format!("run-{}", self.made), whose, is_cleo, has_finalizer);
    }

    /// The same under this name, which nobody has now.
    pub fn start_named(&self, eye: &Eye, at: &(SubjectId, Pull), name: String, whose: Whose, is_cleo: bool, has_finalizer: bool) {
        let (subject, pull) = at;
        let agent = match whose {
            Whose::Implementation => "rex",
            _ if is_cleo => "cleo",
            _ => "tess",
        };
        let number = subject.number.to_string();
        let mut labels = json!({ "agent": agent, "repository": "acme-shop" });
        let mut spec = json!({ "repositoryUrl": "https://github.com/acme/shop" });
        match whose {
            Whose::PullRequest | Whose::Implementation => labels["pr-number"] = json!(number),
            Whose::Head => {
                labels["pr-number"] = json!(number);
                labels["head-sha"] = json!(pull.head());
            }
            Whose::Task => labels["task-id"] = json!(number),
            Whose::OtherTask => labels["task-id"] = json!("99"),
            Whose::OtherRepository => {
                labels["pr-number"] = json!(number);
                labels["repository"] = json!("acme-other");
                spec["repositoryUrl"] = json!("https://github.com/acme/other");
            }
            Whose::Nobody => {}
        }
        let finalizers: &[&str] = if has_finalizer { &[CLEANUP] } else { &[] };
        let made = self.server.create(
            RUNS,
            &json!({ "apiVersion": "agents.platform/v1", "kind": "CodeRun",
                "metadata": { "name": name, "labels": labels, "finalizers": finalizers }, "spec": spec }),
        );
        let run = Run {
            name: name.clone(),
            uid: made["metadata"]["uid"].as_str().unwrap_or_default().to_owned(),
            created_at: self.server.now(),
            commit: (whose == Whose::Head).then(|| pull.head()),
            is_ours: matches!(whose, Whose::PullRequest | Whose::Task | Whose::Head | Whose::Implementation),
            is_qa: whose != Whose::Implementation,
            has_finished: false,
        };
        eye.note(&format!("{name} of {subject}: {whose:?} {agent}"));
        if let Some(truth) = eye.seen().truths.get_mut(subject) {
            truth.runs.insert(name, run);
        }
    }

    /// A run ends by itself, and fails: its agent has nothing to say.
    pub fn finish_run(&self, eye: &Eye, subject: SubjectId, name: &str) {
        let at = jiff::Timestamp::from_second(self.world.now()).map(|at| at.to_string()).unwrap_or_default();
        let status = json!({ "status": { "phase": "Failed", "finishedAt": at } });
        let told = self.server.call("PATCH", &format!("{RUNS}/{name}/status"), &status);
        eye.note(&format!("{name} ends by itself: {}", told.status));
        if let Some(run) = eye.seen().truths.get_mut(&subject).and_then(|truth| truth.runs.get_mut(name)) {
            run.has_finished = true;
        }
    }

    /// The controller of the runs lets everything go that is being deleted.
    pub fn control(&self, eye: &Eye) {
        for run in self.server.list(RUNS) {
            let metadata = &run["metadata"];
            if metadata["deletionTimestamp"].is_string() {
                let name = metadata["name"].as_str().unwrap_or_default();
                eye.note(&format!("{name} is let go"));
                self.server.call("PATCH", &format!("{RUNS}/{name}"), &json!({ "metadata": { "finalizers": null } }));
            }
        }
    }
}
