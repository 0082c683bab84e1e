//! The limits of the contract, and of what the manifest says, on one plan.

use crate::facts::Facts;
use crate::manifest::Manifest;
use crate::plan::{Ask, Plan};
use crate::{label, limits};

/// Whether a plan stays within the contract's limits and within what its manifest says. The host checks the same again.
///
/// ```
/// # use pawl_sdk::{laws, prelude::*};
/// let manifest = Manifest::named("m", "1.0.0", "").knowing("open", "Open.", false);
/// let facts = sample::pull_request(&manifest);
/// assert!(laws::within_limits(&manifest, &facts, &Plan::in_state("open", "")).is_ok());
/// let foreign = laws::within_limits(&manifest, &facts, &Plan::in_state("open", "").with_label("theirs"));
/// assert_eq!(foreign.unwrap_err(), "label \"theirs\" is not owned; add it to the manifest's owned labels");
/// ```
///
/// # Errors
/// One sentence on the first limit that is passed.
pub fn within_limits(manifest: &Manifest, facts: &Facts, plan: &Plan) -> Result<(), String> {
    sizes(plan)?;
    if !manifest.states.iter().any(|state| state.name == plan.state) {
        return Err(format!("state {:?} is not in the manifest; add it there with a sentence", plan.state));
    }
    for (i, name) in plan.labels.iter().enumerate() {
        if !manifest.owns_label(name) {
            return Err(format!("label {name:?} is not owned; add it to the manifest's owned labels"));
        }
        if name.chars().count() > limits::LABEL_CHARS {
            return Err(format!("label {name:?} is longer than {} characters", limits::LABEL_CHARS));
        }
        if plan.labels[..i].iter().any(|earlier| label::same(earlier, name)) {
            return Err(format!("label {name:?} stands twice"));
        }
    }
    for stop in &plan.stops {
        if !manifest.wants.stops.contains(&stop.kind) {
            return Err(format!("it stops a {}, which the manifest does not want; add it to wants.stops", stop.kind));
        }
    }
    for (i, request) in plan.requests.iter().enumerate() {
        key(&request.key)?;
        if plan.requests[..i].iter().any(|earlier| earlier.key == request.key) {
            return Err(format!("request key {:?} stands twice", request.key));
        }
        ask(manifest, &request.ask)?;
    }
    let known = |id: &String| facts.news.iter().any(|news| news.id == *id);
    if let Some(id) = plan.keeps.iter().chain(plan.refused.iter().map(|refused| &refused.news_id)).find(|id| !known(id)) {
        return Err(format!("it keeps or refuses {id:?}, which is none of the news it was given"));
    }
    match plan.revisit_after_seconds {
        Some(seconds) if !limits::REVISIT_SECONDS.contains(&seconds) => {
            Err(format!("revisit-after-seconds is {seconds}, it must be 10 to 604800"))
        }
        _ => Ok(()),
    }
}

fn sizes(plan: &Plan) -> Result<(), String> {
    let sizes = [
        ("labels", plan.labels.len(), limits::LABELS),
        ("stops", plan.stops.len(), limits::STOPS),
        ("requests", plan.requests.len(), limits::REQUESTS),
        ("keeps", plan.keeps.len(), limits::KEEPS),
        ("refused", plan.refused.len(), limits::REFUSED),
        ("memory in bytes", plan.memory.as_ref().map_or(0, Vec::len), limits::MEMORY_BYTES),
        ("state in bytes", plan.state.len(), limits::SENTENCE_BYTES),
        ("reason in bytes", plan.reason.len(), limits::SENTENCE_BYTES),
    ];
    let refusals = plan.refused.iter().map(|refused| ("a refused reason in bytes", refused.reason.len(), limits::SENTENCE_BYTES));
    for (what, has, limit) in sizes.into_iter().chain(refusals) {
        if has > limit {
            return Err(format!("{what} has {has}, the limit is {limit}"));
        }
    }
    Ok(())
}

fn key(key: &str) -> Result<(), String> {
    let plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b'<' | b'>');
    if key.is_empty() || key.len() > limits::KEY_BYTES || !key.bytes().all(plain) || key.contains("--") {
        return Err(format!(
            "request key {key:?} is not plain: use 1 to {} letters, digits and . : / _ - without a double dash",
            limits::KEY_BYTES
        ));
    }
    Ok(())
}

fn ask(manifest: &Manifest, ask: &Ask) -> Result<(), String> {
    let wants = &manifest.wants;
    let (what, wanted, has, limit) = match ask {
        Ask::Dispatch(dispatch) => ("dispatches", wants.dispatches.contains(&dispatch.target), dispatch.inputs.len(), limits::INPUTS),
        Ask::Comment(body) => ("comments", wants.comments, body.len(), limits::COMMENT_BYTES),
        Ask::Reaction(_) => ("reactions", wants.reactions, 0, 0),
        Ask::Notice(notice) => ("notices", wants.notices, notice.message.len(), limits::SENTENCE_BYTES),
    };
    if !wanted {
        return Err(format!("it asks for what the manifest does not want; add it to wants.{what}"));
    }
    if has > limit {
        return Err(format!("one of its {what} has a size of {has}, the limit is {limit}"));
    }
    Ok(())
}
