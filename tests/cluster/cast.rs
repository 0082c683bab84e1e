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
    /// The run that was started for the head as it was pushed: the next push supersedes it.
    newest: Option<String>,
    decoys: BTreeSet<String>,
    has_feedback: bool,
    serial: usize,
}

/// What a run says of itself.
pub struct Said<'a> {
    pub labels: Value,
    pub spec: Value,
    pub phase: &'a str,
    /// Who has to let go of it before it can go.
    pub held_by: &'a [&'a str],
}

impl Said<'_> {
    /// A run with these labels, and nothing else.
    pub fn by_labels(labels: Value) -> Self {
        Self { labels, spec: json!({}), phase: "", held_by: &[] }
    }
}

impl Cast {
    /// Opens a pull request of a task of its own; every other one was sent back by QA.
    pub fn open(house: &House, number: u32) -> Self {
        let pull = house.repo.open_pull(IMPLEMENTER, &format!("work-{number}"));
        let task = 100 + number;
        pull.label_by(PERSON, &format!("task-{task}"));
        let has_feedback = number.is_multiple_of(2);
        let (superseded, decoys) = (BTreeSet::new(), BTreeSet::new());
        Self { pull, carried: Vec::new(), task, superseded, newest: None, decoys, has_feedback, serial: 0 }
    }

    /// QA sends it back, where that belongs to its story.
    pub fn review(&self) {
        if self.has_feedback {
            self.pull.review(QA, Verdict::ChangesRequested);
        }
    }

    /// Creates a run for its task, and answers its uid.
    pub async fn create(&mut self, api: &Api, said: Said<'_>) -> String {
        self.serial += 1;
        let object = json!({
            "apiVersion": "agents.platform/v1", "kind": "CodeRun", "spec": said.spec,
            "metadata": { "name": format!("run-{}-{}", self.task, self.serial), "labels": said.labels, "finalizers": said.held_by },
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
                held_by: &[CLEANUP],
            },
            Said {
                labels: json!({ "workflow-stage": "quality", "task-id": task.to_string() }),
                spec: json!({ "taskId": task, "repositoryUrl": here }),
                phase: "Running",
                held_by: &[],
            },
            Said {
                labels: json!({ "github-app": "5DLabs-Tess", "pr-number": number, "head-sha": head[..7] }),
                spec: json!({ "repositoryUrl": format!("{here}.git") }),
                phase: "",
                held_by: &[CLEANUP],
            },
            Said {
                labels: json!({ "agent-type": "cleo", "head-sha": head }),
                spec: json!({ "taskId": task, "githubApp": "5DLabs-Cleo", "repositoryUrl": "git@github.com:acme/shop.git" }),
                phase: "Pending",
                held_by: &[],
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
        let said = |labels: Value, spec: Value| Said { labels, spec, phase: "", held_by: &[] };
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

    /// The implementing agent pushes, and QA starts for the new head before anybody has heard of it. The run that was started for the head
    /// before is superseded.
    pub async fn push(&mut self, api: &Api) {
        let head = self.push_alone();
        let labels = json!({ "agent": "tess", "repository": "acme-shop", "pr-number": self.pull.number().to_string(), "head-sha": head });
        let uid = self.create(api, Said { labels, spec: json!({}), phase: "Running", held_by: &[CLEANUP] }).await;
        self.superseded.extend(self.newest.replace(uid));
    }

    /// So many pushes in a row, of which each is told at once.
    pub async fn push_often(&mut self, house: &House, times: usize) {
        for _ in 0..times {
            self.push(&house.api).await;
            house.pass(1).await;
            house.deliver().await;
        }
    }

    /// The implementing agent pushes, and no run tells of it: until it is delivered, nobody knows. Answers the new head.
    pub fn push_alone(&self) -> String {
        self.pull.push_by(IMPLEMENTER)
    }

    /// Every superseded run is gone and told of as confirmed, no other was touched, and the labels say what they should.
    ///
    /// # Errors
    /// The first of these that does not hold.
    pub async fn check(&self, house: &House) -> Result<(), String> {
        let holds = |it_does: bool, else_said: &dyn Fn() -> String| if it_does { Ok(()) } else { Err(else_said()) };
        let runs = house.api.list(&house.api.runs()).await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let there: BTreeSet<String> = runs.iter().map(|run| text(&run["metadata"]["uid"])).collect();
        let shown = format!("acme/shop#{}", self.pull.number());
        let told = house.told_of(&shown).await;
        let left: Vec<_> = self.superseded.intersection(&there).collect();
        holds(left.is_empty(), &|| format!("K1, {shown}: {left:?} are left of {:?}; told: {told:#}", self.superseded))?;
        let kept: BTreeSet<String> = self.decoys.iter().chain(&self.newest).cloned().collect();
        let harmed: Vec<_> = kept.difference(&there).collect();
        holds(harmed.is_empty(), &|| format!("K1, {shown}: {harmed:?} are gone, and nobody superseded them; told: {told:#}"))?;
        let is_dying = |run: &&Value| kept.contains(&text(&run["metadata"]["uid"])) && run["metadata"]["deletionTimestamp"].is_string();
        let dying = runs.iter().find(is_dying);
        holds(dying.is_none(), &|| format!("K1, {shown}: nobody superseded {dying:?}"))?;
        let why = house.why(&shown).await;
        holds(self.has_its_labels(), &|| format!("{shown} has {:?}: {why:#}", self.pull.labels()))?;
        let told_of = told["cancellations"].as_array().cloned().unwrap_or_default();
        let is_so = told_of.iter().all(|one| one["state"] == "confirmed" && !kept.contains(&text(&one["uid"])));
        let told_of: BTreeSet<String> = told_of.iter().map(|one| text(&one["uid"])).collect();
        holds(is_so && told_of.is_subset(&self.superseded) && !told_of.is_empty(), &|| format!("K11, {shown}: {told:#}"))
    }

    /// Whether exactly those labels are on it that a push of its implementing agent leads to.
    pub fn has_its_labels(&self) -> bool {
        let iteration = self.has_feedback.then(|| "iteration-1".to_owned());
        let mut wanted: Vec<String> = ["remediation-in-progress".into(), format!("task-{}", self.task)].into();
        wanted.extend(iteration.into_iter().chain(self.carried.clone()));
        let sorted = |mut labels: Vec<String>| {
            labels.sort();
            labels
        };
        sorted(self.pull.labels()) == sorted(wanted)
    }

    /// How many runs were superseded.
    pub fn superseded(&self) -> usize {
        self.superseded.len()
    }
}
