//! Cleanup on request (A5): of what is over or decided, and of what nobody has touched for long.
//!
//! Only the signal asks for it, never the time alone: so an answer stands until something happens.

use crate::case::Case;
use crate::commit::Commit;
use crate::settings::Settings;
use pawl_sdk::facts::{Actor, ActorKind, Event, Facts, News};
use pawl_sdk::text;

/// The signal that asks for it.
const SIGNAL: &str = "cleanup";
const DAY_SECONDS: i64 = 86_400;

/// Whether this news asks for a cleanup.
pub fn is_asked(news: &News) -> bool {
    matches!(&news.event, Event::Signal(signal) if signal.name == SIGNAL)
}

/// Whether the subject may be cleaned up.
///
/// # Errors
/// Why not, for whoever asked.
pub fn judge(news: &News, facts: &Facts, settings: &Settings<'_>, case: &Case) -> Result<(), String> {
    // An agent may ask the host to clean up, not this policy.
    if let Some(by) = news.actor.as_ref().filter(|by| by.kind != ActorKind::Host) {
        return Err(format!("cleanup is not for {} to say", text::clean(&by.login, 40)));
    }
    if case.over || case.cleaned || case.state.is_history() {
        return Ok(());
    }
    let name = case.name();
    let Some(days) = settings.abandoned_after_days else { return Err(cannot(name)) };
    match last_touched(facts, case) {
        None => Err(format!("{}: it is not known when it was last touched", cannot(name))),
        Some(at) if facts.now.saturating_sub(at) >= i64::from(days) * DAY_SECONDS => Ok(()),
        Some(at) => Err(format!("{}: it was last touched at {}, and counts as abandoned after {days} days", cannot(name), text::utc(at))),
    }
}

/// The refusal of a state that is neither over nor abandoned.
pub fn cannot(state: &str) -> String {
    format!("cannot clean up {state}")
}

/// When somebody else last pushed, reviewed, commented or moved a label. Nothing when any of these times is not known: what may be new is
/// never old.
fn last_touched(facts: &Facts, case: &Case) -> Option<i64> {
    let by_others = |by: &Option<Actor>| by.as_ref().is_none_or(|by| by.kind != ActorKind::Host);
    let mut times = Vec::new();
    if let Some(head) = &facts.head {
        // A push that nobody dated was made before it was first seen.
        let seen = case.head.filter(|(commit, _)| commit.is(Commit::new(&head.commit))).map(|(_, at)| at);
        times.push(head.pushed_at.or(seen).unwrap_or_default());
    }
    times.extend(facts.reviews.iter().filter(|review| by_others(&review.author)).map(|review| review.at));
    times.extend(facts.comments.iter().filter(|comment| by_others(&comment.author)).map(|comment| comment.at));
    times.extend(facts.label_history.iter().chain(&facts.edits).filter(|edit| by_others(&edit.by)).map(|edit| edit.at));
    let is_known = times.iter().all(|at| *at > 0);
    times.into_iter().max().filter(|_| is_known)
}
