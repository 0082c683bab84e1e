//! One decision, from facts to plan.

use crate::case::{Case, Verdict};
use crate::edits::{self, Undone};
use crate::event::{Event, Kind, hash};
use crate::hearing::{self, Heard};
use crate::ledger::{Alarm, Entry, Folded, Ledger};
use crate::manifest::{CLOSED, DORMANT, MANUAL_OVERRIDE, MERGED};
use crate::overrides::{self, OverrideStatus, override_status};
use crate::settings::Settings;
use crate::state::State;
use crate::{cleanup, memory, runs, sight};
use pawl_sdk::facts::{Facts, News, Phase, SubjectKind, SubjectState};
use pawl_sdk::label::Family;
use pawl_sdk::limits;
use pawl_sdk::plan::{Plan, Refusal, Severity};
use pawl_sdk::text;
use std::cell::LazyCell;

/// Most notices about single runs or edits in one plan; what many bots do at once is one story, not fifty.
const NOTICES: usize = 6;

/// Decides.
///
/// # Errors
/// A refusal on settings or a memory that make no sense.
pub fn decide(facts: &Facts) -> Result<Plan, Refusal> {
    let settings = Settings::of(facts)?;
    if facts.subject.kind == SubjectKind::Issue {
        return Ok(leave_alone(facts));
    }
    let (mut ledger, found) = match &facts.memory {
        Some(memory) => (memory::read(memory)?, Vec::new()),
        None => sight::first(facts),
    };
    let appeared = overrides::appeared(&mut ledger, facts);
    let status = override_status(&facts.labels);
    let (edited, undone) = edits::of_facts(facts, &mut ledger, &settings);
    let mut plan = if status.holds() {
        held(facts, &mut ledger, &settings, edited, &status)
    } else {
        at_work(facts, &mut ledger, &settings, edited, &status)
    };
    // Only notices name them, and most decisions tell nobody anything.
    let (subject, task) = (LazyCell::new(|| subject(facts)), LazyCell::new(|| task(facts)));
    for (one, appearance) in &appeared {
        plan = overrides::tell(plan, one, *appearance, &subject, &task);
    }
    for Undone { id, sentence } in undone.into_iter().take(NOTICES) {
        let key = format!("undone:{:016x}", hash(&[&id]));
        plan = plan.telling(key, "label undone", Severity::Medium, sentence, &[("subject", &subject), ("task", &task)]);
    }
    if found.len() > 1 {
        let names: Vec<&str> = found.iter().map(|state| state.name()).collect();
        let sentence = format!("{} carried several status labels ({}); one is kept", *subject, names.join(", "));
        plan = plan.telling("inconsistent:first", "inconsistent", Severity::Medium, sentence, &[("subject", &subject), ("task", &task)]);
    }
    let memory = memory::write(&mut ledger, &settings);
    Ok(plan.remembering(memory))
}

/// Remediation is about pull requests; what people do with such labels on issues is theirs.
fn leave_alone(facts: &Facts) -> Plan {
    let manifest = crate::manifest::manifest();
    let mut plan = Plan::in_state(State::Initial.name(), "this is an issue, and remediation is about pull requests");
    plan.labels = facts.labels.iter().filter(|name| manifest.owns_label(name)).cloned().collect();
    plan
}

