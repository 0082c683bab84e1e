//! Every state with every kind of event: no panic, one status label at most, one iteration at most, and the laws.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod desk;

use desk::{Desk, IMPLEMENTER, QA};
use pawl_remediation::Remediation;
use pawl_sdk::prelude::*;

const STATUS: [&str; 5] = ["needs-remediation", "remediation-in-progress", "ready-for-qa", "approved", "failed-remediation"];
const NO_LABEL: [&str; 0] = [];

fn in_state(status: Option<&str>, iteration: u32, over: bool, overrides: &[&str]) -> Desk {
    let mut desk = Desk::unseen();
    desk.facts.labels = status.into_iter().chain(overrides.iter().copied()).map(String::from).collect();
    if iteration > 0 {
        desk.facts.labels.push(format!("iteration-{iteration}"));
    }
    desk.look();
    if over {
        desk.facts.state = SubjectState::Merged;
        desk.look();
    }
    desk
}

type Act = Box<dyn Fn(&mut Desk)>;

fn acts() -> Vec<(&'static str, Act)> {
    let mut acts: Vec<(&'static str, Act)> = Vec::new();
    for signal in [
        "tess_feedback_received",
        "tess_additional_feedback",
        "rex_remediation_started",
        "rex_remediation_completed",
        "tess_approval",
        "max_iterations_reached",
        "quality_completed",
    ] {
        acts.push((signal, Box::new(move |desk| drop(desk.signal(signal)))));
    }
    for verdict in [Verdict::Approved, Verdict::ChangesRequested, Verdict::Commented, Verdict::Dismissed, Verdict::Pending] {
        acts.push(("review", Box::new(move |desk| drop(desk.review(QA, verdict)))));
    }
    for by in ["ann", IMPLEMENTER, QA] {
        acts.push(("push", Box::new(move |desk| drop(desk.push(by, 5)))));
    }
    for verb in ["reset", "remediate", "unknown"] {
        acts.push((verb, Box::new(move |desk| drop(desk.command(verb, sample::person("ann").with_permission(Permission::Admin))))));
    }
    for label in STATUS.into_iter().chain(["iteration-3", "iteration-999999999", "skip-automation", "pause-remediation", "theirs"]) {
        for (by, name) in [(sample::person("ann"), "person"), (sample::bot(QA), "qa"), (sample::bot("x[bot]"), "stranger")] {
            acts.push((name, Box::new(move |desk| drop(desk.edit(label, LabelChange::Added, by.clone())))));
        }
        acts.push(("removal", Box::new(move |desk| drop(desk.removes(label)))));
    }
    acts.push(("opened", Box::new(|desk| drop(desk.hear(Event::Opened, None)))));
    acts.push(("reopened", Box::new(|desk| drop(desk.hear(Event::Reopened, None)))));
    acts.push(("closed", Box::new(|desk| drop(desk.hear(Event::Closed(false), None)))));
    acts.push(("elapsed", Box::new(|desk| drop(desk.hear(Event::Elapsed, None)))));
    for phase in [Phase::Pending, Phase::Running, Phase::Succeeded, Phase::Failed, Phase::Deleting, Phase::Unknown] {
        for agent in ["rex", "cleo", "tess"] {
            acts.push((
                "run",
                Box::new(move |desk| {
                    let mut run = sample::run("CodeRun", agent, desk.later());
                    (run.agent, run.pull_request, run.phase) = (Some(agent.into()), Some(7), phase);
                    desk.facts.runs.push(run.clone());
                    desk.hear(Event::RunChanged(run), None);
                }),
            ));
        }
    }
    acts
}

#[test]
fn every_state_takes_every_event_and_stays_whole() {
    let manifest = Remediation::manifest();
    let acts = acts();
    let mut seen = 0;
    for status in std::iter::once(None).chain(STATUS.into_iter().map(Some)) {
        for iteration in [0, 1, 10] {
            for (over, overrides) in [(false, &NO_LABEL[..]), (true, &[]), (false, &["pause-remediation"]), (false, &["skip-automation"])] {
                for (name, act) in &acts {
                    let mut desk = in_state(status, iteration, over, overrides);
                    act(&mut desk);
                    let held = desk.facts.has_label("skip-automation");
                    let statuses = desk.labels().iter().filter(|label| STATUS.contains(label)).count();
                    let iterations = desk.facts.numbers_of("iteration-{n}").len();
                    let whole = held || (statuses <= 1 && iterations <= 1);
                    assert!(whole, "{status:?} {iteration} {over} {overrides:?} {name}: {:?}", desk.facts.labels);
                    assert!(desk.labels().iter().all(|label| manifest.owns_label(label)));
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 5_000, "{seen}");
}

#[test]
fn hostile_names_stay_out_of_sentences() {
    let mut desk = Desk::new();
    desk.facts.subject.owner = "a\u{202e}b\n".repeat(60);
    let eve = sample::person(&format!("eve\n\u{7}\u{202e}{}", "x".repeat(5_000)));
    let plan = desk.edit("ready-for-qa", LabelChange::Added, eve.clone());
    assert!(plan.reason.len() < 200 && !plan.reason.contains(['\n', '\u{202e}', '\u{7}']), "{}", plan.reason);
    let plan = desk.edit("approved", LabelChange::Added, Actor { kind: ActorKind::Bot, ..eve });
    let sentence = format!("{:?}", plan.requests);
    assert!(!sentence.contains("\\u{202e}") && !sentence.contains("\\n"), "{sentence}");
}
