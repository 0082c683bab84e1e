//! `pawl cleanup`: working labels go from what needs none any more, as the policies say.

use super::admin::{ChangeArgs, path_of};
use super::{Exit, Output, say, text};
use serde_json::Value;
use std::time::Duration;

/// A pass over everything takes a call to GitHub for each subject.
const TIMEOUT: Duration = Duration::from_secs(6 * 3600);

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A subject, as owner/name#number; all of them when absent.
    subject: Option<String>,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Asks the running pawl to do it, or what it would do.
pub async fn run(args: &Args, output: Output) -> anyhow::Result<Exit> {
    let path = match &args.subject {
        None => "/v1/admin/cleanup".to_owned(),
        Some(subject) => {
            path_of(subject)?;
            format!("/v1/admin/cleanup?subject={}", subject.replace('#', "%23"))
        }
    };
    let body = args.change.ask_within(&path, TIMEOUT).await?;
    let subjects = body["subjects"].as_array().map_or(&[][..], Vec::as_slice);
    let has_moved = |subject: &Value| ["add", "remove"].iter().any(|list| subject[list].as_array().is_some_and(|l| !l.is_empty()));
    match output {
        Output::Json => say(&body),
        Output::Table => {
            for subject in subjects {
                let list = |name: &str| subject[name].as_array().into_iter().flatten().map(text).collect::<Vec<_>>().join(" ");
                match subject["refused"].as_str() {
                    Some(reason) => say(format_args!("{}  {}", text(&subject["subject"]), text(&reason.into()))),
                    None => say(format_args!("{}  +[{}] -[{}]", text(&subject["subject"]), list("add"), list("remove"))),
                }
            }
            for failed in body["errors"].as_array().into_iter().flatten() {
                say(format_args!("{}  failed: {}", text(&failed["subject"]), text(&failed["error"])));
            }
            let count = |name: &str| text(&body[name]);
            let (processed, abandoned, completed) = (count("tasksProcessed"), count("tasksAbandoned"), count("tasksCompleted"));
            say(format_args!("{processed} processed, {abandoned} abandoned, {completed} completed"));
            if !args.change.confirm {
                say("nothing was changed; add --confirm to do it");
            }
        }
    }
    let has_failed = body["errors"].as_array().is_some_and(|errors| !errors.is_empty());
    Ok(match (has_failed, args.change.confirm, subjects.iter().any(has_moved)) {
        (true, ..) => Exit::Failed,
        (false, false, true) => Exit::Differs,
        _ => Exit::Done,
    })
}
