//! What is read from objects as they are in the wild, and from objects that mean harm.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::facts::{Belongs, run, wanted};
use super::page;
use super::pick::Picked;
use super::settings::RunSettings;
use fastrand::Rng;
use pawl_core::news::{Phase, Run};
use pawl_core::subject::Repository;
use serde::de::DeserializeSeed;
use serde_json::{Value, json};

fn ours() -> Repository {
    Repository { id: 4711, owner: "Acme".to_owned(), name: "web-app".to_owned() }
}

fn picked(object: &Value, settings: &RunSettings) -> Picked {
    wanted(settings).deserialize(&mut serde_json::Deserializer::from_str(&object.to_string())).unwrap()
}

fn read(object: &Value) -> Option<(Run, Belongs)> {
    let settings = RunSettings::default();
    run(&picked(object, &settings), &settings, &ours())
}

/// An object with its metadata in place.
fn object(labels: Value, spec: Value, status: Value) -> Value {
    let metadata =
        json!({ "name": "run-1", "uid": "u-1", "resourceVersion": "7", "creationTimestamp": "2026-11-20T12:00:00Z", "labels": labels });
    json!({ "apiVersion": "agents.platform/v1", "kind": "CodeRun", "metadata": metadata, "spec": spec, "status": status })
}

/// What a run tells, in one line: agent, whether it belongs, pull request, task, commit.
fn told(labels: Value, spec: Value, status: Value) -> String {
    let (run, belongs) = read(&object(labels, spec, status)).unwrap();
    let text = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let number = run.pull_request.map(|number| number.to_string());
    format!("{} {belongs:?} {} {} {}", text(run.agent), text(number), text(run.task), text(run.commit))
}

#[test]
fn k2_runs_of_every_creator_say_who_they_are_and_whose() {
    let https = "https://github.com/acme/web-app.git";
    let pull = "https://github.com/acme/web-app/pull/12";
    let rows = [
        // Workflow runs.
        (
            json!({ "task-id": "4", "service": "web", "github-app": "5DLabs-Rex", "workflow-stage": "implementation" }),
            json!({ "taskId": 4, "githubApp": "5DLabs-Rex", "repositoryUrl": https }),
            json!({ "phase": "Running", "pullRequestUrl": pull }),
            "rex Here 12 4 -",
        ),
        (
            json!({ "task-id": "4", "workflow-stage": "quality" }),
            json!({ "taskId": 4, "repositoryUrl": https }),
            json!({}),
            "cleo Here - 4 -",
        ),
        (
            json!({ "task-id": "4", "workflow-stage": "testing" }),
            json!({ "repositoryUrl": "git@github.com:Acme/Web-App" }),
            Value::Null,
            "tess Here - 4 -",
        ),
        (
            json!({ "workflow-stage": "security" }),
            json!({ "taskId": 4, "githubApp": "5DLabs-Cipher", "repositoryUrl": https }),
            json!({}),
            "cipher Here - 4 -",
        ),
        (json!({ "workflow-stage": "security" }), json!({ "taskId": 4, "repositoryUrl": https }), json!({}), "- Here - 4 -"),
        // Feedback runs.
        (
            json!({ "task-id": "4", "pr-number": "12" }),
            json!({ "taskId": 4, "githubApp": "5DLabs-Rex", "repositoryUrl": https, "env": { "PR_NUMBER": "13" } }),
            json!({}),
            "rex Here 12 4 -",
        ),
        (
            json!({ "task-id": "4" }),
            json!({ "repositoryUrl": https, "env": { "PR_NUMBER": "13", "COMMIT_SHA": "ABCDEF1234" } }),
            json!({}),
            "- Here 13 4 abcdef1234",
        ),
        // Others.
        (
            json!({ "agent": "Tess", "role": "qa", "pr-number": "12", "repository": "acme-web-app" }),
            json!({}),
            json!({}),
            "tess Here 12 - -",
        ),
        (
            json!({ "agent-type": "cleo", "agent": "tess", "github-app": "5DLabs-Rex", "repository": "acme-web-app", "head-sha": "abcdef1" }),
            json!({}),
            json!({}),
            "cleo Here - - abcdef1",
        ),
        (json!({ "agent": "tess", "pr-number": "12", "repository": "acme-other" }), json!({}), json!({}), "tess Elsewhere 12 - -"),
        (json!({ "agent": "tess", "pr-number": "12" }), json!({}), json!({}), "tess Unsure 12 - -"),
        // One that names two repositories is nobody's for sure.
        (
            json!({ "agent": "tess", "repository": "acme-web-app" }),
            json!({ "repositoryUrl": "https://github.com/acme-web/app" }),
            json!({}),
            "tess Unsure - - -",
        ),
        (
            json!({ "agent": "tess" }),
            json!({ "repositoryUrl": https }),
            json!({ "pullRequestUrl": "https://github.com/evil/x/pull/3" }),
            "tess Unsure 3 - -",
        ),
        (json!({ "agent": "tess" }), json!({}), json!({ "pullRequestUrl": "https://github.com/evil/x/pull/3" }), "tess Elsewhere 3 - -"),
        (json!({ "agent": "tess" }), json!({}), json!({ "pullRequestUrl": pull }), "tess Here 12 - -"),
        (json!({}), json!({ "taskId": "feature-x" }), json!({}), "- Unsure - feature-x -"),
    ];
    for (labels, spec, status, expected) in rows {
        assert_eq!(told(labels.clone(), spec.clone(), status), expected, "{labels} {spec}");
    }
}

