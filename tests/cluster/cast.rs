//! Who is on stage for one pull request: the runs that a push supersedes, and all those that look like them.

use super::api::{Api, CLEANUP};
use super::house::{House, IMPLEMENTER, PERSON, QA};
use pawl_world::{Pull, Verdict};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A pull request with its runs.
pub struct Cast {
    pub pull: Pull,
    /// Labels that people have put on it, and that nobody may touch.
    pub carried: Vec<String>,
    task: u32,
    superseded: BTreeSet<String>,
    decoys: BTreeSet<String>,
    has_feedback: bool,
    serial: usize,
}

/// What a run says of itself.
struct Said<'a> {
    labels: Value,
    spec: Value,
    phase: &'a str,
    is_held: bool,
}

impl Cast {
    /// Opens a pull request of a task of its own; every other one was sent back by QA.
    pub fn open(house: &House, number: u32) -> Self {
        let pull = house.repo.open_pull(IMPLEMENTER, &format!("work-{number}"));
        let task = 100 + number;
        pull.label_by(PERSON, &format!("task-{task}"));
        let has_feedback = number.is_multiple_of(2);
        Self { pull, carried: Vec::new(), task, superseded: BTreeSet::new(), decoys: BTreeSet::new(), has_feedback, serial: 0 }
    }

    /// QA sends it back, where that belongs to its story.
    pub fn review(&self) {
        if self.has_feedback {
            self.pull.review(QA, Verdict::ChangesRequested);
        }
    }

    async fn create(&mut self, api: &Api, said: Said<'_>) -> String {
        self.serial += 1;
        let finalizers: &[&str] = if said.is_held { &[CLEANUP] } else { &[] };
        let object = json!({
            "apiVersion": "agents.platform/v1", "kind": "CodeRun", "spec": said.spec,
            "metadata": { "name": format!("run-{}-{}", self.task, self.serial), "labels": said.labels, "finalizers": finalizers },
        });
        api.run(&object, said.phase).await
    }

    /// Two to four QA runs for the head as it is now, each saying in its own way whose it is.
    pub async fn start_qa(&mut self, api: &Api) {
        let (head, number, task) = (self.pull.head(), self.pull.number().to_string(), self.task);
        let here = "https://github.com/acme/shop";
        let ways = [
            Said {
                labels: json!({ "agent": "tess", "pr-number": number, "repository": "acme-shop", "task-id": task.to_string() }),
                spec: json!({ "taskId": task, "env": { "COMMIT_SHA": head } }),
                phase: "Running",
                is_held: true,
            },
            Said {
                labels: json!({ "workflow-stage": "quality", "task-id": task.to_string() }),
                spec: json!({ "taskId": task, "repositoryUrl": here }),
                phase: "Running",
                is_held: false,
            },
            Said {
                labels: json!({ "github-app": "5DLabs-Tess", "pr-number": number, "head-sha": head[..7] }),
                spec: json!({ "repositoryUrl": format!("{here}.git") }),
                phase: "",
                is_held: true,
            },
            Said {
                labels: json!({ "agent-type": "cleo", "head-sha": head }),
                spec: json!({ "taskId": task, "githubApp": "5DLabs-Cleo", "repositoryUrl": "git@github.com:acme/shop.git" }),
                phase: "Pending",
                is_held: false,
            },
        ];
        let count = 2 + self.pull.number() as usize % 3;
        for said in ways.into_iter().take(count) {
            let uid = self.create(api, said).await;
            self.superseded.insert(uid);
        }
    }