/// Everything is held: nothing is judged, nothing is lost (A4.2, A4.5).
fn held(facts: &Facts, ledger: &mut Ledger, settings: &Settings<'_>, edited: Vec<Event>, status: &OverrideStatus) -> Plan {
    for event in edited {
        // Edits are shown once, so they wait in memory.
        ledger.wait(event);
    }
    let mut refused = Vec::new();
    let mut kept: Vec<(bool, &str, Vec<Event>)> = Vec::new();
    for news in &facts.news {
        if cleanup::is_asked(news) {
            // Not kept for later: then somebody may have touched it.
            refused.push((news.id.as_str(), cleanup::cannot(MANUAL_OVERRIDE)));
            continue;
        }
        match hearing::of_news(news, facts, settings) {
            Heard::Events(events, _) if !kept.iter().any(|(_, id, _)| *id == news.id) => {
                kept.push((hearing::is_shown_again(news), &news.id, events));
            }
            Heard::Refused(reason) => refused.push((news.id.as_str(), reason)),
            _ => {}
        }
    }
    // What facts cannot show again comes first; what does not fit waits in memory if it would be lost.
    kept.sort_by_key(|(shown_again, ..)| *shown_again);
    let overflow = kept.split_off(kept.len().min(limits::KEEPS));
    for event in overflow.into_iter().filter(|(shown_again, ..)| !shown_again).flat_map(|(_, _, events)| events) {
        ledger.wait(event);
    }
    let case = ledger.fold(settings).case;
    for event in seen_while_held(facts, ledger, settings, &case) {
        ledger.wait(event);
    }
    let names: Vec<String> = status.overrides.iter().map(|o| format!("{} ({}: {})", o.label, o.severity_word(), o.message)).collect();
    let why = case.why.sentence(case.state, case.iteration, settings);
    let mut plan = Plan::in_state(MANUAL_OVERRIDE, format!("held by {}; underneath {}: {why}", names.join(", "), case.name())).holding();
    plan.labels = labels(&case);
    plan.keeps = kept.iter().map(|(_, id, _)| (*id).to_owned()).collect();
    for (id, reason) in refused {
        plan = plan.refusing(id, reason);
    }
    plan
}

/// What facts show now and may not show any more when nothing is held: a head, and whether it is over.
fn seen_while_held(facts: &Facts, ledger: &Ledger, settings: &Settings<'_>, case: &Case) -> Vec<Event> {
    let unknown_at = if facts.memory.is_none() { 0 } else { facts.now };
    let mut seen: Vec<Event> = runs::head_event(facts, settings, unknown_at).into_iter().filter(|head| !ledger.knows(head.id)).collect();
    let moved = ledger.pending.iter().rev().find(|event| matches!(event.kind, Kind::Closed | Kind::Reopened));
    let over = moved.map_or(case.over, |event| event.kind == Kind::Closed);
    if over != facts.is_over() {
        seen.push(seen_event(if over { Kind::Reopened } else { Kind::Closed }, facts.now));
    }
    seen
}

/// An event that nobody told, at the time of the look.
fn seen_event(kind: Kind, at: i64) -> Event {
    let mut event = Event::new(at, kind, &["seen", kind.word(), &at.to_string()]);
    event.guessed = true;
    event
}

/// What a piece of news came to, for its sender.
struct Told<'a> {
    news_id: &'a str,
    word: String,
    event_id: u64,
    entry: Entry,
}

fn at_work(facts: &Facts, ledger: &mut Ledger, settings: &Settings<'_>, edited: Vec<Event>, status: &OverrideStatus) -> Plan {
    for event in std::mem::take(&mut ledger.pending).into_iter().chain(edited) {
        ledger.enter(event);
    }
    let (mut told, mut refused) = (Vec::new(), Vec::new());
    for news in &facts.news {
        match hearing::of_news(news, facts, settings) {
            Heard::Events(events, word) => {
                let entries: Vec<(u64, Entry)> = events.into_iter().map(|event| (event.id, ledger.enter(event))).collect();
                told.extend(entries.last().map(|(event_id, entry)| Told { news_id: &news.id, word, event_id: *event_id, entry: *entry }));
            }
            Heard::Refused(reason) => refused.push((news.id.as_str(), reason)),
            Heard::Nothing => {}
        }
    }
    for event in hearing::of_facts(facts, settings).into_iter().chain(edits::pauses(facts)) {
        ledger.enter(event);
    }
    let mut folded = observe(facts, ledger, settings, status);
    for news in facts.news.iter().filter(|news| cleanup::is_asked(news)) {
        match clean_up(news, facts, ledger, settings, &folded) {
            Ok(after) => folded = after.unwrap_or(folded),
            Err(reason) => refused.push((news.id.as_str(), reason)),
        }
    }
    refused.extend(told.iter().filter_map(|told| Some((told.news_id, no_effect(told, &folded)?))));
    let mut plan = say(facts, ledger, settings, &folded);
    for (id, reason) in refused {
        if !plan.refused.iter().any(|earlier| earlier.news_id == id) {
            plan = plan.refusing(id, reason);
        }
    }
    let (subject, task) = (LazyCell::new(|| subject(facts)), LazyCell::new(|| task(facts)));
    for (id, alarm, who) in ledger.untold(&folded) {
        let who = if who.is_empty() { "somebody" } else { &who };
        let (topic, severity, sentence) = match alarm {
            Alarm::Failed => {
                let sentence = format!(
                    "{} reached the limit of {} remediation cycles; remove failed-remediation or write /pawl reset",
                    *subject, settings.limit
                );
                ("failed-remediation", Severity::High, sentence)
            }
            Alarm::Reset => ("reset", Severity::Low, format!("{who} reset the failed remediation of {}", *subject)),
        };
        plan = plan.telling(format!("{topic}:{id:016x}"), topic, severity, sentence, &[("subject", &subject), ("task", &task)]);
    }
    plan
}

