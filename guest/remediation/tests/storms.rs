//! Storms: whatever order news comes in, and whatever is lost, the labels end as undisturbed (A2.5, A3.1, W10).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use pawl_remediation::Remediation;
use pawl_sdk::prelude::*;
use pawl_sdk::storm::{Dice, Happening, Storm};

const QA: &str = "5DLabs-Tess[bot]";
const IMPLEMENTER: &str = "rex-5dlabs[bot]";

fn storm() -> Storm {
    let mut start = sample::pull_request(&Remediation::manifest());
    start.labels = vec!["task-3".into(), "theirs".into()];
    // A low limit makes random schedules reach it.
    start.settings.iter_mut().find(|setting| setting.name == "limit").unwrap().value = Value::Number(3);
    Storm::on(start)
}

fn qa_run(name: &str, at: i64, commit: Option<u32>) -> Run {
    let mut run = sample::run("CodeRun", name, at);
    (run.agent, run.pull_request, run.commit) = (Some("tess".into()), Some(7), commit.map(sample::commit));
    run
}

/// A run of an agent that is at work, or was seen only when it had succeeded.
fn agent_run(agent: &str, n: u64, at: i64, dice: &mut Dice) -> Run {
    let mut run = qa_run(&format!("{agent}-{n}"), sample::NOW + at, None);
    run.agent = Some(agent.into());
    if dice.says(50) {
        run.created_at -= 1 + i64::try_from(dice.below(60)).unwrap();
        (run.phase, run.finished_at) = (Phase::Succeeded, Some(sample::NOW + at));
    }
    run
}

/// A schedule that a seed draws: what can happen to a pull request, in any order, all of it at some time.
fn schedule(dice: &mut Dice) -> Vec<Happening> {
    let mut happenings = Vec::new();
    let (mut at, mut head, mut open, mut paused, mut held) = (0_i64, 0_u32, true, false, false);
    for n in 0..8 + dice.below(10) {
        at += 1 + i64::try_from(dice.below(90)).unwrap();
        let (qa, implementer, ann) = (sample::bot(QA), sample::bot(IMPLEMENTER), sample::person("ann"));
        let commit = sample::commit(head);
        let happening = match dice.below(28) {
            0..=3 => Happening::review(at, qa, Verdict::ChangesRequested, Some(&commit)),
            4 | 5 => Happening::review(at, qa, Verdict::Approved, Some(&commit)),
            6 => Happening::comment(at, qa, &["feedback-marker"]),
            7 => Happening::check(at, "5dlabs-tess", Conclusion::ActionRequired, &commit),
            8 | 9 => Happening::signal(at, "rex_remediation_started", &[]),
            10 | 11 => Happening::signal(at, "rex_remediation_completed", &[]),
            12 => Happening::signal(at, "rex_remediation_completed", &[("commit", &commit)]),
            13 => Happening::signal(at, "tess_additional_feedback", &[]),
            14 => Happening::signal(at, "max_iterations_reached", &[]),
            15 | 16 => {
                head += 1;
                let by = if dice.says(70) { implementer } else { ann };
                Happening::push(at, by, &sample::commit(head))
            }
            // What a hold lets people see depends on when it came, so they keep their hands off meanwhile.
            17 | 27 if held => continue,
            17 => {
                let label = *dice.pick(&["ready-for-qa", "needs-remediation", "approved", "iteration-2", "failed-remediation"]).unwrap();
                if dice.says(60) { Happening::label(at, ann, label) } else { Happening::unlabel(at, ann, label) }
            }
            18 => Happening::command(at, ann, if dice.says(50) { "reset" } else { "remediate" }),
            19 => Happening::run(at, qa_run(&format!("tess-{n}"), sample::NOW + at, dice.says(50).then_some(head))),
            24 | 25 => Happening::run(at, agent_run("rex", n, at, dice)),
            26 => Happening::run(at, agent_run("cleo", n, at, dice)),
            27 => Happening::label(at, if dice.says(50) { qa } else { implementer }, "ready-for-qa"),
            20 => {
                open = !open;
                if open { Happening::reopened(at) } else { Happening::closed(at, dice.says(50)) }
            }
            21 => {
                paused = !paused;
                let label = "pause-remediation";
                if paused { Happening::label(at, ann, label) } else { Happening::unlabel(at, ann, label) }
            }
            22 => {
                held = !held;
                let label = "skip-automation";
                if held { Happening::label(at, ann, label) } else { Happening::unlabel(at, ann, label) }
            }
            _ => Happening::review(at, sample::bot("stranger[bot]"), Verdict::ChangesRequested, None),
        };
        happenings.push(happening);
    }
    if held {
        happenings.push(Happening::unlabel(at + 1, sample::person("ann"), "skip-automation"));
    }
    happenings
}

#[test]
fn a2_5_thousands_of_storms_end_as_undisturbed() {
    let mut ends = std::collections::BTreeSet::new();
    for seed in 1..=400 {
        let happenings = schedule(&mut Dice::new(seed));
        match storm().survive::<Remediation>(&happenings, seed * 100..seed * 100 + 5) {
            Ok(calm) => ends.insert(calm.state),
            Err(wreck) => panic!("schedule {seed}, {wreck}"),
        };
    }
    assert!(ends.len() >= 8, "the schedules reach most states, not only {ends:?}");
}

#[test]
fn a3_1_three_cycles_told_badly_are_three_cycles() {
    let mut happenings = Vec::new();
    for round in 0..3_u32 {
        let at = i64::from(round) * 300;
        let (before, after) = (sample::commit(round), sample::commit(round + 1));
        happenings.extend([
            Happening::review(at + 10, sample::bot(QA), Verdict::ChangesRequested, Some(&before)),
            Happening::comment(at + 12, sample::bot(QA), &["feedback-marker"]),
            Happening::signal(at + 14, "tess_feedback_received", &[]),
            Happening::signal(at + 60, "rex_remediation_started", &[]),
            Happening::push(at + 120, sample::bot(IMPLEMENTER), &after),
            Happening::signal(at + 130, "rex_remediation_completed", &[("commit", &after)]),
        ]);
    }
    happenings.push(Happening::review(950, sample::bot(QA), Verdict::Approved, Some(&sample::commit(3))));
    let calm = storm().with_delay(600).survive::<Remediation>(&happenings, 1..300).unwrap();
    assert_eq!(calm.labels, ["approved", "iteration-3", "task-3", "theirs"]);
}
