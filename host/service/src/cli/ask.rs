//! `pawl status` and `pawl explain`: ask a running pawl by its admin address.

use super::admin::{self, AdminArgs};
use super::{Exit, Output, say, text};
use crate::{budget, circuits, explain, skew};
use anyhow::bail;
use serde_json::Value;
use std::path::PathBuf;

/// Arguments of `status`.
#[derive(Debug, clap::Args)]
pub struct StatusArgs {
    /// A subject, as owner/name#number; everything when absent.
    subject: Option<String>,
    /// Show the runs that were stopped or are being stopped: of the subject, or of all.
    #[arg(long)]
    runs: bool,
    /// Of the runs only those of this task, such as 7.
    #[arg(long, requires = "runs")]
    task: Option<String>,
    /// Of the runs only those that this turn stopped, by its operation id.
    #[arg(long, requires = "runs")]
    correlation: Option<String>,
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
    if args.runs {
        return runs(args, output).await;
    }
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

/// What became of the runs that were to be stopped.
async fn runs(args: &StatusArgs, output: Output) -> anyhow::Result<Exit> {
    let wanted = [("subject", &args.subject), ("task", &args.task), ("correlation", &args.correlation)];
    let wanted: Vec<(&str, &str)> = wanted.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))).collect();
    let body = args.admin.get("/api/v1/cancellations", &wanted).await?;
    if matches!(output, Output::Json) {
        say(&body);
        return Ok(Exit::Done);
    }
    let list = body["cancellations"].as_array().map(Vec::as_slice).unwrap_or_default();
    if list.is_empty() {
        say("no run was to be stopped");
    }
    for run in list {
        say(format_args!(
            "{:<10} {} {} ({})  {}",
            text(&run["state"]),
            text(&run["kind"]),
            text(&run["name"]),
            text(&run["agent"]),
            text(&run["subject"])
        ));
        say(format_args!(
            "{:10} asked for {}, {}; attempts {}, operation {}",
            "",
            text(&run["requested"]),
            run["confirmed"].as_str().map_or_else(|| "not confirmed".to_owned(), |at| format!("gone {at}")),
            run["attempts"],
            text(&run["operation"])
        ));
        if let Some(error) = run["error"].as_str() {
            say(format_args!("{:10} {error}", ""));
        }
    }
    if body["left_out"].as_u64().is_some_and(|more| more > 0) {
        say(format_args!("{} more are not listed; name a subject or a task", body["left_out"]));
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
    say(format_args!("\n{}", skew::line(&body["clock"])));
    for (upstream, circuit) in body["circuits"].as_object().into_iter().flatten() {
        say(format_args!("\n{}", circuits::line(upstream, circuit)));
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