/// A cleanup that is asked for becomes an event like others, once it is judged that it may be; nothing when all is clean already.
fn clean_up(news: &News, facts: &Facts, ledger: &mut Ledger, settings: &Settings<'_>, folded: &Folded) -> Result<Option<Folded>, String> {
    let event = Event::new(ledger.moment(facts.now), Kind::CleanedUp, &["news", &news.id]);
    if ledger.knows(event.id) {
        return Ok(None);
    }
    cleanup::judge(news, facts, settings, &folded.case)?;
    if folded.case.over || folded.case.cleaned {
        return Ok(None);
    }
    ledger.enter(event);
    ledger.sort();
    Ok(Some(ledger.fold(settings)))
}

/// Folds the log, and adds what facts show of head, lifecycle and pause where no event has told it.
fn observe(facts: &Facts, ledger: &mut Ledger, settings: &Settings<'_>, status: &OverrideStatus) -> Folded {
    // A head that was there when this policy first looked was pushed before all that matters.
    let unknown_at = if facts.memory.is_none() { 0 } else { facts.now };
    if let Some(event) = runs::head_event(facts, settings, unknown_at) {
        let first_look = facts.memory.is_none();
        let (id, commit, at) = (event.id, event.commit, event.at);
        let told_before = ledger.knows(id);
        if ledger.enter(event) == Entry::Late && first_look && !told_before {
            ledger.base.head = commit.map(|commit| (commit, at));
            ledger.folded.push(id);
        }
    }
    ledger.sort();
    let mut folded = ledger.fold(settings);
    if let Some(again) = moved_back(facts, settings, &folded.case) {
        ledger.enter(again);
        ledger.sort();
        folded = ledger.fold(settings);
    }
    let paused = status.overrides.iter().any(|one| !one.holds());
    let seen = |shown: bool, known: bool, begins: Kind, ends: Kind| (shown != known).then_some(if shown { begins } else { ends });
    let kinds = [
        seen(facts.is_over(), folded.case.over, Kind::Closed, Kind::Reopened),
        seen(paused, folded.case.paused, Kind::Paused, Kind::Unpaused),
    ];
    let mut learnt = false;
    for kind in kinds.into_iter().flatten() {
        let at = ledger.moment(facts.now);
        ledger.enter(seen_event(kind, at));
        ledger.sort();
        learnt = true;
    }
    for push in ledger.log.iter_mut().filter(|event| event.kind == Kind::Pushed && !event.meets_qa) {
        push.meets_qa = runs::qa_was_active(facts, settings, push.at);
        learnt |= push.meets_qa;
    }
    if learnt { ledger.fold(settings) } else { folded }
}

