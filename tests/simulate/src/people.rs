//! What people, agents and workflows do, drawn from a seed.

use crate::checks::supersedes;
use crate::eye::{Eye, RUNS};
use crate::hands;
use crate::model::{State, Step};
use crate::stage::{Stage, Whose};
use crate::truth::Run;
use fastrand::Rng;
use pawl_core::subject::SubjectId;
use pawl_world::{Pull, Verdict};
use serde_json::{Value, json};

/// A person who may push.
pub const PERSON: &str = "alice";
/// The implementation agent.
pub const IMPLEMENTER: &str = "5DLabs-Rex[bot]";
/// The QA agent.
pub const QA: &str = "5DLabs-Tess[bot]";
/// Labels that hold everything.
pub const HOLDS: [&str; 2] = ["skip-automation", "manual-review-required"];
/// The label that only pauses remediation.
const PAUSE: &str = "pause-remediation";
/// Labels that are nobody's business here.
const FOREIGN: [&str; 4] = ["area/x", "iteration-planning", "approved-by-legal", "bug"];

/// Something happens to this pull request. Answers a signal that an agent sends of it.
pub fn act(stage: &mut Stage, eye: &Eye, dice: &mut Rng, at: &(SubjectId, Pull)) -> Option<Value> {
    let (subject, pull) = at;
    let (is_over, holds, is_paused) = {
        let seen = eye.seen();
        let truth = seen.truths.get(subject)?;
        (truth.model.is_over, truth.holds.clone(), truth.model.is_paused)
    };
    if is_over {
        // What is over is opened again before long, or for ever over.
        if !pull.is_merged() && dice.u8(0..3) == 0 {
            eye.note(&format!("{subject} is opened again"));
            pull.reopen_by(PERSON);
            stage.step(eye, *subject, Step::Reopened);
        } else if dice.u8(0..4) == 0 {
            hands::move_labels(stage, eye, dice, at);
        }
        return None;
    }
    match dice.u8(0..46) {
        0..6 => {
            eye.note(&format!("{subject} is asked for changes"));
            pull.review(QA, Verdict::ChangesRequested);
            stage.step(eye, *subject, Step::Feedback);
        }
        6 => {
            eye.note(&format!("{subject} is asked for changes by a comment"));
            pull.comment(QA, "Required changes: rename it");
            stage.step(eye, *subject, Step::Feedback);
        }
        7..9 => return Some(signal(stage, eye, at, "rex_remediation_started", Step::Started)),
        9..13 => return Some(signal(stage, eye, at, "rex_remediation_completed", Step::Completed)),
        13..18 if !is_doubtful(eye, *subject) => stage.push(eye, at, true),
        18 => stage.push(eye, at, false),
        19..21 => {
            eye.note(&format!("{subject} is approved"));
            pull.review(QA, Verdict::Approved);
            stage.step(eye, *subject, Step::Approved);
        }
        21..28 => {
            let whose = if dice.bool() { Whose::PullRequest } else { dice.choice(Whose::ALL).unwrap_or(Whose::Nobody) };
            stage.start_run(eye, at, whose, dice.u8(0..4) == 0, dice.u8(0..3) == 0);
        }
        28 => {
            let running: Vec<String> = {
                let seen = eye.seen();
                let truth = seen.truths.get(subject)?;
                truth.runs.values().filter(|run| !run.has_finished).map(|run| run.name.clone()).collect()
            };
            let name = dice.choice(running)?;
            stage.finish_run(eye, *subject, &name);
        }
        29..33 => hold(stage, eye, dice, at, &holds),
        33 => pause(stage, eye, at, is_paused),
        34..37 => {
            let label = dice.choice(FOREIGN).unwrap_or("bug");
            eye.note(&format!("{subject} {label} is moved"));
            if pull.has_label(label) {
                pull.unlabel_by(PERSON, label)
            } else {
                pull.label_by(PERSON, label)
            };
        }
        37 => {
            eye.note(&format!("{subject} /pawl reset"));
            pull.comment(PERSON, "/pawl reset");
            stage.step(eye, *subject, Step::Reset);
        }
        38 => {
            eye.note(&format!("{subject} is closed"));
            pull.close_by(PERSON);
            stage.step(eye, *subject, Step::Closed);
        }
        40.. => hands::move_labels(stage, eye, dice, at),
        _ if dice.u8(0..4) == 0 => {
            eye.note(&format!("{subject} is merged"));
            pull.merge_by(PERSON);
            stage.step(eye, *subject, Step::Closed);
        }
        _ => {}
    }
    None
}