    /// Runs that no push here supersedes, though each lacks only one thing.
    pub async fn start_decoys(&mut self, api: &Api) {
        let (head, number, task) = (self.pull.head(), self.pull.number().to_string(), self.task.to_string());
        let said = |labels: Value, spec: Value| Said { labels, spec, phase: "", is_held: false };
        let of_another_task = said(json!({ "agent": "tess", "repository": "acme-shop", "task-id": "9999", "head-sha": head }), json!({}));
        let elsewhere =
            said(json!({ "agent": "tess", "repository": "acme-other", "pr-number": number, "task-id": task, "head-sha": head }), json!({}));
        let of_the_implementer =
            said(json!({ "agent": "rex", "repository": "acme-shop", "pr-number": number, "head-sha": head }), json!({}));
        let of_nobody = said(json!({ "agent": "tess", "repository": "acme-shop", "head-sha": head }), json!({}));
        let without_repository = said(json!({ "agent": "tess", "pr-number": number, "task-id": task, "head-sha": head }), json!({}));
        for decoy in [of_another_task, elsewhere, of_the_implementer, of_nobody, without_repository] {
            let uid = self.create(api, decoy).await;
            self.decoys.insert(uid);
        }
    }

    /// The implementing agent pushes, and QA starts for the new head before anybody has heard of it.
    pub async fn push(&mut self, api: &Api) {
        let head = self.push_alone();
        let labels = json!({ "agent": "tess", "repository": "acme-shop", "pr-number": self.pull.number().to_string(), "head-sha": head });
        let uid = self.create(api, Said { labels, spec: json!({}), phase: "Running", is_held: true }).await;
        self.decoys.insert(uid);
    }

    /// The implementing agent pushes, and no run tells of it: until it is delivered, nobody knows. Answers the new head.
    pub fn push_alone(&self) -> String {
        self.pull.push_by(IMPLEMENTER)
    }

    /// As [`Cast::push`], after which the run of the push before is superseded as well.
    pub async fn push_again(&mut self, api: &Api) {
        self.superseded.append(&mut self.decoys);
        self.push(api).await;
    }

    /// Every superseded run is gone and told of as confirmed, no other was touched, and the labels say what they should.
    pub async fn is_done(&self, house: &House) {
        let runs = house.api.list(&house.api.runs()).await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let there: BTreeSet<String> = runs.iter().map(|run| text(&run["metadata"]["uid"])).collect();
        let shown = format!("acme/shop#{}", self.pull.number());
        let told = house.told_of(&shown).await;
        let left: Vec<_> = self.superseded.intersection(&there).collect();
        assert!(left.is_empty(), "K1, {shown}: {left:?} are left of {:?}; told: {told:#}", self.superseded);
        let harmed: Vec<_> = self.decoys.difference(&there).collect();
        assert!(harmed.is_empty(), "K1, {shown}: {harmed:?} are gone, and nobody superseded them; told: {told:#}");
        let is_dying =
            |run: &&Value| self.decoys.contains(&text(&run["metadata"]["uid"])) && run["metadata"]["deletionTimestamp"].is_string();
        assert_eq!(runs.iter().find(is_dying), None, "K1, {shown}");
        let mut labels = self.pull.labels();
        labels.sort();
        let iteration = self.has_feedback.then(|| "iteration-1".to_owned());
        let mut wanted: Vec<String> = ["remediation-in-progress".into(), format!("task-{}", self.task)].into();
        wanted.extend(iteration.into_iter().chain(self.carried.clone()));
        wanted.sort();
        assert_eq!(labels, wanted, "{shown}: {:?}", house.why(&shown).await);
        let told_of = told["cancellations"].as_array().unwrap();
        assert!(told_of.iter().all(|one| !self.decoys.contains(&text(&one["uid"]))), "K11, {shown}: {told:#}");
        assert!(told_of.iter().all(|one| one["state"] == "confirmed"), "K11, {shown}: {told:#}");
        let told_of: BTreeSet<String> = told_of.iter().map(|one| text(&one["uid"])).collect();
        assert!(told_of.is_subset(&self.superseded) && !told_of.is_empty(), "K11, {shown}: {told:#}");
    }

    /// How many runs were superseded.
    pub fn superseded(&self) -> usize {
        self.superseded.len()
    }
}