/// The push that moved the branch back to a commit which it had before. Only a later time tells it from a lagging read.
fn moved_back(facts: &Facts, settings: &Settings<'_>, case: &Case) -> Option<Event> {
    let (head, pushed_at) = case.head?;
    let at = facts.head.as_ref()?.pushed_at?.min(facts.now);
    if at <= pushed_at {
        return None;
    }
    let mut again = runs::head_event(facts, settings, at).filter(|event| event.commit.is_some_and(|commit| !commit.is(head)))?;
    again.id = hash(&["push again", &format!("{} {at}", again.id)]);
    again.again = true;
    Some(again)
}

/// Why a piece of news had no effect, if it had none (A2.2, A2.9).
fn no_effect(told: &Told<'_>, folded: &Folded) -> Option<String> {
    let Some((_, verdict, state)) = folded.verdicts.iter().find(|(id, ..)| *id == told.event_id) else {
        return (told.entry == Entry::Late)
            .then(|| format!("{} came too late: it is older than what is remembered, or known already", told.word));
    };
    let word = &told.word;
    match verdict {
        Verdict::Moved | Verdict::Recorded | Verdict::Deferred => None,
        Verdict::NoTransition => Some(format!("no transition from {state} on {word}")),
        Verdict::Unmet(how) => Some(format!("conditions not met for {word}: {how}")),
        Verdict::Stale(how) => Some(how.clone()),
    }
}

fn say(facts: &Facts, ledger: &Ledger, settings: &Settings<'_>, folded: &Folded) -> Plan {
    let case = &folded.case;
    let state = match facts.state {
        SubjectState::Merged => MERGED,
        SubjectState::Closed => CLOSED,
        SubjectState::Open | SubjectState::Draft if case.is_dormant() => DORMANT,
        SubjectState::Open | SubjectState::Draft => case.state.name(),
    };
    let mut reason = case.why.sentence(case.state, case.iteration, settings);
    if case.paused {
        reason.push_str("; pause-remediation holds back remediation steps and cancellation");
    }
    let (stops, unsure) = if case.paused { (Vec::new(), Vec::new()) } else { runs::superseded(case, &ledger.log, facts, settings) };
    if let Some(run) = unsure.first() {
        let others = unsure.len() - 1;
        let more = if others > 0 { format!(" and {others} more") } else { String::new() };
        reason.push_str(&format!(
            "; run {}{more} may be superseded but does not say clearly whose it is, so it is kept",
            text::clean(&run.name, 60)
        ));
    }
    let mut plan = Plan::in_state(state, reason);
    plan.labels = labels(case);
    for run in &stops {
        plan = plan.stopping(run);
    }
    for run in stops.iter().filter(|run| run.phase == Phase::Unknown).take(NOTICES) {
        let key = format!("run-unknown:{:016x}", hash(&[&run.uid]));
        let sentence = format!("run {} has a phase that nobody knows; it is superseded, so it is stopped", text::clean(&run.name, 60));
        plan = plan.telling(
            key,
            "unknown phase",
            Severity::Medium,
            sentence,
            &[("subject", &subject(facts)), ("run", &text::clean(&run.uid, 60))],
        );
    }
    plan
}

/// The labels of a case. While it is open an approved or failed subject keeps `iteration-{n}`, so that people see how many
/// rounds it took; a cleanup, also that of merged and closed ones, leaves
/// the history labels only (A5.1, A5.2).
fn labels(case: &Case) -> Vec<String> {
    let status = case.state.label().filter(|_| !case.over || case.state.is_history()).map(str::to_owned);
    let iteration = (case.iteration > 0 && !case.over && !case.cleaned).then(|| Family("iteration-{n}").label(case.iteration));
    status.into_iter().chain(iteration).collect()
}

fn subject(facts: &Facts) -> String {
    let subject = &facts.subject;
    format!("{}/{}#{}", text::clean(&subject.owner, 100), text::clean(&subject.name, 100), subject.number)
}

fn task(facts: &Facts) -> String {
    runs::single_task(facts).map(|task| task.to_string()).unwrap_or_default()
}
