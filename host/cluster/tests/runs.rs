//! Which resource runs are, and which of them concern a subject.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod at;

use at::runs::{RUNS, cluster, definition, find, object, reply, runs, set_phase, start, subject, with_runs};
use at::{NAMESPACE, seconds, server};
use pawl_apiserver::{Fault, Reply, Rule, When};
use pawl_cluster::{Candidate, ClusterError, NoRuns, RUN_VERBS, RunSettings, Runs};
use pawl_core::news::Phase;
use serde_json::{Value, json};
use tokio::time::Instant;

fn list() -> When {
    When::on("list", "coderuns")
}

#[tokio::test(start_paused = true)]
async fn k2_the_first_candidate_that_is_served_is_found_by_two_calls() {
    let server = with_runs();
    server.define(&definition("platform.5dlabs.com", "CodeRun", "Namespaced"));
    let runs = Runs::discover(&cluster(server.service()), RunSettings::default()).await.unwrap();
    assert_eq!((runs.resource().group.as_str(), runs.kind()), ("agents.platform", "CodeRun"));
    let paths: Vec<String> = server.requests().into_iter().map(|seen| seen.path).collect();
    assert_eq!(paths.len(), 2, "{paths:?}");
    assert!(paths[0] == "/apis/agents.platform/v1" && paths[1].starts_with(RUNS), "{paths:?}");
}

#[tokio::test(start_paused = true)]
async fn k2_the_other_group_is_found_where_only_that_is_served() {
    let server = server();
    server.define(&definition("platform.5dlabs.com", "CodeRun", "Namespaced"));
    let runs = Runs::discover(&cluster(server.service()), RunSettings::default()).await.unwrap();
    assert_eq!(runs.resource().group, "platform.5dlabs.com");
    let path = format!("/apis/platform.5dlabs.com/v1/namespaces/{NAMESPACE}/coderuns");
    let mut run = object("a", &[]);
    run["apiVersion"] = "platform.5dlabs.com/v1".into();
    server.create(&path, &run);
    assert_eq!(runs.of(&subject()).await.unwrap()[0].name, "a");
}

#[tokio::test(start_paused = true)]
async fn k2_where_no_runs_are_served_everything_that_was_looked_for_is_named_with_the_way_out() {
    let server = server();
    server.define(&definition("agents.platform", "Job", "Namespaced"));
    let settings = RunSettings {
        candidates: [("agents.platform", "v1"), ("platform.5dlabs.com", "v1"), ("agents.platform", "v2")]
            .map(|(group, version)| Candidate { group: group.into(), version: version.into(), plural: "coderuns".into() })
            .into(),
        ..RunSettings::default()
    };
    let error = Runs::discover(&cluster(server.service()), settings).await.unwrap_err();
    assert!(!error.is_transient());
    assert_eq!(
        error.to_string(),
        "the cluster serves no runs: looked for CodeRun as coderuns of agents.platform/v1 (which are Job, in namespaces) and coderuns of \
         platform.5dlabs.com/v1 (which is not there) and coderuns of agents.platform/v2 (which is not there); install its \
         CustomResourceDefinition, or name its group, version and plural under candidates"
    );
}

