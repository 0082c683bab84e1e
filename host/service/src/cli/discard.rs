//! `pawl discard`: what is outstanding for a subject is given up.

use super::admin::{ChangeArgs, path_of};
use super::{Exit, Output, say, text};
use serde_json::Value;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The subject, as owner/name#number.
    subject: String,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Asks the running pawl to do it, or what it would give up.
pub async fn run(args: &Args, output: Output) -> anyhow::Result<Exit> {
    let body = args.change.ask(&format!("/v1/admin/subjects/{}/discard", path_of(&args.subject)?)).await?;
    let exit = if args.change.confirm { Exit::Done } else { Exit::Differs };
    if output == Output::Json {
        say(&body);
        return Ok(exit);
    }
    let (done, what) = if args.change.confirm { ("gave up", &body["did"]) } else { ("would give up", &body["would"]) };
    for line in lines(what) {
        say(format_args!("{done} {line}"));
    }
    if args.change.confirm {
        say("the labels stay as they are; what policies still wish they ask for again at the next news or look");
    } else {
        say("nothing was changed; add --confirm to give it up");
    }
    Ok(exit)
}

/// One line per thing.
fn lines(what: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    if what["label_write"] == true {
        lines.push("the label write that is not verified yet".to_owned());
    }
    for news in what["news"].as_array().into_iter().flatten() {
        let by: Vec<String> = news["by"].as_array().into_iter().flatten().map(text).collect();
        lines.push(format!("the news {} ({}), unread by {}", text(&news["id"]), text(&news["event"]), by.join(", ")));
    }
    for (policy, forgone) in what["policies"].as_object().into_iter().flatten() {
        if let Some(reason) = forgone["parked"].as_str() {
            lines.push(format!("the parking of {policy}: {}", text(&reason.into())));
        }
        lines.extend(forgone["requests"].as_array().into_iter().flatten().map(|key| format!("the request {} of {policy}", text(key))));
        lines.extend(
            forgone["stops"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|stop| format!("stopping {} {} for {policy}", text(&stop["kind"]), text(&stop["name"]))),
        );
        if let Some(edits) = forgone["edits"].as_u64().filter(|edits| *edits > 0) {
            lines.push(format!("{edits} hand edits that {policy} was not shown"));
        }
    }
    lines
}
