//! Overrides, and the runs that a push supersedes.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod desk;

use desk::{Desk, IMPLEMENTER, QA, notices};
use pawl_remediation::override_status;
use pawl_sdk::prelude::*;

fn qa_run(name: &str, at: i64) -> Run {
    let mut run = sample::run("CodeRun", name, at);
    (run.agent, run.pull_request) = (Some("tess".into()), Some(7));
    run
}

#[test]
fn a4_1_a4_2_skip_and_manual_review_hold_everything() {
    for label in ["skip-automation", "manual-review-required"] {
        let mut desk = Desk::new();
        desk.round();
        desk.facts.runs.push(qa_run("tess-1", desk.facts.now));
        desk.later();
        desk.facts.labels.push(label.into());
        let plan = desk.push(IMPLEMENTER, 1);
        assert!(plan.held && plan.stops.is_empty());
        assert_eq!(plan.labels, ["ready-for-qa", "iteration-1"], "as the committed state says");
        desk.facts.labels.retain(|name| name != label);
        let plan = desk.look();
        assert_eq!(plan.stops.len(), 1, "asked for once nothing holds it");
        assert_eq!(desk.labels(), ["iteration-1", "remediation-in-progress"]);
    }
}

#[test]
fn a4_2_pause_lets_approval_through_and_holds_back_remediation_and_cancellation() {
    let mut desk = Desk::new();
    desk.round();
    desk.facts.runs.push(qa_run("tess-1", desk.facts.now));
    desk.adds("pause-remediation");
    let plan = desk.review(QA, Verdict::ChangesRequested);
    assert!(!plan.held);
    assert_eq!(desk.labels(), ["iteration-1", "ready-for-qa"]);
    let plan = desk.push(IMPLEMENTER, 1);
    assert!(plan.stops.is_empty());
    assert_eq!(desk.labels(), ["iteration-1", "ready-for-qa"]);
    let plan = desk.removes("pause-remediation");
    assert_eq!(desk.labels(), ["iteration-2", "remediation-in-progress"], "what was held back happens now");
    assert_eq!(plan.stops.len(), 1);

    let mut desk = Desk::new();
    desk.round();
    desk.adds("pause-remediation");
    desk.review(QA, Verdict::ChangesRequested);
    desk.review(QA, Verdict::Approved);
    assert_eq!(desk.labels(), ["approved", "iteration-1"]);
    desk.removes("pause-remediation");
    assert_eq!(desk.labels(), ["approved", "iteration-1"], "the approval overtook the older feedback");
    desk.adds("pause-remediation");
    desk.facts.state = SubjectState::Merged;
    desk.look();
    assert_eq!(desk.labels(), ["approved"], "cleanup goes on");
}

