//! The laws that every policy obeys, as checks that run natively.
//!
//! A check is given facts and asks the policy a few times: it must be deterministic, stay within its manifest and the
//! contract's limits, settle, and let one piece of news change its memory once.

mod plan_limits;

use crate::facts::{ActorKind, Edit, Facts, LabelChange, Memory, Phase};
use crate::label;
use crate::manifest::Manifest;
use crate::plan::{Plan, Refusal};
use crate::{Policy, sample};
use std::fmt;

pub use plan_limits::within_limits;

/// A law that does not hold, and how.
///
/// ```
/// let broken = pawl_sdk::laws::Broken { law: "settles", how: "the labels differ".into() };
/// assert_eq!(broken.to_string(), "the law \"settles\" does not hold: the labels differ");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The law's name.
    pub law: &'static str,
    /// What was seen instead.
    pub how: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the law {:?} does not hold: {}", self.law, self.how)
    }
}

impl std::error::Error for Broken {}

/// All laws on one set of facts. Answers the policy's own answer, so that a test can go on with it.
///
/// ```
/// # use pawl_sdk::{laws, prelude::*};
/// # struct Quiet;
/// # impl Policy for Quiet {
/// #     fn manifest() -> Manifest { Manifest::named("quiet", "0.1.0", "").knowing("quiet", "Quiet.", false) }
/// #     fn decide(_: &Facts) -> Result<Plan, Refusal> { Ok(Plan::in_state("quiet", "quiet")) }
/// # }
/// let answer = laws::check::<Quiet>(&sample::pull_request(&Quiet::manifest()))?;
/// assert_eq!(answer.unwrap().state, "quiet");
/// # Ok::<(), laws::Broken>(())
/// ```
///
/// # Errors
/// The first law that does not hold.
pub fn check<P: Policy>(facts: &Facts) -> Result<Result<Plan, Refusal>, Broken> {
    let manifest = P::manifest();
    let answer = settles_now::<P>(&manifest, facts)?;
    let Ok(plan) = &answer else { return Ok(answer) };
    let next = after(&manifest, facts, plan);
    for wait in later(plan) {
        settled::<P>(&Facts { now: facts.now.saturating_add(wait), ..next.clone() }, plan, &format!("{wait} s later"))?;
    }
    let mut deleting = next.clone();
    deleting.runs = facts.runs.clone();
    for run in &mut deleting.runs {
        if !plan.held && plan.stops.iter().any(|stop| stop.uid == run.uid) {
            run.phase = Phase::Deleting;
        }
    }
    settled::<P>(&deleting, plan, "with its stops under way")?;
    let mut again = next;
    again.news = facts.news.clone();
    settled::<P>(&again, plan, "with the same news once more")?;
    Ok(answer)
}

/// The laws that are cheap enough for every step of a storm: deterministic, within limits, settled at the same time.
pub(crate) fn settles_now<P: Policy>(manifest: &Manifest, facts: &Facts) -> Result<Result<Plan, Refusal>, Broken> {
    let answer = P::decide(facts);
    if P::decide(facts) != answer {
        return Err(Broken { law: "deterministic", how: "the same facts gave two answers".into() });
    }
    if let Ok(plan) = &answer {
        within_limits(manifest, facts, plan).map_err(|how| Broken { law: "within limits", how })?;
        settled::<P>(&after(manifest, facts, plan), plan, "at once")?;
    }
    Ok(answer)
}

/// The world after a plan has been carried out: its labels stand, its stops are done, its memory is kept, and the news it
/// consumed is gone. A held plan writes and stops nothing.
///
/// ```
/// # use pawl_sdk::{laws, prelude::*};
/// let manifest = Manifest::named("m", "1.0.0", "").owning("ready", "0e8a16", "").owning("waiting", "000000", "");
/// let mut facts = sample::pull_request(&manifest);
/// facts.labels = vec!["theirs".into(), "waiting".into()];
/// let next = laws::after(&manifest, &facts, &Plan::in_state("ready", "").with_label("ready"));
/// assert_eq!(next.labels, ["theirs", "ready"]);
/// ```
#[must_use]
pub fn after(manifest: &Manifest, facts: &Facts, plan: &Plan) -> Facts {
    let mut next = facts.clone();
    next.edits.clear();
    next.news.retain(|news| plan.keeps.contains(&news.id));
    next.memory = plan.memory.clone().map(|bytes| Memory { version: manifest.memory_version, bytes });
    if plan.held {
        return next;
    }
    next.runs.retain(|run| !plan.stops.iter().any(|stop| stop.uid == run.uid && stop.kind == run.kind));
    let wished = |name: &String| plan.labels.iter().any(|wish| label::same(wish, name));
    let mut moved = Vec::new();
    next.labels.retain(|name| {
        let stays = !manifest.owns_label(name) || wished(name);
        if !stays {
            moved.push((name.clone(), LabelChange::Removed));
        }
        stays
    });
    for wish in &plan.labels {
        if !next.has_label(wish) {
            next.labels.push(wish.clone());
            moved.push((wish.clone(), LabelChange::Added));
        }
    }
    for (name, change) in moved {
        let mut by = sample::bot("pawl[bot]");
        by.kind = ActorKind::Host;
        let id = format!("own:{}:{}", facts.now, next.label_history.len());
        next.label_history.push(Edit { id, label: name, change, by: Some(by), at: facts.now });
    }
    let surplus = next.label_history.len().saturating_sub(100);
    next.label_history.drain(..surplus);
    next
}

/// The policy's own next answer is the same, and asks for nothing that it has not asked for before.
fn settled<P: Policy>(next: &Facts, plan: &Plan, when: &str) -> Result<(), Broken> {
    let differs = |what: &str, first: &dyn fmt::Debug, then: &dyn fmt::Debug| {
        Err(Broken { law: "settles", how: format!("asked again {when}, its {what} went from {first:?} to {then:?}") })
    };
    let again = match P::decide(next) {
        Ok(again) => again,
        Err(refusal) => return Err(Broken { law: "settles", how: format!("asked again {when}, it refused: {}", refusal.reason) }),
    };
    if sorted(&again.labels) != sorted(&plan.labels) {
        return differs("labels", &plan.labels, &again.labels);
    }
    if again.state != plan.state {
        return differs("state", &plan.state, &again.state);
    }
    if again.held != plan.held {
        return differs("hold", &plan.held, &again.held);
    }
    if again.memory != plan.memory {
        return differs("memory", &plan.memory, &again.memory);
    }
    if let Some(stop) = again.stops.iter().find(|stop| !plan.stops.contains(stop)) {
        return Err(Broken { law: "settles", how: format!("asked again {when}, it wants to stop {} too", stop.name) });
    }
    if let Some(request) = again.requests.iter().find(|request| !plan.requests.contains(request)) {
        return Err(Broken { law: "settles", how: format!("asked again {when}, it asks for {} too", request.key) });
    }
    Ok(())
}

fn sorted(labels: &[String]) -> Vec<String> {
    let mut folded: Vec<String> = labels.iter().map(|label| label.to_lowercase()).collect();
    folded.sort_unstable();
    folded
}

/// Times at which nothing may have changed by itself: up to `revisit-after`, and for ever without one.
fn later(plan: &Plan) -> Vec<i64> {
    let last = plan.revisit_after_seconds.map_or(400 * 86_400, |seconds| i64::from(seconds) - 1);
    [1, 60, 3_600, last].into_iter().filter(|wait| *wait <= last).collect()
}