#[test]
fn k3_every_phase_has_a_word_and_none_is_pending() {
    let rows = [
        (json!({ "phase": "Pending" }), Phase::Pending),
        (json!({ "phase": "Running" }), Phase::Running),
        (json!({ "phase": "Succeeded" }), Phase::Succeeded),
        (json!({ "phase": "Failed" }), Phase::Failed),
        (json!({ "phase": "" }), Phase::Pending),
        (json!({ "phase": null }), Phase::Pending),
        (json!({}), Phase::Pending),
        (Value::Null, Phase::Pending),
        (json!({ "phase": "Paused" }), Phase::Unknown),
        (json!({ "phase": "running" }), Phase::Unknown),
        (json!({ "phase": 3 }), Phase::Unknown),
        (json!({ "phase": ["Succeeded"] }), Phase::Unknown),
    ];
    for (status, phase) in rows {
        assert_eq!(read(&object(json!({}), json!({}), status.clone())).unwrap().0.phase, phase, "{status}");
        let mut dying = object(json!({}), json!({}), status);
        dying["metadata"]["deletionTimestamp"] = "2026-11-20T12:30:00Z".into();
        assert_eq!(read(&dying).unwrap().0.phase, Phase::Deleting);
    }
}

#[test]
fn times_branches_and_commits_are_read_where_they_have_their_form() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let spec = json!({ "env": { "HEAD_REF": "refs/heads/feature/x", "COMMIT_SHA": commit } });
    let (run, _) = read(&object(json!({}), spec, json!({ "finishedAt": "never", "completionTime": "2026-11-20T13:00:00Z" }))).unwrap();
    assert_eq!((run.branch.as_deref(), run.commit.as_deref()), (Some("feature/x"), Some(commit)));
    assert_eq!(run.created_at.to_string(), "2026-11-20T12:00:00Z");
    assert_eq!(run.finished_at.unwrap().to_string(), "2026-11-20T13:00:00Z");
    for (field, value) in [("COMMIT_SHA", "abcdef"), ("COMMIT_SHA", "main"), ("HEAD_REF", "a b"), ("HEAD_REF", "refs/heads/")] {
        let (run, _) = read(&object(json!({}), json!({ "env": { field: value } }), json!({}))).unwrap();
        assert_eq!((run.branch, run.commit), (None, None), "{field} {value}");
    }
}

/// Values that mean harm, or nothing.
fn junk() -> Vec<Value> {
    let deep = (0..60).fold(json!(1), |inner, _| json!([{ "a": inner }]));
    vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(12.5),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!(" "),
        json!("é".repeat(40)),
        json!("x".repeat(5_000)),
        json!("\u{0}\u{7}\u{202e}"),
        json!("../../secrets"),
        json!("acme"),
        json!("https://"),
        json!("4294967296"),
        json!([]),
        json!([1, "a", null]),
        json!({}),
        json!({ "a": { "b": 1 } }),
        deep,
    ]
}

/// Every place in a value, as JSON pointers.
fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| pointers(value, &format!("{at}/{key}"), all)),
        Value::Array(entries) => entries.iter().enumerate().for_each(|(i, value)| pointers(value, &format!("{at}/{i}"), all)),
        _ => {}
    }
}

