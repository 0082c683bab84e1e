//! Runs: which belong to this pull request, which a push has superseded, and what they tell (requirement K1).

use crate::case::Case;
use crate::commit::Commit;
use crate::event::{Event, Kind, Pusher};
use crate::settings::Settings;
use pawl_sdk::facts::{Facts, Phase, Run};

/// The kind of runs that this policy knows.
pub const KIND: &str = "CodeRun";
/// The labels that name a pull request's task.
const TASK: &str = "task-{n}";
/// A run created so shortly before a push may have been made for it.
const LEAD_SECONDS: i64 = 5;

/// The single task of a subject; none when it has no `task-{n}` label or several.
pub fn single_task(facts: &Facts) -> Option<u32> {
    match facts.numbers_of(TASK).as_slice() {
        [task] => Some(*task),
        _ => None,
    }
}

/// Whether a run is certainly of this pull request: of this repository, and it names this pull request; or it names none,
/// and its task is this one's single task, and its branch is this one's if it names one, which it must when another open pull
/// request is of that task too.
pub fn is_ours(run: &Run, facts: &Facts) -> bool {
    run.same_repository == Some(true) && names_us(run, facts) && is_on_our_branch(run, facts)
}

fn names_us(run: &Run, facts: &Facts) -> bool {
    match run.pull_request {
        Some(number) => number == facts.subject.number,
        None => run.task.as_deref().and_then(task_number).is_some_and(|task| single_task(facts) == Some(task)),
    }
}

/// Several pull requests may share a task; a run on another branch is then another's, and one that names no branch may be. One
/// that names this pull request is this one's whatever its branch.
fn is_on_our_branch(run: &Run, facts: &Facts) -> bool {
    match &run.branch {
        _ if run.pull_request.is_some() => true,
        Some(branch) => facts.head.as_ref().is_some_and(|head| head.branch == *branch),
        None => !facts.shares(TASK),
    }
}

fn task_number(task: &str) -> Option<u32> {
    pawl_sdk::label::Family(TASK).number(task).or_else(|| task.parse().ok())
}

/// The runs that the last implementation push superseded and that should be stopped, and those that are kept because it
/// is not sure whose they are.
pub fn superseded<'a>(case: &Case, log: &[Event], facts: &'a Facts, settings: &Settings<'_>) -> (Vec<&'a Run>, Vec<&'a Run>) {
    let Some((commit, at)) = case.superseding else { return (Vec::new(), Vec::new()) };
    let active = |run: &&Run| matches!(run.phase, Phase::Pending | Phase::Running | Phase::Unknown);
    let old = |run: &&Run| is_older(run, commit, at, case, log);
    let candidates = facts.runs.iter().filter(|run| run.kind == KIND && settings.may_stop(run)).filter(active).filter(old);
    let (stops, others): (Vec<&Run>, Vec<&Run>) = candidates.partition(|run| is_ours(run, facts));
    let unsure = |run: &&Run| names_us(run, facts) && run.same_repository != Some(false);
    (stops, others.into_iter().filter(unsure).collect())
}

/// Whether a run was made for what the push replaced. One made for the pushed or the present head is not; one that names a
/// commit known to be older is; else the time of its creation tells.
fn is_older(run: &Run, pushed: Commit, pushed_at: i64, case: &Case, log: &[Event]) -> bool {
    let Some(commit) = run.commit.as_deref().map(Commit::new) else {
        return run.created_at < pushed_at.saturating_sub(LEAD_SECONDS);
    };
    if commit.is(pushed) || case.head.is_some_and(|(head, _)| commit.is(head)) {
        return false;
    }
    let push = log.iter().find(|event| event.kind == Kind::Pushed && event.commit.is_some_and(|own| own.is(commit)));
    push.map_or(run.created_at, |push| push.at) < pushed_at
}

/// Whether QA runs of this pull request were active at some moment.
pub fn qa_was_active(facts: &Facts, settings: &Settings<'_>, at: i64) -> bool {
    facts.runs.iter().any(|run| {
        let unfinished = match run.phase {
            Phase::Pending | Phase::Running | Phase::Unknown | Phase::Deleting => true,
            Phase::Succeeded | Phase::Failed => run.finished_at.is_some_and(|finished| finished > at),
        };
        settings.may_stop(run) && is_ours(run, facts) && unfinished && run.created_at <= at
    })
}

/// What a run tells: that remediation started and completed, or that quality checks completed. `seen_at` is the time of
/// telling, for a run that does not say when it finished.
pub fn events(run: &Run, facts: &Facts, settings: &Settings<'_>, seen_at: i64) -> Vec<Event> {
    if !is_ours(run, facts) || run.kind != KIND {
        return Vec::new();
    }
    let agent = run.agent.as_deref().unwrap_or_default();
    let event = |at: i64, kind, word: &str| {
        let mut event = Event::new(at.min(seen_at), kind, &["run", &run.uid, word]);
        event.since = Some(run.created_at);
        event.who = pawl_sdk::text::clean(agent, 24);
        event
    };
    let finished = || {
        let mut event = event(run.finished_at.unwrap_or(seen_at), Kind::Completed, "completed");
        event.guessed = run.finished_at.is_none();
        event
    };
    let mut events = Vec::new();
    if settings.is_implementation_run(run) {
        if matches!(run.phase, Phase::Running | Phase::Succeeded) {
            events.push(event(run.created_at, Kind::Started, "started"));
        }
        if run.phase == Phase::Succeeded {
            // The commit that a remediation run names is the one it began with; what it pushed is the head.
            events.push(finished());
        }
    } else if settings.is_quality_run(run) && run.phase == Phase::Succeeded {
        events.push(Event { kind: Kind::QualityCompleted, ..finished() }.on(run.commit.as_deref()));
    }
    events
}

/// A push event for the head that facts show.
pub fn head_event(facts: &Facts, settings: &Settings<'_>, unknown_at: i64) -> Option<Event> {
    let head = facts.head.as_ref()?;
    let at = head.pushed_at.unwrap_or(unknown_at).min(facts.now);
    let mut event = Event::new(at, Kind::Pushed, &["push", &head.commit]).on(Some(&head.commit)).by(head.pushed_by.as_ref());
    event.guessed = head.pushed_at.is_none();
    event.pusher = match &head.pushed_by {
        None => Pusher::Unknown,
        Some(who) if settings.implements(Some(who)) => Pusher::Implementer,
        Some(_) => Pusher::Other,
    };
    Some(event)
}