/// A run whose deletion is on its way ends by itself, or is gone by then and a workflow starts it again under its own name.
pub fn stir(stage: &Stage, eye: &Eye, dice: &mut Rng) {
    let going: Vec<(SubjectId, String)> = {
        let seen = eye.seen();
        let of = |name: &String| {
            let runs = seen.truths.iter().filter_map(|(subject, truth)| Some((subject, truth.runs.get(name)?)));
            runs.filter(|(_, run)| run.is_ours && run.is_qa && !run.has_finished).map(|(subject, _)| (*subject, name.clone())).next()
        };
        seen.stopping.iter().filter_map(of).collect()
    };
    let Some((subject, name)) = dice.choice(going).filter(|_| dice.bool()) else { return };
    let Some(at) = stage.pulls.iter().find(|(id, _)| *id == subject) else { return };
    match stage.server.get(&format!("{RUNS}/{name}")) {
        Some(_) => stage.finish_run(eye, subject, &name),
        None => stage.start_named(eye, at, name, Whose::PullRequest, false, false),
    }
}

/// Whether nobody could say if a push by the agent meets QA at work: a run that an earlier push has superseded may be gone before anybody
/// looks again. It only matters where that moves a workflow that has not begun.
fn is_doubtful(eye: &Eye, subject: SubjectId) -> bool {
    let seen = eye.seen();
    let Some(truth) = seen.truths.get(&subject) else { return true };
    let head = truth.pushes.last().map(|push| push.commit.as_str()).unwrap_or_default();
    let is_superseded = |run: &Run| truth.pushes.iter().any(|push| supersedes(push, run, &truth.pushes, head));
    let matters = truth.model.state == State::Initial || truth.model.is_paused;
    matters && truth.runs.values().any(|run| run.is_ours && run.is_qa && !run.has_finished && is_superseded(run))
}

fn hold(_: &Stage, eye: &Eye, dice: &mut Rng, (subject, pull): &(SubjectId, Pull), holds: &[&'static str]) {
    let set = |holds: Vec<&'static str>| {
        if let Some(truth) = eye.seen().truths.get_mut(subject) {
            truth.happened.was_held |= !holds.is_empty();
            truth.holds = holds;
        }
    };
    if holds.is_empty() {
        let label = dice.choice(HOLDS).unwrap_or(HOLDS[0]);
        eye.note(&format!("{subject} {label} is set"));
        pull.label_by(PERSON, label);
        set(vec![label]);
    } else {
        for label in holds {
            eye.note(&format!("{subject} {label} is removed"));
            pull.unlabel_by(PERSON, label);
        }
        set(Vec::new());
    }
}

fn pause(stage: &Stage, eye: &Eye, (subject, pull): &(SubjectId, Pull), is_paused: bool) {
    eye.note(&format!("{subject} is paused: {}", !is_paused));
    if is_paused {
        pull.unlabel_by(PERSON, PAUSE)
    } else {
        pull.label_by(PERSON, PAUSE)
    };
    stage.step(eye, *subject, if is_paused { Step::Unpaused } else { Step::Paused });
}

/// People take back what holds and pauses.
pub fn release(stage: &Stage, eye: &Eye, dice: &mut Rng, at: &(SubjectId, Pull)) {
    let state = eye.seen().truths.get(&at.0).map(|truth| (truth.holds.clone(), truth.model.is_paused));
    let Some((holds, is_paused)) = state else { return };
    if !holds.is_empty() {
        hold(stage, eye, dice, at, &holds);
    }
    if is_paused {
        pause(stage, eye, at, true);
    }
}

fn signal(stage: &Stage, eye: &Eye, (subject, pull): &(SubjectId, Pull), name: &str, step: Step) -> Value {
    stage.step(eye, *subject, step);
    let now = stage.world.now();
    let at = jiff::Timestamp::from_second(now).map(|at| at.to_string()).unwrap_or_default();
    eye.note(&format!("{subject} {name}"));
    json!({ "subject": format!("acme/shop#{}", subject.number), "id": format!("{name}-{}-{now}", subject.number), "name": name, "at": at,
        "parameters": { "commit": pull.head() } })
}