#[test]
fn k2_any_value_at_any_place_is_read_and_makes_no_run_ours() {
    let mut good = object(
        json!({ "agent-type": "tess", "agent": "tess", "github-app": "5DLabs-Tess", "workflow-stage": "testing", "repository": "acme-web-app",
                "pr-number": "12", "task-id": "4", "branch": "main", "head-ref": "x", "head-sha": "abcdef1" }),
        json!({ "repositoryUrl": "https://github.com/acme/web-app", "githubApp": "5DLabs-Tess", "taskId": 4, "branch": "x",
                "env": { "PR_NUMBER": "12", "HEAD_REF": "x", "COMMIT_SHA": "abcdef1" } }),
        json!({ "phase": "Running", "pullRequestUrl": "https://github.com/acme/web-app/pull/12", "finishedAt": "x", "completionTime": "y" }),
    );
    good["metadata"]["finalizers"] = json!(["a"]);
    assert_eq!(read(&good).unwrap().1, Belongs::Here);
    let naming = ["/metadata/labels/repository", "/spec/repositoryUrl", "/status/pullRequestUrl"];
    let mut places = Vec::new();
    pointers(&good, "", &mut places);
    assert!(places.len() > 30, "{}", places.len());
    for place in places {
        for value in junk() {
            let mut bad = good.clone();
            *bad.pointer_mut(&place).unwrap() = value.clone();
            let Some((run, belongs)) = read(&bad) else { continue };
            // Where nothing is said any more, the other places still say it; where something else is said, nobody is sure.
            let is_said = value.as_str().is_some_and(|text| !text.trim().is_empty()) || !value.is_null() && !value.is_string();
            if naming[..2].contains(&place.as_str()) && is_said {
                assert_eq!(run.same_repository, None, "{value} at {place}: {belongs:?}");
            }
            let shown = serde_json::to_string(&run).unwrap();
            assert!(shown.len() < 2_000, "{value} at {place}: {} bytes", shown.len());
        }
    }
}

#[test]
fn k2_a_run_is_ours_exactly_if_all_that_names_a_repository_names_this_one() {
    let here = ["acme-web-app", "Acme/Web-App", "https://github.com/ACME/web-app.git", "git@github.com:acme/web-app"];
    let elsewhere = ["acme-web", "acme/web", "https://gitlab.com/acme/web-app", "https://github.com/acme-web/app", "git@github.com:a/b"];
    let mut rng = Rng::with_seed(7);
    let mut seen = [0_u32; 3];
    for _ in 0..5_000 {
        let (mut is_here, mut is_elsewhere, mut is_junk) = (false, false, false);
        let mut value = || match rng.u8(0..5) {
            0 | 1 => {
                is_here = true;
                json!(here[rng.usize(..here.len())])
            }
            2 => {
                is_elsewhere = true;
                json!(elsewhere[rng.usize(..elsewhere.len())])
            }
            3 => {
                is_junk = true;
                // No word: a word is another repository's name.
                [json!(7), json!({ "a": 1 }), json!(["acme-web-app"]), json!("acme web-app"), json!("x".repeat(2_000))][rng.usize(..5)]
                    .clone()
            }
            _ => [Value::Null, json!("")][rng.usize(..2)].clone(),
        };
        let object = object(json!({ "repository": value() }), json!({ "repositoryUrl": value() }), json!({}));
        let (run, belongs) = read(&object).unwrap();
        let expected = match (is_here, is_elsewhere, is_junk) {
            (true, false, false) => Belongs::Here,
            (false, true, false) => Belongs::Elsewhere,
            _ => Belongs::Unsure,
        };
        assert_eq!((belongs, run.same_repository), (expected, (expected == Belongs::Here).then_some(true)), "{object}");
        seen[expected as usize] += 1;
    }
    assert!(seen.iter().all(|times| *times > 300), "each was tried: {seen:?}");
}

#[test]
fn one_hostile_object_in_a_page_hides_no_other() {
    let settings = RunSettings::default();
    let nested = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let good = object(json!({}), json!({}), json!({}));
    let page = format!(
        r#"{{"items": [1, null, "x", [], {{"metadata": 7, "spec": {nested}}}, {{"spec": {{"env": {nested}, "taskId": {nested}}}}}, {good}],
            "metadata": {{"continue": "next", "more": {nested}}}, "kind": {nested}}}"#
    );
    let mut found = Vec::new();
    let rest = page::read(page.as_bytes(), &wanted(&settings), &mut |object| found.push(run(&object, &settings, &ours()))).unwrap();
    assert_eq!(rest.after.as_deref(), Some("next"));
    assert_eq!((found.len(), found.iter().flatten().count()), (7, 1));
}

#[test]
fn an_answer_that_is_no_list_is_not_taken_for_an_empty_one() {
    let settings = RunSettings::default();
    for body in ["", "{}", "[]", "null", "{\"items\": 7}", "{\"items\": []", "{\"items\": []} more", "<html>"] {
        assert!(page::read(body.as_bytes(), &wanted(&settings), &mut |_| ()).is_err(), "{body}");
    }
    assert!(page::read(b"{\"items\": null}", &wanted(&settings), &mut |_| ()).is_ok(), "Go writes an empty list so");
}
