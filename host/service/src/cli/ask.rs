//! `pawl status` and `pawl explain`: ask a running pawl by its admin address.

use super::admin::{self, AdminArgs};
use super::{Exit, Output, say, text};
use crate::{budget, explain};
use anyhow::bail;
use serde_json::Value;
use std::path::PathBuf;

/// Arguments of `status`.
#[derive(Debug, clap::Args)]
pub struct StatusArgs {
    /// A subject, as owner/name#number; everything when absent.
    subject: Option<String>,
    #[command(flatten)]
    admin: AdminArgs,
}

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// A delivery id, a subject as owner/name#number, or an operation id.
    of: String,
    /// Most journal lines.
    #[arg(long, default_value_t = 40)]
    limit: usize,
    /// Read the journal in this data folder instead of asking a running pawl.
    #[arg(long)]
    data: Option<PathBuf>,
    #[command(flatten)]
    admin: AdminArgs,
}

/// What runs, or one subject.
pub async fn status(args: &StatusArgs, output: Output) -> anyhow::Result<Exit> {
    let body = match &args.subject {
        None => args.admin.get("/api/v1/state", &[]).await?,
        Some(subject) => args.admin.get(&format!("/api/v1/subjects/{}", admin::path_of(subject)?), &[]).await?,
    };
    match output {
        Output::Json => say(&body),
        Output::Table if args.subject.is_some() => show_subject(&body),
        Output::Table => show_state(&body),
    }
    Ok(Exit::Done)
}

fn show_state(body: &Value) {
    let subjects = &body["subjects"];
    say(format_args!(
        "{}  up {} s{}",
        text(&body["generated_at"]),
        body["uptime_seconds"],
        if body["draining"] == true { ", draining" } else { "" }
    ));
    say(format_args!(
        "subjects {}, unsettled {}, waiting {}, running {}",
        subjects["total"],
        subjects["unsettled"],
        body["waiting"],
        body["running"].as_array().map_or(0, Vec::len)
    ));
    for (policy, states) in body["states"].as_object().into_iter().flatten() {
        say(format_args!("\n{policy}"));
        for (state, count) in states.as_object().into_iter().flatten() {
            say(format_args!("  {:>6}  {state}", text(count)));
        }
    }
    for budget in body["github"]["budgets"].as_array().into_iter().flatten() {
        say(format_args!("\n{}", budget::line(budget)));
    }
    for drifted in body["labels_drifted"].as_array().into_iter().flatten() {
        say(format_args!(
            "\nlabels of {} look otherwise than they should; {} repairs them",
            text(&drifted["repository"]),
            text(&drifted["repair"])
        ));
        for label in drifted["labels"].as_array().into_iter().flatten() {
            let look = |look: &Value| format!("#{} {:?}", text(&look["colour"]), text(&look["description"]));
            say(format_args!("  {}: {} -> {}", text(&label["label"]), look(&label["has"]), look(&label["wants"])));
        }
    }
    for retry in body["retrying"].as_array().into_iter().flatten() {
        let seconds = retry["next_in_seconds"].as_f64().unwrap_or_default();
        say(format_args!("retry {} in {seconds:.0} s: {}", text(&retry["subject"]), text(&retry["why"])));
    }
    let listed = subjects["listed"].as_array().map_or(&[][..], Vec::as_slice);
    if !listed.is_empty() {
        say("\nsubjects");
    }
    for subject in listed {
        let states: Vec<String> = subject["states"].as_object().into_iter().flatten().map(|(p, s)| format!("{p}: {}", text(s))).collect();
        let mark = if subject["settled"] == true { "" } else { "  (unsettled)" };
        say(format_args!("  {}  {}{mark}", text(&subject["subject"]), states.join(", ")));
    }
}

fn show_subject(body: &Value) {
    say(format_args!("{}  {}", text(&body["subject"]), if body["settled"] == true { "settled" } else { "unsettled" }));
    if let Some(ended) = body["ended"].as_str() {
        say(format_args!("  ended: {ended}"));
    }
    for (name, policy) in body["policies"].as_object().into_iter().flatten() {
        let labels: Vec<String> = policy["labels"].as_array().into_iter().flatten().map(text).collect();
        say(format_args!("  {name}: {}{}", text(&policy["state"]), if policy["held"] == true { " (held)" } else { "" }));
        say(format_args!("    means    {}", text(&policy["sentence"])));
        say(format_args!("    because  {}", text(&policy["reason"])));
        say(format_args!("    labels   {}", labels.join(", ")));
        if let Some(parked) = policy["parked"]["reason"].as_str() {
            say(format_args!("    parked   {parked}"));
        }
        for request in policy["outstanding"]["requests"].as_array().into_iter().flatten() {
            say(format_args!("    waiting  {} {} ({} attempts)", text(&request["ask"]), text(&request["key"]), request["attempts"]));
        }
    }
    for past in body["history"].as_array().into_iter().flatten() {
        say(format_args!("  {}  {} -> {}: {}", text(&past["at"]), text(&past["from"]), text(&past["to"]), text(&past["reason"])));
    }
}

/// Why.
pub async fn explain(args: &ExplainArgs, output: Output) -> anyhow::Result<Exit> {
    let lines = match &args.data {
        Some(data) => explain::find(&data.join("journal"), &args.of, args.limit),
        None => {
            let limit = args.limit.to_string();
            let body = args.admin.get("/api/v1/explain", &[("of", &args.of), ("limit", &limit)]).await?;
            body.as_array().cloned().unwrap_or_default()
        }
    };
    if lines.is_empty() {
        bail!("the journal knows nothing about {:?}; it takes a delivery id, owner/name#number or an operation id", args.of);
    }
    match output {
        Output::Json => say(Value::Array(lines)),
        Output::Table => say(explain::show(&lines).trim_end()),
    }
    Ok(Exit::Done)
}