#[test]
fn a4_3_a_held_subject_says_what_holds_it_most_severe_first() {
    let mut desk = Desk::new();
    desk.round();
    desk.facts.labels.extend(["pause-remediation", "Skip-Automation", "manual-review-required"].map(String::from));
    let plan = desk.look();
    assert_eq!(plan.state, "manual-override");
    let order = ["skip-automation (high", "manual-review-required (medium", "pause-remediation (low", "underneath ready-for-qa"];
    let places = order.map(|part| plan.reason.find(part).unwrap_or_else(|| panic!("{part} in {}", plan.reason)));
    assert!(places.is_sorted(), "{}", plan.reason);

    let status = override_status(&desk.facts.labels);
    assert!(status.has_override);
    assert_eq!(status.override_type, Some("skip-automation"));
    assert_eq!(status.message, Some("All automation disabled by skip-automation label"));
    assert_eq!(
        status.overrides.iter().map(|one| one.action).collect::<Vec<_>>(),
        ["halt_all_automation", "pause_until_review", "pause_remediation_only"]
    );
    let one = override_status(&["pause-remediation".into()]).to_json();
    assert_eq!(
        one,
        r#"{"hasOverride":true,"overrideType":"pause-remediation","message":"Remediation temporarily paused","overrides":[{"type":"pause-remediation","severity":"low","message":"Remediation temporarily paused","action":"pause_remediation_only"}]}"#
    );
    assert_eq!(override_status(&[]).to_json(), r#"{"hasOverride":false,"overrideType":null,"message":null,"overrides":[]}"#);
}

#[test]
fn a4_4_each_appearance_of_an_override_is_told_once() {
    let mut desk = Desk::new();
    desk.facts.labels.push("task-12".into());
    let plan = desk.adds("skip-automation");
    let told = notices(&plan, "override");
    assert_eq!(told.len(), 1);
    let fields: Vec<(&str, &str)> = told[0].fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let expected = [
        ("subject", "acme/widgets#7"),
        ("task", "12"),
        ("overrideType", "skip-automation"),
        ("message", "All automation disabled by skip-automation label"),
        ("severity", "high"),
    ];
    assert_eq!(fields, expected);
    let first = plan.requests[0].key.clone();
    assert!(desk.signal("tess_approval").requests.is_empty());
    desk.removes("skip-automation");
    let again = desk.adds("skip-automation");
    assert_ne!(again.requests[0].key, first);
    desk.edited("skip-automation", LabelChange::Removed, sample::person("ann"));
    desk.edited("skip-automation", LabelChange::Added, sample::person("ann"));
    assert_eq!(notices(&desk.look(), "override").len(), 1, "also when it went and came between two looks");
}

#[test]
fn a4_5_news_that_arrives_while_held_is_kept_and_decided_afterwards() {
    let mut desk = Desk::new();
    desk.adds("skip-automation");
    let plan = desk.signal("tess_feedback_received");
    assert_eq!(plan.keeps.len(), 1);
    assert_eq!(desk.facts.news.len(), 1);
    let plan = desk.adds("iteration-4");
    assert_eq!(plan.keeps.len(), 1, "still");
    assert_eq!(plan.labels, Vec::<String>::new());
    desk.removes("skip-automation");
    assert_eq!(desk.labels(), ["iteration-4", "needs-remediation"], "feedback first, then the person's count");
    assert!(desk.facts.news.is_empty());
}

#[test]
fn a4_5_more_news_than_can_be_kept_loses_none_that_facts_do_not_show_again() {
    let mut desk = Desk::new();
    desk.adds("skip-automation");
    for _ in 0..104 {
        let at = desk.later();
        let signal = Event::Signal(Signal { name: "tess_approval".into(), parameters: Vec::new() });
        desk.news(signal, None, at);
    }
    for _ in 0..90 {
        let at = desk.later();
        let comment = Comment { id: 1, author: Some(sample::bot(QA)), at, matches: vec!["feedback-marker".into()] };
        desk.news(Event::Commented(comment), Some(sample::bot(QA)), at);
    }
    let plan = desk.look();
    assert_eq!(plan.keeps.len(), 100);
    assert!(desk.facts.news.iter().all(|news| matches!(news.event, Event::Signal(_))), "signals are kept before comments");
    desk.removes("skip-automation");
    assert_eq!(desk.labels(), ["approved"]);
}

#[test]
fn k1_exactly_the_superseded_qa_runs_of_this_pull_request_stop() {
    let mut desk = Desk::new();
    desk.facts.labels.push("task-3".into());
    let before = desk.facts.now - 100;
    let mut runs = Vec::new();
    let mut add = |name: &str, change: &dyn Fn(&mut Run)| {
        let mut run = qa_run(name, before);
        change(&mut run);
        runs.push(run);
    };
    let by_task = |run: &mut Run| (run.pull_request, run.task) = (None, Some("3".into()));
    add("stop-pending", &|run| run.phase = Phase::Pending);
    add("stop-unknown", &|run| run.phase = Phase::Unknown);
    add("stop-cleo", &|run| run.agent = Some("Cleo".into()));
    add("stop-by-task", &by_task);
    add("stop-by-task-and-branch", &|run| (run.pull_request, run.task, run.branch) = (None, Some("task-3".into()), Some("rounder".into())));
    add("stop-old-commit", &|run| run.commit = Some(sample::commit(0)));
    add("keep-done", &|run| run.phase = Phase::Succeeded);
    add("keep-deleting", &|run| run.phase = Phase::Deleting);
    add("keep-implementer", &|run| run.agent = Some("rex".into()));
    add("keep-nobody", &|run| run.agent = None);
    add("keep-other-pull-request", &|run| (run.pull_request, run.task) = (Some(8), Some("3".into())));
    add("keep-other-task", &|run| (run.pull_request, run.task) = (None, Some("4".into())));
    add("keep-other-repository", &|run| run.same_repository = Some(false));
    add("keep-unknown-repository", &|run| run.same_repository = None);
    add("keep-other-branch", &|run| (run.pull_request, run.task, run.branch) = (None, Some("3".into()), Some("other".into())));
    add("keep-names-neither", &|run| (run.pull_request, run.branch) = (None, Some("rounder".into())));
    add("keep-new-head", &|run| run.commit = Some(sample::commit(1)));
    add("keep-created-for-it", &|run| run.created_at = before + 155);
    add("keep-other-kind", &|run| run.kind = "Job".into());
    desk.facts.runs = runs;
    let plan = desk.push(IMPLEMENTER, 1);
    let stopped: Vec<&str> = plan.stops.iter().map(|stop| stop.name.as_str()).collect();
    let expected = ["stop-pending", "stop-unknown", "stop-cleo", "stop-by-task", "stop-by-task-and-branch", "stop-old-commit"];
    assert_eq!(stopped, expected);
    assert_eq!(notices(&plan, "unknown phase").len(), 1);
    assert!(plan.reason.contains("keep-unknown-repository and 1 more"), "{}", plan.reason);
}

#[test]
fn k1_with_several_task_labels_only_the_pull_request_counts() {
    let mut desk = Desk::new();
    desk.facts.labels.extend(["task-3", "task-4"].map(String::from));
    let mut by_task = qa_run("by-task", desk.facts.now);
    (by_task.pull_request, by_task.task) = (None, Some("3".into()));
    desk.facts.runs = vec![by_task, qa_run("by-number", desk.facts.now)];
    let plan = desk.push(IMPLEMENTER, 1);
    assert_eq!(plan.stops.iter().map(|stop| stop.name.as_str()).collect::<Vec<_>>(), ["by-number"]);
}

/// A QA run that names task 3, perhaps a branch, and no pull request.
fn by_task(name: &str, at: i64, branch: Option<&str>) -> Run {
    Run { pull_request: None, task: Some("3".into()), branch: branch.map(String::from), ..qa_run(name, at) }
}

#[test]
fn k1_of_a_task_that_another_open_pull_request_shares_a_run_stops_that_names_this_one_or_its_branch() {
    let pushed = |shared: &[&str]| {
        let mut desk = Desk::new();
        desk.facts.labels.extend(["Task-3", "size/S"].map(String::from));
        desk.facts.shared_labels = shared.iter().map(|label| (*label).to_owned()).collect();
        let at = desk.facts.now;
        let task_only = by_task("task-only", at, None);
        desk.facts.runs =
            vec![task_only, by_task("our-branch", at, Some("rounder")), by_task("their-branch", at, Some("other")), qa_run("number", at)];
        desk.push(IMPLEMENTER, 1)
    };
    let stopped = |plan: &Plan| plan.stops.iter().map(|stop| stop.name.clone()).collect::<Vec<_>>();
    let plan = pushed(&["size/S", "Task-3"]);
    assert_eq!(stopped(&plan), ["our-branch", "number"]);
    assert!(plan.reason.contains("run task-only and 1 more may be superseded") && plan.reason.ends_with("it is kept"), "{}", plan.reason);
    for shared in [&[][..], &["size/S"]] {
        assert_eq!(stopped(&pushed(shared)), ["task-only", "our-branch", "number"], "nobody else has the task");
    }
}

#[test]
fn k1_what_a_run_of_a_shared_task_tells_is_heard_where_it_names_the_branch() {
    for (shared, branch, is_heard) in
        [(true, None, false), (true, Some("rounder"), true), (true, Some("other"), false), (false, None, true)]
    {
        let mut desk = Desk::new();
        desk.facts.labels.push("task-3".into());
        desk.review(QA, Verdict::ChangesRequested);
        if shared {
            desk.facts.shared_labels.push("task-3".into());
        }
        let at = desk.later();
        let run = Run { agent: Some("rex".into()), phase: Phase::Succeeded, ..by_task("rex-1", at, branch) };
        desk.hear(Event::RunChanged(run), None);
        assert_eq!(desk.facts.has_label("ready-for-qa"), is_heard, "{shared} {branch:?}: {:?}", desk.facts.labels);
    }
}

#[test]
fn k1_stops_are_asked_for_from_memory_and_for_an_implementers_push_only() {
    let mut desk = Desk::new();
    desk.facts.runs.push(qa_run("tess-1", desk.facts.now));
    assert!(desk.push("ann", 1).stops.is_empty());
    desk.push(IMPLEMENTER, 2);
    // A run of before the push turns up only now, long after the news was consumed.
    desk.later();
    desk.facts.runs.push(qa_run("tess-0", desk.facts.now - 400));
    assert_eq!(desk.look().stops.len(), 1);
    desk.facts.runs.push(qa_run("tess-2", desk.facts.now));
    assert!(desk.look().stops.is_empty(), "this one is for the new head");
}
