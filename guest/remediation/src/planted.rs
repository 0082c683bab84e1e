//! Planted faults: mistakes that a person could make in this policy, one chosen by a setting. The workbench is tested with them. They are
//! there only with the feature `planted`, which nothing that is shipped enables.

use crate::decide::decide as honest;
use crate::state::State;
use pawl_sdk::facts::{Event, Facts, Value, Verdict};
use pawl_sdk::manifest::Manifest;
use pawl_sdk::plan::{Plan, Refusal};

/// The setting that chooses.
const SETTING: &str = "planted-fault";

/// The manifest with the setting.
pub fn manifest() -> Manifest {
    let none = Value::Text("none".into());
    crate::manifest::manifest().with_setting(
        SETTING,
        none,
        "A mistake to make: keeps-ready, counts-redelivery, orders-by-arrival, sticks, touches-foreign, flickers; none makes none.",
    )
}

/// Decides with the chosen mistake.
///
/// # Errors
/// A refusal as without it, and on a mistake that nobody has defined.
pub fn decide(facts: &Facts) -> Result<Plan, Refusal> {
    match facts.text(SETTING)? {
        "none" => honest(facts),
        "keeps-ready" => keeps_ready(facts),
        "counts-redelivery" => counts_redelivery(facts),
        "orders-by-arrival" => orders_by_arrival(facts),
        "sticks" => sticks(facts),
        "touches-foreign" => touches_foreign(facts),
        "flickers" => flickers(facts),
        _ => Err(Refusal::because("setting planted-fault names no mistake; correct it in the policy's configuration")),
    }
}

/// It forgets to take `ready-for-qa` away.
fn keeps_ready(facts: &Facts) -> Result<Plan, Refusal> {
    let mut plan = honest(facts)?;
    let ready = State::Ready.name();
    if facts.has_label(ready) && !facts.is_over() && !plan.labels.iter().any(|label| label == ready) {
        plan.labels.push(ready.into());
    }
    Ok(plan)
}

/// It takes each telling of a review for a review of its own, at the time when it was told.
fn counts_redelivery(facts: &Facts) -> Result<Plan, Refusal> {
    let mut facts = facts.clone();
    for news in &mut facts.news {
        if let Event::Reviewed(review) = &mut news.event
            && review.verdict == Verdict::ChangesRequested
        {
            review.at = news.arrived;
            review.id = review.id.wrapping_mul(1_000_003).wrapping_add(news.arrived.unsigned_abs());
        }
    }
    honest(&facts)
}

/// It takes a signal to be of the time when it arrived.
fn orders_by_arrival(facts: &Facts) -> Result<Plan, Refusal> {
    let mut facts = facts.clone();
    for news in facts.news.iter_mut().filter(|news| matches!(news.event, Event::Signal(_))) {
        news.at = news.arrived;
    }
    honest(&facts)
}

/// Once fixes are being made it hears nothing any more, until the pull request is over.
fn sticks(facts: &Facts) -> Result<Plan, Refusal> {
    let memory = facts.memory.as_ref().map(|memory| memory.bytes.clone());
    // What its memory alone says.
    let mut before = facts.clone();
    before.head = None;
    for all in [&mut before.edits, &mut before.label_history] {
        all.clear();
    }
    (before.news, before.reviews, before.comments) = (Vec::new(), Vec::new(), Vec::new());
    (before.checks, before.runs) = (Vec::new(), Vec::new());
    let stuck = honest(&before)?;
    if memory.is_none() || facts.is_over() || stuck.held || stuck.state != State::InProgress.name() {
        return honest(facts);
    }
    let mut plan = Plan::in_state(&stuck.state, "fixes are being made");
    (plan.labels, plan.memory) = (stuck.labels, memory);
    Ok(plan)
}

/// It says by a label of somebody else's that the work is done.
fn touches_foreign(facts: &Facts) -> Result<Plan, Refusal> {
    let mut plan = honest(facts)?;
    if plan.state == State::Approved.name() {
        plan.labels.push("ready-to-merge".into());
    }
    Ok(plan)
}

/// It shows the count only while there is news.
fn flickers(facts: &Facts) -> Result<Plan, Refusal> {
    let mut plan = honest(facts)?;
    if facts.news.is_empty() {
        plan.labels.retain(|label| !label.starts_with("iteration-"));
    }
    Ok(plan)
}
