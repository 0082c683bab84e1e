//! Check runs.

use super::{api_url, html_url, user};
use crate::clock::{DAWN, written};
use crate::state::State;
use crate::state::model::{At, CheckRun, Pull};
use serde_json::{Value, json};

/// The App that runs a check. Whoever owns the repository made it.
fn app_of_check(state: &State, repository: u64, check: &CheckRun) -> Value {
    json!({
        "id": check.suite_id, "slug": check.app, "name": check.app, "node_id": format!("A_{}", check.app), "description": null,
        "owner": user(state, &state.place(repository).owner), "external_url": "https://ci.example", "events": ["check_run"],
        "html_url": format!("https://github.com/apps/{}", check.app), "permissions": { "checks": "write" },
        "created_at": written(DAWN), "updated_at": written(DAWN),
    })
}

/// A check run as webhooks show it. Its suite names the branch: the one whose head the commit is, if any is.
pub(crate) fn check_run(state: &State, repository: u64, check: &CheckRun) -> Value {
    let place = state.place(repository);
    let branch = place.branches.iter().find(|(_, head)| **head == check.head).map(|(branch, _)| branch.as_str());
    let pulls: Vec<Value> = state.pulls_of_check(repository, &check.head).into_iter().filter_map(|at| pull_of_check(state, at)).collect();
    let app = app_of_check(state, repository, check);
    let status = if check.completed_at.is_some() { "completed" } else { "in_progress" };
    let url = format!("{}/check-runs/{}", api_url(state, repository), check.id);
    let html = format!("{}/runs/{}", html_url(state, repository), check.id);
    json!({
        "id": check.id, "node_id": check.node_id, "external_id": "", "name": check.name, "head_sha": check.head,
        "status": status, "conclusion": check.conclusion, "details_url": "https://ci.example", "html_url": html,
        "started_at": written(check.started_at), "completed_at": check.completed_at.map(written), "app": app, "pull_requests": pulls,
        "output": { "title": null, "summary": null, "text": null, "annotations_count": 0, "annotations_url": format!("{url}/annotations") },
        "check_suite": {
            "id": check.suite_id, "node_id": format!("CS_{}", check.suite_id), "head_branch": branch, "head_sha": check.head,
            "status": status, "conclusion": check.conclusion, "before": null, "after": check.head, "app": app, "pull_requests": pulls,
            "url": format!("{}/check-suites/{}", api_url(state, repository), check.suite_id),
            "created_at": written(check.started_at), "updated_at": written(check.completed_at.unwrap_or(check.started_at)),
        },
        "url": url,
    })
}

/// A check run as REST shows it, which names its suite by the id alone.
pub(crate) fn check_run_in_brief(state: &State, repository: u64, check: &CheckRun) -> Value {
    let mut shown = check_run(state, repository, check);
    shown["check_suite"] = json!({ "id": check.suite_id });
    shown
}

fn pull_of_check(state: &State, at: At) -> Option<Value> {
    let item = state.item(at)?;
    let pull: &Pull = item.pull.as_ref()?;
    let small = |id: u64| json!({ "id": id, "name": state.place(id).name, "url": api_url(state, id) });
    Some(json!({
        "id": pull.id, "number": item.number, "url": format!("{}/pulls/{}", api_url(state, at.repository), at.number),
        "head": { "ref": pull.head_ref, "sha": pull.head, "repo": small(pull.head_repository) },
        "base": { "ref": pull.base_ref, "sha": pull.base, "repo": small(at.repository) },
    }))
}
