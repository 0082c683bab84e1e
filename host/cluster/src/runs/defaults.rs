//! Defaults: the runs that the bundled policy knows, as their operators write them today. Everything here is configuration.

use super::settings::{Candidate, RunSettings};

impl Default for RunSettings {
    fn default() -> Self {
        let places = |texts: &[&str]| texts.iter().map(|text| text.parse().expect("the tests read every default")).collect();
        let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
        Self {
            kind: "CodeRun".to_owned(),
            candidates: vec![Candidate::of("agents.platform", "v1", "coderuns"), Candidate::of("platform.5dlabs.com", "v1", "coderuns")],
            agent: places(&["label:agent-type", "label:agent"]),
            agent_last_part: places(&["label:github-app", "spec:githubApp"]),
            stage: places(&["label:workflow-stage"]),
            stages: [("quality", "cleo"), ("testing", "tess")].map(|(stage, agent)| (stage.to_owned(), agent.to_owned())).into(),
            repository: places(&["label:repository", "spec:repositoryUrl"]),
            hosts: texts(&["github.com", "www.github.com", "ssh.github.com"]),
            pull_request: places(&["label:pr-number", "env:PR_NUMBER", "status:pullRequestUrl"]),
            task: places(&["label:task-id", "spec:taskId"]),
            branch: places(&["label:branch", "label:head-ref", "env:HEAD_REF", "spec:branch"]),
            commit: places(&["label:head-sha", "env:COMMIT_SHA"]),
            phase: places(&["status:phase"]),
            finished_at: places(&["status:finishedAt", "status:completionTime"]),
        }
    }
}