#[tokio::test(start_paused = true)]
async fn k2_runs_outside_of_namespaces_are_not_taken_for_those_of_this_one() {
    let server = server();
    server.define(&definition("agents.platform", "CodeRun", "Cluster"));
    let error = Runs::discover(&cluster(server.service()), RunSettings::default()).await.unwrap_err();
    assert!(error.to_string().contains("outside of namespaces"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn k2_two_plurals_of_one_version_cost_one_look() {
    let server = with_runs();
    let of = |plural: &str| Candidate { group: "agents.platform".into(), version: "v1".into(), plural: plural.into() };
    let settings = RunSettings { candidates: vec![of("runs"), of("coderuns")], ..RunSettings::default() };
    assert_eq!(Runs::discover(&cluster(server.service()), settings).await.unwrap().resource().plural, "coderuns");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn k10_a_missing_permission_is_told_at_the_start_with_the_rule() {
    let server = with_runs();
    let token = server.account("pawl", vec![Rule::allow("agents.platform", &["coderuns"], &["get", "delete"])]);
    let error = Runs::discover(&cluster(server.service_of(&token)), RunSettings::default()).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains(r#"{apiGroups: ["agents.platform"], resources: ["coderuns"], verbs: ["list"]}"#), "{text}");
    assert!(matches!(error, NoRuns::Cluster(ClusterError::Refused { code: 403, .. })) && !error.is_transient());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_away_is_no_server_without_runs() {
    let server = with_runs();
    server.outage();
    let error = Runs::discover(&cluster(server.service()), RunSettings::default()).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    server.lift();
    server.fault(When::any(), Fault::AnswerBefore(Reply::status(403, "Forbidden", "forbidden: cannot get path")));
    let error = Runs::discover(&cluster(server.service()), RunSettings::default()).await.unwrap_err();
    assert!(matches!(&error, NoRuns::Closed(_)) && error.to_string().contains("system:discovery"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn settings_that_could_lead_a_path_elsewhere_are_refused_before_any_call() {
    let server = with_runs();
    let candidates = vec![Candidate { group: "agents.platform".into(), version: "../v1".into(), plural: "coderuns".into() }];
    let error = Runs::discover(&cluster(server.service()), RunSettings { candidates, ..RunSettings::default() }).await.unwrap_err();
    assert!(matches!(error, NoRuns::Settings(_)) && server.requests().is_empty(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn k2_runs_of_this_repository_and_of_none_are_answered_and_those_of_others_are_not() {
    let server = with_runs();
    let runs = runs(&server).await;
    let with = |name: &str, labels: Value, url: Value| {
        let mut run = object(name, &[]);
        run["metadata"]["labels"] = labels;
        run["spec"] = json!({ "repositoryUrl": url, "taskId": 4 });
        server.create(RUNS, &run);
    };
    with("ours-by-label", json!({ "repository": "ACME-web" }), Value::Null);
    with("ours-by-url", json!({}), json!("git@github.com:acme/web.git"));
    with("nobodys", json!({ "agent": "tess" }), Value::Null);
    with("others", json!({ "repository": "acme-site" }), json!("https://github.com/acme/site"));
    with("at-another-host", json!({}), json!("https://gitlab.com/acme/web"));
    with("of-two", json!({ "repository": "acme-web" }), json!("https://github.com/acme/site"));
    set_phase(&server, "ours-by-label", "Succeeded");
    let told: Vec<(String, Option<bool>, Phase)> =
        runs.of(&subject()).await.unwrap().into_iter().map(|run| (run.name, run.same_repository, run.phase)).collect();
    let expected = [
        ("nobodys", None, Phase::Pending),
        ("of-two", None, Phase::Pending),
        ("ours-by-url", Some(true), Phase::Pending),
        ("ours-by-label", Some(true), Phase::Succeeded),
    ];
    assert_eq!(told, expected.map(|(name, same, phase)| (name.to_owned(), same, phase)));
    assert_eq!(server.requests().len(), 1);
    assert!(!server.requests()[0].path.contains("elector"), "what no label says would be missed");
}

#[tokio::test(start_paused = true)]
async fn twelve_hundred_runs_are_read_in_pages_also_when_the_server_forgets_the_beginning() {
    let server = with_runs();
    let runs = runs(&server).await;
    for i in 0..1_200 {
        server.create(RUNS, &object(&format!("run-{i:04}"), &[]));
    }
    assert_eq!(runs.of(&subject()).await.unwrap().len(), 1_200);
    assert_eq!(server.count("list", "coderuns"), 3);
    let behind = server.clone();
    let forget = move || {
        behind.create(RUNS, &object("run-2000", &[]));
        behind.compact();
    };
    server.fault(list().nth(3), Fault::meanwhile(forget));
    let mut names: Vec<String> = runs.of(&subject()).await.unwrap().into_iter().map(|run| run.name).collect();
    assert_eq!(server.count("list", "coderuns"), 3 + 3 + 3);
    names.sort();
    names.dedup();
    assert_eq!((names.len(), names[1_200].as_str()), (1_201, "run-2000"), "each once, and the one that came meanwhile");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_forgets_every_beginning_is_not_asked_for_ever() {
    let server = with_runs();
    let runs = runs(&server).await;
    for i in 0..501 {
        server.create(RUNS, &object(&format!("run-{i:04}"), &[]));
    }
    let gone = Reply::status(410, "Expired", "The provided continue parameter is too old");
    for beginning in 1..=4 {
        server.fault(list().nth(2 * beginning), Fault::AnswerBefore(gone.clone()));
    }
    let error = runs.of(&subject()).await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("forgotten 4 times"), "{error}");
    assert_eq!((server.count("list", "coderuns"), server.faults_left()), (8, 0));
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_429_is_waited_out_as_long_as_the_server_asks_and_then_told() {
    let server = with_runs();
    start(&server, "a", "Running", &[]);
    let runs = runs(&server).await;
    server.fault(list().times(2), Fault::AnswerBefore(Reply::too_many_requests(7)));
    let start = Instant::now();
    assert_eq!(runs.of(&subject()).await.unwrap().len(), 1);
    assert!(start.elapsed() >= seconds(14), "{:?}", start.elapsed());
    server.fault(list().always(), Fault::AnswerBefore(Reply::too_many_requests(1)));
    server.forget_requests();
    let error = runs.of(&subject()).await.unwrap_err();
    assert!(matches!(error, ClusterError::Overloaded { .. }), "{error}");
    assert_eq!(server.count("list", "coderuns"), 3);
    server.clear_faults();
    server.fault(list().always(), Fault::AnswerBefore(Reply::too_many_requests(11)));
    server.forget_requests();
    assert_eq!(runs.of(&subject()).await.unwrap_err().retry_after(), Some(seconds(11)), "a long pause is the caller's");
    assert_eq!(server.count("list", "coderuns"), 1);
}

#[tokio::test(start_paused = true)]
async fn an_outage_between_two_pages_costs_a_try_and_a_long_one_an_error_that_is_tried_again() {
    let server = with_runs();
    let runs = runs(&server).await;
    for i in 0..600 {
        server.create(RUNS, &object(&format!("run-{i:04}"), &[]));
    }
    server.fault(list().nth(2), Fault::CutBefore);
    server.fault(list().nth(3), Fault::AnswerBefore(Reply::internal_error()));
    assert_eq!(runs.of(&subject()).await.unwrap().len(), 600);
    assert_eq!(server.count("list", "coderuns"), 4);
    server.outage();
    assert!(runs.of(&subject()).await.unwrap_err().is_transient());
    server.lift();
    server.freeze();
    let start = Instant::now();
    assert!(matches!(runs.of(&subject()).await.unwrap_err(), ClusterError::Unavailable(_)));
    assert!(start.elapsed() <= seconds(20), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn runs_that_are_too_large_for_one_page_are_read_in_smaller_ones() {
    let server = with_runs();
    let runs = runs(&server).await;
    for i in 0..20 {
        let mut run = object(&format!("run-{i:02}"), &[]);
        run["spec"]["prompt"] = "x".repeat(1 << 20).into();
        server.create(RUNS, &run);
    }
    assert_eq!(runs.of(&subject()).await.unwrap().len(), 20);
    assert!(server.count("list", "coderuns") > 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_no_list_is_an_error_and_hostile_entries_are_passed_over() {
    let server = with_runs();
    let good = start(&server, "a", "Running", &[]);
    let runs = runs(&server).await;
    server.fault(list(), Fault::AnswerBefore(reply(&json!({ "kind": "CodeRunList" }))));
    assert!(runs.of(&subject()).await.unwrap_err().is_transient());
    let mut entries = vec![json!(1), json!([]), json!({ "metadata": [] }), json!({ "metadata": { "name": "../x", "uid": "u" } })];
    let mut strange = find(&server, "a").unwrap();
    strange["metadata"]["labels"] = json!(["repository"]);
    strange["spec"] = json!("acme/web");
    strange["status"] = json!({ "phase": {}, "pullRequestUrl": 12 });
    entries.push(strange);
    server.fault(list(), Fault::AnswerBefore(reply(&json!({ "metadata": [], "items": entries }))));
    let [run] = runs.of(&subject()).await.unwrap().try_into().unwrap();
    assert_eq!((run.uid, run.same_repository, run.phase), (good.uid, None, Phase::Unknown));
}

#[tokio::test(start_paused = true)]
async fn each_limit_of_a_list_is_named_with_the_way_out() {
    let server = with_runs();
    let runs = runs(&server).await;
    let answers = |items: Vec<Value>| {
        server.fault(list(), Fault::AnswerBefore(reply(&json!({ "metadata": {}, "items": items }))));
    };
    answers(vec![json!({}); 50_000]);
    assert_eq!(runs.of(&subject()).await.unwrap(), []);
    answers(vec![json!({}); 50_001]);
    let error = runs.of(&subject()).await.unwrap_err();
    assert!(!error.is_transient() && error.to_string().contains("more than 50000; delete finished ones"), "{error}");
    let run = |i: usize, phase: &str| {
        let mut run = object(&format!("run-{i}"), &[]);
        run["metadata"]["uid"] = format!("u-{i}").into();
        run["metadata"]["creationTimestamp"] = format!("2026-11-20T{:02}:{:02}:{:02}Z", i / 3600, i / 60 % 60, i % 60).into();
        run["status"] = json!({ "phase": phase });
        run
    };
    answers((0..2_001).map(|i| run(i, "Running")).collect());
    let error = runs.of(&subject()).await.unwrap_err();
    assert!(error.to_string().contains("more than 2000 that have not finished"), "{error}");
    answers((0..2_001).map(|i| run(i, if i == 0 { "Running" } else { "Failed" })).collect());
    let found = runs.of(&subject()).await.unwrap();
    assert_eq!((found.len(), found[0].name.as_str()), (2_000, "run-0"));
    assert!(found.iter().all(|run| run.name != "run-1"), "of the finished ones the oldest is left out");
}

#[tokio::test(start_paused = true)]
async fn a_definition_that_is_removed_later_is_named() {
    let server = with_runs();
    let runs = runs(&server).await;
    let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/coderuns.agents.platform";
    server.call("DELETE", path, &Value::Null);
    let error = runs.of(&subject()).await.unwrap_err();
    assert!(error.to_string().contains("CustomResourceDefinition coderuns.agents.platform"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn k10_runs_use_exactly_the_verbs_of_their_table() {
    let server = with_runs();
    let (group, resource, verbs) = RUN_VERBS[0];
    let token = server.account("pawl", vec![Rule::allow(group, &[resource], verbs).within(NAMESPACE)]);
    let stops = [start(&server, "a", "Running", &["a.b/c"]), start(&server, "b", "Running", &[])];
    let runs = Runs::discover(&cluster(server.service_of(&token)), RunSettings::default()).await.unwrap();
    assert_eq!(runs.of(&subject()).await.unwrap().len(), 2);
    runs.stop(&stops, seconds(3)).await;
    let _changes = runs.changes();
    server.watched_by(1).await;
    let used: Vec<String> =
        server.verbs_used("pawl").into_iter().map(|(group, resource, verb)| format!("{group} {resource} {verb}")).collect();
    assert_eq!(used, verbs.iter().map(|verb| format!("{group} {resource} {verb}")).collect::<Vec<_>>());
    let defaults: Vec<(String, String)> = RunSettings::default().candidates.into_iter().map(|of| (of.group, of.plural)).collect();
    assert_eq!(defaults, RUN_VERBS.iter().map(|(group, resource, _)| ((*group).to_owned(), (*resource).to_owned())).collect::<Vec<_>>());
}
